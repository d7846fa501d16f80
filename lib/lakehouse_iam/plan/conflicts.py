"""Setups that cannot live in the same accounts: each would make, or own, what the other makes or owns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lakehouse_iam.custom_resource import AthenaWorkGroup
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.plan.phases import Phase, Plan, PlanError
from lakehouse_iam.resources import (
    AccessGrantsInstance,
    Bucket,
    BucketPolicy,
    CustomResource,
    DatabaseLink,
    EmrStudio,
    InstanceProfile,
    ManagedPolicy,
    Resource,
    Role,
    SessionPolicy,
    Workgroup,
)

# What is named after a role, so that only the role need be reported where both are claimed.
_NAMED_AFTER_A_ROLE = ("managed policy", "instance profile")

_OTHERWISE = (
    "allowed is one setup for each role, instance profile, created bucket and managed bucket policy",
    "put the buckets into one setup, or give this one names of its own and policy: handoff",
)
_REMEDIES = {
    "EMR Studio": ("allowed is each name once in a region of an account", "give the Studio a name of its own"),
    "workgroup": ("allowed is each name once in a region of an account", "give the workgroup a name of its own"),
    "S3 Access Grants instance": (
        "an account has one in a region",
        "write access_grants: {instance: exists} into one of the two, and deploy it after the other",
    ),
    "database": ("allowed is each name once in a catalog", "put the grants on it into one setup"),
}


def conflicts(plans: Sequence[Plan]) -> list[PlanError]:
    """What plans that are deployed side by side both claim.

    Names of roles, policies and instance profiles are unique in an account whatever their case; names of buckets are
    unique in a partition, and a bucket has one policy. The second stack to claim one would fail or overwrite the first.
    """
    found: dict[tuple[str, str, str], list[PlanError]] = {}
    claimed: dict[tuple[str, str, str], str] = {}
    for plan in plans:
        for phase in plan.phases:
            for kind, place, name in _claims(phase):
                first = claimed.setdefault((kind, place, name.lower()), plan.setup)
                if first != plan.setup and (kind not in _NAMED_AFTER_A_ROLE or (plan.setup, first, place) not in found):
                    errors = found.setdefault((plan.setup, first, place), [])
                    errors.append(PlanError(plan.setup, _problem(kind, place, name, first)))
    return [error for errors in found.values() for error in errors]


def _claims(phase: Phase) -> Iterator[tuple[str, str, str]]:
    for resource in phase.resources:
        claim = _claim(resource)
        if claim:
            kind, name = claim
            yield kind, _place(resource, phase), name


def _place(resource: Resource, phase: Phase) -> str:
    """Where a name is unique: everywhere, in an account, or in a region of it."""
    if isinstance(resource, Bucket | BucketPolicy):
        return ""
    is_global = isinstance(resource, Role | ManagedPolicy | SessionPolicy | InstanceProfile)
    return str(phase.account) if is_global else f"{phase.account}, {phase.region}"


def _claim(resource: Resource) -> tuple[str, str] | None:
    if isinstance(resource, Role):
        return "role", str(resource.arn.name)
    if isinstance(resource, ManagedPolicy):
        return "managed policy", resource.name
    if isinstance(resource, InstanceProfile):
        return "instance profile", str(resource.name)
    if isinstance(resource, Bucket):
        return "bucket", str(resource.name)
    if isinstance(resource, BucketPolicy):
        return "whole policy of the bucket", str(resource.bucket)
    if isinstance(resource, SessionPolicy):
        return "managed policy", resource.name
    if isinstance(resource, EmrStudio):
        return "EMR Studio", resource.name
    if isinstance(resource, Workgroup):
        return "workgroup", resource.name
    if isinstance(resource, CustomResource) and isinstance(resource.of, AthenaWorkGroup):
        return "workgroup", str(resource.of.name)
    if isinstance(resource, AccessGrantsInstance):
        return "S3 Access Grants instance", "default"
    if isinstance(resource, DatabaseLink):
        return "database", resource.name
    return None


def _problem(kind: str, place: str, name: str, first: str) -> InvalidValue:
    where = f" in {place}" if place else ""
    allowed, next_step = _REMEDIES.get(kind, _OTHERWISE)
    return InvalidValue(
        f"the {kind} {name}{where} belongs to the setup {first} too", allowed=allowed, next_step=next_step
    )
