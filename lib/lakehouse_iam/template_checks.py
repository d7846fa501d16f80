"""What AWS would refuse in a set of stacks, found before anyone deploys them: sizes, names, and principals in the wrong order.

CloudFormation, cfn-lint and the CDK check none of it: the CDK splits policies by an estimate, a cross-account reference
by name creates no dependency, and names are compared within one template at most. Sources: IAM "IAM and AWS STS quotas"
("Names of users, groups, roles, and instance profiles must be unique within the account" and are not told apart by
case); IAM "Principal" ("must exist"); aws-cdk issues 24050, 24051, 18457; read 2026-11-21 and 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from lakehouse_iam.arns import RoleArn
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.intrinsics import Deployment, Unresolved, is_resolved, names_resource, plain
from lakehouse_iam.policy import (
    BUCKET_POLICY_SIZE,
    INLINE_POLICIES_SIZE,
    KEY_POLICY_SIZE,
    MANAGED_POLICIES_PER_ROLE_ADJUSTED,
    MANAGED_POLICY_SIZE,
    TRUST_POLICY_SIZE,
    compact_json,
)

SIZE_RULE = "PolicySize"
COUNT_RULE = "ManagedPoliciesPerRole"
PRINCIPAL_RULE = "PrincipalExists"
NAME_RULE = "UniqueName"


@dataclass(frozen=True)
class Stack:
    """One stack of an app.

    Args:
        id: a name that no other stack of the app has, such as its construct path.
        deployment: its template, account and region.
        after: the ids of the stacks that are deployed before it, directly or indirectly.
        deployment_roles: the ARNs of roles that it is deployed with and that therefore exist; pseudo parameters may stand
            in them as `${AWS::Partition}`.
        stage: what it is deployed together with; stages may be alternatives, of which one is deployed.
    """

    id: str
    deployment: Deployment
    after: tuple[str, ...] = ()
    deployment_roles: tuple[str, ...] = ()
    stage: str = ""


class Certainty(Enum):
    """How far the stacks alone show that AWS would refuse something."""

    CERTAIN = "AWS refuses it whatever exists already"
    UNLESS_MADE_ELSEWHERE = "AWS refuses it unless somebody has made the role outside of these stacks"
    IF_BOTH_ARE_DEPLOYED = "AWS refuses it if two stages are both deployed, and not alternatives of each other"


@dataclass(frozen=True)
class Violation:
    """One thing AWS would refuse.

    Args:
        rule: `PolicySize`, `ManagedPoliciesPerRole`, `PrincipalExists` or `UniqueName`.
        stack: the id of the stack.
        logical_id: the resource in it.
        location: the property.
        what: what is wrong.
        fix: what to do.
        certainty: how far the stacks alone show it.
    """

    rule: str
    stack: str
    logical_id: str
    location: str
    what: str
    fix: str
    certainty: Certainty = Certainty.CERTAIN


@dataclass(frozen=True)
class _Limit:
    type: str
    property: str
    most: int
    fix: str


_LIMITS = (
    _Limit(
        "AWS::IAM::ManagedPolicy", "PolicyDocument", MANAGED_POLICY_SIZE, "split it; a managed policy cannot be larger"
    ),
    _Limit(
        "AWS::IAM::Role",
        "AssumeRolePolicyDocument",
        TRUST_POLICY_SIZE,
        "name fewer principals, or have the quota 'Role trust policy length' raised (to 8,192) and acknowledge this rule",
    ),
    _Limit("AWS::S3::BucketPolicy", "PolicyDocument", BUCKET_POLICY_SIZE, "name fewer prefixes or principals"),
    _Limit("AWS::KMS::Key", "KeyPolicy", KEY_POLICY_SIZE, "name fewer principals"),
)


def violations(stacks: Sequence[Stack]) -> tuple[Violation, ...]:
    """Everything AWS would refuse in these stacks, deployed in the order that their dependencies give."""
    found = [violation for stack in stacks for violation in (*_sizes(stack), *_inline(stack), *_counts(stack))]
    return (*found, *_principals(stacks), *_names(stacks))


def _resources(stack: Stack, *types: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for logical_id, resource in stack.deployment.template.get("Resources", {}).items():
        if resource.get("Type") in types:
            yield logical_id, resource.get("Properties", {})


def _size(stack: Stack, document: Any) -> tuple[int, str]:
    resolved = stack.deployment.resolve(document)
    return len(compact_json(plain(resolved))), "" if is_resolved(resolved) else "at least "


def _sizes(stack: Stack) -> Iterator[Violation]:
    for limit in _LIMITS:
        for logical_id, properties in _resources(stack, limit.type):
            size, at_least = _size(stack, properties.get(limit.property, {}))
            if size > limit.most:
                what = f"the policy takes {at_least}{size:,} characters of {limit.most:,}"
                yield Violation(SIZE_RULE, stack.id, logical_id, limit.property, what, limit.fix)


def _inline(stack: Stack) -> Iterator[Violation]:
    """The inline policies of a role count together, wherever in the template they are written."""
    sizes: dict[str, list[tuple[int, str, str]]] = {}
    for logical_id, properties in _resources(stack, "AWS::IAM::Role"):
        for policy in properties.get("Policies", []):
            size, at_least = _size(stack, policy.get("PolicyDocument", {}))
            sizes.setdefault(logical_id, []).append((size, at_least, logical_id))
    for logical_id, properties in _resources(stack, "AWS::IAM::Policy", "AWS::IAM::RolePolicy"):
        size, at_least = _size(stack, properties.get("PolicyDocument", {}))
        of_one_role = [properties["RoleName"]] if "RoleName" in properties else []
        for role in properties.get("Roles", of_one_role):
            sizes.setdefault(_role_id(role, stack), []).append((size, at_least, logical_id))
    for role_id, parts in sizes.items():
        total = sum(size for size, _, _ in parts)
        if total > INLINE_POLICIES_SIZE:
            at_least = "at least " if any(unsure for _, unsure, _ in parts) else ""
            what = f"the inline policies of the role {role_id} take {at_least}{total:,} characters of {INLINE_POLICIES_SIZE:,}"
            largest = max(parts)[2]
            yield Violation(
                SIZE_RULE,
                stack.id,
                largest,
                "PolicyDocument",
                what,
                "move statements into managed policies of up to 6,144",
            )


def _counts(stack: Stack) -> Iterator[Violation]:
    attached: dict[str, int] = {}
    for logical_id, properties in _resources(stack, "AWS::IAM::Role"):
        attached[logical_id] = attached.get(logical_id, 0) + len(properties.get("ManagedPolicyArns", []))
    for _, properties in _resources(stack, "AWS::IAM::ManagedPolicy"):
        for role in properties.get("Roles", []):
            role_id = _role_id(role, stack)
            attached[role_id] = attached.get(role_id, 0) + 1
    for role_id, count in attached.items():
        if count > MANAGED_POLICIES_PER_ROLE_ADJUSTED:
            what = f"{count} managed policies are attached to the role {role_id}; IAM allows 20, or 25 where the quota is raised"
            location = "ManagedPolicyArns"
            yield Violation(
                COUNT_RULE, stack.id, role_id, location, what, "give the role fewer buckets, or use a second role"
            )


def _role_id(reference: Any, stack: Stack) -> str:
    """The logical id of a role that the template makes, however it is referred to; otherwise what was written."""
    if isinstance(reference, Mapping) and "Ref" in reference:
        return str(reference["Ref"])
    for logical_id, properties in _resources(stack, "AWS::IAM::Role"):
        if reference == properties.get("RoleName", logical_id):
            return logical_id
    return str(reference)


# ---------------------------------------------------------------- principals

_RESOURCE_POLICIES = (
    ("AWS::IAM::Role", "AssumeRolePolicyDocument"),
    ("AWS::S3::BucketPolicy", "PolicyDocument"),
    ("AWS::KMS::Key", "KeyPolicy"),
)


def _principals(stacks: Sequence[Stack]) -> Iterator[Violation]:
    creators = _role_creators(stacks)
    accounts = {stack.deployment.account for stack in stacks if stack.deployment.account}
    existing = {
        stack.deployment.resolve({"Fn::Sub": arn})
        for stack in stacks
        for arn in stack.deployment_roles
        if is_resolved(stack.deployment.resolve({"Fn::Sub": arn}))
    }
    for stack in stacks:
        for type_, property_ in _RESOURCE_POLICIES:
            for logical_id, properties in _resources(stack, type_):
                for written, role in _named_roles(stack, properties.get(property_, {})):
                    if role.account.value in accounts and str(role) not in existing:
                        made_by = creators.get((role.account.value, role.name.value.lower()), ())
                        problem = _order_problem(stack, logical_id, written, role, made_by)
                        if problem:
                            what, fix = problem
                            certainty = Certainty.CERTAIN if made_by else Certainty.UNLESS_MADE_ELSEWHERE
                            yield Violation(PRINCIPAL_RULE, stack.id, logical_id, property_, what, fix, certainty)


def _role_creators(stacks: Sequence[Stack]) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
    """Which stacks make which role: (account, name in lower case) → (stack, logical id), …

    Several stacks may, as alternatives of which one is deployed: stages for development and production, say.
    """
    creators: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
    for stack in stacks:
        for logical_id, properties in _resources(stack, "AWS::IAM::Role"):
            name = stack.deployment.resolve(properties.get("RoleName", Unresolved("RoleName")))
            if isinstance(name, str):
                key = (stack.deployment.account, name.lower())
                creators[key] = (*creators.get(key, ()), (stack.id, logical_id))
    return creators


def _named_roles(stack: Stack, document: Mapping[str, Any]) -> Iterator[tuple[Any, RoleArn]]:
    statements = document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal", {})
        written = principal.get("AWS", []) if isinstance(principal, Mapping) else []
        for value in written if isinstance(written, list) else [written]:
            resolved = stack.deployment.resolve(value)
            try:
                yield value, RoleArn.parse(resolved if isinstance(resolved, str) else "")
            except InvalidValue:
                continue


def _order_problem(
    stack: Stack, logical_id: str, written: Any, role: RoleArn, made_by: Sequence[tuple[str, str]]
) -> tuple[str, str] | None:
    if not made_by:
        return (
            f"it names the principal {role}, and no stack of this app makes that role in {role.account}",
            "AWS refuses a policy whose principal does not exist. Make the role in an earlier stack, trust it through its "
            "account (TrustBy.ACCOUNT), or, if it exists already, acknowledge this rule with that as the reason",
        )
    # Of several makers the one that this stack gets on with.
    creator_stack, creator_id = creator = max(
        made_by, key=lambda maker: (maker[0] == stack.id, maker[0] in stack.after)
    )
    if creator == (stack.id, logical_id):
        return (
            f"the role {role.name} names itself as principal, and it does not exist while it is being made",
            "trust it through its account with a condition on aws:PrincipalArn",
        )
    if creator_stack == stack.id:
        depends = stack.deployment.resource(logical_id).get("DependsOn", [])
        if names_resource(written, creator_id) or creator_id in (depends if isinstance(depends, list) else [depends]):
            return None
        return (
            f"it names the principal {role} by text, and nothing makes CloudFormation create {creator_id} first",
            f"refer to the role with Fn::GetAtt, or add DependsOn: {creator_id}",
        )
    if creator_stack not in stack.after:
        return (
            f"it names the principal {role}, which the stack {creator_stack} makes, and this stack does not wait for it",
            "add the dependency: this_stack.add_stack_dependency(that_stack); between stages there is none, so put both "
            "stacks into one stage or trust the role through its account (TrustBy.ACCOUNT)",
        )
    return None


# ---------------------------------------------------------------- names


@dataclass(frozen=True)
class _Named:
    """Resources of which an account holds one of each name.

    A bucket has one policy; CloudFormation ends the second `AWS::S3::BucketPolicy` with "already exists" or replaces the
    first (getlift/lift issue 354, read 2026-11-25).
    """

    type: str
    property: str
    noun: str
    fix: str


_NAMED = (
    _Named(
        "AWS::IAM::Role", "RoleName", "role", "give one of them another name, or make the role once and refer to it"
    ),
    _Named(
        "AWS::IAM::InstanceProfile",
        "InstanceProfileName",
        "instance profile",
        "give one of them another name, or make the instance profile once and refer to it",
    ),
    _Named(
        "AWS::S3::BucketPolicy",
        "Bucket",
        "policy of the bucket",
        "write all statements into one policy; of the roles that use a bucket which the app does not make, one at most may "
        "have BucketPolicyMode.MANAGED, and the others HANDOFF or NONE",
    ),
)


def _names(stacks: Sequence[Stack]) -> Iterator[Violation]:
    for named in _NAMED:
        makers: dict[tuple[str, str, str], list[tuple[Stack, str, str]]] = {}
        for stack in stacks:
            for logical_id, properties in _resources(stack, named.type):
                name = stack.deployment.resolve(properties.get(named.property, Unresolved(named.property)))
                # Of two resources with conditions one may never be made.
                is_always_made = "Condition" not in stack.deployment.resource(logical_id)
                if isinstance(name, str) and stack.deployment.account and is_always_made:
                    place = (stack.deployment.partition, stack.deployment.account)
                    makers.setdefault((*place, name.lower()), []).append((stack, logical_id, name))
        for (_, account, _), (first, *others) in makers.items():
            for stack, logical_id, name in others:
                yield _taken(named, account, first, stack, logical_id, name)


def _taken(
    named: _Named, account: str, first: tuple[Stack, str, str], stack: Stack, logical_id: str, name: str
) -> Violation:
    other, other_id, other_name = first
    where = f"{other_id} of the same stack" if other.id == stack.id else f"the stack {other.id}"
    written = "" if name == other_name else f", written {other_name}; case does not tell names apart"
    return Violation(
        NAME_RULE,
        stack.id,
        logical_id,
        named.property,
        f"the {named.noun} {name} of the account {account} is made by {where} too{written}",
        named.fix,
        Certainty.CERTAIN if other.stage == stack.stage else Certainty.IF_BOTH_ARE_DEPLOYED,
    )
