"""Plans: what a setup becomes, before any engine has touched it."""

from collections.abc import Sequence

from lakehouse_iam.plan.conflicts import refuse_conflicts
from lakehouse_iam.plan.phases import HandOver, Output, Parameter, Party, Phase, Plan, PlanError
from lakehouse_iam.plan.probes import Expected, Probe
from lakehouse_iam.setups import Setup
from lakehouse_iam.setups.instance_profile import InstanceProfileSetup

__all__ = [
    "Expected",
    "HandOver",
    "Output",
    "Parameter",
    "Party",
    "Phase",
    "Plan",
    "PlanError",
    "Probe",
    "plan_setup",
    "plan_setups",
]


def plan_setup(setup: Setup) -> Plan:
    """The plan of a setup of any pattern.

    Raises:
        PlanError: the setup is larger than AWS accepts.
    """
    # A pattern is imported when the first setup of it is planned: the command line starts faster for it.
    if isinstance(setup, InstanceProfileSetup):
        from lakehouse_iam.plan import instance_profile

        return instance_profile.plan(setup)
    from lakehouse_iam.plan import unity_catalog

    return unity_catalog.plan(setup)


def plan_setups(setups: Sequence[Setup]) -> tuple[Plan, ...]:
    """The plans of setups that are deployed side by side.

    Raises:
        PlanError: one of them is larger than AWS accepts, or two of them claim the same role, bucket or bucket policy.
    """
    plans = tuple(plan_setup(setup) for setup in setups)
    refuse_conflicts(plans)
    return plans
