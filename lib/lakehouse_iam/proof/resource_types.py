"""CloudFormation resource types by what they mean for access: read, harmless, or able to carry or bypass it.

Source: CloudFormation "AWS resource and property types reference", from memory, to be checked against the page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lakehouse_iam.template_text import LOOP, MACRO

ROLE = "AWS::IAM::Role"
INLINE_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::RolePolicy")
MANAGED_POLICY = "AWS::IAM::ManagedPolicy"
INSTANCE_PROFILE = "AWS::IAM::InstanceProfile"
SAML_PROVIDER = "AWS::IAM::SAMLProvider"
BUCKET = "AWS::S3::Bucket"
BUCKET_POLICY = "AWS::S3::BucketPolicy"
NESTED_STACK = "AWS::CloudFormation::Stack"

READ = frozenset({ROLE, *INLINE_POLICIES, MANAGED_POLICY, INSTANCE_PROFILE, SAML_PROVIDER, BUCKET, BUCKET_POLICY})
"""Types whose every property is held against the setup."""

READ_TYPES = READ | {"AWS::KMS::Key"}
"""What becomes roles, buckets, keys and their policies."""

HARMLESS = frozenset(
    {"AWS::CDK::Metadata", "AWS::CloudFormation::WaitCondition", "AWS::CloudFormation::WaitConditionHandle"}
)
"""Types that carry nothing and need not be mentioned: the CDK adds the first to every template."""

_CARRIES = (
    (LOOP, "a loop makes resources while the stack is deployed, which are not here to be read"),
    (MACRO, "a macro makes resources while the stack is deployed, which are not here to be read"),
    ("AWS::IAM::", "it is an identity or a permission of its own"),
    ("AWS::S3::AccessPoint", "an access point lets callers into a bucket by a policy of its own"),
    ("AWS::S3::MultiRegionAccessPoint", "an access point lets callers into buckets by a policy of its own"),
    ("AWS::S3::AccessGrant", "S3 Access Grants hand out credentials for buckets"),
    ("AWS::S3::StorageLens", "it reads all buckets of the account"),
    ("AWS::S3ObjectLambda::", "an object lambda lets callers into a bucket by a policy of its own"),
    ("AWS::S3", "it may hold or hand on data of buckets by rules of its own"),
    ("AWS::KMS::", "a key, its grants and its replicas open whatever is encrypted with it"),
    ("AWS::Lambda::", "a function acts with a role, and may be called by others"),
    ("AWS::CloudFormation::CustomResource", "a custom resource may change anything while the stack is deployed"),
    ("Custom::", "a custom resource may change anything while the stack is deployed"),
    ("AWS::CloudFormation::Macro", "a macro may rewrite every template of the account"),
    ("AWS::CloudFormation::StackSet", "it deploys stacks in other accounts"),
    (NESTED_STACK, "the template of the nested stack is not here to be read"),
    ("AWS::CloudFormation::", "it deploys or changes resources that are not here to be read"),
    ("AWS::SSO::", "it gives people permissions in the account"),
    ("AWS::IdentityStore::", "it makes people members of groups that have permissions"),
    ("AWS::RolesAnywhere::", "it hands out credentials of roles to holders of certificates"),
    ("AWS::Cognito::IdentityPool", "it hands out credentials of roles to users of an identity pool"),
    ("AWS::Organizations::", "it changes what every account may do"),
    ("AWS::RAM::", "it shares resources with other accounts"),
    ("AWS::LakeFormation::", "it hands out data of registered buckets"),
    ("AWS::SecretsManager::", "a secret and its policy may hand out credentials"),
    ("AWS::EKS::PodIdentityAssociation", "it hands out credentials of a role to pods"),
    ("AWS::SNS::TopicPolicy", "it is a permission of its own"),
    ("AWS::SNS::TopicInlinePolicy", "it is a permission of its own"),
    ("AWS::SQS::QueuePolicy", "it is a permission of its own"),
    ("AWS::SQS::QueueInlinePolicy", "it is a permission of its own"),
    ("AWS::ServiceCatalog::", "it deploys or changes resources that are not here to be read"),
    ("AWS::Serverless::", "a macro makes resources of it while the stack is deployed"),
    ("AWS::CleanRooms", "it shares data with other accounts"),
    ("AWS::DataZone::", "it hands out data to members of its domain"),
    ("AWS::QuickSight::", "it shows data to its users by permissions of its own"),
    ("AWS::DataSync::", "it copies data from and to buckets"),
    ("AWS::Transfer::", "it lets people into buckets by SFTP"),
    ("AWS::CloudFront::", "it serves objects of buckets to the public"),
    ("AWS::SSM::Document", "an automation may act with a role"),
    ("AWS::SSM::Association", "an automation may act with a role"),
    ("Terraform::aws_iam_", "it is an identity or a permission of its own"),
    ("Terraform::aws_s3", "it may hold or hand on data of buckets by rules of its own"),
    ("Terraform::aws_kms_", "a key, its grants and its replicas open whatever is encrypted with it"),
    ("Terraform::aws_lambda_", "a function acts with a role, and may be called by others"),
    ("Terraform::aws_cloudformation_", "it deploys or changes resources that are not here to be read"),
    ("Terraform::aws_secretsmanager_", "a secret and its policy may hand out credentials"),
    ("Terraform::aws_organizations_", "it changes what every account may do"),
    ("Terraform::aws_ssoadmin_", "it gives people permissions in the account"),
    ("Terraform::aws_rolesanywhere_", "it hands out credentials of roles to holders of certificates"),
    ("Terraform::aws_ram_", "it shares resources with other accounts"),
    ("AWS::AutoScaling::LaunchConfiguration", "it may start instances with a profile"),
)
"""Beginnings of type names, the more exact one first, with what such a resource may do."""


def may_carry_access(type_: str) -> bool:
    """Whether a resource of a type that is not read can give somebody access, or run as somebody, whatever its properties."""
    beginnings = (*(beginning for beginning, _ in _CARRIES), "AWS::EC2::")
    return type_ not in READ_TYPES and type_.startswith(beginnings)


_KNOWN_OWNERS = ("AWS::", "Custom::", "Terraform::", LOOP, MACRO)

_CARRYING_KEYS = re.compile(
    r"(?i)\w*role(s|arn|arns|name|_arn|_arns|_name)?|iam_?instance_?profile\w*|instanceprofile\w*|\w*principals?|"
    r"policydocument|policy|(access|resource|repository|filesystem|permissions?|vault|queue|topic|key|bucket)_?"
    r"polic(y|ies)(document|text)?"
)
"""Properties by which a resource gets a role, names principals, or has a policy of its own."""


def carries_access(type_: str, properties: Mapping[str, Any], ours: frozenset[str]) -> str:
    """Why a resource that is not read may carry or bypass access, or empty.

    Args:
        type_: its type.
        properties: its properties, resolved as far as they can be.
        ours: the names of the setup's roles, buckets, keys and instance profiles, whether it makes them or not.
    """
    if not type_.startswith(_KNOWN_OWNERS) or type_.endswith("::MODULE"):
        return "a type or module that is not of AWS may do anything"
    reason = next((reason for beginning, reason in _CARRIES if type_.startswith(beginning)), "")
    if reason:
        return reason
    key = next((key for key in _keys(properties) if _CARRYING_KEYS.fullmatch(key)), "")
    if key:
        return f"its property {key} gives it a role or a policy, or lets somebody in"
    named = named_of_ours(properties, ours)
    return f"it names {named}, which is of the setup" if named else ""


def named_of_ours(properties: Mapping[str, Any], ours: frozenset[str]) -> str:
    """The first text in the properties that names one of ours; empty if none does."""
    return next((text for text in _texts(properties) if _names_ours(text, ours)), "")


def _names_ours(text: str, ours: frozenset[str]) -> bool:
    """Whether a text is the name of something of the setup, or holds it as a part of an ARN or a URL."""
    return not ours.isdisjoint((text, *_PARTS.split(text)))


_PARTS = re.compile(r"[/:,\s]|\.s3[.-]")


def _keys(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [*map(str, value), *(key for item in value.values() for key in _keys(item))]
    return [key for item in value for key in _keys(item)] if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _texts(item)]
    return [text for item in value for text in _texts(item)] if isinstance(value, list) else []
