"""The decision on one request: explicit deny, organization, resource side, principal side.

Source: AWS docs `IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html`,
`reference_policies_evaluation-logic_policy-eval-basics.html`, `reference_policies_evaluation-logic-cross-account.html` and
`access_policies_boundaries.html`, read 2026-11-21; `kms/latest/developerguide/grants.html`,
`vpc/latest/privatelink/vpc-endpoints-access.html` and, on federated users,
`IAM/latest/UserGuide/id_credentials_temp_control-access_getfederationtoken.html`, read 2026-11-25.

Not modelled: S3 ACLs and access points, sessions of GetSessionToken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from lakehouse_iam.evaluator import because, near_misses
from lakehouse_iam.evaluator.because import Asked
from lakehouse_iam.evaluator.fixed_rules import escapes_bucket_policy, impossible, needs_no_permission
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.organizations import (
    RESOURCE_CONTROL_SERVICES,
    resource_control_applies,
    service_control_applies,
)
from lakehouse_iam.evaluator.policies import Compiled, Policy, Question
from lakehouse_iam.evaluator.principals import CallerKind, NamedAs
from lakehouse_iam.evaluator.public_access import first_public_statement
from lakehouse_iam.evaluator.refusal import Lack, Refusal
from lakehouse_iam.evaluator.request import (
    ALLOW,
    EXPLICIT_DENY,
    IMPLICIT_DENY,
    NOT_DECIDED,
    TRUST_ACTIONS,
    Decision,
    Policies,
    Request,
    RequestError,
    caller_of,
    checked_action,
    guard_of,
    resource_account,
    resource_policy_kind,
)
from lakehouse_iam.evaluator.request_context import request_context
from lakehouse_iam.evaluator.service_actions import doubts_about
from lakehouse_iam.evaluator.values import UNKNOWN

__all__ = [
    "ALLOW",
    "EXPLICIT_DENY",
    "IMPLICIT_DENY",
    "NOT_DECIDED",
    "RESOURCE_CONTROL_SERVICES",
    "TRUST_ACTIONS",
    "Decision",
    "Policies",
    "Request",
    "RequestError",
    "evaluate",
    "resource_policy_kind",
]

Grant = tuple[Policy, Compiled]
Reason = Callable[[], str]
"""A sentence that is made when somebody reads it."""

_MUST_ALLOW = frozenset({PolicyKind.TRUST, PolicyKind.KEY})
"""Resource policies without whose Allow an identity policy of the same account is not enough."""


def evaluate(request: Request, policies: Policies) -> Decision:
    """Decide a request as AWS would.

    A statement that depends on a key that AWS always sends, and whose value is not given, is read both ways. Where both
    give the same answer, it is the answer; where they differ, the decision is "not-decided".

    Args:
        request: the question.
        policies: every policy that bears on it. They were checked when they were loaded.

    Raises:
        RequestError: the request is one that AWS could not receive.
    """
    asked = _asked(request, policies)
    if needs_no_permission(asked):
        return Decision(ALLOW, lambda: (because.needs_no_permission(asked),))
    least = _Evaluation(asked, policies)
    decision = least.decide()
    if decision.allowed or not least.waits:
        return decision
    widest = _Evaluation(asked.read_widest(), policies).decide()
    if not widest.allowed:
        return widest
    return Decision(NOT_DECIDED, least.explain_waiting, least.notes)


def _asked(request: Request, policies: Policies) -> Asked:
    action = checked_action(request)
    caller = caller_of(request)
    account = resource_account(request, caller)
    context = request_context(caller, action.partition(":")[0], request.resource, account, request.context)
    question = Question(caller, action, request.resource, context, bool(policies.boundaries))
    guard = guard_of(action, request.resource)
    return Asked(request.principal, request.action, request.resource, account, guard, question)


class _Evaluation:
    """One request and its policies while they are decided, in one of the two readings of what is not known."""

    def __init__(self, asked: Asked, policies: Policies) -> None:
        self.asked = asked
        self.policies = policies
        self.question = asked.question
        self.caller = asked.question.caller
        self.resource_policy = policies.resource if asked.guard is not None else None
        self._applicable = self._find_applicable()
        self._public_block = self._find_public_block()
        self._by_resource = self._find_by_resource()
        self._identity = self._find_identity()
        self._closed_boundaries = self._find_closed_boundaries()
        self._session_closed = self._find_session_closed()

    def decide(self) -> Decision:
        if next(self._denies(), None) is not None:
            return Decision(EXPLICIT_DENY, self._explain_denies, self.notes, self._denying)
        missing = (*impossible(self.asked, self.policies.block_public_access), *self._limits_missing())
        reasons = self._grants() if not missing else ()
        if reasons:
            return Decision(ALLOW, lambda: tuple(reason() for reason in reasons), self.notes)
        return Decision(IMPLICIT_DENY, lambda: (*missing, *self._missing()), self.notes, self._not_allowing)

    @property
    def waits(self) -> bool:
        """Whether a policy tests a key that AWS always sends and the request does not give."""
        context = self.question.context
        return any(
            context.get(key) is UNKNOWN
            for policy in (*self._applicable, *self.policies.kms_grants)
            for key in policy.may_wait_for
        )

    def explain_waiting(self) -> tuple[str, ...]:
        """The statements that nobody can decide yet, each with the keys that would."""
        return tuple(
            because.waits_for(self.asked, policy, compiled, keys)
            for policy in (*self._applicable, *self.policies.kms_grants)
            for compiled in policy.statements
            if (keys := compiled.waits_for(self.question))
        )

    def _explain_denies(self) -> tuple[str, ...]:
        return tuple(because.denied(self.asked, *grant) for grant in self._denies())

    def _find_applicable(self) -> tuple[Policy, ...]:
        """Every policy whose Deny counts; root users, services and outsiders have none on the principal's side."""
        given, found = self.policies, []
        if given.service_control and service_control_applies(self.caller):
            found += [policy for level in given.service_control for policy in level]
        if given.resource_control and resource_control_applies(self.caller, self.question.action):
            found += [policy for level in given.resource_control for policy in level]
        if given.vpc_endpoint is not None:
            found.append(given.vpc_endpoint)
        if self.resource_policy is not None and not escapes_bucket_policy(self.asked):
            found.append(self.resource_policy)
        if self.caller.has_identity_policies:
            found += [*given.identity, *given.boundaries, *given.session]
        return tuple(found)

    @property
    def _same_account(self) -> bool:
        return self.caller.account == self.asked.resource_account

    def _denies(self) -> Iterator[Grant]:
        question = self.question
        for policy in self._applicable:
            for compiled in policy.denies:
                if compiled.applies(question) is not None:
                    yield policy, compiled

    def _limits_missing(self) -> Iterator[str]:
        """What must allow beside the two sides: each level of SCPs, and the VPC endpoint.

        RCPs always carry RCPFullAWSAccess, which cannot be detached.
        """
        if self.policies.service_control and service_control_applies(self.caller):
            for number, level in enumerate(self.policies.service_control, start=1):
                if self._first_allow(level) is None:
                    yield because.service_control_missing(self.asked, number)
        endpoint = self.policies.vpc_endpoint
        if endpoint is not None and self._first_allow((endpoint,)) is None:
            yield because.vpc_endpoint_missing(self.asked, endpoint)

    def _first_allow(self, policies: tuple[Policy, ...]) -> Grant | None:
        question = self.question
        for policy in policies:
            for compiled in policy.allows:
                if compiled.applies(question) is not None:
                    return policy, compiled
        return None

    def _find_public_block(self) -> str | None:
        """The label of the public statement that takes the bucket policy out of force for this caller."""
        outside = not self._same_account and self.caller.kind is not CallerKind.SERVICE
        restricted = self.policies.block_public_access.restrict_public_buckets
        if not outside or not restricted or self.resource_policy is None or self.asked.guard is not PolicyKind.BUCKET:
            return None
        public = first_public_statement(self.resource_policy)
        return public.label if public is not None else None

    def _find_by_resource(self) -> dict[NamedAs, Grant]:
        """The first Allow on the resource's side for each way of naming the caller: its policy, then grants of the key."""
        found: dict[NamedAs, Grant] = {}
        policies = self.policies.kms_grants if self.asked.guard is PolicyKind.KEY else ()
        if self.resource_policy is not None and self._public_block is None:
            policies = (self.resource_policy, *policies)
        for policy in policies:
            for compiled in policy.allows:
                named = compiled.applies(self.question)
                if named is not None:
                    found.setdefault(named, (policy, compiled))
        return found

    def _find_identity(self) -> Grant | None:
        return self._first_allow(self.policies.identity) if self.caller.has_identity_policies else None

    def _find_closed_boundaries(self) -> tuple[Policy, ...]:
        if not self.caller.has_identity_policies:
            return ()
        return tuple(policy for policy in self.policies.boundaries if self._first_allow((policy,)) is None)

    def _find_session_closed(self) -> bool:
        """Whether session policies do not allow: a federated user's session without any has no permissions."""
        if not self.caller.has_identity_policies:
            return False
        if not self.policies.session:
            return self.caller.kind is CallerKind.FEDERATED_USER
        return self._first_allow(self.policies.session) is None

    @property
    def _limits_open(self) -> bool:
        return not self._closed_boundaries and not self._session_closed

    @property
    def _principal_side(self) -> tuple[Reason, ...]:
        """Why the principal's side allows; empty when it does not."""
        if self.caller.kind is CallerKind.ROOT:
            return (partial(because.root_has_everything, self.asked),)
        if self._identity is None or not self._limits_open:
            return ()
        return (partial(because.granted_by_attached, self.asked, *self._identity), *self._limits())

    def _limits(self) -> Iterator[Reason]:
        for policy in self.policies.boundaries:
            grant = self._first_allow((policy,))
            if grant is not None:
                yield partial(because.granted_by_attached, self.asked, *grant)
        grant = self._first_allow(self.policies.session)
        if grant is not None:
            yield partial(because.granted_by_attached, self.asked, *grant)

    def _resource_reason(self, *ways: NamedAs) -> tuple[Reason, ...]:
        for named in ways:
            grant = self._by_resource.get(named)
            if grant is not None:
                return (partial(because.granted_by_resource, self.asked, *grant, named),)
        return ()

    def _grants(self) -> tuple[Reason, ...]:
        """Why the request is allowed; empty when it is not."""
        if not self.caller.has_identity_policies and self.caller.kind is not CallerKind.ROOT:
            return self._resource_reason(*NamedAs)
        if not self._same_account:
            resource, principal = self._resource_reason(*NamedAs), self._principal_side
            return resource + principal if resource and principal else ()
        return self._grants_in_account()

    def _grants_in_account(self) -> tuple[Reason, ...]:
        """Why the request is allowed within one account.

        The principal that the resource policy names decides which implicit denies still count: none for a user, a session
        or everyone; boundary and session policies for a role; all of them for the account.
        """
        direct = self._resource_reason(NamedAs.CALLER, NamedAs.ANYONE)
        if direct:
            return direct
        role = self._resource_reason(NamedAs.ROLE)
        if role and self._limits_open:
            return (*role, *self._limits())
        delegated = self._resource_reason(NamedAs.ACCOUNT)
        must_allow = self.asked.guard in _MUST_ALLOW
        if must_allow and not delegated:
            return ()
        principal = self._principal_side
        if not principal:
            return ()
        return delegated + principal if must_allow else principal

    def _missing(self) -> Iterator[str]:
        """What would have to be added, and on whose side, in the order the sides are asked."""
        yield from self._resource_side_missing()
        yield from self._principal_side_missing()

    def _resource_side_missing(self) -> Iterator[str]:
        policy = self.resource_policy
        if policy is not None and self._public_block is not None:
            yield because.public_access_blocked(self.asked, policy, self._public_block)
            return
        optional = self._same_account and self.asked.guard not in _MUST_ALLOW and self.caller.account != ""
        if self._by_resource or (optional and policy is None):
            return
        if not optional or not self._principal_side:
            if not optional:
                yield because.resource_missing(self.asked, policy)
            if policy is not None:
                yield from near_misses.closest(self.asked, (policy,))
                yield from near_misses.unreadable_principals(policy)

    def _principal_side_missing(self) -> Iterator[str]:
        if not self.caller.has_identity_policies:
            return
        if self._identity is None and not self._role_is_named:
            delegating = self._by_resource.get(NamedAs.ACCOUNT)
            if delegating is not None:
                yield because.delegation_needs_identity(self.asked, *delegating)
            if self._by_resource or self.asked.guard not in _MUST_ALLOW or not self._same_account:
                yield because.identity_missing(self.asked)
                yield from near_misses.closest(self.asked, self.policies.identity)
        for policy in self._closed_boundaries:
            yield because.boundary_missing(self.asked, policy)
            yield from near_misses.closest(self.asked, (policy,))
        if self._session_closed:
            yield because.session_missing(self.asked)
            yield from near_misses.closest(self.asked, self.policies.session)

    def _denying(self) -> tuple[Refusal, ...]:
        return tuple(
            Refusal(policy.kind, Lack.DENIED, policy, compiled.statement) for policy, compiled in self._denies()
        )

    def _not_allowing(self) -> tuple[Refusal, ...]:
        """The sides that would have to allow, in the order in which they are asked."""
        return (*self._limits_not_allowing(), *self._resource_not_allowing(), *self._principal_side_not_allowing())

    def _limits_not_allowing(self) -> Iterator[Refusal]:
        if self.policies.service_control and service_control_applies(self.caller):
            for level in self.policies.service_control:
                if self._first_allow(level) is None:
                    yield Refusal(PolicyKind.SERVICE_CONTROL, Lack.NOT_ALLOWED, level[0] if level else None)
        endpoint = self.policies.vpc_endpoint
        if endpoint is not None and self._first_allow((endpoint,)) is None:
            yield Refusal(PolicyKind.VPC_ENDPOINT, Lack.NOT_ALLOWED, endpoint)

    def _resource_not_allowing(self) -> Iterator[Refusal]:
        policy, guard = self.resource_policy, self.asked.guard
        if guard is None:
            return
        if policy is not None and self._public_block is not None:
            yield Refusal(guard, Lack.PUBLIC_BLOCKED, policy, first_public_statement(policy))
            return
        optional = self._same_account and guard not in _MUST_ALLOW and self.caller.account != ""
        if not self._by_resource and not optional:
            yield Refusal(guard, Lack.NOT_ALLOWED, policy)

    def _principal_side_not_allowing(self) -> Iterator[Refusal]:
        if not self.caller.has_identity_policies:
            return
        asks_identity = self._by_resource or self.asked.guard not in _MUST_ALLOW or not self._same_account
        if self._identity is None and not self._role_is_named and asks_identity:
            yield Refusal(PolicyKind.IDENTITY, Lack.NOT_ALLOWED)
        for policy in self._closed_boundaries:
            yield Refusal(PolicyKind.BOUNDARY, Lack.NOT_ALLOWED, policy)
        if self._session_closed:
            yield Refusal(PolicyKind.SESSION, Lack.NOT_ALLOWED)

    @property
    def _role_is_named(self) -> bool:
        """In the same account a resource policy that names the role stands in for an identity policy."""
        return self._same_account and NamedAs.ROLE in self._by_resource

    def notes(self) -> tuple[str, ...]:
        """What was read without certainty."""
        found = near_misses.notes(self.asked, self._applicable)
        service = self.question.action.partition(":")[0]
        if self.policies.resource_control and service not in RESOURCE_CONTROL_SERVICES:
            found = (*found, because.resource_control_not_covered(service))
        doubts = doubts_about(self.asked.action, self.asked.resource)
        return (*found, *(f"note: {doubt}" for doubt in doubts))
