"""Scripts of a hand-off run by a real shell, with a program in the place of `aws` that answers as it is told and records."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lakehouse_iam.handoff.pack import Pack
from lakehouse_iam.handoff.packs import HandOffPacks
from lakehouse_iam.resources import RolePolicy

# Records its words, and of each file:// what it would read; then answers what stands in a file of its operation's name.
FAKE = r"""#!/bin/sh
{
  for word in "$@"; do
    printf '%s\0' "$word"
    case $word in file://*) printf 'read:'; cat "${word#file://}"; printf '\0' ;; esac
  done
  printf 'end\0'
} >> "$RECORD/calls"
answer=$RECORD/$1.$2
if [ -f "$answer.refused" ]; then cat "$answer.refused" >&2; exit 254; fi
if [ -f "$answer.once" ]; then cat "$answer.once" >&2; rm "$answer.once"; exit 254; fi
if [ -f "$answer" ]; then cat "$answer"; fi
"""

GONE = "An error occurred (NoSuchEntity) when calling the operation: it cannot be found."
DENIED = "An error occurred (AccessDenied) when calling the operation: you may not."
NO_POLICY = "An error occurred (NoSuchBucketPolicy) when calling the GetBucketPolicy operation: none"
LOOKS = ("get-role", "get-role-policy", "get-policy", "get-instance-profile", "get-saml-provider")


@dataclass
class Shell:
    """A folder of a hand-off, and the shell of whoever received it.

    Args:
        home: a folder for all of it.
        made: the hand-off.
        account: whose folder it is.
        shell: the shell.
    """

    home: Path
    made: HandOffPacks
    account: str
    shell: Sequence[str] = ("sh",)
    calls: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for file in self.pack.files:
            place = self.folder / file.name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(file.text)
        self.record.mkdir()
        program = self.home / "bin" / "aws"
        program.parent.mkdir()
        program.write_text(FAKE)
        program.chmod(0o755)
        self.answer("sts.get-caller-identity", self.account)

    @property
    def pack(self) -> Pack:
        return next(pack for pack in self.made.packs if pack.account == self.account)

    @property
    def folder(self) -> Path:
        return self.home / "received folder"

    @property
    def record(self) -> Path:
        return self.home / "record"

    def answer(self, operation: str, text: str) -> None:
        (self.record / operation).write_text(text)

    def refuse(self, operation: str, text: str = GONE, *, once: bool = False) -> None:
        (self.record / f"{operation}.{'once' if once else 'refused'}").write_text(text)

    def nothing_is_there(self) -> None:
        for operation in LOOKS:
            self.refuse(f"iam.{operation}")
        self.refuse("s3api.head-bucket", "An error occurred (404) when calling the HeadBucket operation: Not Found")
        self.refuse("s3api.get-bucket-policy", NO_POLICY)

    def all_is_ours(self) -> None:
        for kind in ("role", "policy", "instance-profile", "saml-provider"):
            self.answer(f"iam.list-{kind}-tags", self.made.plan.setup)
        # The one operation answers both what the id of a group is and whose it is.
        for operation in ("ec2.describe-security-groups", "emr.describe-studio", "athena.list-tags-for-resource"):
            self.answer(operation, self.made.plan.setup)
        self.answer("s3api.get-bucket-tagging", self.made.plan.setup)
        for resource in (one for phase in self.made.plan.phases for one in phase.resources):
            if isinstance(resource, RolePolicy):
                self.answer("iam.get-role-policy", json.dumps(resource.document.to_json(), indent=4))

    def run(self, script: str, variables: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        (self.record / "calls").unlink(missing_ok=True)
        environment = {
            "PATH": f"{self.home / 'bin'}:{os.environ['PATH']}",
            "RECORD": str(self.record),
            "TMPDIR": str(self.home),
            "LAKEHOUSE_IAM_TRIES": "1",
            **(variables or {}),
        }
        done = subprocess.run(
            [*self.shell, str(self.folder / script)],
            cwd=self.home,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        calls = self.record / "calls"
        words = calls.read_bytes().decode().split("\0")[:-1] if calls.exists() else []
        self.calls = []
        one: list[str] = []
        for word in words:
            if word == "end":
                self.calls.append(one)
                one = []
            else:
                one.append(word)
        return done

    @property
    def operations(self) -> list[str]:
        """What was called, without the looks."""
        named = [call[1] for call in self.calls]
        return [one for one in named if not one.startswith(("get-", "list-", "describe-", "head-"))]

    def words_of(self, operation: str) -> list[str]:
        return next(call for call in self.calls if call[1] == operation)
