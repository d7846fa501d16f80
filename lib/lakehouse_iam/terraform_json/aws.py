"""The resource types of `hashicorp/aws` that the constructs emit, with the attributes they set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lakehouse_iam.policy import PolicyDocument
from lakehouse_iam.terraform_json.blocks import Block, Pairs, Provider, Reference, Resource
from lakehouse_iam.terraform_json.literals import Expression


@dataclass(frozen=True)
class AwsProvider(Provider):
    """One account of AWS. `allowed_account_ids` keeps an apply with another account's credentials from doing anything."""

    TERRAFORM_TYPE: ClassVar[str] = "aws"
    SOURCE: ClassVar[str] = "hashicorp/aws"
    # The attributes that are emitted here are those of 5.0 and later; checked against the schema of 6.69.1.
    VERSION: ClassVar[str] = ">= 5.0"

    alias: str | None
    region: str
    allowed_account_ids: tuple[str, ...]
    profile: Expression | None = None


@dataclass(frozen=True)
class AwsIamRole(Resource):
    """An IAM role with its trust policy."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_iam_role"

    name: str
    path: str
    description: str
    assume_role_policy: PolicyDocument
    permissions_boundary: str | None = None
    max_session_duration: int | None = None
    tags: Pairs = ()


@dataclass(frozen=True)
class AwsIamSamlProvider(Resource):
    """A SAML provider. Whether assertions must be encrypted cannot be said here."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_iam_saml_provider"

    name: str
    saml_metadata_document: str
    tags: Pairs = ()


@dataclass(frozen=True)
class AwsIamPolicy(Resource):
    """A customer managed policy."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_iam_policy"

    name: str
    path: str
    description: str
    policy: PolicyDocument
    tags: Pairs = ()


@dataclass(frozen=True)
class AwsIamRolePolicyAttachment(Resource):
    """A managed policy on a role."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_iam_role_policy_attachment"

    role: str | Reference
    policy_arn: str | Reference


@dataclass(frozen=True)
class AwsIamRolePolicy(Resource):
    """An inline policy on a role; its other policies stay."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_iam_role_policy"

    name: str
    role: str | Reference
    policy: PolicyDocument


@dataclass(frozen=True)
class AwsIamInstanceProfile(Resource):
    """An instance profile with its role."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_iam_instance_profile"

    name: str
    path: str
    role: str | Reference
    tags: Pairs = ()


@dataclass(frozen=True)
class AwsS3Bucket(Resource):
    """A bucket."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_s3_bucket"

    bucket: str
    tags: Pairs = ()


@dataclass(frozen=True)
class DefaultEncryption(Block):
    """`apply_server_side_encryption_by_default`."""

    sse_algorithm: str
    kms_master_key_id: str | None = None


@dataclass(frozen=True)
class EncryptionRule(Block):
    """`rule` of a bucket's encryption."""

    apply_server_side_encryption_by_default: DefaultEncryption
    bucket_key_enabled: bool | None = None


@dataclass(frozen=True)
class AwsS3BucketServerSideEncryptionConfiguration(Resource):
    """How a bucket encrypts new objects."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_s3_bucket_server_side_encryption_configuration"

    bucket: str | Reference
    rule: EncryptionRule


@dataclass(frozen=True)
class OwnershipRule(Block):
    """`rule` of a bucket's Object Ownership."""

    object_ownership: str


@dataclass(frozen=True)
class AwsS3BucketOwnershipControls(Resource):
    """A bucket's Object Ownership."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_s3_bucket_ownership_controls"

    bucket: str | Reference
    rule: OwnershipRule


@dataclass(frozen=True)
class AwsS3BucketPublicAccessBlock(Resource):
    """A bucket closed to the public."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_s3_bucket_public_access_block"

    bucket: str | Reference
    block_public_acls: bool = True
    block_public_policy: bool = True
    ignore_public_acls: bool = True
    restrict_public_buckets: bool = True


@dataclass(frozen=True)
class AwsS3BucketPolicy(Resource):
    """The whole policy of a bucket."""

    TERRAFORM_TYPE: ClassVar[str] = "aws_s3_bucket_policy"

    bucket: str
    policy: PolicyDocument


RESOURCES: tuple[type[Resource], ...] = (
    AwsIamRole,
    AwsIamSamlProvider,
    AwsIamPolicy,
    AwsIamRolePolicyAttachment,
    AwsIamRolePolicy,
    AwsIamInstanceProfile,
    AwsS3Bucket,
    AwsS3BucketServerSideEncryptionConfiguration,
    AwsS3BucketOwnershipControls,
    AwsS3BucketPublicAccessBlock,
    AwsS3BucketPolicy,
)
