"""What the doctor finds: a disease at one place, with the patch that fixes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lakehouse_iam.aws_cli import AwsCommand
from lakehouse_iam.doctor.broken_link import BrokenLink

Json = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """What a patch changes, as a snapshot would show it.

    Args:
        of: the account, or `workspace` for a Databricks workspace.
        path: the steps from the top of the snapshot.
        value: what stands there afterwards.
    """

    of: str
    path: tuple[str | int, ...]
    value: Any


@dataclass(frozen=True)
class Patch:
    """How to fix a disease.

    Args:
        changes: what is different afterwards; empty where the setup itself, or something outside both accounts, must change.
        statements: the statements that are missing, as they are merged.
        document: the whole policy after the merge; `None` where no policy changes.
        commands: what to run, in order: commands of the AWS CLI, or others as text.
        stack: the stack of the setup whose deployment does the same; empty for none.
    """

    changes: tuple[Change, ...] = ()
    statements: tuple[Json, ...] = ()
    document: Json | None = None
    commands: tuple[AwsCommand | str, ...] = ()
    stack: str = ""

    def to_json(self) -> Json:
        """The patch for machines."""
        return {
            "document": self.document,
            "statements": list(self.statements),
            "commands": [str(command) for command in self.commands],
            "stack": self.stack,
        }


NO_PATCH = Patch()


@dataclass(frozen=True)
class Finding:
    """One disease at one place.

    Args:
        disease: its name in the catalogue.
        at: the ARN or the name of what is sick.
        account: whose admin fixes it; empty for the admin of the Databricks workspace.
        rank: where in the chain it stands; smaller is earlier.
        values: what stands in the disease's sentence here, by name.
        because: the evaluator's reasons, where a request was refused.
        patch: how to fix it.
        links: the refused requests that it explains.
    """

    disease: str
    at: str
    account: str
    rank: float
    values: Mapping[str, str] = field(default_factory=dict)
    because: tuple[str, ...] = ()
    patch: Patch = NO_PATCH
    links: tuple[BrokenLink, ...] = ()
