"""Condition keys: a table of the global ones, and what is known of any key.

Source: AWS docs `IAM/latest/UserGuide/reference_policies_condition-keys.html`, read 2026-11-21. The keys of
services are in the table of `service_actions`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from lakehouse_iam.evaluator.service_actions import condition_key_type

ContextValue = str | int | float | bool | list[str] | tuple[str, ...]
"""A value of the request context; a list makes the key multivalued."""


@dataclass(frozen=True, slots=True)
class ContextKey:
    """What is known of a condition key.

    Attributes:
        value_type: String, ARN, Bool, Date, Numeric or IPAddress.
        multivalued: whether a request may carry several values.
    """

    value_type: str
    multivalued: bool = False


_STRING, _ARN, _BOOL, _DATE = ContextKey("String"), ContextKey("ARN"), ContextKey("Bool"), ContextKey("Date")
_NUMBER, _IP, _STRINGS = (
    ContextKey("Numeric"),
    ContextKey("IPAddress"),
    ContextKey("String", multivalued=True),
)

KNOWN_KEYS: Mapping[str, ContextKey] = {
    "aws:assumedroot": _BOOL,
    "aws:calledvia": _STRINGS,
    "aws:calledviafirst": _STRING,
    "aws:calledvialast": _STRING,
    "aws:currenttime": _DATE,
    "aws:ec2instancesourceprivateipv4": _IP,
    "aws:ec2instancesourcevpc": _STRING,
    "aws:epochtime": _DATE,
    "aws:federatedprovider": _STRING,
    "aws:multifactorauthage": _NUMBER,
    "aws:multifactorauthpresent": _BOOL,
    "aws:principalaccount": _STRING,
    "aws:principalarn": _ARN,
    "aws:principalisawsservice": _BOOL,
    "aws:principalorgid": _STRING,
    "aws:principalorgpaths": _STRINGS,
    "aws:principalservicename": _STRING,
    "aws:principalservicenameslist": _STRINGS,
    "aws:principaltype": _STRING,
    "aws:referer": _STRING,
    "aws:requestedregion": _STRING,
    "aws:resourceaccount": _STRING,
    "aws:resourceorgid": _STRING,
    "aws:resourceorgpaths": _STRINGS,
    "aws:securetransport": _BOOL,
    "aws:sourceaccount": _STRING,
    "aws:sourcearn": _ARN,
    "aws:sourceidentity": _STRING,
    "aws:sourceip": _IP,
    "aws:sourceorgid": _STRING,
    "aws:sourceorgpaths": _STRINGS,
    "aws:sourceowner": _STRING,
    "aws:sourcevpc": _STRING,
    "aws:sourcevpce": _STRING,
    "aws:tagkeys": _STRINGS,
    "aws:tokenissuetime": _DATE,
    "aws:useragent": _STRING,
    "aws:userid": _STRING,
    "aws:username": _STRING,
    "aws:viaawsservice": _BOOL,
    "aws:vpceaccount": _STRING,
    "aws:vpceorgid": _STRING,
    "aws:vpceorgpaths": _STRINGS,
    "aws:vpcsourceip": _IP,
    "dynamodb:attributes": _STRINGS,
    "dynamodb:leadingkeys": _STRINGS,
    "ec2:instancetype": _STRING,
    "lambda:sourcefunctionarn": _ARN,
}

KNOWN_PREFIXES: Mapping[str, ContextKey] = {
    "aws:principaltag/": _STRING,
    "aws:requesttag/": _STRING,
    "aws:resourcetag/": _STRING,
}
"""Keys that end in a name of the user's own."""

_CLAIM = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(/[^:]*)?:[a-z_]+")
"""A claim of an OpenID Connect token, named by the address of its provider, in lower case."""


@lru_cache(maxsize=4096)
def known_key(key: str) -> ContextKey | None:
    """What is known of `key` (any case), or None for a key that is in no table here."""
    lowered = key.lower()
    found = KNOWN_KEYS.get(lowered)
    if found is None:
        found = next((known for prefix, known in KNOWN_PREFIXES.items() if lowered.startswith(prefix)), None)
    return found or _of_a_service(lowered) or _of_a_token(lowered)


def _of_a_service(key: str) -> ContextKey | None:
    type = condition_key_type(key)
    return ContextKey(type.removeprefix("ArrayOf"), type.startswith("ArrayOf")) if type else None


def _of_a_token(key: str) -> ContextKey | None:
    if not _CLAIM.fullmatch(key):
        return None
    return _STRINGS if key.endswith(":amr") else _STRING
