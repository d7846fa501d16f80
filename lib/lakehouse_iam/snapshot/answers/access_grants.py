"""What the answers of S3 Access Grants tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakehouse_iam.snapshot.answers.answer import Answer, Json, Tells, given
from lakehouse_iam.snapshot.requests import Request


def _access_grants_instance(_: Request, answer: Answer) -> Json:
    center = answer.get("IdentityCenterInstanceArn") or answer.get("IdentityCenterApplicationArn")
    return {"arn": answer["AccessGrantsInstanceArn"], "identity_center": center or answer.get("IdentityCenterArn")}


def _access_grants_locations(_: Request, answer: Answer) -> list[Json]:
    found = (
        given(id=one.get("AccessGrantsLocationId"), scope=one["LocationScope"], role=one["IAMRoleArn"])
        for one in answer
    )
    return sorted(found, key=lambda one: (one["scope"], one.get("id", "")))


def _access_grants(_: Request, answer: Answer) -> list[Json]:
    return sorted((_access_grant(one) for one in answer), key=lambda one: (one["scope"], one.get("id", "")))


def _access_grant(one: Mapping[str, Any]) -> Json:
    grantee = one.get("Grantee") or {}
    return given(
        id=one.get("AccessGrantId"),
        scope=one["GrantScope"],
        permission=one["Permission"],
        grantee_type=grantee.get("GranteeType", ""),
        grantee=grantee.get("GranteeIdentifier", ""),
        application=one.get("ApplicationArn"),
    )


TELLS: Tells = {
    "access-grants-instance": _access_grants_instance,
    "access-grants-locations": _access_grants_locations,
    "access-grants": _access_grants,
}
