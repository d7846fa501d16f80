"""What the answers of EMR Studio and Athena tell, and lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lakehouse_iam.snapshot.answers.answer import Answer, Json, Leads, Tells, given, tags_of
from lakehouse_iam.snapshot.requests import Request


def _studios(request: Request, answer: Answer) -> Json | None:
    return {} if _named(request, answer) else None


def _named(request: Request, answer: Answer) -> list[Mapping[str, Any]]:
    return [studio for studio in answer if studio.get("Name") == request.named["name"]]


def _after_studios(request: Request, answer: Answer) -> Iterator[Request]:
    # Names of Studios are unique in an account and a region, from memory, to be checked against the page.
    for studio in _named(request, answer)[:1]:
        yield request.next("studio", studio=studio["StudioId"])


def _studio(_: Request, answer: Answer) -> Json:
    studio = answer["Studio"]
    return given(
        id=studio.get("StudioId"),
        arn=studio.get("StudioArn"),
        auth_mode=studio.get("AuthMode"),
        service_role=studio.get("ServiceRole"),
        user_role=studio.get("UserRole"),
        vpc=studio.get("VpcId"),
        subnets=sorted(studio.get("SubnetIds") or ()),
        storage=studio.get("DefaultS3Location"),
        trusted_identity_propagation=bool(studio.get("TrustedIdentityPropagationEnabled", False)),
        idc_user_assignment=studio.get("IdcUserAssignment"),
        idc_instance=studio.get("IdcInstanceArn"),
        engine_security_group=studio.get("EngineSecurityGroupId"),
        workspace_security_group=studio.get("WorkspaceSecurityGroupId"),
        tags=tags_of(studio),
    )


def _assignments(_: Request, answer: Answer) -> list[Json]:
    found = (
        given(type=one["IdentityType"], id=one["IdentityId"], session_policy=one.get("SessionPolicyArn"))
        for one in answer
    )
    return sorted(found, key=lambda one: (one["type"], one["id"]))


def _workgroup(_: Request, answer: Answer) -> Json:
    workgroup = answer["WorkGroup"]
    configuration = workgroup.get("Configuration") or {}
    center = configuration.get("IdentityCenterConfiguration") or {}
    grants = configuration.get("QueryResultsS3AccessGrantsConfiguration") or {}
    return given(
        state=workgroup.get("State"),
        identity_center=bool(center.get("EnableIdentityCenter", False)),
        identity_center_instance=center.get("IdentityCenterInstanceArn"),
        execution_role=configuration.get("ExecutionRole"),
        results=(configuration.get("ResultConfiguration") or {}).get("OutputLocation"),
        enforced=bool(configuration.get("EnforceWorkGroupConfiguration", False)),
        access_grants=bool(grants.get("EnableS3AccessGrants", False)),
        access_grants_user_prefix=bool(grants.get("CreateUserLevelPrefix", False)),
    )


TELLS: Tells = {
    "studios": _studios,
    "studio": _studio,
    "studio-assignments": _assignments,
    "workgroup": _workgroup,
}
LEADS: Leads = {
    "studios": _after_studios,
}
