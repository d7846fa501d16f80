"""What the answers of Lake Formation and the Glue Data Catalog tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lakehouse_iam.snapshot.answers.answer import Answer, Json, Tells, given
from lakehouse_iam.snapshot.requests import Request


def _lake_formation_center(_: Request, answer: Answer) -> Json | None:
    if not answer.get("ApplicationArn"):
        return None
    recipients = answer.get("ShareRecipients")
    return given(
        application=answer["ApplicationArn"],
        instance=answer.get("InstanceArn"),
        share_recipients=None if recipients is None else _principals(recipients),
    )


def _principals(listed: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted(str(one["DataLakePrincipalIdentifier"]) for one in listed)


def _admins(_: Request, answer: Answer) -> list[str]:
    return _principals(answer["DataLakeSettings"].get("DataLakeAdmins") or ())


def _lake_formation_location(_: Request, answer: Answer) -> Json:
    found = answer["ResourceInfo"]
    return given(role=str(found.get("RoleArn", "")), hybrid=found.get("HybridAccessEnabled"))


def _permissions(_: Request, answer: Answer) -> Json:
    return {"list": [_permission(one) for one in answer]}


def _permission(one: Mapping[str, Any]) -> Json:
    resource: Mapping[str, Any] = one.get("Resource") or {}
    table = resource.get("Table") or resource.get("TableWithColumns") or {}
    database, location = resource.get("Database") or {}, resource.get("DataLocation") or {}
    everything = "TableWildcard" in table
    return given(
        principal=(one.get("Principal") or {}).get("DataLakePrincipalIdentifier", ""),
        catalog=table.get("CatalogId") or database.get("CatalogId") or location.get("CatalogId"),
        database=table.get("DatabaseName") or database.get("Name"),
        table="*" if everything else table.get("Name"),
        columns=sorted(table["ColumnNames"]) if table.get("ColumnNames") else None,
        location=location.get("ResourceArn"),
        permissions=sorted(one.get("Permissions") or ()),
        grantable=sorted(one.get("PermissionsWithGrantOption") or ()),
    )


def _database(_: Request, answer: Answer) -> Json:
    database = answer["Database"]
    target = database.get("TargetDatabase") or {}
    linked = f"{target.get('CatalogId', '')}/{target.get('DatabaseName', '')}" if target else None
    return given(location=database.get("LocationUri"), target=linked)


TELLS: Tells = {
    "lake-formation-identity-center": _lake_formation_center,
    "lake-formation-settings": _admins,
    "lake-formation-location": _lake_formation_location,
    "lake-formation-database-permissions": _permissions,
    "lake-formation-tables-permissions": _permissions,
    "lake-formation-table-permissions": _permissions,
    "glue-database": _database,
}
