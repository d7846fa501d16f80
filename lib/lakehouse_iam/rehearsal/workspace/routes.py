"""The REST endpoints of the stand-in workspace, each with the function that answers it.

Those that this product, databricks-sdk and the Terraform provider use for storage credentials, external locations and instance
profiles (databricks-sdk `service/catalog.py`, `service/compute.py`, 0.156 and 0.162; provider 1.128; read 2026-11-25).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.rehearsal.workspace import bindings, credentials, instance_profiles, locations, permissions, trials
from lakehouse_iam.rehearsal.workspace.metastore import METASTORE_ID, Metastore
from lakehouse_iam.rehearsal.workspace.request import Refusal, Request

Handle = Callable[..., Json]

_UC = "/api/2.1/unity-catalog"
_CREDENTIALS = f"{_UC}/storage-credentials"
_LOCATIONS = f"{_UC}/external-locations"
_IN_ACCOUNT = "/api/2.0/accounts/{_}/metastores/{_}/storage-credentials"
_PROFILES = "/api/2.0/instance-profiles"
_KINDS = "{storage_credential|external_location}"


def answer(store: Metastore, method: str, path: str, query: Mapping[str, str], body: Any) -> Json:
    """Carry a request out.

    Raises:
        Refusal: it is refused.
    """
    if not isinstance(body, dict):
        raise Refusal(400, "MALFORMED_REQUEST", "The body of a request is a JSON object")
    for route_method, pattern, handle in _ROUTES:
        match = pattern.fullmatch(path)
        if match and route_method == method:
            return handle(store, Request(body, query), *(unquote(part) for part in match.groups()))
    raise Refusal(404, "ENDPOINT_NOT_FOUND", f"No API found for '{method} {path}'")


def _me(store: Metastore, request: Request) -> Json:
    # Groups as SCIM lists them; admins of a workspace are in its group of that name (from memory, to be checked against the
    # page "Groups").
    return {"userName": store.user} | ({"groups": [{"display": "admins"}]} if store.is_admin else {})


def _assignment(store: Metastore, request: Request) -> Json:
    return {"workspace_id": store.workspace_id, "metastore_id": METASTORE_ID, "default_catalog_name": "main"}


def _summary(store: Metastore, request: Request) -> Json:
    kept = ("metastore_id", "created_at", "created_by", "updated_at", "updated_by", "owner")
    stamp = store.stamp()
    return {key: stamp[key] for key in kept} | {
        "name": "stand-in",
        "cloud": "aws" if store.writes_to_s3 else "azure",
        "privilege_model_version": "1.0",
        "delta_sharing_scope": "INTERNAL",
        "external_access_enabled": False,
    }


def _warehouses(store: Metastore, request: Request) -> Json:
    return store.warehouses


def _list_of(kind: str) -> Handle:
    def handle(store: Metastore, request: Request) -> Json:
        within = {name: value for name, value in request.query.items() if name in ("catalog_name", "schema_name")}
        found = store.lists.get(kind, [])
        return {kind: [item for item in found if all(item.get(name) == value for name, value in within.items())]}

    return handle


def _route(method: str, path: str, handle: Handle) -> tuple[str, re.Pattern[str], Handle]:
    """A route. In a path, `{}` is one segment, `{a|b}` one of these, and `{_}` one that the handler does not need."""

    def pattern(match: re.Match[str]) -> str:
        return {"": "([^/]+)", "_": "[^/]+"}.get(match[1], f"({match[1]})")

    return method, re.compile(re.sub(r"\{([^}]*)\}", pattern, path.replace(".", r"\."))), handle


_ROUTES: tuple[tuple[str, re.Pattern[str], Handle], ...] = (
    _route("GET", f"{_UC}/current-metastore-assignment", _assignment),
    _route("GET", f"{_UC}/metastore_summary", _summary),
    _route("GET", _CREDENTIALS, credentials.list_credentials),
    _route("GET", f"{_CREDENTIALS}/{{}}", credentials.get_credential),
    _route("POST", _CREDENTIALS, credentials.create_credential),
    _route("PATCH", f"{_CREDENTIALS}/{{}}", credentials.update_credential),
    _route("DELETE", f"{_CREDENTIALS}/{{}}", credentials.delete_credential),
    _route("GET", f"{_UC}/credentials", credentials.list_purposes),
    _route("GET", f"{_UC}/credentials/{{}}", credentials.get_purpose),
    _route("POST", f"{_UC}/validate-storage-credentials", trials.validate),
    _route("GET", _IN_ACCOUNT, credentials.account_list),
    _route("GET", f"{_IN_ACCOUNT}/{{}}", credentials.account_get),
    _route("POST", _IN_ACCOUNT, credentials.account_create),
    _route("PUT", f"{_IN_ACCOUNT}/{{}}", credentials.account_update),
    _route("GET", _LOCATIONS, locations.list_locations),
    _route("GET", f"{_LOCATIONS}/{{}}", locations.get_location),
    _route("POST", _LOCATIONS, locations.create_location),
    _route("PATCH", f"{_LOCATIONS}/{{}}", locations.update_location),
    _route("DELETE", f"{_LOCATIONS}/{{}}", locations.delete_location),
    _route("POST", "/api/2.0/unity-catalog/temporary-path-credentials", locations.vend),
    _route("GET", f"{_UC}/bindings/{_KINDS}/{{}}", bindings.get_bindings),
    _route("PATCH", f"{_UC}/bindings/{_KINDS}/{{}}", bindings.update_bindings),
    _route("GET", f"{_UC}/permissions/{_KINDS}/{{}}", permissions.get_permissions),
    _route("PATCH", f"{_UC}/permissions/{_KINDS}/{{}}", permissions.update_permissions),
    _route("GET", f"{_UC}/effective-permissions/{_KINDS}/{{}}", permissions.get_effective_permissions),
    _route("GET", f"{_PROFILES}/list", instance_profiles.list_profiles),
    _route("POST", f"{_PROFILES}/add", instance_profiles.add_profile),
    _route("POST", f"{_PROFILES}/edit", instance_profiles.edit_profile),
    _route("POST", f"{_PROFILES}/remove", instance_profiles.remove_profile),
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
