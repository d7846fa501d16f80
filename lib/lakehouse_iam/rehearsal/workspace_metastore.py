"""What a stand-in workspace knows, and what its REST endpoints do to it.

Only what `connect` and `disconnect` use, with the answers that databricks-sdk 0.162.0 reads (`service/catalog.py`,
`service/compute.py`, read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from botocore.exceptions import ClientError

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.databricks.isolation import ISOLATED, OPEN
from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.rehearsal.workspace_access import UnityCatalogAccess
from lakehouse_iam.s3_url import S3Url

_UC = "/api/2.1/unity-catalog"
_READING = "PATH_READ"


class Refusal(Exception):
    """A request that the workspace refuses.

    Args:
        status: the HTTP status.
        code: Databricks' error code.
        message: in words.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        self.message = message
        super().__init__(message)


@dataclass
class Metastore:
    """The objects of a stand-in workspace.

    Args:
        access: what Unity Catalog does in AWS.
        new_external_id: makes up an external id.
        workspace_id: the id of this workspace.
        writes_to_s3: false on Azure, where S3 is only read.
        user: whose login it is.
    """

    access: UnityCatalogAccess
    new_external_id: Callable[[], str]
    workspace_id: int
    writes_to_s3: bool
    user: str = "admin@example.com"
    may_create_credentials: bool = True
    may_create_locations: bool = True
    profiles_in_ec2: set[str] | None = None
    credentials: dict[str, Json] = field(default_factory=dict)
    locations: dict[str, Json] = field(default_factory=dict)
    bindings: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    permissions: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    profiles: dict[str, Json] = field(default_factory=dict)
    lists: dict[str, list[Json]] = field(default_factory=dict)
    warehouses: Json = field(default_factory=dict)

    def content(self) -> Json:
        """Everything that was made, to be compared."""
        return {
            "credentials": self.credentials,
            "locations": self.locations,
            "bindings": {f"{kind} {name}": sorted(ids) for (kind, name), ids in self.bindings.items()},
            "permissions": {
                location: {who: sorted(some) for who, some in given.items()}
                for location, given in self.permissions.items()
            },
            "profiles": self.profiles,
        }

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Json) -> Json:
        """Carry a request out.

        Raises:
            Refusal: it is refused.
        """
        for route_method, pattern, handle in _ROUTES:
            match = pattern.fullmatch(path)
            if match and route_method == method:
                return handle(self, body, dict(query), *(unquote(part) for part in match.groups()))
        raise Refusal(404, "ENDPOINT_NOT_FOUND", f"No API found for '{method} {path}'")

    # ------------------------------------------------------------ storage credentials

    def get_credential(self, body: Json, query: dict[str, str], name: str) -> Json:
        """One storage credential."""
        return _there(self.credentials, "Storage Credential", name)

    def create_credential(self, body: Json, query: dict[str, str]) -> Json:
        """A new storage credential, with an external id of its own."""
        name = str(body["name"]).lower()
        if not self.may_create_credentials:
            message = "User does not have CREATE STORAGE CREDENTIAL on Metastore 'stand-in'."
            raise Refusal(403, "PERMISSION_DENIED", message)
        if name in self.credentials:
            raise Refusal(409, "STORAGE_CREDENTIAL_ALREADY_EXISTS", f"Storage Credential '{name}' already exists")
        role = str(body["aws_iam_role"]["role_arn"])
        external_id = self.new_external_id()
        if not body.get("skip_validation"):
            self._assume_or_refuse(role, external_id)
        self.credentials[name] = {
            "name": name,
            "aws_iam_role": {
                "role_arn": role,
                "external_id": external_id,
                "unity_catalog_iam_arn": self.access.role,
            },
            "read_only": bool(body.get("read_only", False)),
            "comment": str(body.get("comment", "")),
            "isolation_mode": OPEN,
            "owner": self.user,
        }
        return self.credentials[name]

    def update_credential(self, body: Json, query: dict[str, str], name: str) -> Json:
        """Change a storage credential."""
        found = _there(self.credentials, "Storage Credential", name)
        if "aws_iam_role" in body:
            found["aws_iam_role"] = found["aws_iam_role"] | {"role_arn": body["aws_iam_role"]["role_arn"]}
        found |= {key: body[key] for key in ("read_only", "comment", "owner") if key in body}
        self._isolate("storage_credential", name, found, body)
        return found

    def delete_credential(self, body: Json, query: dict[str, str], name: str) -> Json:
        """Remove a storage credential that no external location uses."""
        _there(self.credentials, "Storage Credential", name)
        users = [location for location, info in self.locations.items() if info["credential_name"] == name]
        if users:
            message = f"Storage credential '{name}' cannot be deleted: {len(users)} dependent external locations"
            raise Refusal(400, "INVALID_STATE", message)
        del self.credentials[name]
        self.bindings.pop(("storage_credential", name), None)
        return {}

    def account_get(self, body: Json, query: dict[str, str], name: str) -> Json:
        """One storage credential, as the account's API wraps it."""
        return {"credential_info": self.get_credential(body, query, name)}

    def account_create(self, body: Json, query: dict[str, str]) -> Json:
        """A new storage credential, made by an account admin."""
        skip = {"skip_validation": body.get("skip_validation", False)}
        return {"credential_info": self.create_credential(body["credential_info"] | skip, query)}

    def validate(self, body: Json, query: dict[str, str]) -> Json:
        """Try a place as Unity Catalog would."""
        credential = _there(self.credentials, "Storage Credential", str(body["storage_credential_name"]))
        if "url" in body:
            url = _url(str(body["url"]))
            self._refuse_overlap(url, but="")
        else:
            location = _there(self.locations, "External Location", str(body["external_location_name"]))
            url = _url(location["url"])
        return {"isDir": True, "results": self._try(credential, url, bool(body.get("read_only", False)))}

    # ------------------------------------------------------------ external locations

    def get_location(self, body: Json, query: dict[str, str], name: str) -> Json:
        """One external location."""
        return _there(self.locations, "External Location", name)

    def list_locations(self, body: Json, query: dict[str, str]) -> Json:
        """All external locations, two a page, so that a reader must turn it."""
        names = sorted(self.locations)
        start = int(query.get("page_token", "0"))
        page: Json = {"external_locations": [self.locations[name] for name in names[start : start + 2]]}
        return page | ({"next_page_token": str(start + 2)} if start + 2 < len(names) else {})

    def create_location(self, body: Json, query: dict[str, str]) -> Json:
        """A new external location, validated first."""
        name = str(body["name"]).lower()
        if not self.may_create_locations:
            message = "User does not have CREATE EXTERNAL LOCATION on Metastore 'stand-in'."
            raise Refusal(403, "PERMISSION_DENIED", message)
        if name in self.locations:
            raise Refusal(409, "EXTERNAL_LOCATION_ALREADY_EXISTS", f"External Location '{name}' already exists")
        made = {
            "name": name,
            "url": str(body["url"]),
            "credential_name": str(body["credential_name"]),
            "read_only": bool(body.get("read_only", False)),
            # Unless it is told not to, the product sets up file events.
            "enable_file_events": bool(body.get("enable_file_events", True)),
            "comment": str(body.get("comment", "")),
            "isolation_mode": OPEN,
            "owner": self.user,
        }
        self._check_location(made, name)
        self.locations[name] = made
        return made

    def update_location(self, body: Json, query: dict[str, str], name: str) -> Json:
        """Change an external location."""
        found = _there(self.locations, "External Location", name)
        keys = ("url", "credential_name", "read_only", "enable_file_events", "comment", "owner")
        changed = found | {key: body[key] for key in keys if key in body}
        if {"url", "credential_name", "read_only"} & set(body):
            self._check_location(changed, name)
        found |= changed
        self._isolate("external_location", name, found, body)
        return found

    def delete_location(self, body: Json, query: dict[str, str], name: str) -> Json:
        """Remove an external location that no table or volume uses."""
        found = _there(self.locations, "External Location", name)
        users = [
            item
            for kind in ("tables", "volumes")
            for item in self.lists.get(kind, [])
            if str(item.get("storage_location", "")).startswith(found["url"])
        ]
        if users:
            message = f"External location '{name}' cannot be deleted: {len(users)} dependent tables or volumes"
            raise Refusal(400, "INVALID_STATE", message)
        del self.locations[name]
        self.permissions.pop(name, None)
        self.bindings.pop(("external_location", name), None)
        return {}

    def vend(self, body: Json, query: dict[str, str]) -> Json:
        """Temporary credentials for a place: how a cluster gets to read and write it."""
        url, operation = _url(str(body["url"])), str(body["operation"])
        location = next((info for info in self.locations.values() if _url(info["url"]).covers(url)), None)
        if location is None:
            raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", f"No external location contains {url}")
        if operation != _READING and (location["read_only"] or not self.writes_to_s3):
            raise Refusal(403, "PERMISSION_DENIED", f"External Location '{location['name']}' is read-only")
        credential = self.credentials[location["credential_name"]]
        given = self._assume_or_refuse(
            credential["aws_iam_role"]["role_arn"], credential["aws_iam_role"]["external_id"]
        )
        return {
            "url": str(url),
            "aws_temp_credentials": {
                "access_key_id": given[0],
                "secret_access_key": given[1],
                "session_token": given[2],
            },
        }

    # ------------------------------------------------------------ bindings and grants

    def get_bindings(self, body: Json, query: dict[str, str], kind: str, name: str) -> Json:
        """The workspaces that something is bound to."""
        bound = sorted(self.bindings.get((kind, name), set()))
        return {"bindings": [{"workspace_id": id, "binding_type": "BINDING_TYPE_READ_WRITE"} for id in bound]}

    def update_bindings(self, body: Json, query: dict[str, str], kind: str, name: str) -> Json:
        """Bind to more workspaces."""
        for added in body.get("add", []):
            if added.get("binding_type") != "BINDING_TYPE_READ_WRITE":
                message = f"Supported binding types for {kind.upper()} are BINDING_TYPE_READ_WRITE"
                raise Refusal(400, "INVALID_PARAMETER_VALUE", message)
            self.bindings.setdefault((kind, name), set()).add(int(added["workspace_id"]))
        return self.get_bindings({}, {}, kind, name)

    def get_permissions(self, body: Json, query: dict[str, str], location: str) -> Json:
        """Who may do what with an external location."""
        given = self.permissions.get(location, {})
        return {
            "privilege_assignments": [
                {"principal": who, "privileges": sorted(privileges)} for who, privileges in sorted(given.items())
            ]
        }

    def update_permissions(self, body: Json, query: dict[str, str], location: str) -> Json:
        """Give privileges."""
        for change in body.get("changes", []):
            self.permissions.setdefault(location, {}).setdefault(change["principal"], set()).update(change["add"])
        return self.get_permissions({}, {}, location)

    # ------------------------------------------------------------ instance profiles

    def list_profiles(self, body: Json, query: dict[str, str]) -> Json:
        """The registered instance profiles."""
        return {"instance_profiles": list(self.profiles.values())}

    def add_profile(self, body: Json, query: dict[str, str]) -> Json:
        """Register an instance profile that EC2 can see."""
        arn = str(body["instance_profile_arn"])
        if arn in self.profiles:
            raise Refusal(400, "RESOURCE_ALREADY_EXISTS", f"Instance profile {arn} already exists")
        if self.profiles_in_ec2 is not None and arn not in self.profiles_in_ec2 and not body.get("skip_validation"):
            message = f"Invalid IAM Instance Profile ARN: {arn} (InvalidParameterValue)"
            raise Refusal(400, "INVALID_PARAMETER_VALUE", message)
        self.profiles[arn] = {key: value for key, value in body.items() if key != "skip_validation"}
        return {}

    def edit_profile(self, body: Json, query: dict[str, str]) -> Json:
        """Change the role of a registration."""
        found = _there(self.profiles, "Instance profile", str(body["instance_profile_arn"]))
        found["iam_role_arn"] = body["iam_role_arn"]
        return {}

    def remove_profile(self, body: Json, query: dict[str, str]) -> Json:
        """Take a registration away."""
        _there(self.profiles, "Instance profile", str(body["instance_profile_arn"]))
        del self.profiles[body["instance_profile_arn"]]
        return {}

    # ------------------------------------------------------------ what else there is

    def me(self, body: Json, query: dict[str, str]) -> Json:
        """Who is logged in."""
        return {"userName": self.user}

    def listed(self, kind: str) -> list[Json]:
        """Things that only `disconnect` looks through."""
        return self.lists.get(kind, [])

    def _isolate(self, kind: str, name: str, found: Json, body: Json) -> None:
        if body.get("isolation_mode") == ISOLATED and found["isolation_mode"] != ISOLATED:
            self.bindings.setdefault((kind, name), set()).add(self.workspace_id)
        found["isolation_mode"] = body.get("isolation_mode", found["isolation_mode"])

    def _check_location(self, info: Json, name: str) -> None:
        credential = _there(self.credentials, "Storage Credential", info["credential_name"])
        url = _url(info["url"])
        self._refuse_overlap(url, but=name)
        if not self.writes_to_s3 and not info["read_only"]:
            raise Refusal(400, "INVALID_PARAMETER_VALUE", "Support for S3 in Azure Databricks is read-only.")
        failed = [result for result in self._try(credential, url, info["read_only"]) if result["result"] == "FAIL"]
        if failed:
            said = failed[0]["message"]
            message = f"AWS IAM role does not have {failed[0]['operation']} permissions on url {url}. {said}"
            raise Refusal(403, "PERMISSION_DENIED", message)

    def _refuse_overlap(self, url: S3Url, *, but: str) -> None:
        for name, info in self.locations.items():
            other = _url(info["url"])
            if name != but and (other.covers(url) or url.covers(other)):
                message = f"Input path url '{url}' overlaps with other external tables or locations: {name} at {other}"
                raise Refusal(400, "LOCATION_OVERLAP", message)

    def _try(self, credential: Json, url: S3Url, read_only: bool) -> list[Json]:
        role = credential["aws_iam_role"]
        only = read_only or credential["read_only"]
        return self.access.try_place(role["role_arn"], role["external_id"], url, read_only=only)

    def _assume_or_refuse(self, role: str, external_id: str) -> tuple[str, str, str]:
        try:
            given = self.access.assume(role, external_id).credentials
        except ClientError as error:
            message = f"The AWS IAM role in the storage credential is not configured correctly: {error}"
            raise Refusal(403, "PERMISSION_DENIED", message) from error
        return given.access_key_id, given.secret_access_key, given.session_token or ""


def _there(found: dict[str, Json], kind: str, name: str) -> Json:
    if name not in found:
        raise Refusal(404, f"{kind.upper().replace(' ', '_')}_DOES_NOT_EXIST", f"{kind} '{name}' does not exist.")
    return found[name]


def _url(text: str) -> S3Url:
    try:
        return S3Url.parse(text)
    except LakehouseIamError as error:
        raise Refusal(400, "INVALID_PARAMETER_VALUE", str(error)) from error


Handle = Callable[..., Json]


def _list_of(kind: str, key: str = "") -> Handle:
    def handle(store: Metastore, body: Json, query: dict[str, str]) -> Json:
        of = {name: value for name, value in query.items() if name in ("catalog_name", "schema_name")}
        found = [item for item in store.listed(kind) if all(item.get(name) == value for name, value in of.items())]
        return {key or kind: found}

    return handle


def _warehouses(store: Metastore, body: Json, query: dict[str, str]) -> Json:
    return store.warehouses


def _route(method: str, path: str, handle: Handle) -> tuple[str, re.Pattern[str], Handle]:
    return method, re.compile(re.escape(path).replace(r"\{\}", "([^/]+)")), handle


_ACCOUNT = "/api/2.0/accounts/[^/]+/metastores/[^/]+/storage-credentials"
_ROUTES: tuple[tuple[str, re.Pattern[str], Handle], ...] = (
    _route("GET", f"{_UC}/storage-credentials/{{}}", Metastore.get_credential),
    _route("POST", f"{_UC}/storage-credentials", Metastore.create_credential),
    _route("PATCH", f"{_UC}/storage-credentials/{{}}", Metastore.update_credential),
    _route("DELETE", f"{_UC}/storage-credentials/{{}}", Metastore.delete_credential),
    _route("POST", f"{_UC}/validate-storage-credentials", Metastore.validate),
    ("GET", re.compile(f"{_ACCOUNT}/([^/]+)"), Metastore.account_get),
    ("POST", re.compile(_ACCOUNT), Metastore.account_create),
    _route("GET", f"{_UC}/external-locations", Metastore.list_locations),
    _route("GET", f"{_UC}/external-locations/{{}}", Metastore.get_location),
    _route("POST", f"{_UC}/external-locations", Metastore.create_location),
    _route("PATCH", f"{_UC}/external-locations/{{}}", Metastore.update_location),
    _route("DELETE", f"{_UC}/external-locations/{{}}", Metastore.delete_location),
    _route("POST", "/api/2.0/unity-catalog/temporary-path-credentials", Metastore.vend),
    _route("GET", f"{_UC}/bindings/{{}}/{{}}", Metastore.get_bindings),
    _route("PATCH", f"{_UC}/bindings/{{}}/{{}}", Metastore.update_bindings),
    _route("GET", f"{_UC}/permissions/external_location/{{}}", Metastore.get_permissions),
    _route("PATCH", f"{_UC}/permissions/external_location/{{}}", Metastore.update_permissions),
    _route("GET", "/api/2.0/instance-profiles/list", Metastore.list_profiles),
    _route("POST", "/api/2.0/instance-profiles/add", Metastore.add_profile),
    _route("POST", "/api/2.0/instance-profiles/edit", Metastore.edit_profile),
    _route("POST", "/api/2.0/instance-profiles/remove", Metastore.remove_profile),
    _route("GET", "/api/2.0/preview/scim/v2/Me", Metastore.me),
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
