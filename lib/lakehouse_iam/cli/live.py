"""What `check --live` shows, and how it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lakehouse_iam.cli.answers import ANSWER_IS_NO, OUTSIDE_FAILED
from lakehouse_iam.cli.terminal import one_line, say

if TYPE_CHECKING:
    from lakehouse_iam.live_checks import Answer, LiveAccount
    from lakehouse_iam.plan import Plan

Found = Mapping[str, "tuple[LiveAccount, ...]"]
"""What was found, by the names of the setups."""


def ask_accounts(
    plans: Sequence[Plan], profiles: tuple[str, ...], *, as_json: bool
) -> dict[str, tuple[LiveAccount, ...]]:
    """Ask the accounts of plans.

    Args:
        plans: the plans.
        profiles: what stood under `--profile`.
        as_json: whether the answer is for a machine.
    """
    from lakehouse_iam.cli.aws_access import LiveAccounts

    accounts = [str(phase.account) for plan in plans for phase in plan.phases]
    live = LiveAccounts(profiles, accounts, as_json=as_json)
    from lakehouse_iam.live_checks import check_live

    return {plan.setup: check_live(plan, live.of(plan.source)) for plan in plans}


def live_json(accounts: tuple[LiveAccount, ...] | None) -> dict[str, Any]:
    """What is added to the summary of a setup; nothing where nobody was asked."""
    if accounts is None:
        return {}
    return {
        "live": [
            {
                "account": str(one.account),
                "caller": one.caller,
                "not_reached": one.not_reached,
                "answers": [
                    {
                        "verdict": answer.verdict.value,
                        "what": answer.what,
                        "says": answer.says,
                        "next_step": answer.next_step,
                    }
                    for answer in one.answers
                ],
            }
            for one in accounts
        ]
    }


def show_live(accounts: tuple[LiveAccount, ...] | None) -> None:
    """Print what the accounts of a setup say."""
    for one in accounts or ():
        if one.not_reached:
            say(f"  live  {one.account}  not checked: {one_line(one.not_reached)}")
            continue
        say(f"  live  {one.account}  asked as {one_line(one.caller)}")
        for answer in one.answers:
            say(f"    {_line(answer)}")


def _line(answer: Answer) -> str:
    next_step = f"; {one_line(answer.next_step)}" if answer.next_step else ""
    return f"{answer.verdict.value:<11}  {one_line(answer.what)}: {one_line(answer.says)}{next_step}"


def end_live(found: Found) -> None:
    """End with 1 where something is wrong, and with 3 where no account could be read; else go on."""
    accounts = [account for of_setup in found.values() for account in of_setup]
    wrong = sum(answer.is_wrong for account in accounts for answer in account.answers)
    if wrong:
        say(f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong in the accounts", err=True)
        raise SystemExit(ANSWER_IS_NO)
    if accounts and not any(account.was_read for account in accounts):
        say("no account could be read", err=True)
        raise SystemExit(OUTSIDE_FAILED)
