"""The role of an S3 Access Grants location for the results of queries."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lakehouse_iam.cdk.service_assumed_role import ServiceAssumedRole, Surroundings
from lakehouse_iam.roles import emr_studio_data as documents
from lakehouse_iam.roles.role_spec import RoleSpec
from lakehouse_iam.statements.access_grants import ResultsLocation
from lakehouse_iam.statements.s3 import Access


class AccessGrantsLocationRole(ServiceAssumedRole):
    """The role that S3 Access Grants of the stack's account and region assumes to give users a place for results.

    Examples:
        >>> from aws_cdk import App, Environment, Stack
        >>> from aws_cdk import aws_s3 as s3
        >>> from lakehouse_iam.cdk import AccessGrantsLocationRole
        >>> app = App()
        >>> stack = Stack(app, "Studio", env=Environment(account="111122223333", region="ap-northeast-1"))
        >>> results = s3.Bucket(stack, "Results", encryption=s3.BucketEncryption.KMS)
        >>> role = AccessGrantsLocationRole(stack, "LocationRole", results=results, folder="athena")
        >>> app.synth().stacks[0].stack_name
        'Studio'

    Args:
        results: the bucket: a CDK bucket, or the name of one that exists.
        folder: the folder in it. Default: the whole bucket.
        kms_key: the customer key of the results. Default: the CDK bucket's `encryption_key`.
        user_prefixes: whether each user has a folder of their own there, and sees no other's. Default: yes.
        role_name: at most 64 characters. Default: CloudFormation chooses one.
        path: IAM path. Default: `/`.
        permissions_boundary: Default: whatever `iam.PermissionsBoundary.of(scope)` applies.

    Attributes:
        role: the CDK role.

    Raises:
        InvalidValue: a value that AWS would refuse.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        results: s3.IBucket | str,
        folder: str = "",
        kms_key: kms.IKey | str | None = None,
        user_prefixes: bool = True,
        role_name: str | None = None,
        path: str = "/",
        permissions_boundary: iam.IManagedPolicy | None = None,
    ) -> None:
        super().__init__(scope, id)

        def spec_of(there: Surroundings) -> RoleSpec:
            (grant,) = there.buckets
            instance = there.where.arn("s3", "access-grants/default")
            location = ResultsLocation(grant.bucket_arn, folder, user_prefixes, instance, there.account)
            return documents.location_role("", partition=there.partition, location=location, key=grant.key)

        self._make(
            spec_of,
            buckets=[self._bucket("results", results, folder, kms_key, Access.READ_WRITE)],
            role_name=role_name,
            path=path,
            permissions_boundary=permissions_boundary,
        )
