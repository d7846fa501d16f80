"""Calls to S3 Access Grants."""

from __future__ import annotations

from lakehouse_iam.snapshot.calls.call import Call

_GRANTS = "arn:{partition}:s3:{region}:{account}:access-grants/default"
_OF_ACCOUNT = {"AccountId": "{account}"}

CALLS = (
    Call(
        "access-grants-instance",
        "s3control",
        "GetAccessGrantsInstance",
        "s3:GetAccessGrantsInstance",
        ("access_grants", "instance"),
        _OF_ACCOUNT,
        _GRANTS,
        nothing=("AccessGrantsInstanceNotExistsError",),
        then=("access-grants-locations", "access-grants"),
    ),
    Call(
        "access-grants-locations",
        "s3control",
        "ListAccessGrantsLocations",
        "s3:ListAccessGrantsLocations",
        ("access_grants", "locations"),
        _OF_ACCOUNT,
        _GRANTS,
        member="AccessGrantsLocationsList",
    ),
    Call(
        "access-grants",
        "s3control",
        "ListAccessGrants",
        "s3:ListAccessGrants",
        ("access_grants", "grants"),
        _OF_ACCOUNT,
        _GRANTS,
        member="AccessGrantsList",
    ),
)
