"""CloudFormation resource types: which are read here, and which could carry or bypass access without being read.

Source: AWS docs, "AWS resource and property types reference" of CloudFormation, read 2026-11-25.
"""

from __future__ import annotations

READ_TYPES = frozenset(
    {
        "AWS::IAM::Role",
        "AWS::IAM::Policy",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::InstanceProfile",
        "AWS::IAM::SAMLProvider",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::KMS::Key",
    }
)
"""What becomes roles, buckets, keys and their policies."""

_ACCESS_PREFIXES = (
    "AWS::IAM::",
    "AWS::S3::AccessPoint",
    "AWS::S3::AccessGrant",
    "AWS::S3::MultiRegionAccessPoint",
    "AWS::S3ObjectLambda::",
    "AWS::KMS::",
    "AWS::Lambda::",
    "AWS::EC2::",
    "AWS::CloudFormation::CustomResource",
    "AWS::CloudFormation::Stack",
    "AWS::CloudFormation::Macro",
    "Custom::",
)


def may_carry_access(type: str) -> bool:
    """Whether a resource of a type that is not read can give somebody access, or run as somebody."""
    return type not in READ_TYPES and type.startswith(_ACCESS_PREFIXES)
