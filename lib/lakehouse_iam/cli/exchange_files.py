"""Reading the exchange files that a command was given, into the plans of its setups."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lakehouse_iam.plan import Plan


def plans_with(paths: Sequence[Path | str], exchanges: Sequence[Path | str], *, as_json: bool) -> tuple[Plan, ...]:
    """The plans of setups, with what exchange files tell filled in.

    Args:
        paths: the setups.
        exchanges: exchange files, each of one of the setups.
        as_json: whether the answer is for a machine.

    Raises:
        SetupError: with everything that is wrong with a setup or an exchange file.
        PlanError: a setup is larger than AWS accepts, or two claim the same.
        PlanErrors: the same of several.
    """
    from lakehouse_iam.cli.setup_files import read_setups
    from lakehouse_iam.handoff.exchange import read_exchange, whose, with_exchange
    from lakehouse_iam.plan import plan_setups

    setups = read_setups(paths, as_json=as_json)
    plans = plan_setups(setups)
    if not exchanges:
        return plans
    by_setup = whose([read_exchange(file) for file in exchanges], setups)
    return tuple(
        with_exchange(plan.source, *by_setup[plan.setup]) if plan.setup in by_setup else plan for plan in plans
    )
