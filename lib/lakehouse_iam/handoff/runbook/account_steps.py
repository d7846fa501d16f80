"""The steps of an AWS account's admin: upload the stack's template, or make each of its resources by hand; merge the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from lakehouse_iam.file_names import TEMPLATE_FILE
from lakehouse_iam.handoff.commands.step import placeholder
from lakehouse_iam.handoff.runbook.parts import Step
from lakehouse_iam.partitions import EC2_SERVICE
from lakehouse_iam.plan import Phase, Plan
from lakehouse_iam.policy import TRUST_POLICY_SIZE, Json, PolicyDocument, Principal
from lakehouse_iam.resources import (
    Bucket,
    BucketPolicy,
    HandOff,
    HandOffKind,
    InstanceProfile,
    ManagedPolicy,
    Resource,
    Role,
    RolePolicy,
)

Maker = Callable[[Phase, Resource], Iterable[Step]]

# Why a hand-off is needed, as the plan says it, and the phrase that says it in every language.
_WHYS = (
    (
        r"the bucket has a policy of its own; without these statements the role's own policy still lets it in",
        "own-bucket",
    ),
    (r"the bucket is in another account than the role", "bucket-elsewhere"),
    (r"the bucket has a policy of its own; without these statements nobody gets in", "bucket-somewhere"),
    (r"a key is used only by those its own policy allows", "key"),
    (r"without it clusters that carry the instance profile do not start", "pass-role"),
)
_MERGING = {
    HandOffKind.BUCKET_POLICY: ("merge-bucket-policy", ("bucket-policy-invalid-principal", "public-policy-blocked")),
    HandOffKind.KEY_POLICY: ("merge-key-policy", ("key-policy-invalid-principal", "kms-key-not-usable")),
    HandOffKind.ROLE_POLICY: ("merge-role-policy", ("pass-role",)),
    HandOffKind.TRUST_POLICY: ("merge-trust-policy", ("trust-invalid-principal",)),
}


def phase_steps(plan: Plan, phase: Phase, makers: Mapping[type, Maker] | None = None) -> tuple[Step, ...]:
    """All steps of a phase: signing in, its stack in two ways, and what is to be merged.

    Args:
        plan: the plan.
        phase: one of its phases.
        makers: for resources that only the phase's pattern has, what is done by hand; an empty answer leaves a resource out,
            because another step makes it.
    """
    steps = [Step("sign-in", {"account": str(phase.account), "region": phase.region})]
    if phase.has_stack:
        steps += (_upload(plan, phase), *by_hand(plan, phase, makers or {}))
    return (*steps, *merging(phase))


def by_hand(plan: Plan, phase: Phase, makers: Mapping[type, Maker]) -> Iterator[Step]:
    """What makes the resources of a stack without its template."""
    profiles = {resource.role: resource for resource in phase.resources if isinstance(resource, InstanceProfile)}
    for resource in phase.resources:
        if type(resource) in makers:
            made: Iterable[Step] = makers[type(resource)](phase, resource)
        else:
            made = _generic(plan, phase, resource, profiles)
        yield from (Step(step.kind, step.values, step.errors, by_hand=True) for step in made)


def merging(phase: Phase) -> Iterator[Step]:
    """What goes into policies that the setup may not touch."""
    for handoff in phase.handoffs:
        kind, errors = _MERGING[handoff.kind]
        values: dict[str, Any] = {
            "target": handoff.target,
            "region": phase.region,
            "is_arn": handoff.target.startswith("arn:"),
            "statements": [shown(phase, statement.to_json()) for statement in handoff.statements],
            "why_key": why_key(handoff),
            "why": handoff.why,
        }
        yield Step(kind, values, errors)


def why_key(handoff: HandOff) -> str:
    """The phrase that says why a hand-off is needed; empty for one that only the plan has words for."""
    return next((f"why-{key}" for pattern, key in _WHYS if re.match(pattern, handoff.why)), "")


def shown(phase: Phase, document: Any) -> Any:
    """A document as it is pasted: where a value is not known yet, its name stands in angle brackets."""
    text = json.dumps(document)
    for parameter in phase.parameters:
        text = text.replace(parameter.stand_in, placeholder(parameter.id))
    return json.loads(text)


def template_file(phase: Phase) -> str:
    """The name of a stack's template in its admin's folder."""
    return f"{phase.stack}{TEMPLATE_FILE}"


def _upload(plan: Plan, phase: Phase) -> Step:
    values: dict[str, Any] = {
        "template": template_file(phase),
        "stack": phase.stack,
        "region": phase.region,
        "has_iam": any(isinstance(resource, (Role, ManagedPolicy, RolePolicy)) for resource in phase.resources),
        "parameters": [(parameter.id, parameter.description) for parameter in phase.parameters],
        "only_with": "",
        "outputs": [(output.id, output.value) for output in phase.outputs],
        "resources": len(phase.resources),
        "replaces": [
            str(one.bucket) for one in phase.resources if isinstance(one, BucketPolicy) and _replaces(one, phase)
        ],
    }
    errors = [
        *(
            ["trust-invalid-principal"]
            if any(isinstance(one, Role) and _names_somebody(one.trust) for one in phase.resources)
            else []
        ),
        *(
            ["bucket-policy-invalid-principal"]
            if any(isinstance(one, BucketPolicy) and _names_somebody(one.document) for one in phase.resources)
            else []
        ),
    ]
    return Step("upload-template", values, tuple(errors))


def _names_somebody(policy: PolicyDocument) -> bool:
    """Whether a policy names a role or an account, which must exist when it is written."""
    return any(principal.kind == "AWS" for statement in policy.statements for principal in statement.principals)


def _replaces(policy: BucketPolicy, phase: Phase) -> bool:
    """Whether a bucket policy takes the place of another one: that of a bucket which was there before."""
    return policy.bucket not in {bucket.name for bucket in phase.resources if isinstance(bucket, Bucket)}


# ---------------------------------------------------------------- resources that several patterns have


def _generic(plan: Plan, phase: Phase, resource: Resource, profiles: Mapping[Any, InstanceProfile]) -> Iterator[Step]:
    values: dict[str, Any]
    if isinstance(resource, Role):
        yield _role(plan, phase, resource, profiles.get(resource.arn.name))
    elif isinstance(resource, ManagedPolicy):
        yield policy_step(plan, phase, resource, (str(resource.role),))
    elif isinstance(resource, RolePolicy):
        values = {"role": str(resource.role), "name": resource.name, "document": document(phase, resource.document)}
        yield Step("add-role-policy", values, ("inline-policies-too-large",))
    elif isinstance(resource, InstanceProfile):
        if not _comes_with_role(phase, resource):
            values = {"profile": str(resource.name), "path": str(resource.path), "role": str(resource.role)}
            yield Step("create-instance-profile", values)
    elif isinstance(resource, Bucket):
        values = {
            "bucket": str(resource.name),
            "region": phase.region,
            "ownership": resource.object_ownership.value,
            "acls": resource.object_ownership.uses_acls,
            "key": str(resource.key or ""),
            "tags": plan.tags,
        }
        yield Step("create-bucket", values)
    elif isinstance(resource, BucketPolicy):
        values = {
            "bucket": str(resource.bucket),
            "document": document(phase, resource.document),
            "replaces": _replaces(resource, phase),
        }
        errors = ("bucket-policy-invalid-principal",) if _names_somebody(resource.document) else ()
        yield Step("bucket-policy", values, errors)
    else:
        yield Step("template-only", {"id": resource.id})


def _role(plan: Plan, phase: Phase, role: Role, profile: InstanceProfile | None) -> Step:
    values: dict[str, Any] = {
        "role": str(role.arn.name),
        "arn": str(role.arn),
        "path": str(role.arn.path),
        "description": role.description,
        "boundary": str(role.permissions_boundary or ""),
        "hours": role.session_hours or 1,
        "document": document(phase, role.trust),
        "open": [parameter.id for parameter in phase.parameters if parameter.stand_in in role.trust.compact()],
        "tags": plan.tags,
        "profile_arn": "",
    }
    errors: tuple[str, ...] = ("trust-invalid-principal",) if _names_somebody(role.trust) else ()
    if role.trust.size > TRUST_POLICY_SIZE:
        errors = (*errors, "trust-policy-too-large")
    if profile and _comes_with_role(phase, profile):
        arn = str(role.arn).replace(":role/", ":instance-profile/")
        return Step("create-role-for-ec2", values | {"profile_arn": arn}, errors)
    return Step("create-role", values, errors)


def _comes_with_role(phase: Phase, profile: InstanceProfile) -> bool:
    """Whether IAM's console makes the profile with its role: it does for EC2, under the role's name and without a path."""
    role = next(one for one in phase.resources if isinstance(one, Role) and one.arn.name == profile.role)
    for_ec2 = Principal("Service", EC2_SERVICE) in role.trust.statements[0].principals
    return for_ec2 and str(profile.name) == str(role.arn.name) and str(profile.path) == str(role.arn.path) == "/"


def policy_step(plan: Plan, phase: Phase, policy: Any, roles: Sequence[str]) -> Step:
    """A managed policy, and the roles that it is attached to."""
    values: dict[str, Any] = {
        "name": policy.name,
        "description": policy.description,
        "document": document(phase, policy.document),
        "roles": roles,
        "tags": plan.tags,
    }
    return Step("create-policy", values, ("too-many-policies",))


def document(phase: Phase, policy: PolicyDocument) -> Json:
    """A policy as it is pasted."""
    pasted: Json = shown(phase, policy.to_json())
    return pasted
