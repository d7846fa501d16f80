"""Calls to IAM."""

from __future__ import annotations

from lakehouse_iam.snapshot.calls.call import Call

_ROLE = "arn:{partition}:iam::{account}:role/{name}"
_ROLE_WITH_ANY_PATH = (_ROLE, "arn:{partition}:iam::{account}:role/*/{name}")
_PROFILE = "arn:{partition}:iam::{account}:instance-profile/{name}"
_POLICIES = ("arn:{partition}:iam::{account}:policy/*", "arn:{partition}:iam::aws:policy/*")
_NO_ENTITY = ("NoSuchEntity",)

CALLS = (
    Call(
        "role",
        "iam",
        "GetRole",
        "iam:GetRole",
        ("roles", "{name}"),
        {"RoleName": "{name}"},
        _ROLE,
        _ROLE_WITH_ANY_PATH,
        gone=_NO_ENTITY,
        then=("role-inline-names", "role-attached", "policy"),
    ),
    Call(
        "role-inline-names",
        "iam",
        "ListRolePolicies",
        "iam:ListRolePolicies",
        ("roles", "{name}", "inline"),
        {"RoleName": "{name}"},
        _ROLE,
        _ROLE_WITH_ANY_PATH,
        object=("roles", "{name}"),
        gone=_NO_ENTITY,
        member="PolicyNames",
        then=("role-inline",),
    ),
    Call(
        "role-inline",
        "iam",
        "GetRolePolicy",
        "iam:GetRolePolicy",
        ("roles", "{name}", "inline", "{policy}"),
        {"RoleName": "{name}", "PolicyName": "{policy}"},
        _ROLE,
        _ROLE_WITH_ANY_PATH,
    ),
    Call(
        "role-attached",
        "iam",
        "ListAttachedRolePolicies",
        "iam:ListAttachedRolePolicies",
        ("roles", "{name}", "attached"),
        {"RoleName": "{name}"},
        _ROLE,
        _ROLE_WITH_ANY_PATH,
        object=("roles", "{name}"),
        gone=_NO_ENTITY,
        member="AttachedPolicies",
        then=("policy",),
    ),
    Call(
        "policy",
        "iam",
        "GetPolicy",
        "iam:GetPolicy",
        ("_policies", "{policy}"),
        {"PolicyArn": "{policy}"},
        "{policy}",
        _POLICIES,
        then=("policy-version",),
    ),
    Call(
        "policy-version",
        "iam",
        "GetPolicyVersion",
        "iam:GetPolicyVersion",
        ("_policies", "{policy}", "document"),
        {"PolicyArn": "{policy}", "VersionId": "{version}"},
        "{policy}",
        _POLICIES,
    ),
    Call(
        "instance-profile",
        "iam",
        "GetInstanceProfile",
        "iam:GetInstanceProfile",
        ("instance_profiles", "{name}"),
        {"InstanceProfileName": "{name}"},
        _PROFILE,
        (_PROFILE, "arn:{partition}:iam::{account}:instance-profile/*/{name}"),
        gone=_NO_ENTITY,
    ),
    Call(
        "saml-provider",
        "iam",
        "GetSAMLProvider",
        "iam:GetSAMLProvider",
        ("saml_providers", "{name}"),
        {"SAMLProviderArn": "{name}"},
        "{name}",
        gone=_NO_ENTITY,
    ),
)
