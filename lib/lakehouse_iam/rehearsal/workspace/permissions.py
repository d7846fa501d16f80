"""Privileges on external locations."""

from __future__ import annotations

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.rehearsal.workspace.metastore import Metastore


def get_permissions(store: Metastore, body: Json, query: dict[str, str], location: str) -> Json:
    """Who may do what with an external location."""
    given = store.permissions.get(location, {})
    return {
        "privilege_assignments": [
            {"principal": who, "privileges": sorted(privileges)} for who, privileges in sorted(given.items())
        ]
    }


def update_permissions(store: Metastore, body: Json, query: dict[str, str], location: str) -> Json:
    """Give privileges."""
    for change in body.get("changes", []):
        store.permissions.setdefault(location, {}).setdefault(change["principal"], set()).update(change["add"])
    return get_permissions(store, {}, {}, location)
