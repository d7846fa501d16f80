"""Lake Formation, and the links of the Glue Data Catalog, in CloudFormation."""

from __future__ import annotations

from lakehouse_iam.arns import DirectoryPrincipal
from lakehouse_iam.cloudformation.rendering import Renderer, rendered, role_arn
from lakehouse_iam.partitions import partition_of_region
from lakehouse_iam.plan.phases import Phase
from lakehouse_iam.policy import Json
from lakehouse_iam.resources import CatalogPermissions, DatabaseLink, RegisteredLocation

_ALL_TABLES = "*"


def _location(location: RegisteredLocation, phase: Phase, tags: list[Json]) -> Json:
    properties = {
        "ResourceArn": location.arn,
        "RoleArn": role_arn(location.role, phase),
        "UseServiceLinkedRole": False,
    }
    return rendered("AWS::LakeFormation::Resource", properties, location.after)


def _permissions(grant: CatalogPermissions, phase: Phase, tags: list[Json]) -> Json:
    properties = {
        "Principal": grantee(grant, partition_of_region(phase.region).name),
        "Resource": granted(grant),
        "Permissions": list(grant.permissions),
        "PermissionsWithGrantOption": list(grant.grantable),
    }
    return rendered("AWS::LakeFormation::PrincipalPermissions", properties, grant.after)


def grantee(grant: CatalogPermissions, partition: str) -> Json:
    """Who is granted something, as Lake Formation and CloudFormation take it."""
    principal = grant.principal
    name = principal.arn(partition) if isinstance(principal, DirectoryPrincipal) else str(principal)
    return {"DataLakePrincipalIdentifier": name}


def granted(grant: CatalogPermissions) -> Json:
    """What is granted, as Lake Formation and CloudFormation take it."""
    catalog = str(grant.catalog)
    if not grant.table:
        return {"Database": {"CatalogId": catalog, "Name": grant.database}}
    table: Json = {"CatalogId": catalog, "DatabaseName": grant.database}
    if grant.columns:
        return {"TableWithColumns": {**table, "Name": grant.table, "ColumnNames": list(grant.columns)}}
    if grant.table == _ALL_TABLES:
        return {"Table": {**table, "TableWildcard": {}}}
    return {"Table": {**table, "Name": grant.table}}


def database_input(link: DatabaseLink) -> Json:
    """The database that stands for another, as Glue and CloudFormation take it."""
    target = {"CatalogId": str(link.catalog), "DatabaseName": link.database, "Region": link.region}
    return {"Name": link.name, "TargetDatabase": target}


def _link(link: DatabaseLink, phase: Phase, tags: list[Json]) -> Json:
    properties = {"CatalogId": str(phase.account), "DatabaseInput": database_input(link)}
    return rendered("AWS::Glue::Database", properties)


RENDERERS: dict[type, Renderer] = {
    RegisteredLocation: _location,
    CatalogPermissions: _permissions,
    DatabaseLink: _link,
}
