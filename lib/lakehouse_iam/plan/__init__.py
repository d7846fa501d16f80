"""Plans: what a setup becomes, before any engine has touched it."""

from __future__ import annotations

from collections.abc import Sequence

from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan.conflicts import conflicts
from lakehouse_iam.plan.phases import (
    HandOver,
    Output,
    Parameter,
    Party,
    Phase,
    Plan,
    PlanError,
    PlanErrors,
    refusal,
)
from lakehouse_iam.plan.quotas import SeveralQuotas
from lakehouse_iam.setups.setup import Setup

__all__ = [
    "HandOver",
    "Output",
    "Parameter",
    "Party",
    "Phase",
    "Plan",
    "PlanError",
    "PlanErrors",
    "plan_setup",
    "plan_setups",
]


def plan_setup(setup: Setup) -> Plan:
    """The plan of a setup of any pattern.

    Raises:
        PlanError: the setup is larger than AWS accepts.
        PlanErrors: it is in several ways.
    """
    try:
        plan: Plan = pattern_named(setup.pattern).plan.load()(setup)
    except SeveralQuotas as several:
        raise refusal([PlanError(setup.name, problem) for problem in several.problems]) from several
    except LakehouseIamError as problem:
        raise PlanError(setup.name, problem) from problem
    return plan


def plan_setups(setups: Sequence[Setup]) -> tuple[Plan, ...]:
    """The plans of setups that are deployed side by side.

    Raises:
        PlanError: one of them is larger than AWS accepts, or two of them claim the same role, bucket or bucket policy.
        PlanErrors: the same of several, all at once.
    """
    plans: list[Plan] = []
    errors: list[PlanError] = []
    for setup in setups:
        try:
            plans.append(plan_setup(setup))
        except PlanError as error:
            errors.append(error)
        except PlanErrors as several:
            errors += several.errors
    errors += conflicts(plans)
    if errors:
        raise refusal(errors)
    return tuple(plans)
