"""The REST endpoints of the stand-in workspace.

Only what `connect` and `disconnect` use, with the answers that databricks-sdk 0.162.0 reads (`service/catalog.py`,
`service/compute.py`, read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.rehearsal.workspace import bindings, credentials, instance_profiles, locations, permissions, trials
from lakehouse_iam.rehearsal.workspace.metastore import Metastore
from lakehouse_iam.rehearsal.workspace.refusal import Refusal

_UC = "/api/2.1/unity-catalog"

Handle = Callable[..., Json]


def answer(store: Metastore, method: str, path: str, query: Mapping[str, str], body: Json) -> Json:
    """Carry a request out.

    Raises:
        Refusal: it is refused.
    """
    for route_method, pattern, handle in _ROUTES:
        match = pattern.fullmatch(path)
        if match and route_method == method:
            return handle(store, body, dict(query), *(unquote(part) for part in match.groups()))
    raise Refusal(404, "ENDPOINT_NOT_FOUND", f"No API found for '{method} {path}'")


def _me(store: Metastore, body: Json, query: dict[str, str]) -> Json:
    return {"userName": store.user}


def _list_of(kind: str, key: str = "") -> Handle:
    def handle(store: Metastore, body: Json, query: dict[str, str]) -> Json:
        of = {name: value for name, value in query.items() if name in ("catalog_name", "schema_name")}
        found = [
            item for item in store.lists.get(kind, []) if all(item.get(name) == value for name, value in of.items())
        ]
        return {key or kind: found}

    return handle


def _warehouses(store: Metastore, body: Json, query: dict[str, str]) -> Json:
    return store.warehouses


def _route(method: str, path: str, handle: Handle) -> tuple[str, re.Pattern[str], Handle]:
    return method, re.compile(re.escape(path).replace(r"\{\}", "([^/]+)")), handle


_ACCOUNT = "/api/2.0/accounts/[^/]+/metastores/[^/]+/storage-credentials"
_ROUTES: tuple[tuple[str, re.Pattern[str], Handle], ...] = (
    _route("GET", f"{_UC}/storage-credentials/{{}}", credentials.get_credential),
    _route("POST", f"{_UC}/storage-credentials", credentials.create_credential),
    _route("PATCH", f"{_UC}/storage-credentials/{{}}", credentials.update_credential),
    _route("DELETE", f"{_UC}/storage-credentials/{{}}", credentials.delete_credential),
    _route("POST", f"{_UC}/validate-storage-credentials", trials.validate),
    ("GET", re.compile(f"{_ACCOUNT}/([^/]+)"), credentials.account_get),
    ("POST", re.compile(_ACCOUNT), credentials.account_create),
    _route("GET", f"{_UC}/external-locations", locations.list_locations),
    _route("GET", f"{_UC}/external-locations/{{}}", locations.get_location),
    _route("POST", f"{_UC}/external-locations", locations.create_location),
    _route("PATCH", f"{_UC}/external-locations/{{}}", locations.update_location),
    _route("DELETE", f"{_UC}/external-locations/{{}}", locations.delete_location),
    _route("POST", "/api/2.0/unity-catalog/temporary-path-credentials", locations.vend),
    _route("GET", f"{_UC}/bindings/{{}}/{{}}", bindings.get_bindings),
    _route("PATCH", f"{_UC}/bindings/{{}}/{{}}", bindings.update_bindings),
    _route("GET", f"{_UC}/permissions/external_location/{{}}", permissions.get_permissions),
    _route("PATCH", f"{_UC}/permissions/external_location/{{}}", permissions.update_permissions),
    _route("GET", "/api/2.0/instance-profiles/list", instance_profiles.list_profiles),
    _route("POST", "/api/2.0/instance-profiles/add", instance_profiles.add_profile),
    _route("POST", "/api/2.0/instance-profiles/edit", instance_profiles.edit_profile),
    _route("POST", "/api/2.0/instance-profiles/remove", instance_profiles.remove_profile),
    _route("GET", "/api/2.0/preview/scim/v2/Me", _me),
    _route("GET", f"{_UC}/catalogs", _list_of("catalogs")),
    _route("GET", f"{_UC}/schemas", _list_of("schemas")),
    _route("GET", f"{_UC}/tables", _list_of("tables")),
    _route("GET", f"{_UC}/volumes", _list_of("volumes")),
    _route("GET", "/api/2.1/clusters/list", _list_of("clusters")),
    _route("GET", "/api/2.2/jobs/list", _list_of("jobs")),
    _route("GET", "/api/2.0/instance-pools/list", _list_of("instance_pools")),
    _route("GET", "/api/2.0/policies/clusters/list", _list_of("policies")),
    _route("GET", "/api/2.0/sql/config/warehouses", _warehouses),
)
