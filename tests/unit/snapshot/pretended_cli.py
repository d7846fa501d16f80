"""An AWS CLI that answers from a pretended account: a program named `aws` that the printed script finds in its PATH."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from lakehouse_iam.aws_sessions import AwsRefusal
from lakehouse_iam.snapshot.cli_calls import aws_command
from lakehouse_iam.snapshot.reading import gather, snapshot_of
from lakehouse_iam.snapshot.requests import Request, first_requests
from lakehouse_iam.snapshot.subjects import Subjects
from tests.unit.snapshot.pretended_account import PretendedAccount

# It reads its options as the AWS CLI does, `--name value` and `--name=value`, and writes down what it was called with.
_PROGRAM = f"""#!{sys.executable} -SE
import json, os, sys
here = os.path.dirname(os.path.abspath(__file__))
service, operation, *rest = sys.argv[1:]
options, place = {{}}, 0
while place < len(rest):
    name, equals, value = rest[place].partition("=")
    if not equals:
        place += 1
        value = rest[place]
    options[name] = value
    place += 1
assert options.pop("--output") == "json"
if options.get("--region") == os.environ["AWS_REGION"]:
    del options["--region"]
words = json.dumps([service, operation, sorted(options.items())])
with open(os.path.join(here, "called"), "a") as called:
    called.write(words + "\\n")
with open(os.path.join(here, "answers.json")) as answers:
    known = json.load(answers)
refusal = "\\nAn error occurred (AccessDenied) when calling the X operation: not asked by the reader"
code, text = known.get(words, [254, refusal])
print(text, end="", file=sys.stderr if code else sys.stdout)
sys.exit(code)
"""


class PretendedCli:
    """A folder with a program `aws`.

    Args:
        folder: the folder.
        subjects: what is asked of it.
        account: who answers.
        of: the account that it is signed in to; empty where nobody is.
    """

    def __init__(self, folder: Path, subjects: Subjects, account: PretendedAccount, of: str | None = None) -> None:
        self.folder = folder
        signed_in = subjects.account if of is None else of
        who = {"UserId": "AIDA", "Account": signed_in, "Arn": f"arn:aws:iam::{signed_in}:user/reader"}
        answers: dict[str, Any] = {_words("sts", "get-caller-identity", {}): [0, _written(who)]}
        if not signed_in:
            answers = {_words("sts", "get-caller-identity", {}): [255, "\nUnable to locate credentials."]}

        def asked(request: Request) -> Any:
            words = _words_of(request, subjects.region)
            try:
                answer = account(request)
            except AwsRefusal as refusal:
                said = f"({refusal.code}) when calling the {request.call.operation} operation: {refusal.message}"
                answers[words] = [254, f"\nAn error occurred {said}\n"]
                raise
            answers[words] = [0, _written({request.call.member: answer} if request.call.member else answer)]
            return answer

        gathered = gather(first_requests(subjects), subjects, asked)
        self.read = snapshot_of(subjects, gathered, datetime(2026, 11, 26), who["Arn"], by="commands")
        (folder / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
        program = folder / "aws"
        program.write_text(_PROGRAM, encoding="utf-8")
        program.chmod(0o755)

    def run(self, script: str, shell: str = "sh") -> subprocess.CompletedProcess[str]:
        """Run a script with this AWS CLI."""
        file = self.folder / "read-account.sh"
        file.write_text(script, encoding="utf-8")
        variables = {"PATH": f"{self.folder}:{os.environ['PATH']}", "TMPDIR": str(self.folder), "LC_ALL": "C.UTF-8"}
        return subprocess.run(
            [shell, str(file)], env=variables, cwd=self.folder, capture_output=True, text=True, timeout=300, check=False
        )

    @property
    def called(self) -> list[Any]:
        """The commands that it was called with."""
        file = self.folder / "called"
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def _words_of(request: Request, region: str) -> str:
    _, service, operation, *rest = aws_command(request, region).arguments
    options: dict[str, str] = {}
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        options[name] = value if equals else rest.pop(0)
    return _words(
        service, operation, {name: value for name, value in options.items() if (name, value) != ("--region", region)}
    )


def _words(service: str, operation: str, options: dict[str, str]) -> str:
    return json.dumps([service, operation, sorted(options.items())])


def _written(answer: Any) -> str:
    """An answer as the AWS CLI writes it: nothing at all where there is nothing in it."""
    return json.dumps(answer, indent=4, default=lambda value: value.isoformat()) + "\n" if answer else ""
