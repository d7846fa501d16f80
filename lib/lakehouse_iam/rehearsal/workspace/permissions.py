"""Privileges on external locations and storage credentials (databricks-sdk `GrantsAPI`, 0.156 and 0.162).

Which privileges each kind takes: Databricks "Unity Catalog privileges and securable objects", read 2026-11-25.
"""

from __future__ import annotations

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.databricks.grants import ON_LOCATIONS
from lakehouse_iam.rehearsal.workspace.metastore import EXTERNAL_LOCATION, STORAGE_CREDENTIAL, Metastore
from lakehouse_iam.rehearsal.workspace.request import Request, invalid, text

_PRIVILEGES = {
    EXTERNAL_LOCATION: ON_LOCATIONS,
    STORAGE_CREDENTIAL: (
        "ALL_PRIVILEGES",
        "CREATE_EXTERNAL_LOCATION",
        "CREATE_EXTERNAL_TABLE",
        "MANAGE",
        "READ_FILES",
        "WRITE_FILES",
    ),
}


def get_permissions(store: Metastore, request: Request, kind: str, name: str) -> Json:
    """Who may do what with something; of one principal only where the query names one."""
    given = store.permissions.get(store.securable(kind, name), {})
    return {
        "privilege_assignments": [
            {"principal": who, "privileges": sorted(privileges)}
            for who, privileges in sorted(given.items())
            if request.query.get("principal", who) == who
        ]
    }


def get_effective_permissions(store: Metastore, request: Request, kind: str, name: str) -> Json:
    """The same, each privilege as an object; nothing is inherited from the metastore of the stand-in."""
    assignments = get_permissions(store, request, kind, name)["privilege_assignments"]
    return {
        "privilege_assignments": [
            {"principal": one["principal"], "privileges": [{"privilege": name} for name in one["privileges"]]}
            for one in assignments
        ]
    }


def update_permissions(store: Metastore, request: Request, kind: str, name: str) -> Json:
    """Give privileges and take them away."""
    key = store.securable(kind, name)
    changes = [
        (text(change, "principal"), _privileges(kind, change, "add"), _privileges(kind, change, "remove"))
        for change in request.listed("changes")
    ]
    given = store.permissions.get(key, {})
    for principal, added, removed in changes:
        left = (given.get(principal, set()) | added) - removed
        given = {who: some for who, some in (given | {principal: left}).items() if some}
    store.permissions[key] = given
    if not given:
        del store.permissions[key]
    return get_permissions(store, Request(), kind, name)


def _privileges(kind: str, change: Json, key: str) -> set[str]:
    listed = change.get(key) or []
    if not isinstance(listed, list):
        raise invalid(f"{key} must be a list of privileges")
    named = {str(privilege).upper().replace(" ", "_") for privilege in listed}
    unknown = sorted(named - set(_PRIVILEGES[kind]))
    if unknown:
        raise invalid(f"Privilege {unknown[0]} is not applicable to this entity [{kind.upper()}]")
    return named
