"""Calls to KMS."""

from __future__ import annotations

from lakehouse_iam.snapshot.calls.call import Call

_KEYS = ("arn:{partition}:kms:*:{account}:key/*",)
_NO_KEY = ("NotFoundException",)

CALLS = (
    Call(
        "key",
        "kms",
        "DescribeKey",
        "kms:DescribeKey",
        ("keys", "{key}", "state"),
        {"KeyId": "{key}"},
        "{key}",
        _KEYS,
        object=("keys", "{key}"),
        gone=_NO_KEY,
        then=("key-policy", "key-grants"),
        goes_on=True,
    ),
    Call(
        "key-policy",
        "kms",
        "GetKeyPolicy",
        "kms:GetKeyPolicy",
        ("keys", "{key}", "policy"),
        {"KeyId": "{key}", "PolicyName": "default"},
        "{key}",
        _KEYS,
        object=("keys", "{key}"),
        gone=_NO_KEY,
    ),
    Call(
        "key-grants",
        "kms",
        "ListGrants",
        "kms:ListGrants",
        ("keys", "{key}", "grants"),
        {"KeyId": "{key}"},
        "{key}",
        _KEYS,
        object=("keys", "{key}"),
        gone=_NO_KEY,
        member="Grants",
    ),
)
