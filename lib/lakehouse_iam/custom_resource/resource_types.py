"""The custom resources of a stack: their types, and their properties as `handler` reads them.

Every text may be a token or an intrinsic function of the engine: nothing here looks into one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

Value = Any
Properties = dict[str, Value]

# One more recipient is refused by CreateLakeFormationIdentityCenterConfiguration (botocore 1.43.106, `DataLakePrincipalList`).
SHARE_RECIPIENTS = 30


def _given(properties: Mapping[str, Value]) -> Properties:
    """The properties that have a value; CloudFormation would send the others as empty text."""
    return {name: value for name, value in properties.items() if value is not None}


def _flag(value: bool) -> str:
    return "true" if value else "false"


@dataclass(frozen=True)
class AthenaWorkGroup:
    """An Athena workgroup with Identity Center, whose results are written through S3 Access Grants.

    `Fn::GetAtt`: `ApplicationArn`, `WorkGroupArn`, `Name`, `Adopted` (`true` or `false`).

    Args:
        name: its name, `[a-zA-Z0-9._-]{1,128}`; another one is a replacement.
        instance_arn: the Identity Center instance; another one is a replacement.
        execution_role: the ARN of the role that runs queries.
        results_location: where results are written, such as `s3://bucket/prefix/`.
        results_bucket_owner: the account of that bucket.
        key: the ARN of the KMS key that encrypts results; `None` for S3's own.
        user_prefix: whether each user's results get a folder of their own.
        metrics: whether query metrics go to CloudWatch.
        bytes_scanned: the most bytes that one query may scan, from 10,000,000; `None` for no limit.
        description: at most 1,024 characters.
        delete_with_history: whether it may be deleted although it holds queries.
    """

    TYPE: ClassVar[str] = "Custom::AthenaIdentityCenterWorkGroup"

    name: Value
    instance_arn: Value
    execution_role: Value
    results_location: Value
    results_bucket_owner: Value
    key: Value = None
    user_prefix: bool = True
    metrics: bool = True
    bytes_scanned: int | None = None
    description: Value = None
    delete_with_history: bool = False

    def properties(self) -> Properties:
        """The properties in the template, without those of every custom resource."""
        return _given(
            {
                "Name": self.name,
                "IdentityCenterInstanceArn": self.instance_arn,
                "ExecutionRole": self.execution_role,
                "ResultsLocation": self.results_location,
                "ExpectedBucketOwner": self.results_bucket_owner,
                "KmsKey": self.key,
                "CreateUserLevelPrefix": _flag(self.user_prefix),
                "PublishCloudWatchMetrics": _flag(self.metrics),
                "BytesScannedCutoffPerQuery": None if self.bytes_scanned is None else str(self.bytes_scanned),
                "Description": self.description,
                "RecursiveDeleteOption": _flag(self.delete_with_history),
            }
        )


@dataclass(frozen=True)
class LakeFormationIdentityCenter:
    """The connection of a catalog's Lake Formation to Identity Center. `Fn::GetAtt`: `ApplicationArn`, `Adopted`.

    Args:
        catalog: the account of the Data Catalog; another one is a replacement.
        instance_arn: the Identity Center instance; another one is a replacement.
        share_recipients: accounts, organizations and units that may use what Lake Formation manages, at most 30. `None`
            leaves the list alone. Recipients that others added stay in it.
    """

    TYPE: ClassVar[str] = "Custom::LakeFormationIdentityCenterConfiguration"

    catalog: Value
    instance_arn: Value
    share_recipients: tuple[Value, ...] | None = None

    def properties(self) -> Properties:
        """The properties in the template, without those of every custom resource."""
        recipients = None if self.share_recipients is None else list(self.share_recipients)
        return _given(
            {
                "CatalogId": self.catalog,
                "IdentityCenterInstanceArn": self.instance_arn,
                "ShareRecipients": recipients,
            }
        )


@dataclass(frozen=True)
class IdentityCenterApplication:
    """The look-up of an EMR Studio's application. `Fn::GetAtt`: `ApplicationArn`, `ApplicationAccount`, `Name`.

    The ARN may carry another account than the stack's: that of the Identity Center instance.

    Args:
        instance_arn: the Identity Center instance.
        application_account: the account that the Studio is in; a member account may list no other account's applications.
        studio_id: the Studio, such as `es-…`; without it, `application_arn` is required.
        application_arn: the application's ARN, where the look-up cannot tell it; it is only checked.
        identity_center_region: the region of Identity Center, where that is not the stack's.
    """

    TYPE: ClassVar[str] = "Custom::IdentityCenterApplication"

    instance_arn: Value
    application_account: Value
    studio_id: Value = None
    application_arn: Value = None
    identity_center_region: Value = None

    def properties(self) -> Properties:
        """The properties in the template, without those of every custom resource."""
        return _given(
            {
                "IdentityCenterInstanceArn": self.instance_arn,
                "ApplicationAccount": self.application_account,
                "StudioId": self.studio_id,
                "ApplicationArn": self.application_arn,
                "IdentityCenterRegion": self.identity_center_region,
            }
        )


@dataclass(frozen=True)
class IdentityCenterAssignment:
    """One user or group that may use an application; all of it is immutable. `Fn::GetAtt`: `ApplicationArn`, `Adopted`.

    Args:
        application_arn: the application.
        principal_type: `USER` or `GROUP`.
        principal_id: its id in the identity store.
        identity_center_region: the region of Identity Center, where that is not the stack's.
    """

    TYPE: ClassVar[str] = "Custom::IdentityCenterAssignment"

    application_arn: Value
    principal_type: Value
    principal_id: Value
    identity_center_region: Value = None

    def properties(self) -> Properties:
        """The properties in the template, without those of every custom resource."""
        return _given(
            {
                "ApplicationArn": self.application_arn,
                "PrincipalType": self.principal_type,
                "PrincipalId": self.principal_id,
                "IdentityCenterRegion": self.identity_center_region,
            }
        )
