"""From planned resources of S3 Access Grants and Lake Formation to the resources of Terraform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakehouse_iam.arns import DirectoryKind, DirectoryPrincipal
from lakehouse_iam.resources import (
    AccessGrant,
    AccessGrantsInstance,
    AccessGrantsLocation,
    CatalogPermissions,
    RegisteredLocation,
)
from lakehouse_iam.resources import Resource as PlannedResource
from lakehouse_iam.terraform_json import aws_emr_studio as studio_types
from lakehouse_iam.terraform_json import awscc
from lakehouse_iam.terraform_json.account_stack import AccountStack, Renderer
from lakehouse_iam.terraform_json.render import TerraformResource

_GRANTEE_TYPES = {DirectoryKind.USER: "DIRECTORY_USER", DirectoryKind.GROUP: "DIRECTORY_GROUP"}
_ALL_TABLES = "*"

# ---------------------------------------------------------------- S3 Access Grants


def _instance(instance: AccessGrantsInstance, stack: AccountStack) -> Iterator[TerraformResource]:
    body = studio_types.AwsS3ControlAccessGrantsInstance(str(stack.account), str(instance.identity_center))
    yield TerraformResource(instance.id, body)


def _location(location: AccessGrantsLocation, stack: AccountStack) -> Iterator[TerraformResource]:
    body = studio_types.AwsS3ControlAccessGrantsLocation(str(stack.account), location.scope, stack.role(location.role))
    yield TerraformResource(location.id, body, stack.after(location.after))


def _grant(grant: AccessGrant, stack: AccountStack) -> Iterator[TerraformResource]:
    body = studio_types.AwsS3ControlAccessGrant(
        account_id=str(stack.account),
        access_grants_location_id=stack.only(grant.location, "access_grants_location_id"),
        access_grants_location_configuration=studio_types.SubPrefix(grant.prefix),
        grantee=studio_types.Grantee(_GRANTEE_TYPES[grant.grantee.kind], grant.grantee.id),
        permission="READWRITE",
    )
    yield TerraformResource(grant.id, body)


# ---------------------------------------------------------------- Lake Formation


def _registered(location: RegisteredLocation, stack: AccountStack) -> Iterator[TerraformResource]:
    body = studio_types.AwsLakeformationResource(location.arn, stack.role(location.role), use_service_linked_role=False)
    yield TerraformResource(location.id, body, stack.after(location.after))


def _permissions(grant: CatalogPermissions, stack: AccountStack) -> Iterator[TerraformResource]:
    principal = (
        grant.principal.arn(stack.partition)
        if isinstance(grant.principal, DirectoryPrincipal)
        else str(grant.principal)
    )
    body = awscc.AwsccLakeformationPrincipalPermissions(
        principal=awscc.DataLakePrincipal(principal),
        resource=_granted(grant),
        permissions=grant.permissions,
        permissions_with_grant_option=grant.grantable,
    )
    yield TerraformResource(grant.id, body, stack.after(grant.after))


def _granted(grant: CatalogPermissions) -> awscc.Granted:
    catalog, database, table = str(grant.catalog), grant.database, grant.table
    if not table:
        return awscc.Granted(database=awscc.GrantedDatabase(catalog, database))
    if grant.columns:
        return awscc.Granted(table_with_columns=awscc.GrantedColumns(catalog, database, table, grant.columns))
    if table == _ALL_TABLES:
        return awscc.Granted(table=awscc.GrantedTable(catalog, database, table_wildcard="{}"))
    return awscc.Granted(table=awscc.GrantedTable(catalog, database, table))


RENDERERS: Mapping[type[PlannedResource], Renderer] = {
    AccessGrantsInstance: _instance,
    AccessGrantsLocation: _location,
    AccessGrant: _grant,
    RegisteredLocation: _registered,
    CatalogPermissions: _permissions,
}
