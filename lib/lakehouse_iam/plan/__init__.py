"""Plans: what a setup becomes, before any engine has touched it."""

from lakehouse_iam.plan import instance_profile
from lakehouse_iam.plan.phases import HandOver, Output, Party, Phase, Plan, PlanError
from lakehouse_iam.plan.probes import Expected, Probe
from lakehouse_iam.setups import Setup

__all__ = ["Expected", "HandOver", "Output", "Party", "Phase", "Plan", "PlanError", "Probe", "plan_setup"]


def plan_setup(setup: Setup) -> Plan:
    """The plan of a setup of any pattern.

    Raises:
        PlanError: the setup is larger than AWS accepts.
    """
    return instance_profile.plan(setup)
