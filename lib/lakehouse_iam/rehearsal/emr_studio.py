"""Rehearsing the pattern `emr-studio`: roles, policies, buckets and a regular workgroup, which are all that the local AWS has.

MiniStack 1.5.33 knows no EMR Studio, S3 Access Grants, Lake Formation or Identity Center, and runs no custom resources. What is
left out is said; the proof answers for all of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from lakehouse_iam.plan import Phase, plan_setup
from lakehouse_iam.rehearsal.existing import make_existing
from lakehouse_iam.rehearsal.identities import Identities
from lakehouse_iam.rehearsal.preparation import Ground, Prepared
from lakehouse_iam.resources import (
    Bucket,
    BucketPolicy,
    Existing,
    ExistingBucket,
    ExistingKey,
    ManagedPolicy,
    Role,
    SessionPolicy,
    Workgroup,
)
from lakehouse_iam.setups.emr_studio import EmrStudioSetup

Known = Role | ManagedPolicy | SessionPolicy | Bucket | BucketPolicy | Workgroup
_KNOWN = (Role, ManagedPolicy, SessionPolicy, Bucket, BucketPolicy, Workgroup)


@contextmanager
def prepare(ground: Ground, setup: EmrStudioSetup) -> Iterator[Prepared]:
    """Deploy what the local AWS knows of a setup, and say what it does not.

    Args:
        ground: where.
        setup: what; its keys are keys of the local AWS.

    Raises:
        DeploymentError: a stack was refused.
    """
    whole = plan_setup(setup)
    plan = replace(whole, phases=tuple(_known_part(phase) for phase in whole.phases))
    make_existing(ground.aws, plan)
    for phase in whole.phases:
        left_out = sorted({type(one).__name__ for one in phase.resources if not isinstance(one, _KNOWN)})
        if left_out:
            ground.progress(
                f"not deployed from {phase.stack}, because the local AWS has no such thing: {', '.join(left_out)}"
            )
    ground.deploy(ground.aws, plan, ground.progress)
    yield Prepared(Identities(ground.aws), plan)


def _known_part(phase: Phase) -> Phase:
    known = tuple(_alone(one) for one in phase.resources if isinstance(one, _KNOWN))
    ids = {one.id for one in known}
    return replace(
        phase,
        resources=known,
        existing=tuple(_without_key(one) for one in phase.existing if not isinstance(one, ExistingKey)),
        handoffs=(),
        parameters=(),
        outputs=tuple(output for output in phase.outputs if not output.only_deployed and output.arn_of in ids),
    )


def _without_key(existing: Existing) -> Existing:
    return replace(existing, key=None) if isinstance(existing, ExistingBucket) else existing


def _alone(resource: Known) -> Known:
    """A resource that needs nothing that is left out: nothing it would wait for, and no key, which no probe asks about."""
    if isinstance(resource, Workgroup):
        return replace(resource, after=(), key=None)
    return replace(resource, key=None) if isinstance(resource, Bucket) else resource
