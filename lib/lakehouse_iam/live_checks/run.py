"""Asking the accounts of a plan, and keeping apart what was asked and what could not be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from lakehouse_iam.arns import AccountId
from lakehouse_iam.aws_sessions import AccountSession, AwsError, AwsRefusal, AwsSessions
from lakehouse_iam.live_checks import expected
from lakehouse_iam.live_checks.check import Answer, Check, Verdict
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan import Plan


@dataclass(frozen=True)
class LiveAccount:
    """What was found in one account.

    Args:
        account: the account.
        caller: the ARN that asked; empty where nobody could.
        not_reached: why nothing was asked; empty where something was.
        answers: in the order in which they were asked.
    """

    account: AccountId
    caller: str
    not_reached: str
    answers: tuple[Answer, ...]

    @property
    def was_read(self) -> bool:
        """Whether anything at all could be checked."""
        return any(answer.verdict is not Verdict.NOT_CHECKED for answer in self.answers)


def check_live(plan: Plan, sessions: AwsSessions) -> tuple[LiveAccount, ...]:
    """What the accounts of a plan say, in the order in which the plan comes to them.

    Args:
        plan: the plan.
        sessions: the way into the accounts.
    """
    by_account: dict[AccountId, dict[str, Check]] = {phase.account: {} for phase in plan.phases}
    for check in _checks(plan):
        by_account.setdefault(check.account, {}).setdefault(check.what, check)
    return tuple(_ask(account, checks.values(), sessions) for account, checks in by_account.items() if checks)


def _checks(plan: Plan) -> Iterator[Check]:
    """A pattern's own questions first: they know more about a thing than the plan does."""
    own = pattern_named(plan.pattern).live
    return chain(own.load()(plan) if own else (), expected.checks(plan))


def _ask(account: AccountId, checks: Iterable[Check], sessions: AwsSessions) -> LiveAccount:
    try:
        session = sessions.of(account)
    except AwsError as error:
        return LiveAccount(account, "", str(error), ())
    answers = tuple(answer for check in checks for answer in _asked(check, session))
    return LiveAccount(account, session.caller, "", answers)


def _asked(check: Check, session: AccountSession) -> tuple[Answer, ...]:
    found: list[Answer] = []
    try:
        for answer in check.ask(session):
            found.append(answer)
    except AwsRefusal as refusal:
        next_step = f"let {session.caller} ask it, or ask as somebody else" if refusal.is_denied else ""
        found.append(Answer(Verdict.NOT_CHECKED, check.what, str(refusal), next_step))
    except AwsError as error:
        found.append(Answer(Verdict.NOT_CHECKED, check.what, str(error)))
    return tuple(found)
