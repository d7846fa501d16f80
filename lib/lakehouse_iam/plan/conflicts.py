"""Setups that cannot live in the same accounts: each would make, or own, what the other makes or owns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.plan.phases import Phase, Plan, PlanError
from lakehouse_iam.resources import Bucket, BucketPolicy, InstanceProfile, ManagedPolicy, Resource, Role

# What is named after a role, so that only the role need be reported where both are claimed.
_NAMED_AFTER_A_ROLE = ("managed policy", "instance profile")


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
            yield kind, "" if isinstance(resource, Bucket | BucketPolicy) else str(phase.account), name


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
    return None


def _problem(kind: str, place: str, name: str, first: str) -> InvalidValue:
    where = f" in {place}" if place else ""
    return InvalidValue(
        f"the {kind} {name}{where} belongs to the setup {first} too",
        allowed="allowed is one setup for each role, instance profile, created bucket and managed bucket policy",
        next_step="put the buckets into one setup, or give this one names of its own and policy: handoff",
    )
