"""The output of the script for an account: read strictly, and made a snapshot by the reader's own code.

Every call that the reader would make of AWS is looked up in the output instead. What the script could not do is an error of AWS,
as the AWS CLI printed it; a call that is not in the output was not made, and is noted as not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lakehouse_iam.aws_sessions import AwsError, AwsRefusal
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.moments import read_utc
from lakehouse_iam.snapshot.answers.answer import Answer
from lakehouse_iam.snapshot.cli_calls import aws_command
from lakehouse_iam.snapshot.document import Snapshot
from lakehouse_iam.snapshot.reading import gather, snapshot_of
from lakehouse_iam.snapshot.requests import Request, first_requests
from lakehouse_iam.snapshot.shell_script import VERSION, VERSION_KEY
from lakehouse_iam.snapshot.subjects import Subjects

Json = dict[str, Any]
Words = tuple[str, str, frozenset[tuple[str, str]]]
"""A command: its service, its operation, its options."""

# botocore `ClientError.MSG_TEMPLATE`, which the AWS CLI prints; version 2 puts words in front of it.
_REFUSED = re.compile(
    r"An error occurred \((?P<code>[\w.]+)\) when calling the \w+ operation(?: \([^)]*\))?: ?(?P<message>.*)"
)
_WHO = ("sts", "get-caller-identity", frozenset[tuple[str, str]]())
_RUN_AGAIN = "run the script again with its output in a file: sh read-account.sh > account.json"


@dataclass(frozen=True)
class CommandOutput:
    """What a script wrote.

    Args:
        setup: the setup that it was made for.
        account: the account that it was run in.
        region: the region that it asks.
        taken: when it was run.
        caller: the ARN of whoever ran it.
        answers: the answers by command; where the AWS CLI failed, what it said.
    """

    setup: str
    account: str
    region: str
    taken: datetime
    caller: str
    answers: Mapping[Words, Json | str] = field(repr=False)


def is_command_output(value: object) -> bool:
    """Whether a JSON value looks like the output of a script."""
    return isinstance(value, dict) and VERSION_KEY in value


def read_command_output(value: object) -> CommandOutput:
    """The output of a script.

    Args:
        value: the JSON value that it wrote.

    Raises:
        InvalidValue: it is not such an output, or it was changed on the way.
    """
    if not isinstance(value, dict) or value.get(VERSION_KEY) != VERSION:
        raise _wrong("the file is no output of a script that this version made")
    texts = {name: value.get(name) for name in ("setup", "account", "region", "taken")}
    wrong = next((name for name, text in texts.items() if not isinstance(text, str)), None)
    if wrong is not None:
        raise _wrong(f"{wrong} is missing or no text")
    answers = dict(_answers(value.get("answers"), str(texts["region"])))
    who = answers.get(_WHO)
    caller = str(who.get("Arn", "")) if isinstance(who, dict) else ""
    arn = split_arn(caller)
    if arn is None or arn.account != texts["account"]:
        raise _wrong(
            f"the output is of {arn.account if arn else 'nobody'}, and it says that it is of {texts['account']}"
        )
    return CommandOutput(
        str(texts["setup"]), str(texts["account"]), str(texts["region"]), _time(str(texts["taken"])), caller, answers
    )


def snapshot_from_output(output: CommandOutput, subjects: Subjects) -> Snapshot:
    """The snapshot that an output becomes.

    Args:
        output: what the script wrote.
        subjects: what is to be read of the account.

    Raises:
        InvalidValue: the output is of another account or of another setup.
    """
    for name, here, wanted in (
        ("account", output.account, subjects.account),
        ("setup", output.setup, subjects.setup),
        ("region", output.region, subjects.region),
    ):
        if here != wanted:
            raise InvalidValue(
                f"the output is of the {name} {here}",
                allowed=f"allowed is the {name} {wanted}",
                next_step=f"print the script for it: lakehouse-iam snapshot SETUP --account {subjects.account} --commands",
            )
    gathered = gather(first_requests(subjects), subjects, _Recorded(output).ask)
    return snapshot_of(subjects, gathered, output.taken, output.caller, by="commands")


@dataclass(frozen=True)
class _Recorded:
    """Answers from an output, as if AWS were asked."""

    output: CommandOutput

    def ask(self, request: Request) -> Answer:
        """The answer to a call.

        Raises:
            AwsRefusal: AWS refused it.
            AwsError: the AWS CLI could not ask, or did not.
        """
        call = request.call
        region = self.output.region
        try:
            asked = aws_command(request, region)
        except InvalidValue as refused:
            # Named by an answer: the script does not ask for it either.
            raise AwsError(refused.what) from refused
        found = self.output.answers.get(_words(asked.arguments[1:], region))
        if found is None:
            raise AwsError("the output of the script does not hold this call")
        if isinstance(found, str):
            raise _refusal(f"{call.service}:{call.operation} in {request.region}", found)
        return found.get(call.member) or [] if call.member else found


def _refusal(what: str, said: str) -> AwsError:
    match = _REFUSED.search(" ".join(said.split()))
    if match is None:
        return AwsError(f"the AWS CLI could not ask: {' '.join(said.split())}")
    return AwsRefusal(what, match["code"], match["message"])


def _answers(listed: object, region: str) -> Iterator[tuple[Words, Json | str]]:
    if not isinstance(listed, list):
        raise _wrong("answers is missing or no list")
    for number, one in enumerate(listed):
        call = one.get("call") if isinstance(one, dict) else None
        answer = one.get("answer", one.get("error")) if isinstance(one, dict) else None
        if not isinstance(call, list) or not all(isinstance(word, str) for word in call) or len(call) < 2:
            raise _wrong(f"answers[{number}].call is no command")
        if not isinstance(answer, dict | str):
            raise _wrong(f"answers[{number}] has neither an answer nor an error")
        yield _words(call, region), answer


def _words(words: Iterable[str], region: str) -> Words:
    """A command, however its options are written: `--name value` is `--name=value`, and the script's own region is no option."""
    service, operation, *rest = words
    options: list[tuple[str, str]] = []
    position = 0
    while position < len(rest):
        name, equals, value = rest[position].partition("=")
        if not equals:
            position += 1
            value = rest[position] if position < len(rest) else ""
        options.append((name, value))
        position += 1
    return service, operation, frozenset(options) - {("--region", region)}


def _time(text: str) -> datetime:
    try:
        return read_utc(text)
    except ValueError:
        raise _wrong(f"taken {text!r} is no time such as 2026-11-26T03:04:05Z") from None


def _wrong(what: str) -> InvalidValue:
    return InvalidValue(what, allowed="allowed is the output of the script, as it wrote it", next_step=_RUN_AGAIN)
