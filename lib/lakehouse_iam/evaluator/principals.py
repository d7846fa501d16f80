"""Who sends a request (`Caller`), and how a `Principal` element names callers (`PrincipalElement`).

Source: AWS docs `IAM/latest/UserGuide/reference_policies_elements_principal.html`,
`reference_policies_elements_notprincipal.html` and `reference_policies_evaluation-logic.html`, read
2026-11-21.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.evaluator.arn_match import split_arn

ANYONE = "*"
_ACCOUNT_ID = re.compile(r"[0-9]{12}")
_SERVICE = re.compile(r"[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|amazonaws\.eu|amazon\.com|[a-z0-9.-]+\.gov)")
_UNIQUE_ID = re.compile(r"(AROA|AIDA|AGPA|ANPA|ASIA|AKIA)[A-Z0-9]{12,}")
_ORIGIN_ACCESS_IDENTITY = re.compile(r"arn:[a-z-]+:iam::cloudfront:user/CloudFront Origin Access Identity [A-Z0-9]+")
_WEB_IDENTITIES = frozenset(
    {"cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com", "accounts.google.com"}
)


class CallerKind(Enum):
    """The kinds of caller; the value is the word used in sentences."""

    ROOT = "account root user"
    USER = "user"
    ROLE = "role"
    SESSION = "role session"
    FEDERATED_USER = "federated user session"
    PROVIDER = "identity provider"
    SERVICE = "service"
    ORIGIN_ACCESS_IDENTITY = "CloudFront origin access identity"
    ANONYMOUS = "anonymous"


_WITH_IDENTITY = frozenset({CallerKind.USER, CallerKind.ROLE, CallerKind.SESSION, CallerKind.FEDERATED_USER})


class NamedAs(Enum):
    """How an element names a caller, strongest first; it decides which implicit denies still limit the grant.

    Attributes:
        CALLER: the user, the session, the service or the provider itself.
        ANYONE: `*`.
        ROLE: the role behind a session.
        ACCOUNT: the account, which delegates to its own IAM policies.
    """

    CALLER = "itself"
    ANYONE = "everyone"
    ROLE = "role"
    ACCOUNT = "account"


class CallerError(LakehouseIamError, ValueError):
    """The text does not name a principal that can send a request."""


@dataclass(frozen=True, slots=True, eq=False)
class Caller:
    """A principal that sends a request; `parse_caller` makes one for each text, so they compare by identity.

    Attributes:
        kind: what it is.
        text: as the request names it.
        partition: empty for services, anonymous callers and public identity providers.
        account: empty for the same.
        identity: the ARN that IAM puts into aws:PrincipalArn, which is the role's for a session; empty when there is none.
        name: of the user, the role, the provider or the service.
        session_name: of a session.
        path_known: False for a session given by its own ARN, which leaves out the role's path.
        names: what a Principal element can call it, and how that names it.
        has_identity_policies: whether it carries identity-based policies: only users, roles and their sessions do.
    """

    kind: CallerKind
    text: str
    partition: str
    account: str
    identity: str
    name: str
    session_name: str
    path_known: bool
    names: tuple[tuple[str, NamedAs], ...]

    has_identity_policies: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "has_identity_policies", self.kind in _WITH_IDENTITY)

    @property
    def is_service_linked(self) -> bool:
        """A service-linked role lives under the path /aws-service-role/."""
        return ":role/aws-service-role/" in self.identity


def _account_names(partition: str, account: str) -> tuple[tuple[str, NamedAs], ...]:
    return ((account, NamedAs.ACCOUNT), (f"arn:{partition}:iam::{account}:root", NamedAs.ACCOUNT))


def role_key(partition: str, account: str, name: str) -> str:
    """What identifies a role when its path is not known: its name is unique in the account, whatever the path."""
    return f"role:{partition}:{account}:{name}"


def _iam_caller(text: str, partition: str, account: str, resource: str) -> Caller | None:
    accounts = _account_names(partition, account)
    if resource == "root":
        names = tuple((name, NamedAs.CALLER) for name, _ in accounts)
        return Caller(CallerKind.ROOT, text, partition, account, text, "root", "", True, names)
    kind, _, path = resource.partition("/")
    name = path.rpartition("/")[2]
    if kind == "user" and name:
        names = ((text, NamedAs.CALLER), *accounts)
        return Caller(CallerKind.USER, text, partition, account, text, name, "", True, names)
    if kind == "role" and name:
        names = ((text, NamedAs.ROLE), *accounts)
        return Caller(CallerKind.ROLE, text, partition, account, text, name, "", True, names)
    if kind in ("saml-provider", "oidc-provider") and path:
        return Caller(CallerKind.PROVIDER, text, partition, account, "", path, "", True, ((text, NamedAs.CALLER),))
    return None


def _sts_caller(text: str, partition: str, account: str, resource: str) -> Caller | None:
    accounts = _account_names(partition, account)
    kind, _, rest = resource.partition("/")
    if kind == "assumed-role":
        name, _, session = rest.partition("/")
        if not name or not session or "/" in session:
            return None
        role = f"arn:{partition}:iam::{account}:role/{name}"
        names = ((text, NamedAs.CALLER), (role_key(partition, account, name), NamedAs.ROLE), *accounts)
        return Caller(CallerKind.SESSION, text, partition, account, role, name, session, False, names)
    if kind == "federated-user" and rest:
        names = ((text, NamedAs.CALLER), *accounts)
        return Caller(CallerKind.FEDERATED_USER, text, partition, account, text, rest, "", True, names)
    return None


@lru_cache(maxsize=65536)
def parse_caller(text: str) -> Caller:
    """The caller named by `text`.

    Args:
        text: the ARN of an account root, user, role, role session, federated user session, SAML or OIDC provider, or
            CloudFront origin access identity; a service such as `ec2.amazonaws.com`; a public web identity provider; or
            `*` for an anonymous request. A role's ARN means a session of that role whose name is not known.

    Raises:
        CallerError: with what is allowed.
    """
    if text == ANYONE:
        return Caller(CallerKind.ANONYMOUS, text, "", "", "", "", "", True, ())
    arn = split_arn(text)
    if arn is None:
        if text in _WEB_IDENTITIES:
            return Caller(CallerKind.PROVIDER, text, "", "", "", text, "", True, ((text, NamedAs.CALLER),))
        if _SERVICE.fullmatch(text):
            return Caller(CallerKind.SERVICE, text, "", "", "", text, "", True, ((text, NamedAs.CALLER),))
        raise CallerError(f"{text!r} is no principal: {_ALLOWED_CALLERS}")
    if _ORIGIN_ACCESS_IDENTITY.fullmatch(text):
        name, named = arn.resource.partition("/")[2], ((text, NamedAs.CALLER),)
        return Caller(CallerKind.ORIGIN_ACCESS_IDENTITY, text, arn.partition, "", "", name, "", True, named)
    makers = {"iam": _iam_caller, "sts": _sts_caller}
    maker = makers.get(arn.service)
    caller = maker(text, arn.partition, arn.account, arn.resource) if maker else None
    if caller is None or not _ACCOUNT_ID.fullmatch(arn.account):
        raise CallerError(f"{text!r} is no principal: {_ALLOWED_CALLERS}")
    return caller


_ALLOWED_CALLERS = (
    "allowed are the ARN of an account root, user, role, assumed-role session, federated-user session, SAML "
    "or OIDC provider (12-digit account), a service such as ec2.amazonaws.com, or * for an anonymous request"
)


@lru_cache(maxsize=65536)
def session_of(session_arn: str, role_arn: str) -> Caller:
    """The session `session_arn` of the role `role_arn`, whose path the session's ARN leaves out.

    Raises:
        CallerError: the session is not one of that role.
    """
    session, role = parse_caller(session_arn), parse_caller(role_arn)
    same = (session.partition, session.account, session.name) == (role.partition, role.account, role.name)
    if session.kind is not CallerKind.SESSION or role.kind is not CallerKind.ROLE or not same:
        raise CallerError(
            f"{session_arn!r} is not a session of the role {role_arn!r}: account and role name must agree"
        )
    names = (
        (session_arn, NamedAs.CALLER),
        (role_arn, NamedAs.ROLE),
        *_account_names(role.partition, role.account),
    )
    return Caller(
        CallerKind.SESSION,
        session_arn,
        role.partition,
        role.account,
        role_arn,
        role.name,
        session.session_name,
        True,
        names,
    )


class PrincipalSyntaxError(LakehouseIamError, ValueError):
    """The entry cannot stand in a Principal element."""


@dataclass(frozen=True, slots=True)
class PrincipalElement:
    """A parsed `Principal` or `NotPrincipal`.

    Attributes:
        everyone: whether it is `*`.
        named: account ids, ARNs, services and providers as written, and for every role ARN also its `role_key`.
        orphans: unique ids (AROA…), which IAM leaves in place of a principal that was deleted; they name nobody.
        canonical: S3's canonical user ids, which cannot be mapped to an account offline.
        excludes: whether it is `NotPrincipal`.
    """

    everyone: bool
    named: frozenset[str]
    orphans: tuple[str, ...]
    canonical: tuple[str, ...]
    excludes: bool

    def names(self, caller: Caller) -> NamedAs | None:
        """How this element names `caller`, the strongest way; None when it does not. For `Principal` only."""
        named = self.named
        for name, how in caller.names:
            if name in named and (how is NamedAs.CALLER or not self.everyone):
                return how
        return NamedAs.ANYONE if self.everyone else None

    def exempts(self, caller: Caller) -> bool:
        """For `NotPrincipal` with `Deny`: whether `caller` escapes the deny.

        AWS may check the account, then the role or user, then the session, so each of them must be listed; a
        role whose session is not known is therefore never exempt.
        """
        if self.everyone:
            return True
        levels = _levels(caller)
        return bool(levels) and all(level & self.named for level in levels)


def _levels(caller: Caller) -> tuple[frozenset[str], ...]:
    if caller.kind is CallerKind.ROLE:
        return (frozenset(),)
    grouped: dict[NamedAs, set[str]] = {}
    for name, how in caller.names:
        grouped.setdefault(how, set()).add(name)
    return tuple(frozenset(names) for names in grouped.values())


def _check_aws_entry(entry: str) -> None:
    if _ACCOUNT_ID.fullmatch(entry):
        return
    if "*" in entry or "?" in entry:
        raise PrincipalSyntaxError(f"{entry!r} has a wildcard: only * alone may stand for principals, never a part")
    try:
        caller = parse_caller(entry)
    except CallerError:
        caller = None
    if caller is None or caller.kind in (CallerKind.PROVIDER, CallerKind.SERVICE):
        raise PrincipalSyntaxError(
            f"{entry!r} is no AWS principal: allowed are *, a 12-digit account id, or the ARN of an account "
            "root, user, role, assumed-role session or federated-user session"
        )


def _keys_of_aws_entry(entry: str) -> frozenset[str]:
    _check_aws_entry(entry)
    arn = split_arn(entry)
    if arn is not None and arn.service == "iam" and arn.resource.startswith("role/"):
        return frozenset({entry, role_key(arn.partition, arn.account, arn.resource.rpartition("/")[2])})
    return frozenset({entry})


def _check_other_entry(kind: str, entry: str) -> None:
    if "*" in entry or "?" in entry:
        raise PrincipalSyntaxError(f"{entry!r} has a wildcard: a {kind} principal is named in full")
    if not entry:
        raise PrincipalSyntaxError(f"an empty {kind} principal names nobody")


def principal_element(entries: Mapping[str, tuple[str, ...]], *, excludes: bool) -> PrincipalElement:
    """The parsed element.

    Args:
        entries: principal type (AWS, Service, Federated, CanonicalUser) to names.
        excludes: True for `NotPrincipal`.

    Raises:
        PrincipalSyntaxError: naming the entry and what is allowed.
    """
    aws = entries.get("AWS", ())
    orphans = tuple(entry for entry in aws if _UNIQUE_ID.fullmatch(entry))
    named: set[str] = set()
    for entry in aws:
        if entry != ANYONE and entry not in orphans:
            named |= _keys_of_aws_entry(entry)
    for kind in ("Service", "Federated"):
        for entry in entries.get(kind, ()):
            _check_other_entry(kind, entry)
            named.add(entry)
    return PrincipalElement(ANYONE in aws, frozenset(named), orphans, entries.get("CanonicalUser", ()), excludes)
