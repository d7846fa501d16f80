"""The execution role of an Athena workgroup with IAM Identity Center."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lakehouse_iam.cdk.service_assumed_role import ServiceAssumedRole, Surroundings
from lakehouse_iam.roles import emr_studio_data as documents
from lakehouse_iam.roles.role_spec import RoleSpec
from lakehouse_iam.statements.athena import DATA_CATALOG
from lakehouse_iam.statements.s3 import Access
from lakehouse_iam.statements.sts import Source


class AthenaExecutionRole(ServiceAssumedRole):
    """The role that Athena assumes for queries of one workgroup, on behalf of its users.

    It asks Lake Formation for data and S3 Access Grants for a place, and reads neither data nor results itself.

    Examples:
        >>> from aws_cdk import App, Environment, Stack
        >>> from lakehouse_iam.cdk import AthenaExecutionRole
        >>> app = App()
        >>> stack = Stack(app, "Studio", env=Environment(account="111122223333", region="ap-northeast-1"))
        >>> role = AthenaExecutionRole(
        ...     stack,
        ...     "ExecutionRole",
        ...     workgroup_name="analytics",
        ...     databases=["flightdata_db"],
        ...     results="example-results-bucket",
        ... )
        >>> app.synth().stacks[0].stack_name
        'Studio'

    Args:
        workgroup_name: the workgroup, which alone Athena may assume it for.
        databases: the names of the databases.
        results: the bucket of the results: a CDK bucket, or the name of one that exists.
        results_key: the customer key of the results. Default: the CDK bucket's `encryption_key`.
        catalog_account: whose Data Catalog holds the databases, where that is another account. Default: the stack's.
        catalog_key: the customer key of the Data Catalog. Default: none.
        writes: whether grants of Lake Formation let somebody change data, so that definitions of tables change too.
            Default: no.
        role_name: at most 64 characters. Default: CloudFormation chooses one.
        path: IAM path. Default: `/`.
        permissions_boundary: Default: whatever `iam.PermissionsBoundary.of(scope)` applies.

    Attributes:
        role: the CDK role.

    Raises:
        InvalidValue: a value that AWS would refuse.
        QuotaExceeded: a single database is larger than a managed policy.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        workgroup_name: str,
        databases: Sequence[str],
        results: s3.IBucket | str,
        results_key: kms.IKey | str | None = None,
        catalog_account: str | None = None,
        catalog_key: kms.IKey | str | None = None,
        writes: bool = False,
        role_name: str | None = None,
        path: str = "/",
        permissions_boundary: iam.IManagedPolicy | None = None,
    ) -> None:
        super().__init__(scope, id)
        asked = self._catalog(workgroup_name, databases, catalog_account, catalog_key)

        def spec_of(there: Surroundings) -> RoleSpec:
            (grant,) = there.buckets
            queries = there.queries(asked)
            return documents.execution_role(
                "",
                partition=there.partition,
                source=Source(there.account, queries.workgroup_arn),
                queries=queries,
                data_source_arn=there.where.arn("athena", f"datacatalog/{DATA_CATALOG}"),
                results_bucket=grant.bucket_arn,
                access_grants_instance=there.where.arn("s3", "access-grants/default"),
                key=grant.key,
                writes=writes,
            )

        self._make(
            spec_of,
            buckets=[self._bucket("results", results, "", results_key, Access.READ_WRITE)],
            role_name=role_name,
            path=path,
            permissions_boundary=permissions_boundary,
        )
