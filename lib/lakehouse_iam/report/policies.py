"""Every policy of a plan with its statements and their reasons, and what each takes of AWS's quotas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lakehouse_iam.plan.phases import Phase, Plan
from lakehouse_iam.policy import (
    BUCKET_POLICY_SIZE,
    INLINE_POLICIES_SIZE,
    KEY_POLICY_SIZE,
    MANAGED_POLICY_SIZE,
    PolicyDocument,
    Statement,
    compact_json,
)
from lakehouse_iam.resources import (
    BucketPolicy,
    HandOff,
    HandOffKind,
    ManagedPolicy,
    Resource,
    Role,
    RolePolicy,
    SessionPolicy,
)

Json = dict[str, Any]

TRUST = "trust"
ROLE = "role"
ADDED = "added"
SESSION = "session"
BUCKET = "bucket"
KEY = "key"

_OF_HANDOFF = {
    HandOffKind.BUCKET_POLICY: BUCKET,
    HandOffKind.KEY_POLICY: KEY,
    HandOffKind.ROLE_POLICY: ADDED,
    HandOffKind.TRUST_POLICY: TRUST,
}
_LIMITS = {
    ROLE: MANAGED_POLICY_SIZE,
    SESSION: MANAGED_POLICY_SIZE,
    ADDED: INLINE_POLICIES_SIZE,
    BUCKET: BUCKET_POLICY_SIZE,
    KEY: KEY_POLICY_SIZE,
}


def policies_of(plan: Plan) -> list[Json]:
    """Every policy that the plan writes and every one that it hands off, in the order of its phases."""
    found: list[Json] = []
    for phase in plan.phases:
        for resource in phase.resources:
            found += (_written(plan, phase, one) for one in _of_resource(plan, phase, resource))
        found += (_handed_off(plan, phase, handoff) for handoff in phase.handoffs)
    for number, one in enumerate(found, start=1):
        one["id"] = f"policy-{number}"
    return found


def _of_resource(plan: Plan, phase: Phase, resource: Resource) -> Iterator[tuple[str, str, str, PolicyDocument]]:
    """The kind, whose it is, its name, and the document of each policy that a resource brings."""
    if isinstance(resource, Role):
        yield TRUST, str(resource.arn), "", resource.trust
    elif isinstance(resource, ManagedPolicy):
        yield ROLE, _role_arn(plan, phase, str(resource.role)), resource.name, resource.document
    elif isinstance(resource, RolePolicy):
        yield ADDED, _role_arn(plan, phase, str(resource.role)), resource.name, resource.document
    elif isinstance(resource, SessionPolicy):
        yield SESSION, "", resource.name, resource.document
    elif isinstance(resource, BucketPolicy):
        yield BUCKET, resource.bucket.arn(plan.partition), "", resource.document


def _role_arn(plan: Plan, phase: Phase, name: str) -> str:
    made = (one.arn for one in phase.resources if isinstance(one, Role) and str(one.arn.name) == name)
    return next((str(arn) for arn in made), f"arn:{plan.partition}:iam::{phase.account}:role/{name}")


def _written(plan: Plan, phase: Phase, policy: tuple[str, str, str, PolicyDocument]) -> Json:
    kind, of, name, document = policy
    size = len(document.compact().encode()) if kind == BUCKET else document.size
    limit = plan.source.trust_policy_size if kind == TRUST else _LIMITS[kind]
    return _policy(phase, kind, of, document.statements, name=name, size=size, limit=limit)


def _handed_off(plan: Plan, phase: Phase, handoff: HandOff) -> Json:
    kind = _OF_HANDOFF[handoff.kind]
    of = f"arn:{plan.partition}:s3:::{handoff.target}" if kind == BUCKET else handoff.target
    size = len(compact_json([statement.to_json() for statement in handoff.statements]))
    limit = plan.source.trust_policy_size if kind == TRUST else _LIMITS[kind]
    policy = _policy(phase, kind, of, handoff.statements, name="", size=size, limit=limit)
    return {**policy, "handed_off": True, "why": handoff.why}


def _policy(
    phase: Phase, kind: str, of: str, statements: Iterable[Statement], *, name: str, size: int, limit: int
) -> Json:
    return {
        "id": "",
        "phase": phase.id,
        "account": str(phase.account),
        "kind": kind,
        "of": of,
        "name": name,
        "handed_off": False,
        "size": size,
        "limit": limit,
        "statements": [{"reason": one.reason_key, "statement": one.to_json()} for one in statements],
    }
