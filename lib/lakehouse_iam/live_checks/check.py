"""What is asked of a live account before anything is deployed, and what the answer means."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from lakehouse_iam.arns import AccountId
from lakehouse_iam.aws_sessions import AccountSession


class Verdict(Enum):
    """What an answer means for the setup; the value is the word in texts and JSON."""

    RIGHT = "right"
    NOTE = "note"
    WRONG = "wrong"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class Answer:
    """What one reading call says about one thing.

    Args:
        verdict: what it means.
        what: the thing, such as `workgroup analytics`.
        says: what is there, in words.
        next_step: what to do; empty where there is nothing to do.
    """

    verdict: Verdict
    what: str
    says: str
    next_step: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether the setup cannot be deployed, or does not work, as long as this stays."""
        return self.verdict is Verdict.WRONG


Ask = Callable[[AccountSession], Iterable[Answer]]


@dataclass(frozen=True)
class Check:
    """One question to one account.

    Args:
        account: the account that is asked.
        what: what is asked about; of two checks of an account about the same the first is asked.
        ask: from a session to its answers. It may raise `AwsError`: then this thing is not checked.
    """

    account: AccountId
    what: str
    ask: Ask


def right(what: str, says: str) -> Answer:
    """What is as the setup says."""
    return Answer(Verdict.RIGHT, what, says)


def note(what: str, says: str, next_step: str = "") -> Answer:
    """What the reader should know, and the deployment does not fail over."""
    return Answer(Verdict.NOTE, what, says, next_step)


def wrong(what: str, says: str, next_step: str) -> Answer:
    """What makes the deployment fail, or what it makes not work."""
    return Answer(Verdict.WRONG, what, says, next_step)
