"""Comparing who may do what with a resource by its own policy: a role's trust, a bucket, a key, another resource.

What the caller's own account would have to say is taken to be said, and the witness tells it (`own_policies`). A caller
of the resource's account is asked about twice, with everything allowed by his own policies and with nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.compare.atoms import ACTION, RESOURCE, Box
from lakehouse_iam.evaluator.compare.callers import Asker, callers_of
from lakehouse_iam.evaluator.compare.differences import Side
from lakehouse_iam.evaluator.compare.frames import Frame, variables_of
from lakehouse_iam.evaluator.compare.languages import Domain
from lakehouse_iam.evaluator.compare.patterns import ANY, NAME, literal, row
from lakehouse_iam.evaluator.compare.result import Comparison, OwnPolicies, Witness
from lakehouse_iam.evaluator.compare.views import TRUST, Version, View, compared_views, same_documents
from lakehouse_iam.evaluator.evaluate import (
    RESOURCE_CONTROL_SERVICES,
    Policies,
    Request,
    RequestError,
    evaluate,
    resource_policy_kind,
)
from lakehouse_iam.evaluator.grammar import PolicyKind, Statement
from lakehouse_iam.evaluator.policies import Compiled, Policy, Question, load_policy
from lakehouse_iam.evaluator.principals import CallerKind, NamedAs
from lakehouse_iam.evaluator.public_access import BLOCK_NOTHING, BlockPublicAccess, first_public_statement


@dataclass(frozen=True, slots=True)
class Guard:
    """What stands before a resource on its own side.

    Attributes:
        policy: its bucket, key, trust or other resource policy, or None.
        block_public_access: of a bucket, as in `evaluate.Policies`.
        resource_control: as in `evaluate.Policies`.
        kms_grants: of a key, as in `evaluate.Policies`.
    """

    policy: Policy | None = None
    block_public_access: BlockPublicAccess = BLOCK_NOTHING
    resource_control: tuple[tuple[Policy, ...], ...] = ()
    kms_grants: tuple[Policy, ...] = ()

    @property
    def granting(self) -> tuple[Policy, ...]:
        """Its own policy, and the grants of a key."""
        return self.kms_grants if self.policy is None else (self.policy, *self.kms_grants)

    @property
    def every(self) -> tuple[Policy, ...]:
        """All of its policies."""
        return (*self.granting, *(policy for level in self.resource_control for policy in level))


def compare_trust(before: Guard, after: Guard, role: str, *, subject: str = "") -> Comparison:
    """Compare who may become a role by its trust policy.

    Args:
        before: its trust policy before.
        after: its trust policy after.
        role: its ARN.
        subject: what the answer is called.
    """
    arn = split_arn(role)
    account = arn.account if arn is not None else ""
    return _compare_guard(before, after, role, account, subject or f"the trust policy of {role}")


def compare_resource(before: Guard, after: Guard, resource: str, account: str, *, subject: str = "") -> Comparison:
    """Compare who may do what with a bucket, a key or another resource by its own policy.

    Args:
        before: its policy before.
        after: its policy after.
        resource: its ARN; for a bucket the objects in it are meant too.
        account: whose it is.
        subject: what the answer is called.

    Callers are taken to be allowed everything by their own account; those of the same account also nothing.
    """
    return _compare_guard(before, after, resource, account, subject or f"the policy of {resource}")


def _compare_guard(before: Guard, after: Guard, resource: str, account: str, subject: str) -> Comparison:
    if same_documents(before.every, after.every) and before.block_public_access == after.block_public_access:
        return Comparison(subject)
    found = compared_views(subject, lambda: _views_of_guard(before, after, resource, account))
    wider = (*found.wider, *_public_acl(before, after, resource, account))
    narrower = (*found.narrower, *_public_acl(after, before, resource, account))
    found = replace(found, wider=wider, narrower=narrower)
    unread = _unread_principals(before, after)
    return replace(found, not_decided=(*found.not_decided, *unread)) if unread else found


def _public_acl(closed: Guard, opened: Guard, bucket: str, account: str) -> tuple[Witness, ...]:
    """A public ACL that one version takes from somebody of the bucket's account, if only the other blocks public ACLs."""
    if not closed.block_public_access.block_public_acls or opened.block_public_access.block_public_acls:
        return ()
    partition = bucket.split(":")[1]
    caller, context = f"arn:{partition}:iam::{account}:role/some-role", {"s3:x-amz-acl": "public-read"}
    request = Request(caller, "s3:PutObjectAcl", f"{bucket}/some-object", account, context)
    before, after = (_policies_of(one, OwnPolicies.EVERYTHING)(request.resource) for one in (closed, opened))
    refused, allowed = evaluate(request, before), evaluate(request, after)
    if refused.allowed or not allowed.allowed:
        return ()
    return (
        Witness(
            caller,
            request.action,
            request.resource,
            account,
            context,
            "Block Public Access",
            "BlockPublicAcls",
            OwnPolicies.EVERYTHING,
            explain=lambda: (*allowed.because, *refused.because),
        ),
    )


def _unread_principals(before: Guard, after: Guard) -> tuple[str, ...]:
    """Canonical user ids, which cannot be mapped to an account: only if the same ones are in both it does not matter."""
    ids_before, ids_after = _canonical(before), _canonical(after)
    return tuple(
        f"Principal.CanonicalUser {id}: whose canonical user id it is cannot be told offline"
        for id in sorted(ids_before ^ ids_after)
    )


def _canonical(guard: Guard) -> frozenset[str]:
    return frozenset(
        id
        for policy in guard.every
        for statement in policy.parsed.statements
        if statement.principal is not None
        for id in statement.principal.canonical
    )


def _views_of_guard(before: Guard, after: Guard, resource: str, account: str) -> Iterator[View]:
    arn = split_arn(resource)
    if arn is None:
        raise RequestError("resource", f"{resource!r} is no resource: allowed is an ARN")
    kind = resource_policy_kind(resource)
    every = (*before.every, *after.every)
    variables = variables_of(every)
    differing = _differing(before, after)
    switched = before.block_public_access != after.block_public_access
    for asker in callers_of(every, account, arn.partition):
        question = Question(asker.caller, "", "", {}, False)
        public = _is_blocked(before, asker, kind, asker.caller.account == account) or _is_blocked(
            after, asker, kind, asker.caller.account == account
        )
        if not (switched or public or any(one.names(question) is not None for one in differing)):
            continue
        for own_policies in _ways_to_ask(asker, kind, account):
            fixed = asker.fixed(account, arn.region)
            single = resource if kind is not PolicyKind.BUCKET else ""
            domains = {**_asked_of(kind, resource, arn.service), **asker.domains}
            named = not asker.open_name
            frame = Frame(
                asker.caller.text, account, single, _without_fixed(domains, kind, asker, account), fixed, named
            )
            old, new = (_version_of_guard(guard, asker, kind, frame, own_policies) for guard in (before, after))
            yield View(frame, old, new, own_policies, tuple(key for key in variables if key not in fixed))


def _version_of_guard(guard: Guard, asker: Asker, kind: PolicyKind, frame: Frame, own_policies: OwnPolicies) -> Version:
    side = _side_of(guard, asker, kind, frame.account, own_policies)
    return Version(side(frame), side, _policies_of(guard, own_policies))


def _differing(before: Guard, after: Guard) -> tuple[Compiled, ...]:
    """The statements that only one of the two has: callers whom none of them names are treated alike by both."""
    old, new = _by_meaning(before), _by_meaning(after)
    return (*(old[key] for key in old.keys() - new.keys()), *(new[key] for key in new.keys() - old.keys()))


def _by_meaning(guard: Guard) -> dict[tuple[object, ...], Compiled]:
    return {
        _meaning(compiled.statement): compiled
        for policy in guard.every
        for compiled in (*policy.allows, *policy.denies)
    }


def _meaning(one: Statement) -> tuple[object, ...]:
    """A statement without its Sid and its place."""
    resources = one.resource_templates, one.not_resources
    return (one.allow, one.principal, one.actions, one.not_actions, resources, one.conditions)


def _ways_to_ask(asker: Asker, kind: PolicyKind, account: str) -> tuple[OwnPolicies, ...]:
    caller = asker.caller
    if kind is PolicyKind.TRUST and caller.kind is CallerKind.PROVIDER and caller.account not in ("", account):
        return ()
    if kind in _MUST_ALLOW and caller.kind is CallerKind.ANONYMOUS:
        return ()
    if not caller.has_identity_policies:
        return (OwnPolicies.NOTHING,)
    if caller.kind is CallerKind.FEDERATED_USER:
        # Without session policies it has no permissions of its own.
        return (OwnPolicies.NOTHING,) if caller.account == account else ()
    return (OwnPolicies.EVERYTHING, OwnPolicies.NOTHING) if caller.account == account else (OwnPolicies.EVERYTHING,)


@lru_cache(maxsize=16384)
def _asked_of(kind: PolicyKind, resource: str, service: str) -> dict[str, Domain]:
    if kind is PolicyKind.TRUST:
        return {ACTION: TRUST}
    actions = Domain((row(f"{service}:", (NAME, "+")),))
    if kind is PolicyKind.BUCKET:
        return {ACTION: actions, RESOURCE: Domain((row(f"{resource}/", (ANY, "+")), literal(resource)))}
    return {ACTION: actions}


def _without_fixed(domains: dict[str, Domain], kind: PolicyKind, asker: Asker, account: str) -> dict[str, Domain]:
    """Without what no policy can allow, and what none can forbid (`evaluator.fixed_rules`)."""
    actions = _FIXED_FOR_ROOT.get(kind) if asker.caller.kind is CallerKind.ROOT else None
    if actions is None or (kind is PolicyKind.BUCKET and asker.caller.account != account):
        return domains
    of_all = domains[ACTION]
    return {**domains, ACTION: Domain(of_all.inside, of_all.outside | frozenset(map(literal, actions)))}


_FIXED_FOR_ROOT = {
    PolicyKind.TRUST: ("sts:assumerole",),
    PolicyKind.BUCKET: ("s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"),
}
"""A root user assumes no role, and that of the bucket's owner is not locked out of its policy."""


_MUST_ALLOW = (PolicyKind.TRUST, PolicyKind.KEY)


def _side_of(
    guard: Guard, asker: Asker, kind: PolicyKind, account: str, own_policies: OwnPolicies
) -> Callable[[Frame], Side]:
    same_account = asker.caller.account == account
    may_ask = own_policies is OwnPolicies.EVERYTHING or asker.caller.kind is CallerKind.ROOT
    ways = (
        frozenset({NamedAs.CALLER, NamedAs.ANYONE, NamedAs.ROLE})
        if same_account and not may_ask
        else frozenset(NamedAs)
    )
    blocked = _is_blocked(guard, asker, kind, same_account)

    def side(frame: Frame) -> Side:
        denies = tuple(
            box
            for policy in guard.every
            if _counts(policy, asker, frame)
            for box in _boxes(frame, policy, policy.denies, asker, frozenset(NamedAs))
        )
        if same_account and may_ask and kind not in _MUST_ALLOW:
            return Side((), denies)
        granting = guard.kms_grants if blocked else guard.granting
        allows = tuple(box for policy in granting for box in _boxes(frame, policy, policy.allows, asker, ways))
        return Side((allows,), denies)

    return side


def _is_blocked(guard: Guard, asker: Asker, kind: PolicyKind, same_account: bool) -> bool:
    """Whether Block Public Access takes the policy out of force for this caller."""
    if same_account or asker.caller.kind is CallerKind.SERVICE or kind is not PolicyKind.BUCKET:
        return False
    restricted = guard.block_public_access.restrict_public_buckets
    return restricted and guard.policy is not None and first_public_statement(guard.policy) is not None


def _counts(policy: Policy, asker: Asker, frame: Frame) -> bool:
    """Whether a policy's Deny statements bear on the caller; RCPs leave service-linked roles and some services alone."""
    if policy.kind is not PolicyKind.RESOURCE_CONTROL:
        return True
    actions = frame.domains[ACTION].inside[0].head
    return actions.partition(":")[0] in RESOURCE_CONTROL_SERVICES and not asker.caller.is_service_linked


def _boxes(
    frame: Frame, policy: Policy, statements: tuple[Compiled, ...], asker: Asker, ways: frozenset[NamedAs]
) -> Iterator[Box]:
    """The boxes of the statements that name the caller in one of some ways."""
    question = Question(asker.caller, "", "", {}, False)
    for compiled in statements:
        if compiled.names(question) in ways:
            yield from frame.boxes_of(policy, compiled)


_EVERYTHING = load_policy(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
    PolicyKind.IDENTITY,
    "what the caller's own account lets him do",
)


def _policies_of(guard: Guard, own_policies: OwnPolicies) -> Callable[[str], Policies]:
    identity = (_EVERYTHING,) if own_policies is OwnPolicies.EVERYTHING else ()
    policies = Policies(
        identity,
        guard.policy,
        resource_control=guard.resource_control,
        block_public_access=guard.block_public_access,
        kms_grants=guard.kms_grants,
    )
    return lambda resource: policies
