"""External locations, and the temporary credentials that clusters get for them.

Fields and inputs are those of databricks-sdk `service/catalog.py` (`ExternalLocationInfo`, 0.156 and 0.162, read 2026-11-25).
"""

from __future__ import annotations

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.databricks.isolation import OPEN
from lakehouse_iam.rehearsal.workspace import trials
from lakehouse_iam.rehearsal.workspace.bindings import isolate
from lakehouse_iam.rehearsal.workspace.metastore import EXTERNAL_LOCATION, Metastore, new_id
from lakehouse_iam.rehearsal.workspace.request import Refusal, Request, existing, invalid, page, text

_KIND = "External Location"
_PAGE = 2
_READING = "PATH_READ"
_OPERATIONS = (_READING, "PATH_READ_WRITE", "PATH_CREATE_TABLE")
_QUEUES = ("managed_aqs", "managed_pubsub", "managed_sqs", "provided_aqs", "provided_pubsub", "provided_sqs")
_SETTINGS: dict[str, type] = {
    "comment": str,
    "read_only": bool,
    "fallback": bool,
    "encryption_details": dict,
    "enable_file_events": bool,
}


def get_location(store: Metastore, request: Request, name: str) -> Json:
    """One external location."""
    return existing(store.locations, _KIND, name)


def list_locations(store: Metastore, request: Request) -> Json:
    """All external locations, two a page, so that a reader must turn it."""
    found = [store.locations[name] for name in sorted(store.locations)]
    return page(found, request, "external_locations", longest=_PAGE)


def create_location(store: Metastore, request: Request) -> Json:
    """A new external location, validated first unless `skip_validation` says otherwise."""
    name = request.required("name").lower()
    if not store.may_create_locations:
        message = "User does not have CREATE EXTERNAL LOCATION on Metastore 'stand-in'."
        raise Refusal(403, "PERMISSION_DENIED", message)
    if name in store.locations:
        raise Refusal(409, "EXTERNAL_LOCATION_ALREADY_EXISTS", f"{_KIND} '{name}' already exists")
    made: Json = {
        "name": name,
        "url": request.required("url"),
        "credential_name": request.required("credential_name"),
        "read_only": False,
        "fallback": False,
        "comment": "",
        "isolation_mode": OPEN,
        "browse_only": False,
        # Unless it is told not to, the product sets up file events.
        "enable_file_events": True,
        **store.stamp(),
    }
    made |= request.settings(**_SETTINGS)
    _settle(store, made, request, name)
    store.locations[name] = made
    return made


def update_location(store: Metastore, request: Request, name: str) -> Json:
    """Change an external location.

    What decides whether a place can be used is validated again unless `skip_validation` says otherwise. Another URL under tables
    or volumes takes `force`.
    """
    found = existing(store.locations, _KIND, name)
    changed = found | request.settings(**_SETTINGS, owner=str, url=str, credential_name=str)
    if changed["url"] != found["url"]:
        _refuse_while_used(store, found, "updated", force=request.flag("force"))
    _settle(store, changed, request, found["name"])
    new_name = text(request.body, "new_name").lower() if "new_name" in request.body else found["name"]
    if new_name != found["name"] and new_name in store.locations:
        raise Refusal(409, "EXTERNAL_LOCATION_ALREADY_EXISTS", f"{_KIND} '{new_name}' already exists")
    isolate(store, EXTERNAL_LOCATION, changed, request)
    store.rename(EXTERNAL_LOCATION, found["name"], new_name)
    del store.locations[found["name"]]
    store.locations[new_name] = changed
    changed["name"] = new_name
    store.touch(changed)
    return changed


def delete_location(store: Metastore, request: Request, name: str) -> Json:
    """Remove an external location that no table or volume uses, or any with `force`."""
    found = existing(store.locations, _KIND, name)
    _refuse_while_used(store, found, "deleted", force=request.query.get("force") == "true")
    del store.locations[found["name"]]
    store.forget(EXTERNAL_LOCATION, found["name"])
    return {}


def vend(store: Metastore, request: Request) -> Json:
    """Temporary credentials for a place: how a cluster gets to read and write it."""
    url, operation = trials.place(request.required("url")), request.required("operation")
    if operation not in _OPERATIONS:
        raise invalid(f"operation must be one of {', '.join(_OPERATIONS)}")
    location = next((info for info in store.locations.values() if trials.place(info["url"]).covers(url)), None)
    if location is None:
        raise Refusal(404, "EXTERNAL_LOCATION_DOES_NOT_EXIST", f"No external location contains {url}")
    if operation != _READING and (location["read_only"] or not store.writes_to_s3):
        raise Refusal(403, "PERMISSION_DENIED", f"{_KIND} '{location['name']}' is read-only")
    role = store.credentials[location["credential_name"]]["aws_iam_role"]
    given = trials.assume(store, role["role_arn"], role["external_id"])
    return {
        "url": str(url),
        "expiration_time": int(location["updated_at"]) + 3_600_000,
        "aws_temp_credentials": {
            "access_key_id": given[0],
            "secret_access_key": given[1],
            "session_token": given[2],
        },
    }


def _settle(store: Metastore, info: Json, request: Request, name: str) -> None:
    """Check what was asked for, and fill in what follows from it."""
    credential = existing(store.credentials, "Storage Credential", str(info["credential_name"]))
    info |= {"credential_name": credential["name"], "credential_id": credential["id"]}
    url = trials.place(str(info["url"]))
    trials.refuse_overlap(store, url, but=name)
    decisive = {"url", "credential_name", "read_only"} & set(request.body)
    if not store.writes_to_s3 and not info["read_only"]:
        raise invalid("Support for S3 in Azure Databricks is read-only.")
    if decisive and not request.flag("skip_validation"):
        _validate(store, credential, info)
    _set_queue(info, request)


def _set_queue(info: Json, request: Request) -> None:
    """`enable_file_events` is what was asked for; the `effective_` fields are what is so."""
    queue = request.body.get("file_event_queue")
    if queue is not None:
        known = isinstance(queue, dict) and len(queue) == 1 and set(queue) <= set(_QUEUES)
        if not known or not all(isinstance(settings, dict) for settings in queue.values()):
            raise invalid(f"file_event_queue must have exactly one of {', '.join(_QUEUES)}")
        info["file_event_queue"] = queue
    if not info["enable_file_events"]:
        info.pop("file_event_queue", None)
        info.pop("effective_file_event_queue", None)
    else:
        given = dict(info.get("file_event_queue") or {"managed_sqs": {}})
        kind, settings = next(iter(given.items()))
        before = (info.get("effective_file_event_queue") or {}).get(kind) or {}
        managed = {"managed_resource_id": before.get("managed_resource_id") or new_id()}
        info["effective_file_event_queue"] = {kind: (managed if kind.startswith("managed") else {}) | settings}
    info["effective_enable_file_events"] = info["enable_file_events"]


def _validate(store: Metastore, credential: Json, info: Json) -> None:
    url = trials.place(str(info["url"]))
    results = trials.attempt(store, credential, url, read_only=info["read_only"])
    failed = [result for result in results if result["result"] == "FAIL"]
    if failed:
        said = failed[0]["message"]
        message = f"AWS IAM role does not have {failed[0]['operation']} permissions on url {url}. {said}"
        raise Refusal(403, "PERMISSION_DENIED", message)


def _refuse_while_used(store: Metastore, found: Json, what: str, *, force: bool) -> None:
    users = [
        item
        for kind in ("tables", "volumes")
        for item in store.lists.get(kind, [])
        if str(item.get("storage_location", "")).startswith(found["url"])
    ]
    if users and not force:
        message = f"External location '{found['name']}' cannot be {what}: {len(users)} dependent tables or volumes"
        raise Refusal(400, "INVALID_STATE", message)
