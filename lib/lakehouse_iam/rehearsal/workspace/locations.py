"""External locations, and the temporary credentials that clusters get for them."""

from __future__ import annotations

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.databricks.isolation import OPEN
from lakehouse_iam.rehearsal.workspace import trials
from lakehouse_iam.rehearsal.workspace.bindings import isolate
from lakehouse_iam.rehearsal.workspace.metastore import Metastore
from lakehouse_iam.rehearsal.workspace.refusal import Refusal, existing

_READING = "PATH_READ"


def get_location(store: Metastore, body: Json, query: dict[str, str], name: str) -> Json:
    """One external location."""
    return existing(store.locations, "External Location", name)


def list_locations(store: Metastore, body: Json, query: dict[str, str]) -> Json:
    """All external locations, two a page, so that a reader must turn it."""
    names = sorted(store.locations)
    start = int(query.get("page_token", "0"))
    page: Json = {"external_locations": [store.locations[name] for name in names[start : start + 2]]}
    return page | ({"next_page_token": str(start + 2)} if start + 2 < len(names) else {})


def create_location(store: Metastore, body: Json, query: dict[str, str]) -> Json:
    """A new external location, validated first."""
    name = str(body["name"]).lower()
    if not store.may_create_locations:
        message = "User does not have CREATE EXTERNAL LOCATION on Metastore 'stand-in'."
        raise Refusal(403, "PERMISSION_DENIED", message)
    if name in store.locations:
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
        "owner": store.user,
    }
    _check(store, made, name)
    store.locations[name] = made
    return made


def update_location(store: Metastore, body: Json, query: dict[str, str], name: str) -> Json:
    """Change an external location."""
    found = existing(store.locations, "External Location", name)
    keys = ("url", "credential_name", "read_only", "enable_file_events", "comment", "owner")
    changed = found | {key: body[key] for key in keys if key in body}
    if {"url", "credential_name", "read_only"} & set(body):
        _check(store, changed, name)
    found |= changed
    isolate(store, "external_location", name, found, body)
    return found


def delete_location(store: Metastore, body: Json, query: dict[str, str], name: str) -> Json:
    """Remove an external location that no table or volume uses."""
    found = existing(store.locations, "External Location", name)
    users = [
        item
        for kind in ("tables", "volumes")
        for item in store.lists.get(kind, [])
        if str(item.get("storage_location", "")).startswith(found["url"])
    ]
    if users:
        message = f"External location '{name}' cannot be deleted: {len(users)} dependent tables or volumes"
        raise Refusal(400, "INVALID_STATE", message)
    del store.locations[name]
    store.permissions.pop(name, None)
    store.bindings.pop(("external_location", name), None)
    return {}


def vend(store: Metastore, body: Json, query: dict[str, str]) -> Json:
    """Temporary credentials for a place: how a cluster gets to read and write it."""
    url, operation = trials.place(str(body["url"])), str(body["operation"])
    location = next((info for info in store.locations.values() if trials.place(info["url"]).covers(url)), None)
    if location is None:
        raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", f"No external location contains {url}")
    if operation != _READING and (location["read_only"] or not store.writes_to_s3):
        raise Refusal(403, "PERMISSION_DENIED", f"External Location '{location['name']}' is read-only")
    credential = store.credentials[location["credential_name"]]
    given = trials.assume(store, credential["aws_iam_role"]["role_arn"], credential["aws_iam_role"]["external_id"])
    return {
        "url": str(url),
        "aws_temp_credentials": {
            "access_key_id": given[0],
            "secret_access_key": given[1],
            "session_token": given[2],
        },
    }


def _check(store: Metastore, info: Json, name: str) -> None:
    credential = existing(store.credentials, "Storage Credential", info["credential_name"])
    url = trials.place(info["url"])
    trials.refuse_overlap(store, url, but=name)
    if not store.writes_to_s3 and not info["read_only"]:
        raise Refusal(400, "INVALID_PARAMETER_VALUE", "Support for S3 in Azure Databricks is read-only.")
    failed = [
        result for result in trials.attempt(store, credential, url, info["read_only"]) if result["result"] == "FAIL"
    ]
    if failed:
        said = failed[0]["message"]
        message = f"AWS IAM role does not have {failed[0]['operation']} permissions on url {url}. {said}"
        raise Refusal(403, "PERMISSION_DENIED", message)
