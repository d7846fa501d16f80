"""EMR Studio with IAM Identity Center: the roles behind the workgroup, its results and the data.

Sources: Athena "Use IAM Identity Center enabled Athena workgroups", S3 "Register a location" (whose sample has a SourceArn
without a region, which never matches the instance's ARN), Lake Formation "Requirements for roles used to register locations";
for the trust of the execution role, which AWS does not publish, the form of S3 Access Grants; read 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Sequence

from lakehouse_iam.policy import Condition, PackedPolicy, PolicyDocument, Statement
from lakehouse_iam.roles.bucket_access import BucketAccess, bucket_access_documents
from lakehouse_iam.roles.emr_studio import Queries, definitions
from lakehouse_iam.roles.role_spec import PolicyNames, RoleSpec
from lakehouse_iam.statements import access_grants, athena, kms, lake_formation, sts
from lakehouse_iam.statements.access_grants import ResultsLocation
from lakehouse_iam.statements.kms import KeyGrant

ATHENA_SERVICE = "athena.amazonaws.com"
ACCESS_GRANTS_SERVICE = "access-grants.s3.amazonaws.com"
LAKE_FORMATION_SERVICE = "lakeformation.amazonaws.com"
EXECUTION_ROLE_DESCRIPTION = "Assumed by Athena for queries of one workgroup, on behalf of its users"
LOCATION_ROLE_DESCRIPTION = "Assumed by S3 Access Grants to give users of Athena a place for their results"
REGISTRATION_ROLE_DESCRIPTION = "Assumed by Lake Formation to give users the data that they have a grant on"
EXECUTION_ROLE_POLICIES = PolicyNames(
    id="ExecutionRolePermissions", suffix="permissions", description="What Athena may do for the users of one workgroup"
)
LOCATION_ROLE_POLICIES = PolicyNames(
    id="LocationRolePermissions", suffix="permissions", description="Where users of Athena may keep their results"
)
REGISTRATION_ROLE_POLICIES = PolicyNames(
    id="RegistrationRolePermissions", suffix="permissions", description="The data that Lake Formation gives to users"
)


def execution_role(
    arn: str,
    *,
    partition: str,
    source: sts.Source,
    queries: Queries,
    data_source_arn: str,
    results_bucket: str,
    access_grants_instance: str,
    key: KeyGrant | None,
    writes: bool,
) -> RoleSpec:
    """The execution role of a workgroup with Identity Center.

    Args:
        arn: its ARN, or a token for it.
        partition: its partition.
        source: the workgroup, on whose behalf alone Athena may assume it.
        queries: what users query.
        data_source_arn: Athena's name of the Data Catalog.
        results_bucket: the bucket of the results, which is located and never read with this role.
        access_grants_instance: the instance that is asked for a place in it.
        key: the key of the results.
        writes: whether grants let somebody change data, so that table definitions change too.
    """
    own = (Condition("StringEquals", "aws:ResourceAccount", (source.account,)),)
    statements = (
        athena.serve_prepared_statements(queries.workgroup_arn),
        athena.read_data_catalog(data_source_arn),
        lake_formation.get_data_access(),
        access_grants.ask(access_grants_instance),
        Statement(("s3:GetBucketLocation",), (results_bucket,), conditions=own, sid="LocateResults"),
        *(kms.key_statements([key]) if key else ()),
        *queries.catalog_key_statements(),
    )
    return RoleSpec(
        arn=arn,
        description=EXECUTION_ROLE_DESCRIPTION,
        trust=PolicyDocument(
            (
                sts.trust_service_for(ATHENA_SERVICE, source),
                sts.trust_identity_context(ATHENA_SERVICE, source, partition),
            )
        ),
        policies=(
            PackedPolicy("", PolicyDocument(statements)),
            *definitions(queries.catalogs, by_athena=True, writes=writes),
        ),
        policy_names=EXECUTION_ROLE_POLICIES,
    )


def location_role(arn: str, *, partition: str, location: ResultsLocation, key: KeyGrant | None) -> RoleSpec:
    """The role of the Access Grants location for the results.

    Args:
        arn: its ARN, or a token for it.
        partition: its partition.
        location: the results.
        key: their key.
    """
    source = sts.Source(location.account, location.instance_arn)
    statements = (*access_grants.location_statements(location), *(kms.key_statements([key]) if key else ()))
    return RoleSpec(
        arn=arn,
        description=LOCATION_ROLE_DESCRIPTION,
        trust=PolicyDocument(
            (
                sts.trust_service_for(ACCESS_GRANTS_SERVICE, source, also=("sts:SetSourceIdentity",)),
                sts.trust_identity_context(ACCESS_GRANTS_SERVICE, source, partition),
            )
        ),
        policies=(PackedPolicy("", PolicyDocument(statements)),),
        policy_names=LOCATION_ROLE_POLICIES,
    )


def registration_role(arn: str, *, partition: str, locations: Sequence[BucketAccess]) -> RoleSpec:
    """The role that locations are registered with at Lake Formation.

    Args:
        arn: its ARN, or a token for it.
        partition: its partition.
        locations: the places of the data; read-only unless grants let somebody write.

    Raises:
        QuotaExceeded: a single place is larger than a managed policy.
    """
    return RoleSpec(
        arn=arn,
        description=REGISTRATION_ROLE_DESCRIPTION,
        trust=PolicyDocument(
            (
                sts.trust_service_for(LAKE_FORMATION_SERVICE, None),
                sts.trust_identity_context(LAKE_FORMATION_SERVICE, None, partition),
            )
        ),
        policies=bucket_access_documents(locations),
        policy_names=REGISTRATION_ROLE_POLICIES,
    )
