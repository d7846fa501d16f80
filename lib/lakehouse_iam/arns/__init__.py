"""The names AWS gives things: parsed once, checked against AWS's own limits, printed back unchanged.

Every type here is a frozen value with `parse`, which raises `InvalidValue` saying what is allowed, and `str()`, which
gives the text back.
"""

from lakehouse_iam.arns.arn import AccountId, Arn
from lakehouse_iam.arns.external_id import (
    EXTERNAL_ID_LENGTHS,
    EXTERNAL_ID_PATTERN,
    PLACEHOLDER_EXTERNAL_ID,
    ExternalId,
)
from lakehouse_iam.arns.iam import (
    INSTANCE_PROFILE_NAME_LENGTH,
    PATH_LENGTH,
    POLICY_NAME_LENGTH,
    ROLE_NAME_LENGTH,
    IamPath,
    InstanceProfileArn,
    InstanceProfileName,
    ManagedPolicyArn,
    RoleArn,
    RoleName,
    SamlProviderArn,
    SamlProviderName,
)
from lakehouse_iam.arns.identity_center import DirectoryKind, DirectoryPrincipal, IdentityCenterInstance
from lakehouse_iam.arns.kms import KeyArn
from lakehouse_iam.arns.s3 import OBJECT_KEY_LENGTH, BucketName, ObjectPrefix

__all__ = [
    "EXTERNAL_ID_LENGTHS",
    "EXTERNAL_ID_PATTERN",
    "INSTANCE_PROFILE_NAME_LENGTH",
    "OBJECT_KEY_LENGTH",
    "PATH_LENGTH",
    "PLACEHOLDER_EXTERNAL_ID",
    "POLICY_NAME_LENGTH",
    "ROLE_NAME_LENGTH",
    "AccountId",
    "Arn",
    "BucketName",
    "DirectoryKind",
    "DirectoryPrincipal",
    "ExternalId",
    "IamPath",
    "IdentityCenterInstance",
    "InstanceProfileArn",
    "InstanceProfileName",
    "KeyArn",
    "ManagedPolicyArn",
    "ObjectPrefix",
    "RoleArn",
    "RoleName",
    "SamlProviderArn",
    "SamlProviderName",
]
