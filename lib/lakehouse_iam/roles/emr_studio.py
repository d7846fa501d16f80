"""EMR Studio with IAM Identity Center: the two roles of the Studio itself.

Who uses which, in the order in which a query walks them:

1. The Studio's *service role* keeps Workspaces in S3, and with Workspaces on clusters reaches the network (`service_role`).
2. The Studio assumes the *user role* for who signs in, and passes on who that is (`user_role`); a session policy narrows it
   for some.
3. Athena assumes the workgroup's *execution role* and asks Lake Formation for data and S3 Access Grants for a place to write to;
   Access Grants assumes the *location role*, Lake Formation its *registration role* (`emr_studio_data`).

Sources: EMR Management Guide "Create an EMR Studio service role", "Setting up trusted identity propagation with EMR Studio"; the
original tutorial, whose trap 2-4 is a user role without sts:SetContext; read 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse_iam.policy import Condition, PackedPolicy, PolicyDocument, Statement, pack
from lakehouse_iam.roles.role_spec import PolicyNames, RoleSpec
from lakehouse_iam.statements import athena, emr, glue, kms, lake_formation, sts
from lakehouse_iam.statements.glue import Catalog
from lakehouse_iam.statements.kms import KeyGrant

EMR_SERVICE = "elasticmapreduce.amazonaws.com"
SERVICE_ROLE_DESCRIPTION = "Assumed by EMR Studio to keep Workspaces in S3 and, with EMR clusters, to use the network"
USER_ROLE_DESCRIPTION = "Assumed by EMR Studio for its users, whose identity it passes on; queries with Athena"
SERVICE_ROLE_POLICIES = PolicyNames(
    id="ServiceRolePermissions", suffix="permissions", description="What EMR Studio itself may do"
)
USER_ROLE_POLICIES = PolicyNames(
    id="UserRolePermissions",
    suffix="permissions",
    description="What users of EMR Studio may do, beside the grants of Lake Formation",
)


@dataclass(frozen=True)
class Storage:
    """The folder that a Studio keeps Workspaces in.

    Args:
        bucket_arn: the bucket.
        folder: the folder without slashes around it; empty for the whole bucket.
        account: the account of the bucket.
        key: the key of its objects.
    """

    bucket_arn: str
    folder: str
    account: str
    key: KeyGrant | None = None

    def statements(self) -> tuple[Statement, ...]:
        """What keeping Workspaces there takes."""
        own = (Condition("StringEquals", "aws:ResourceAccount", (self.account,)),)
        objects = f"{self.bucket_arn}/{self.folder}/*" if self.folder else f"{self.bucket_arn}/*"
        keys = kms.key_statements([self.key]) if self.key else ()
        return (
            Statement(
                ("s3:DeleteObject", "s3:GetObject", "s3:PutObject"), (objects,), conditions=own, sid="KeepWorkspaces"
            ),
            # Which prefix the Studio lists with is not documented, so the listing is of the whole bucket, as AWS has it.
            Statement(
                ("s3:GetEncryptionConfiguration", "s3:ListBucket"),
                (self.bucket_arn,),
                conditions=own,
                sid="ListStorage",
            ),
            *keys,
        )


@dataclass(frozen=True)
class Network:
    """Where Workspaces run.

    Args:
        where: the region and account of the Studio.
        vpc: the VPC's id.
        subnets: the ids of its subnets.
        instance_arn: the instance of Identity Center.
        application_arns: the pattern of that instance's applications.
    """

    where: emr.Where
    vpc: str
    subnets: tuple[str, ...]
    instance_arn: str
    application_arns: str


@dataclass(frozen=True)
class Queries:
    """What users query.

    Args:
        workgroup_arn: the workgroup.
        catalogs: the Data Catalogs; the first is the account's own.
        catalog_key: the key of the catalog and its `kms:ViaService` value, or `None`.
    """

    workgroup_arn: str
    catalogs: tuple[Catalog, ...]
    catalog_key: tuple[str, str] | None = None

    def catalog_key_statements(self) -> tuple[Statement, ...]:
        """What an encrypted catalog takes."""
        return (kms.decrypt_catalog(*self.catalog_key),) if self.catalog_key else ()


@dataclass(frozen=True)
class Workspaces:
    """What users with Workspaces need beside that: the service role that they pass, and where Workspaces are kept."""

    network: Network
    service_role: str
    storage_bucket: str


def service_role(arn: str, *, source: sts.Source, storage: Storage, network: Network | None) -> RoleSpec:
    """The Studio's service role.

    Args:
        arn: its ARN, or a token for it.
        source: the Studios of the account and region, on whose behalf EMR may assume it.
        storage: where Workspaces are kept.
        network: for Workspaces on clusters; `None` for a Studio that only queries with Athena.
    """
    statements = storage.statements()
    if network:
        statements += emr.service_role_network(network.where, network.vpc, network.subnets)
        statements += emr.service_role_collaboration(network.instance_arn, network.application_arns)
    return RoleSpec(
        arn=arn,
        description=SERVICE_ROLE_DESCRIPTION,
        trust=PolicyDocument((sts.trust_service_for(EMR_SERVICE, source),)),
        policies=(PackedPolicy("", PolicyDocument(statements)),),
        policy_names=SERVICE_ROLE_POLICIES,
    )


def user_role(
    arn: str,
    *,
    partition: str,
    queries: Queries,
    results: Sequence[Statement] = (),
    workspaces: Workspaces | None = None,
) -> RoleSpec:
    """The Studio's user role.

    AWS shows no condition on the source here, and whether EMR sends one for it is unverified; the context is held to Identity
    Center.

    Args:
        arn: its ARN, or a token for it.
        partition: its partition.
        queries: what users query.
        results: for a regular workgroup, what keeping results with this role takes; Athena then also asks Lake Formation with it.
        workspaces: for Workspaces on clusters.

    Raises:
        QuotaExceeded: a database alone is larger than a managed policy.
    """
    statements = (
        athena.list_workgroups(),
        athena.run_queries(queries.workgroup_arn),
        athena.keep_prepared_statements(queries.workgroup_arn),
        glue.list_databases(queries.catalogs[0]),
        *queries.catalog_key_statements(),
        *((*results, lake_formation.get_data_access()) if results else ()),
    )
    more: tuple[PackedPolicy, ...] = ()
    if workspaces:
        network = workspaces.network
        document = emr.workspaces(network.where, network.vpc, workspaces.service_role, workspaces.storage_bucket)
        more = (PackedPolicy("Workspaces", PolicyDocument(document)),)
    return RoleSpec(
        arn=arn,
        description=USER_ROLE_DESCRIPTION,
        trust=PolicyDocument(
            (sts.trust_service_for(EMR_SERVICE, None), sts.trust_identity_context(EMR_SERVICE, None, partition))
        ),
        policies=(PackedPolicy("", PolicyDocument(statements)), *definitions(queries.catalogs), *more),
        policy_names=USER_ROLE_POLICIES,
    )


def query_session(queries: Queries) -> PolicyDocument:
    """The session policy of users who may query and nothing else.

    A session may do what both this and the user role allow, so databases need not be listed again; it must fit into one policy.
    """
    every = tuple(Catalog(catalog.arn_prefix, ("*",)) for catalog in queries.catalogs)
    return PolicyDocument(
        (
            athena.list_workgroups(),
            athena.run_queries(queries.workgroup_arn),
            glue.list_databases(queries.catalogs[0]),
            *glue.read_definitions(every),
            *queries.catalog_key_statements(),
        )
    )


def definitions(
    catalogs: Sequence[Catalog], *, by_athena: bool = False, writes: bool = False
) -> tuple[PackedPolicy, ...]:
    """Reading, and where data may be written changing, the definitions of the catalogs' databases, in as few policies as fit.

    Args:
        catalogs: of the same databases; the first is the account's own.
        by_athena: whether Athena itself reads them.
        writes: whether tables may be changed.
    """

    def render(databases: Sequence[str]) -> PolicyDocument:
        some = [Catalog(catalog.arn_prefix, tuple(databases)) for catalog in catalogs]
        statements = glue.read_definitions(some, partitions_in_batches=by_athena)
        return PolicyDocument((*statements, *((glue.write_definitions(some),) if writes else ())))

    packed = pack(catalogs[0].databases, group=lambda name: name, key=lambda name: name, render=render)
    return tuple(PackedPolicy(f"Catalog{policy.label}", policy.document) for policy in packed)
