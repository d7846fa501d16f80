"""What IAM's answers tell, and lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lakehouse_iam.policy_text import policy_document
from lakehouse_iam.snapshot.answers.answer import Answer, Json, Leads, Tells, at, given, tags_of, time_of
from lakehouse_iam.snapshot.requests import Request


def _role(_: Request, answer: Answer) -> Json:
    role = answer["Role"]
    boundary = role.get("PermissionsBoundary")
    return {
        **_role_itself(role),
        "boundary": {"arn": boundary["PermissionsBoundaryArn"]} if boundary else None,
        "last_used": time_of(role.get("RoleLastUsed") or {}, "LastUsedDate"),
        "tags": tags_of(role),
    }


def _role_itself(role: Mapping[str, Any]) -> Json:
    return given(
        arn=role["Arn"],
        id=role.get("RoleId"),
        created=time_of(role, "CreateDate"),
        trust=policy_document(role["AssumeRolePolicyDocument"]) if role.get("AssumeRolePolicyDocument") else None,
        session_seconds=role.get("MaxSessionDuration"),
    )


def _after_role(request: Request, answer: Answer) -> Iterator[Request]:
    yield request.next("role-inline-names")
    yield request.next("role-attached")
    boundary = answer["Role"].get("PermissionsBoundary")
    if boundary:
        yield _policy_of(request, boundary["PermissionsBoundaryArn"])


def _policy_of(request: Request, arn: str) -> Request:
    return request.next("policy", without=("name",), policy=arn)


def _no_inline_yet(_: Request, __: Answer) -> Json:
    return {}


def _inline(_: Request, answer: Answer) -> Json:
    return policy_document(answer["PolicyDocument"])


def _attached(_: Request, answer: Answer) -> Json:
    return {str(policy["PolicyArn"]): {} for policy in answer}


def _policy(_: Request, answer: Answer) -> Json:
    return {"version": answer["Policy"]["DefaultVersionId"]}


def _policy_version(_: Request, answer: Answer) -> Json:
    return policy_document(answer["PolicyVersion"]["Document"])


def _instance_profile(request: Request, answer: Answer) -> Json:
    """The profile, and its role as far as the answer tells: it may be another than the setup's."""
    profile = answer["InstanceProfile"]
    roles = profile.get("Roles") or []
    found = given(arn=profile["Arn"], id=profile.get("InstanceProfileId"), roles=[str(role["Arn"]) for role in roles])
    told = at(request.at, found)
    return told | {"_roles_of_profiles": {str(role["RoleName"]): _role_itself(role) for role in roles}}


def _saml_provider(_: Request, answer: Answer) -> Json:
    return given(
        metadata=answer.get("SAMLMetadataDocument"),
        created=time_of(answer, "CreateDate"),
        valid_until=time_of(answer, "ValidUntil"),
        assertion_encryption=answer.get("AssertionEncryptionMode"),
        tags=tags_of(answer),
    )


TELLS: Tells = {
    "role": _role,
    "role-inline-names": _no_inline_yet,
    "role-inline": _inline,
    "role-attached": _attached,
    "policy": _policy,
    "policy-version": _policy_version,
    "saml-provider": _saml_provider,
}
AT_ROOT: Tells = {"instance-profile": _instance_profile}
"""Answers that are of several places of the snapshot."""
LEADS: Leads = {
    "role": _after_role,
    "role-inline-names": lambda request, answer: (request.next("role-inline", policy=name) for name in answer),
    "role-attached": lambda request, answer: (_policy_of(request, policy["PolicyArn"]) for policy in answer),
    "policy": lambda request, answer: iter(
        (request.next("policy-version", version=answer["Policy"]["DefaultVersionId"]),)
    ),
}
