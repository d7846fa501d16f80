"""The decision on one request: explicit deny, organization, resource side, principal side.

Source: AWS docs `IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html`,
`reference_policies_evaluation-logic_policy-eval-basics.html`,
`reference_policies_evaluation-logic-cross-account.html`, `access_policies_boundaries.html` and
`organizations/latest/userguide/orgs_manage_policies_rcps.html`, read 2026-11-21. Not modelled: KMS grants, S3
ACLs and access points, VPC endpoint policies, GetSessionToken sessions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from lakehouse_iam.evaluator import because
from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.because import Asked
from lakehouse_iam.evaluator.context_keys import ContextValue, filled_in, text_values
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.policies import Compiled, Policy, Question
from lakehouse_iam.evaluator.principals import Caller, CallerError, CallerKind, NamedAs, parse_caller, session_of
from lakehouse_iam.evaluator.public_access import first_public_statement

ALLOW = "allow"
IMPLICIT_DENY = "implicit-deny"
EXPLICIT_DENY = "explicit-deny"

TRUST_ACTIONS = frozenset(
    {
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:setcontext",
        "sts:setsourceidentity",
        "sts:tagsession",
    }
)
"""Actions a role's trust policy is asked about; no other action on a role is."""

RESOURCE_CONTROL_SERVICES = frozenset(
    {"dynamodb", "ecr", "kms", "logs", "s3", "secretsmanager", "signin", "sqs", "sts"}
)
"""Services known to honour resource control policies; AWS lists about sixty (Organizations "RCPs", read 2026-11-21)."""

_RESOURCE_CONTROL_EXEMPT = frozenset({"kms:retiregrant"})
_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9]+")
_ACCOUNT = re.compile(r"[0-9]{12}")


class RequestError(ValueError):
    """A request that AWS could not receive: `field` says which part is wrong, the message what is allowed."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(f"{field_name}: {message}")
        self.field = field_name


@dataclass(frozen=True, slots=True)
class Request:
    """One question.

    `principal`: see `principals.parse_caller`. `action`: `service:Name`, no wildcards. `resource`: an ARN, or
    `*` for an action that names no resource. `resource_account`: 12 digits; needed when the ARN names no
    account, as S3's do not. `context`: condition key (any case) → value; a list makes it multivalued. A value
    given here wins over the one that is filled in; aws:PrincipalArn, given for a session, tells the path of
    its role.
    """

    principal: str
    action: str
    resource: str
    resource_account: str | None = None
    context: Mapping[str, ContextValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policies:
    """Every policy that bears on a request, loaded with `load_policy`.

    `identity`: attached to the user or role. `resource`: the bucket, key, trust or other resource policy.
    `boundaries`: each one must allow (AWS attaches at most one). `session`: empty when the session was made
    without; otherwise one of them must allow. `service_control`, `resource_control`: levels from the
    organization's root down to the account; at each level of the former a policy must allow.
    `block_public_access`: all four settings are on.
    """

    identity: tuple[Policy, ...] = ()
    resource: Policy | None = None
    boundaries: tuple[Policy, ...] = ()
    session: tuple[Policy, ...] = ()
    service_control: tuple[tuple[Policy, ...], ...] = ()
    resource_control: tuple[tuple[Policy, ...], ...] = ()
    block_public_access: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """`decision` is "allow", "implicit-deny" or "explicit-deny"; `because` says which statements decided.

    The sentences are made when they are asked for: most decisions are never read.
    """

    decision: str
    explain: Callable[[], tuple[str, ...]] = field(repr=False, compare=False)

    @property
    def because(self) -> tuple[str, ...]:
        """Which statement of which policy decided, or which is missing and on whose side."""
        return self.explain()

    @property
    def allowed(self) -> bool:
        """Whether AWS would let the request through."""
        return self.decision == ALLOW


def evaluate(request: Request, policies: Policies) -> Decision:
    """Decide `request` as AWS would with `policies`.

    Raises RequestError when the request is malformed; the policies were checked when they were loaded.
    """
    return _Case(request, policies).decide()


def _caller(request: Request) -> Caller:
    try:
        caller = parse_caller(request.principal)
        if caller.path_known:
            return caller
        role = next((value for key, value in request.context.items() if key.lower() == "aws:principalarn"), None)
        return caller if role is None else session_of(request.principal, str(role))
    except CallerError as error:
        raise RequestError("principal", str(error)) from None


def _resource_account(request: Request, caller: Caller) -> str:
    if request.resource == "*":
        return _checked_account(request.resource_account) if request.resource_account else caller.account
    arn = split_arn(request.resource)
    if arn is None:
        raise RequestError("resource", f"{request.resource!r} is no resource: allowed is an ARN, or * alone")
    if request.resource_account is None:
        if _ACCOUNT.fullmatch(arn.account):
            return arn.account
        raise RequestError(
            "resource_account", f"{request.resource} names no account; give the 12-digit id of its owner"
        )
    account = _checked_account(request.resource_account)
    if _ACCOUNT.fullmatch(arn.account) and arn.account != account:
        raise RequestError("resource_account", f"{account} is not the account in {request.resource}; give one of them")
    return account


def _checked_account(account: str) -> str:
    if not _ACCOUNT.fullmatch(account):
        raise RequestError("resource_account", f"{account!r} is no account id: allowed are 12 digits")
    return account


def _context(request: Request, caller: Caller, service: str, account: str) -> dict[str, tuple[str, ...]]:
    keys = filled_in(caller, service, account)
    for key, value in request.context.items():
        values = text_values(value)
        if values:
            keys[key.lower()] = values
        else:
            keys.pop(key.lower(), None)
    return keys


def _guard(action: str, service: str, resource: str) -> PolicyKind | None:
    """The kind of policy on the resource that is asked about `action`; None when there is none."""
    arn = split_arn(resource)
    if arn is None:
        return None
    if arn.service == "iam":
        return PolicyKind.TRUST if action in TRUST_ACTIONS and arn.resource.startswith("role/") else None
    if arn.service == "kms":
        return PolicyKind.KEY if arn.resource.startswith("key/") else None
    return PolicyKind.BUCKET if arn.service == "s3" else PolicyKind.RESOURCE


def resource_policy_kind(resource: str) -> PolicyKind:
    """The kind of policy that hangs on `resource`: trust, key, bucket, or another resource policy."""
    arn = split_arn(resource)
    if arn is None:
        return PolicyKind.RESOURCE
    if arn.service == "iam" and arn.resource.startswith("role/"):
        return PolicyKind.TRUST
    return {"kms": PolicyKind.KEY, "s3": PolicyKind.BUCKET}.get(arn.service, PolicyKind.RESOURCE)


_MUST_ALLOW = frozenset({PolicyKind.TRUST, PolicyKind.KEY})
Grant = tuple[Policy, Compiled]
Reason = Callable[[], str]
"""A sentence that is made when somebody reads it."""


class _Case:
    """One request and its policies while they are decided; made for one decision and thrown away."""

    def __init__(self, request: Request, policies: Policies) -> None:
        if not _ACTION.fullmatch(request.action):
            raise RequestError("action", f"{request.action!r} is no action: allowed is service:Name without wildcards")
        action = request.action.lower()
        self.policies = policies
        self.caller = caller = _caller(request)
        self.service = action.partition(":")[0]
        self.account = _resource_account(request, caller)
        self.guard = _guard(action, self.service, request.resource)
        self.resource_policy = policies.resource if self.guard is not None else None
        context = _context(request, caller, self.service, self.account)
        self.question = Question(caller, action, request.resource, context, bool(policies.boundaries))
        self.asked = Asked(
            request.principal,
            request.action,
            request.resource,
            self.account,
            self.guard or PolicyKind.RESOURCE,
            self.question,
        )
        self._every = self._applicable()
        self._public_block = self._find_public_block()
        self._by_resource = self._find_by_resource()
        self._identity = self._find_identity()
        self._closed_boundaries = self._find_closed_boundaries()
        self._session_closed = self._find_session_closed()

    def decide(self) -> Decision:
        if next(self._denies(), None) is not None:
            return Decision(EXPLICIT_DENY, self._explain_denies)
        missing = (*self._impossible(), *self._organization_missing())
        reasons = self._grants() if not missing else ()
        if reasons:
            return Decision(ALLOW, lambda: (*(reason() for reason in reasons), *self._notes()))
        return Decision(IMPLICIT_DENY, lambda: (*missing, *self._missing(), *self._notes()))

    def _explain_denies(self) -> tuple[str, ...]:
        return (*(because.denied(self.asked, *grant) for grant in self._denies()), *self._notes())

    def _applicable(self) -> tuple[Policy, ...]:
        """Every policy whose Deny counts; root users, services and strangers have none on the principal's side."""
        given, found = self.policies, []
        if given.service_control and self._capped:
            found += [policy for level in given.service_control for policy in level]
        if given.resource_control and self._resource_capped:
            found += [policy for level in given.resource_control for policy in level]
        if self.resource_policy is not None:
            found.append(self.resource_policy)
        if self.caller.has_identity_policies:
            found += [*given.identity, *given.boundaries, *given.session]
        return tuple(found)

    @property
    def _capped(self) -> bool:
        """SCPs cap an account's users, roles and root user, not service-linked roles (…_scps.html)."""
        return (self.caller.has_identity_policies or self.caller.kind is CallerKind.ROOT) and not (
            self.caller.is_service_linked
        )

    @property
    def _resource_capped(self) -> bool:
        """RCPs cap whoever asks, except service-linked roles and kms:RetireGrant (…_rcps.html)."""
        if self.question.action in _RESOURCE_CONTROL_EXEMPT or self.caller.is_service_linked:
            return False
        return self.service in RESOURCE_CONTROL_SERVICES

    @property
    def _same_account(self) -> bool:
        return self.caller.account == self.account

    def _denies(self) -> Iterator[Grant]:
        question = self.question
        for policy in self._every:
            for compiled in policy.denies:
                if compiled.applies(question) is not None:
                    yield policy, compiled

    def _impossible(self) -> Iterator[str]:
        """What no policy can allow."""
        if self.guard is not PolicyKind.TRUST:
            return
        if self.caller.kind is CallerKind.ROOT and self.question.action == "sts:assumerole":
            yield because.root_cannot_assume(self.asked)
        if self.caller.kind is CallerKind.PROVIDER and self.caller.account and not self._same_account:
            yield because.provider_of_other_account(self.asked)

    def _organization_missing(self) -> Iterator[str]:
        """Each level of SCPs must allow. RCPs always carry RCPFullAWSAccess, which cannot be detached
        (…_rcps.html).
        """
        if not self._capped:
            return
        for number, level in enumerate(self.policies.service_control, start=1):
            if self._first_allow(level) is None:
                yield because.service_control_missing(self.asked, number)

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
        if not outside or not self.policies.block_public_access or self.resource_policy is None:
            return None
        if self.guard is not PolicyKind.BUCKET:
            return None
        public = first_public_statement(self.resource_policy)
        return public.label if public is not None else None

    def _find_by_resource(self) -> dict[NamedAs, Compiled]:
        """The first Allow statement of the resource policy for each way of naming the caller."""
        found: dict[NamedAs, Compiled] = {}
        if self.resource_policy is None or self._public_block is not None:
            return found
        for compiled in self.resource_policy.allows:
            named = compiled.applies(self.question)
            if named is not None:
                found.setdefault(named, compiled)
        return found

    def _find_identity(self) -> Grant | None:
        return self._first_allow(self.policies.identity) if self.caller.has_identity_policies else None

    def _find_closed_boundaries(self) -> tuple[Policy, ...]:
        if not self.caller.has_identity_policies:
            return ()
        return tuple(policy for policy in self.policies.boundaries if self._first_allow((policy,)) is None)

    def _find_session_closed(self) -> bool:
        if not self.caller.has_identity_policies or not self.policies.session:
            return False
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
            compiled = self._by_resource.get(named)
            if compiled is not None and self.resource_policy is not None:
                return (partial(because.granted_by_resource, self.asked, self.resource_policy, compiled, named),)
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
        """Within one account the principal that the resource policy names decides which implicit denies still
        count: none for a user, a session or everyone; boundary and session policies for a role; all for the
        account.
        """
        direct = self._resource_reason(NamedAs.CALLER, NamedAs.ANYONE)
        if direct:
            return direct
        role = self._resource_reason(NamedAs.ROLE)
        if role and self._limits_open:
            return (*role, *self._limits())
        delegated = self._resource_reason(NamedAs.ACCOUNT)
        if self.guard in _MUST_ALLOW and not delegated:
            return ()
        principal = self._principal_side
        if not principal:
            return ()
        return delegated + principal if self.guard in _MUST_ALLOW else principal

    def _missing(self) -> Iterator[str]:
        """What would have to be added, and on whose side, in the order the sides are asked."""
        yield from self._resource_side_missing()
        yield from self._principal_side_missing()

    def _resource_side_missing(self) -> Iterator[str]:
        policy = self.resource_policy
        if policy is not None and self._public_block is not None:
            yield because.public_access_blocked(self.asked, policy, self._public_block)
            return
        optional = self._same_account and self.guard not in _MUST_ALLOW and self.caller.account != ""
        if self._by_resource or (optional and policy is None):
            return
        if not optional or not self._principal_side:
            if not optional:
                yield because.resource_missing(self.asked, policy)
            if policy is not None:
                yield from because.closest(self.asked, (policy,))
                yield from because.unreadable_principals(policy)

    def _principal_side_missing(self) -> Iterator[str]:
        if not self.caller.has_identity_policies:
            return
        if self._identity is None and not self._role_is_named:
            delegating = self._by_resource.get(NamedAs.ACCOUNT)
            if delegating is not None and self.resource_policy is not None:
                yield because.delegation_needs_identity(self.asked, self.resource_policy, delegating)
            if self._by_resource or self.guard not in _MUST_ALLOW or not self._same_account:
                yield because.identity_missing(self.asked)
                yield from because.closest(self.asked, self.policies.identity)
        for policy in self._closed_boundaries:
            yield because.boundary_missing(self.asked, policy)
            yield from because.closest(self.asked, (policy,))
        if self._session_closed:
            yield because.session_missing(self.asked)
            yield from because.closest(self.asked, self.policies.session)

    @property
    def _role_is_named(self) -> bool:
        """In the same account a resource policy that names the role stands in for an identity policy."""
        return self._same_account and NamedAs.ROLE in self._by_resource

    def _notes(self) -> tuple[str, ...]:
        found = because.notes(self.asked, self._every)
        if self.policies.resource_control and self.service not in RESOURCE_CONTROL_SERVICES:
            return (*found, because.resource_control_not_covered(self.service))
        return found
