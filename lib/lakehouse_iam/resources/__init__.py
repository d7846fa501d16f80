"""What a plan creates, and what it expects to find, before any engine has touched it.

Each resource is a frozen value with an `id`: its name within its stack, in PascalCase, stable while the resource means
the same thing. Engines turn resources into CloudFormation, CDK or Terraform and add no rule of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from lakehouse_iam.arns import (
    BucketName,
    IamPath,
    InstanceProfileName,
    KeyArn,
    ManagedPolicyArn,
    RoleArn,
    RoleName,
    SamlProviderArn,
)
from lakehouse_iam.policy import Json, PolicyDocument, Statement
from lakehouse_iam.resources.access_grants import AccessGrant, AccessGrantsInstance, AccessGrantsLocation
from lakehouse_iam.resources.athena import Workgroup
from lakehouse_iam.resources.custom_resources import CustomResource, CustomResourceFunction, FunctionLogs
from lakehouse_iam.resources.ec2 import InboundRule, OutboundRule, SecurityGroup
from lakehouse_iam.resources.emr import EmrStudio, StudioSessionPolicy
from lakehouse_iam.resources.lake_formation import CatalogPermissions, DatabaseLink, RegisteredLocation
from lakehouse_iam.statements.s3 import ObjectOwnership

__all__ = [
    "AccessGrant",
    "AccessGrantsInstance",
    "AccessGrantsLocation",
    "AssertionEncryption",
    "Bucket",
    "BucketPolicy",
    "CatalogPermissions",
    "CustomResource",
    "CustomResourceFunction",
    "DatabaseLink",
    "EmrStudio",
    "Existing",
    "ExistingBucket",
    "ExistingKey",
    "ExistingManagedPolicy",
    "ExistingRole",
    "FunctionLogs",
    "HandOff",
    "HandOffKind",
    "InboundRule",
    "InstanceProfile",
    "ManagedPolicy",
    "OutboundRule",
    "RegisteredLocation",
    "Resource",
    "Role",
    "RolePolicy",
    "SamlProvider",
    "SecurityGroup",
    "SessionPolicy",
    "StudioSessionPolicy",
    "Workgroup",
]


@dataclass(frozen=True)
class Role:
    """An IAM role with its trust policy. What it may do comes in `ManagedPolicy` resources of the same stack.

    Args:
        session_hours: how long a session may last at most, 1 to 12 hours; `None` leaves it at AWS's default of one hour.
    """

    id: str
    arn: RoleArn
    trust: PolicyDocument
    description: str
    permissions_boundary: ManagedPolicyArn | None = None
    session_hours: int | None = None


@dataclass(frozen=True)
class ManagedPolicy:
    """A customer managed policy attached to one role of the same stack."""

    id: str
    name: str
    document: PolicyDocument
    description: str
    role: RoleName


@dataclass(frozen=True)
class SessionPolicy:
    """A customer managed policy that is attached to no role: it narrows sessions that are opened with it."""

    id: str
    name: str
    document: PolicyDocument
    description: str


@dataclass(frozen=True)
class RolePolicy:
    """An inline policy added to a role that exists already and belongs to somebody else; its other policies stay."""

    id: str
    name: str
    document: PolicyDocument
    role: RoleName


@dataclass(frozen=True)
class InstanceProfile:
    """The envelope in which EC2 hands a role of the same stack to an instance."""

    id: str
    name: InstanceProfileName
    path: IamPath
    role: RoleName


@dataclass(frozen=True)
class Bucket:
    """A bucket that the setup owns: encrypted, closed to the public, kept when its stack is deleted."""

    id: str
    name: BucketName
    object_ownership: ObjectOwnership
    key: KeyArn | None = None


@dataclass(frozen=True)
class BucketPolicy:
    """The whole policy of one bucket. Whatever policy the bucket had before is replaced."""

    id: str
    bucket: BucketName
    document: PolicyDocument


class AssertionEncryption(Enum):
    """Whether assertions must come encrypted; the value is CloudFormation's `AssertionEncryptionMode`."""

    REQUIRED = "Required"
    ALLOWED = "Allowed"


@dataclass(frozen=True)
class SamlProvider:
    """An identity provider of SAML 2.0 that roles of its own account may trust.

    Args:
        metadata: the identity provider's metadata document, 1,000 to 10,000,000 characters.
        encryption: whether assertions must be encrypted; `None` for a provider without a decryption key.
    """

    id: str
    arn: SamlProviderArn
    metadata: str
    encryption: AssertionEncryption | None = None


Resource = (
    Role
    | ManagedPolicy
    | SessionPolicy
    | RolePolicy
    | InstanceProfile
    | Bucket
    | BucketPolicy
    | SamlProvider
    | EmrStudio
    | StudioSessionPolicy
    | Workgroup
    | AccessGrantsInstance
    | AccessGrantsLocation
    | AccessGrant
    | RegisteredLocation
    | CatalogPermissions
    | DatabaseLink
    | SecurityGroup
    | InboundRule
    | OutboundRule
    | FunctionLogs
    | CustomResourceFunction
    | CustomResource
)


@dataclass(frozen=True)
class ExistingRole:
    """A role that must be there before the stack is deployed."""

    name: RoleName


@dataclass(frozen=True)
class ExistingBucket:
    """A bucket that must be there before the stack is deployed."""

    name: BucketName
    object_ownership: ObjectOwnership
    key: KeyArn | None = None


@dataclass(frozen=True)
class ExistingKey:
    """A KMS key that must be there before the stack is deployed."""

    arn: KeyArn


@dataclass(frozen=True)
class ExistingManagedPolicy:
    """A managed policy, such as a permissions boundary, that must be there before the stack is deployed."""

    arn: ManagedPolicyArn


Existing = ExistingRole | ExistingBucket | ExistingKey | ExistingManagedPolicy


class HandOffKind(Enum):
    """Which policy of somebody else a hand-off belongs into; the value is the key of its target in JSON."""

    BUCKET_POLICY = "BucketPolicyOf"
    KEY_POLICY = "KeyPolicyOf"
    ROLE_POLICY = "PolicyOf"
    TRUST_POLICY = "TrustPolicyOf"


@dataclass(frozen=True)
class HandOff:
    """Statements for somebody else to merge into a policy that this setup may not write.

    Args:
        kind: which policy.
        target: the name of the bucket, the ARN of the key or role, or, where the setup was not told which role, the
            role described; in a CDK app possibly a token.
        statements: what to merge.
        why: what fails without it.
    """

    kind: HandOffKind
    target: str
    statements: tuple[Statement, ...]
    why: str

    def to_json(self) -> Json:
        """The hand-off as it is written into files, outputs and the metadata of templates."""
        statements = [statement.to_json() for statement in self.statements]
        return {self.kind.value: self.target, "Why": self.why, "Statements": statements}
