"""Rehearsing the pattern `instance-profile`: what the setup expects to find, then its stacks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lakehouse_iam.plan import plan_setup
from lakehouse_iam.rehearsal.existing import make_existing
from lakehouse_iam.rehearsal.identities import Identities
from lakehouse_iam.rehearsal.preparation import Ground, Prepared
from lakehouse_iam.setups.instance_profile import InstanceProfileSetup


@contextmanager
def prepare(ground: Ground, setup: InstanceProfileSetup) -> Iterator[Prepared]:
    """Deploy a setup on the local AWS.

    Args:
        ground: where.
        setup: what; its keys are keys of the local AWS.

    Raises:
        DeploymentError: a stack was refused.
    """
    plan = plan_setup(setup)
    make_existing(ground.aws, plan)
    ground.deploy(ground.aws, plan, ground.progress)
    yield Prepared(Identities(ground.aws), plan)
