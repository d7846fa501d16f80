"""The role that data is registered with at Lake Formation."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from lakehouse_iam.cdk.arguments import argument
from lakehouse_iam.cdk.bucket_access import BucketAccess, buckets_of
from lakehouse_iam.cdk.service_assumed_role import ServiceAssumedRole, Surroundings
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.roles import emr_studio_data as documents
from lakehouse_iam.roles.role_spec import RoleSpec


class DataRegistrationRole(ServiceAssumedRole):
    """The role that Lake Formation assumes to give users the data that they have a grant on.

    Examples:
        >>> from aws_cdk import App, Environment, Stack
        >>> from lakehouse_iam.cdk import Access, BucketAccess, DataRegistrationRole
        >>> app = App()
        >>> stack = Stack(app, "Data", env=Environment(account="444455556666", region="ap-northeast-1"))
        >>> role = DataRegistrationRole(
        ...     stack,
        ...     "RegistrationRole",
        ...     buckets=[BucketAccess("example-data-bucket", Access.READ_ONLY, prefixes=("flightdata",))],
        ... )
        >>> app.synth().stacks[0].stack_name
        'Data'

    Args:
        buckets: what is registered, as `BucketAccess`; read-only unless a grant lets somebody change data. The role's own policy
            lets it in: policies of buckets and keys are not touched.
        role_name: at most 64 characters. Default: CloudFormation chooses one.
        path: IAM path. Default: `/`.
        permissions_boundary: Default: whatever `iam.PermissionsBoundary.of(scope)` applies.

    Attributes:
        role: the CDK role.

    Raises:
        InvalidValue: a value that AWS would refuse.
        QuotaExceeded: a single place is larger than a managed policy.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        buckets: Sequence[BucketAccess],
        role_name: str | None = None,
        path: str = "/",
        permissions_boundary: iam.IManagedPolicy | None = None,
    ) -> None:
        super().__init__(scope, id)
        registered = buckets_of(self, buckets)
        if not registered:
            with argument(self, "buckets"):
                raise InvalidValue("nothing is registered", allowed="allowed is at least one BucketAccess")

        def spec_of(there: Surroundings) -> RoleSpec:
            return documents.registration_role("", partition=there.partition, locations=there.buckets)

        self._make(
            spec_of, buckets=registered, role_name=role_name, path=path, permissions_boundary=permissions_boundary
        )
