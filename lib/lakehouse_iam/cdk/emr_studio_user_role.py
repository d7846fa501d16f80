"""The user role of an EMR Studio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lakehouse_iam.cdk.arguments import HasRole, argument, role_in
from lakehouse_iam.cdk.bucket_access import BucketAccess
from lakehouse_iam.cdk.emr_studio_service_role import check_studio_role
from lakehouse_iam.cdk.references import role_arn
from lakehouse_iam.cdk.service_assumed_role import ServiceAssumedRole, Surroundings
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.policy import Statement
from lakehouse_iam.roles import emr_studio as documents
from lakehouse_iam.roles.bucket_access import BucketAccess as Grant
from lakehouse_iam.roles.role_spec import RoleSpec
from lakehouse_iam.statements import athena
from lakehouse_iam.statements import kms as kms_statements
from lakehouse_iam.statements.s3 import Access


@dataclass(frozen=True)
class StudioWorkspaces:
    """What users with Workspaces on EMR clusters need beside queries.

    Args:
        vpc: the id of the VPC.
        service_role: the Studio's service role, which they pass: the construct, a CDK role, or an ARN.
        storage: the bucket that Workspaces are kept in: a CDK bucket, or the name of one that exists.
    """

    vpc: str
    service_role: iam.IRole | HasRole | str
    storage: s3.IBucket | str


class EmrStudioUserRole(ServiceAssumedRole):
    """The role that EMR Studio assumes for who signs in with IAM Identity Center, and passes on who that is.

    It runs queries in one workgroup and reads the definitions of some databases. What is in their tables is for Lake Formation to
    decide.

    Examples:
        >>> from aws_cdk import App, Environment, Stack
        >>> from lakehouse_iam.cdk import EmrStudioUserRole
        >>> app = App()
        >>> stack = Stack(app, "Studio", env=Environment(account="111122223333", region="ap-northeast-1"))
        >>> role = EmrStudioUserRole(stack, "UserRole", workgroup_name="analytics", databases=["flightdata_db"])
        >>> app.synth().stacks[0].stack_name
        'Studio'

    Args:
        workgroup_name: the Athena workgroup.
        databases: the names of the databases.
        catalog_account: whose Data Catalog holds them, where that is another account than the stack's. Default: the stack's.
        catalog_key: the customer key of the Data Catalog. Default: none.
        results: for a regular workgroup, where results are kept with this role: `BucketAccess`, read-write, with at most one
            folder. Default: none; a workgroup with Identity Center keeps them through S3 Access Grants.
        workspaces: what Workspaces on clusters take. Default: nobody has any.
        role_name: at most 64 characters and no dot, which `AWS::EMR::Studio` refuses. Default: CloudFormation chooses one.
        path: IAM path, without a dot. Default: `/`.
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
        catalog_account: str | None = None,
        catalog_key: kms.IKey | str | None = None,
        results: BucketAccess | None = None,
        workspaces: StudioWorkspaces | None = None,
        role_name: str | None = None,
        path: str = "/",
        permissions_boundary: iam.IManagedPolicy | None = None,
    ) -> None:
        super().__init__(scope, id)
        check_studio_role(self, role_name, path)
        asked = self._catalog(workgroup_name, databases, catalog_account, catalog_key)
        buckets = [self._results(results)] if results else []
        if workspaces:
            vpc = self._ec2_id("workspaces", workspaces.vpc)
            with argument(self, "workspaces"):
                passed = role_arn(role_in(workspaces.service_role), self)
            buckets.append(self._bucket("workspaces", workspaces.storage, "", None, Access.READ_WRITE))

        def spec_of(there: Surroundings) -> RoleSpec:
            return documents.user_role(
                "",
                partition=there.partition,
                queries=there.queries(asked),
                results=_keeping(there.buckets[0], there.account) if results else (),
                workspaces=documents.Workspaces(
                    documents.Network(there.where, vpc, (), "", ""), passed, there.buckets[-1].bucket_arn
                )
                if workspaces
                else None,
            )

        self._make(spec_of, buckets=buckets, role_name=role_name, path=path, permissions_boundary=permissions_boundary)

    def _results(self, given: BucketAccess) -> BucketAccess:
        with argument(self, "results"):
            if given.access is not Access.READ_WRITE or len(given.prefixes) > 1:
                raise InvalidValue(
                    "it is not one place that is written to",
                    allowed="allowed is a BucketAccess with Access.READ_WRITE and at most one folder in prefixes",
                )
        return given


def _keeping(results: Grant, account: str) -> tuple[Statement, ...]:
    folder = results.prefixes[0] if results.prefixes else ""
    keys = kms_statements.key_statements([results.key]) if results.key else ()
    return (*athena.keep_results(results.bucket_arn, folder, account), *keys)
