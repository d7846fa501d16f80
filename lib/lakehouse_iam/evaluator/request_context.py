"""The condition keys that AWS puts into every request, and what is known of their values.

A key that AWS always sends is never absent. Where its value follows from the request (who asks, whose resource it is, the
region in an ARN) it is filled in. Where it does not, it is `UNKNOWN`, and a decision that depends on it is not decided.

Source: AWS docs `IAM/latest/UserGuide/reference_policies_condition-keys.html` ("Availability" of each key) and
`reference_policies_variables.html#principaltable`, read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.context_keys import ContextValue
from lakehouse_iam.evaluator.principals import Caller, CallerKind
from lakehouse_iam.evaluator.values import UNKNOWN, parse_date
from lakehouse_iam.evaluator.variables import ContextValues

Keys = dict[str, tuple[str, ...]]

ALWAYS_SENT = (
    "aws:currenttime",
    "aws:epochtime",
    "aws:principalaccount",
    "aws:principaltype",
    "aws:requestedregion",
    "aws:securetransport",
    "aws:useragent",
)
"""Sent with every request."""

_SENT_BY_USERS_AND_ROLES = ("aws:userid",)
"""Sent with every signed request. For users and roles it starts with an id that only AWS knows."""

_SENT_BY_TEMPORARY_CREDENTIALS = ("aws:tokenissuetime",)
"""Sent with every request of a role's or a federated user's session."""

SOMETIMES_UNKNOWN = frozenset({*ALWAYS_SENT, *_SENT_BY_USERS_AND_ROLES, *_SENT_BY_TEMPORARY_CREDENTIALS})
"""Every key whose value can be `UNKNOWN`."""

_USERS_AND_ROLES = frozenset({CallerKind.USER, CallerKind.ROLE, CallerKind.SESSION})
_TEMPORARY = frozenset({CallerKind.ROLE, CallerKind.SESSION, CallerKind.FEDERATED_USER})
_UNSIGNED = frozenset({CallerKind.ANONYMOUS, CallerKind.PROVIDER})

_PRINCIPAL_TYPES: Mapping[CallerKind, str] = {
    CallerKind.ROOT: "Account",
    CallerKind.USER: "User",
    CallerKind.ROLE: "AssumedRole",
    CallerKind.SESSION: "AssumedRole",
    CallerKind.FEDERATED_USER: "FederatedUser",
    CallerKind.ANONYMOUS: "Anonymous",
}

_ONE_REGION: Mapping[tuple[str, str], str] = {("aws", "iam"): "us-east-1"}
"""Global services whose requests always go to one region, by partition and service."""


def text_values(value: ContextValue) -> tuple[str, ...]:
    """The values as text, the way conditions compare them; an empty list is no value at all."""
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, (list, tuple)):
        return tuple(str(entry) for entry in value)
    return (str(value),)


def request_context(
    caller: Caller, service: str, resource: str, account: str, given: Mapping[str, ContextValue]
) -> ContextValues:
    """The context of a request: what AWS fills in, and over it what is given.

    Args:
        caller: who asks.
        service: the service prefix of the action.
        resource: the ARN that is asked for, or `*`.
        account: the account of the resource; empty when there is none.
        given: keys in any case; an empty list takes a key out.

    Returns:
        Keys in lower case, each with its values or with `UNKNOWN`.
    """
    keys = filled_in(caller, service, account)
    keys["aws:requestedregion"] = _region(service, resource)
    if not given:
        return keys
    for key, value in given.items():
        values = text_values(value)
        if values:
            keys[key.lower()] = values
        else:
            keys.pop(key.lower(), None)
    _complete_time(keys)
    return keys


def filled_in(caller: Caller, service: str, account: str) -> Keys:
    """What AWS fills in from who asks and whose resource it is, `UNKNOWN` values included, as a new dictionary.

    Args:
        caller: who asks.
        service: the service prefix of the action.
        account: the account of the resource; empty when there is none.
    """
    return dict(_filled_in(caller, service, account))


@lru_cache(maxsize=65536)
def _region(service: str, resource: str) -> tuple[str, ...]:
    """The region that is called: the resource's own, where its ARN names one."""
    arn = split_arn(resource)
    if arn is None:
        return UNKNOWN
    if arn.region and "*" not in arn.region:
        return (arn.region,)
    region = _ONE_REGION.get((arn.partition, service))
    return (region,) if region else UNKNOWN


@lru_cache(maxsize=65536)
def _filled_in(caller: Caller, service: str, account: str) -> Keys:
    keys: Keys = dict.fromkeys(ALWAYS_SENT, UNKNOWN)
    keys["aws:viaawsservice"] = ("false",)
    if caller.kind not in _UNSIGNED:
        keys["aws:principalisawsservice"] = ("true" if caller.kind is CallerKind.SERVICE else "false",)
    if account:
        keys["aws:resourceaccount"] = (account,)
        if service == "s3":
            keys["s3:resourceaccount"] = (account,)
    if caller.kind in _USERS_AND_ROLES:
        keys.update(dict.fromkeys(_SENT_BY_USERS_AND_ROLES, UNKNOWN))
    if caller.kind in _TEMPORARY:
        keys.update(dict.fromkeys(_SENT_BY_TEMPORARY_CREDENTIALS, UNKNOWN))
    keys.update(_of_caller(caller, service))
    return keys


def _of_caller(caller: Caller, service: str) -> Keys:
    keys: Keys = {}
    if caller.identity:
        # For a session this is the role's ARN, not the session's.
        keys["aws:principalarn"] = (caller.identity,)
        keys["aws:principalaccount"] = (caller.account,)
        if service == "kms":
            keys["kms:calleraccount"] = (caller.account,)
    if caller.kind in _PRINCIPAL_TYPES:
        keys["aws:principaltype"] = (_PRINCIPAL_TYPES[caller.kind],)
    if caller.kind is CallerKind.ANONYMOUS:
        keys["aws:principalaccount"] = ("anonymous",)
    elif caller.kind is CallerKind.USER:
        keys["aws:username"] = (caller.name,)
    elif caller.kind is CallerKind.ROOT:
        keys["aws:userid"] = (caller.account,)
    elif caller.kind is CallerKind.FEDERATED_USER:
        keys["aws:userid"] = (f"{caller.account}:{caller.name}",)
    elif caller.kind is CallerKind.SERVICE:
        keys["aws:principalservicename"] = keys["aws:principalservicenameslist"] = (caller.name,)
    return keys


def _complete_time(keys: Keys) -> None:
    """Both keys of the time are of one moment: where one is given, so is the other."""
    current, epoch = keys.get("aws:currenttime", ()), keys.get("aws:epochtime", ())
    if epoch is UNKNOWN and len(current) == 1:
        seconds = parse_date(current[0])
        if seconds is not None:
            keys["aws:epochtime"] = (str(int(seconds)),)
    elif current is UNKNOWN and len(epoch) == 1:
        seconds = parse_date(epoch[0])
        if seconds is not None:
            keys["aws:currenttime"] = (_iso(int(seconds)) or epoch[0],)


def _iso(seconds: int) -> str:
    """The moment in ISO 8601, or an empty string if a calendar does not reach that far."""
    try:
        moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)
    except OverflowError:
        return ""
    return moment.isoformat().replace("+00:00", "Z")
