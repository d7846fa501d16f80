"""Condition keys: those AWS fills in for a request, and a table of the known ones.

Source: AWS docs `IAM/latest/UserGuide/reference_policies_condition-keys.html` and
`reference_policies_variables.html#principaltable`, read 2026-11-21; the service keys from the Service
Authorization Reference for S3, KMS, STS and IAM (from memory, unverified).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from lakehouse_iam.evaluator.principals import Caller, CallerKind

ContextValue = str | int | float | bool | list[str] | tuple[str, ...]
"""A value of the request context; a list makes the key multivalued."""


@dataclass(frozen=True, slots=True)
class ContextKey:
    """What is known of a condition key: its value type and whether a request may carry several values."""

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
    "iam:associatedresourcearn": _ARN,
    "iam:awsservicename": _STRING,
    "iam:passedtoservice": _STRING,
    "iam:permissionsboundary": _STRING,
    "iam:policyarn": _ARN,
    "kms:calleraccount": _STRING,
    "kms:encryptionalgorithm": _STRING,
    "kms:encryptioncontextkeys": _STRINGS,
    "kms:granteeprincipal": _STRING,
    "kms:grantisforawsresource": _BOOL,
    "kms:grantoperations": _STRINGS,
    "kms:keyorigin": _STRING,
    "kms:keyspec": _STRING,
    "kms:keyusage": _STRING,
    "kms:requestalias": _STRING,
    "kms:resourcealiases": _STRINGS,
    "kms:viaservice": _STRING,
    "s3:authtype": _STRING,
    "s3:dataaccesspointaccount": _STRING,
    "s3:dataaccesspointarn": _ARN,
    "s3:delimiter": _STRING,
    "s3:locationconstraint": _STRING,
    "s3:max-keys": _NUMBER,
    "s3:prefix": _STRING,
    "s3:resourceaccount": _STRING,
    "s3:signatureage": _NUMBER,
    "s3:signatureversion": _STRING,
    "s3:tlsversion": _NUMBER,
    "s3:versionid": _STRING,
    "s3:x-amz-acl": _STRING,
    "s3:x-amz-content-sha256": _STRING,
    "s3:x-amz-copy-source": _STRING,
    "s3:x-amz-grant-full-control": _STRING,
    "s3:x-amz-server-side-encryption": _STRING,
    "s3:x-amz-server-side-encryption-aws-kms-key-id": _ARN,
    "s3:x-amz-storage-class": _STRING,
    "saml:aud": _STRING,
    "saml:doc": _STRING,
    "saml:iss": _STRING,
    "saml:namequalifier": _STRING,
    "saml:sub": _STRING,
    "saml:sub_type": _STRING,
    "sts:awsservicename": _STRING,
    "sts:durationseconds": _NUMBER,
    "sts:externalid": _STRING,
    "sts:requestcontextproviders": _STRINGS,
    "sts:rolesessionname": _STRING,
    "sts:sourceidentity": _STRING,
    "sts:transitivetagkeys": _STRINGS,
}

KNOWN_PREFIXES: Mapping[str, ContextKey] = {
    "aws:principaltag/": _STRING,
    "aws:requesttag/": _STRING,
    "aws:resourcetag/": _STRING,
    "iam:resourcetag/": _STRING,
    "kms:encryptioncontext:": _STRING,
    "s3:existingobjecttag/": _STRING,
    "s3:requestobjecttag/": _STRING,
}
"""Keys that end in a name of the user's own."""


def known_key(key: str) -> ContextKey | None:
    """What is known of `key` (any case), or None for a key that is in no table here."""
    lowered = key.lower()
    found = KNOWN_KEYS.get(lowered)
    if found is not None:
        return found
    return next((known for prefix, known in KNOWN_PREFIXES.items() if lowered.startswith(prefix)), None)


_PRINCIPAL_TYPES: Mapping[CallerKind, str] = {
    CallerKind.ROOT: "Account",
    CallerKind.USER: "User",
    CallerKind.ROLE: "AssumedRole",
    CallerKind.SESSION: "AssumedRole",
    CallerKind.FEDERATED_USER: "FederatedUser",
    CallerKind.ANONYMOUS: "Anonymous",
}


def text_values(value: ContextValue) -> tuple[str, ...]:
    """The values as text, the way conditions compare them; an empty list is no value at all."""
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, (list, tuple)):
        return tuple(str(entry) for entry in value)
    return (str(value),)


@lru_cache(maxsize=65536)
def _filled_in(caller: Caller, service: str, resource_account: str) -> dict[str, tuple[str, ...]]:
    keys: dict[str, tuple[str, ...]] = {
        "aws:principalisawsservice": ("true" if caller.kind is CallerKind.SERVICE else "false",)
    }
    keys["aws:viaawsservice"] = ("false",)
    if resource_account:
        keys["aws:resourceaccount"] = (resource_account,)
        if service == "s3":
            keys["s3:resourceaccount"] = (resource_account,)
    if caller.identity:
        keys["aws:principalarn"] = (caller.identity,)
        keys["aws:principalaccount"] = (caller.account,)
        if service == "kms":
            keys["kms:calleraccount"] = (caller.account,)
    kind = _PRINCIPAL_TYPES.get(caller.kind)
    if kind is not None:
        keys["aws:principaltype"] = (kind,)
    keys.update(_names(caller))
    return keys


def filled_in(caller: Caller, service: str, resource_account: str) -> dict[str, tuple[str, ...]]:
    """The keys AWS fills in from who asks and whose resource it is (lower case → values), as a new dict.

    aws:PrincipalArn is the role's ARN for a session. aws:userid is derivable only for the root user (the
    account id) and a federated user (`account:name`); for users and roles it starts with an id that only AWS
    knows.
    """
    return dict(_filled_in(caller, service, resource_account))


def _names(caller: Caller) -> dict[str, tuple[str, ...]]:
    if caller.kind is CallerKind.USER:
        return {"aws:username": (caller.name,)}
    if caller.kind is CallerKind.ROOT:
        return {"aws:userid": (caller.account,)}
    if caller.kind is CallerKind.FEDERATED_USER:
        return {"aws:userid": (f"{caller.account}:{caller.name}",)}
    if caller.kind is CallerKind.SERVICE:
        return {"aws:principalservicename": (caller.name,), "aws:principalservicenameslist": (caller.name,)}
    return {}
