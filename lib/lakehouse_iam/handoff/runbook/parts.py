"""What a runbook is made of: whose turn it is, the steps of a turn, and what is sent to whom. No words of any language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from lakehouse_iam.arns import AccountId
from lakehouse_iam.plan import Plan

if TYPE_CHECKING:
    from lakehouse_iam.handoff.databricks_side import DatabricksSide


class Side(Enum):
    """Where somebody is an admin."""

    ACCOUNT = "account"
    DATABRICKS = "databricks"
    IDENTITY_PROVIDER = "identity-provider"


@dataclass(frozen=True)
class Person:
    """An admin who gets a folder of their own.

    Args:
        side: where.
        account: the AWS account, where it is one.
    """

    side: Side
    account: str = ""

    @property
    def folder(self) -> str:
        """The name of their folder."""
        return self.account or self.side.value


DATABRICKS = Person(Side.DATABRICKS)
IDENTITY_PROVIDER = Person(Side.IDENTITY_PROVIDER)


def owner_of(account: AccountId) -> Person:
    """The admin of an AWS account."""
    return Person(Side.ACCOUNT, str(account))


@dataclass(frozen=True)
class Step:
    """One step.

    Args:
        kind: what is done: the name of its template.
        values: what the template is filled with.
        errors: the slugs of `explain`'s errors that are usual here, the likeliest first.
        by_hand: whether it is needed only where the template of the stack was not uploaded.
    """

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    by_hand: bool = False


@dataclass(frozen=True)
class Message:
    """A value that one admin sends to another.

    Args:
        key: which, as `phrases` names it.
        to: who gets it.
        value: the value; empty while only the sender will know it.
        values: what else the phrase is filled with.
    """

    key: str
    to: Person
    value: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Turn:
    """What one admin does before the next one can go on.

    Args:
        who: the admin.
        key: what it is, as `phrases` names it.
        values: what the phrase is filled with.
        steps: the steps.
        sends: what is sent afterwards.
        stack: the stack whose template does the same as the steps by hand; empty for none.
    """

    who: Person
    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    sends: tuple[Message, ...] = ()
    stack: str = ""


@dataclass(frozen=True)
class PatternRunbook:
    """What a pattern has for the runbook.

    Args:
        turns: from a plan to who does what, in order.
        databricks: from a plan to what is made in Databricks; `None` for a pattern without it.
    """

    turns: Callable[[Plan], tuple[Turn, ...]]
    databricks: Callable[[Plan], DatabricksSide] | None = None


def people(turns: tuple[Turn, ...]) -> tuple[Person, ...]:
    """Everybody who has a turn, in the order in which they come first."""
    return tuple(dict.fromkeys(turn.who for turn in turns))
