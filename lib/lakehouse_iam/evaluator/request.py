"""A request, the policies that bear on it, and the decision: the shapes that `evaluate` takes and gives."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.context_keys import ContextValue
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.policies import Policy
from lakehouse_iam.evaluator.principals import Caller, CallerError, parse_caller, session_of
from lakehouse_iam.evaluator.public_access import BLOCK_NOTHING, BlockPublicAccess
from lakehouse_iam.evaluator.refusal import Refusal

ALLOW = "allow"
IMPLICIT_DENY = "implicit-deny"
EXPLICIT_DENY = "explicit-deny"
NOT_DECIDED = "not-decided"

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

_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9]+")
_ACCOUNT = re.compile(r"[0-9]{12}")


class RequestError(LakehouseIamError, ValueError):
    """A request that AWS could not receive.

    Attributes:
        field: which part is wrong. The message says what is allowed.
    """

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(f"{field_name}: {message}")
        self.field = field_name


@dataclass(frozen=True, slots=True)
class Request:
    """One question: may this principal do this?

    Attributes:
        principal: see `principals.parse_caller`.
        action: `service:Name`, without wildcards.
        resource: an ARN, or `*` for an action that names no resource.
        resource_account: 12 digits; needed when the ARN names no account, as S3's do not.
        context: condition key (any case) to value; a list makes it multivalued, an empty list takes it out. A value given
            here wins over the one that is filled in. `aws:PrincipalArn`, given for a session, tells the path of its role.
    """

    principal: str
    action: str
    resource: str
    resource_account: str | None = None
    context: Mapping[str, ContextValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policies:
    """Every policy that bears on a request, loaded with `load_policy`.

    Attributes:
        identity: attached to the user or role.
        resource: the bucket, key, trust or other resource policy.
        boundaries: each one must allow (AWS attaches at most one).
        session: empty when the session was made without; otherwise one of them must allow.
        service_control: levels from the organization's root down to the account; at each level a policy must allow.
        resource_control: levels likewise; only their Deny statements count.
        block_public_access: the settings of the bucket.
        vpc_endpoint: the policy of the VPC endpoint that the request passes through; it must allow. None when it passes
            through none, or through one with the default policy, which allows everything.
        kms_grants: the grants of the key, as `kms_grants.load_grant` makes them.
    """

    identity: tuple[Policy, ...] = ()
    resource: Policy | None = None
    boundaries: tuple[Policy, ...] = ()
    session: tuple[Policy, ...] = ()
    service_control: tuple[tuple[Policy, ...], ...] = ()
    resource_control: tuple[tuple[Policy, ...], ...] = ()
    block_public_access: BlockPublicAccess = BLOCK_NOTHING
    vpc_endpoint: Policy | None = None
    kms_grants: tuple[Policy, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a request.

    Sentences are made when they are asked for: most decisions are never read.

    Attributes:
        decision: "allow", "implicit-deny", "explicit-deny", or "not-decided": it depends on the value of a key that AWS
            always sends, and the request does not give it.
        explain: makes the sentences of `because`.
        doubt: makes the sentences of `notes`.
        blame: makes `refusals`.
    """

    decision: str
    explain: Callable[[], tuple[str, ...]] = field(repr=False, compare=False)
    doubt: Callable[[], tuple[str, ...]] = field(default=tuple, repr=False, compare=False)
    blame: Callable[[], tuple[Refusal, ...]] = field(default=tuple, repr=False, compare=False)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Every side that refuses; empty where the request is allowed, or where no policy could change the answer."""
        return self.blame()

    @property
    def because(self) -> tuple[str, ...]:
        """Which statement of which policy decided, or which is missing and on whose side; then the notes."""
        return (*self.explain(), *self.notes)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was read without certainty, under whatever decision: each begins with "note: "."""
        return self.doubt()

    @property
    def allowed(self) -> bool:
        """Whether AWS would let the request through."""
        return self.decision == ALLOW


def checked_action(request: Request) -> str:
    """The action in lower case.

    Raises:
        RequestError: it is not one action.
    """
    if not _ACTION.fullmatch(request.action):
        raise RequestError("action", f"{request.action!r} is no action: allowed is service:Name without wildcards")
    return request.action.lower()


def caller_of(request: Request) -> Caller:
    """Who asks, with the path of a session's role where the context gives it.

    Raises:
        RequestError: the principal is none that can send a request.
    """
    try:
        caller = parse_caller(request.principal)
        if caller.path_known:
            return caller
        role = next((value for key, value in request.context.items() if key.lower() == "aws:principalarn"), None)
        return caller if role is None else session_of(request.principal, str(role))
    except CallerError as error:
        raise RequestError("principal", str(error)) from None


def resource_account(request: Request, caller: Caller) -> str:
    """The account that owns the resource; the caller's for an action that names none.

    Raises:
        RequestError: the resource is no ARN, or its account is missing or contradicts the ARN.
    """
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


def guard_of(action: str, resource: str) -> PolicyKind | None:
    """The kind of policy on the resource that is asked about an action (lower case); None when there is none."""
    arn = split_arn(resource)
    if arn is None:
        return None
    if arn.service == "iam":
        return PolicyKind.TRUST if action in TRUST_ACTIONS and arn.resource.startswith("role/") else None
    if arn.service == "kms":
        return PolicyKind.KEY if arn.resource.startswith("key/") else None
    return PolicyKind.BUCKET if arn.service == "s3" else PolicyKind.RESOURCE


def resource_policy_kind(resource: str) -> PolicyKind:
    """The kind of policy that is attached to `resource`: trust, key, bucket, or another resource policy."""
    arn = split_arn(resource)
    if arn is None:
        return PolicyKind.RESOURCE
    if arn.service == "iam" and arn.resource.startswith("role/"):
        return PolicyKind.TRUST
    return {"kms": PolicyKind.KEY, "s3": PolicyKind.BUCKET}.get(arn.service, PolicyKind.RESOURCE)
