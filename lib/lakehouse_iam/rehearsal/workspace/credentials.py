"""Storage credentials, through the workspace's API, the account's, and the newer `/credentials`.

Fields and inputs are those of databricks-sdk `service/catalog.py` (`StorageCredentialInfo`, `CredentialInfo`,
`AccountsStorageCredentialInfo`; 0.156 and 0.162, read 2026-11-25).
"""

from __future__ import annotations

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.databricks.isolation import OPEN
from lakehouse_iam.rehearsal.workspace import trials
from lakehouse_iam.rehearsal.workspace.bindings import isolate
from lakehouse_iam.rehearsal.workspace.metastore import STORAGE_CREDENTIAL, Metastore, new_id
from lakehouse_iam.rehearsal.workspace.request import Refusal, Request, existing, invalid, page, role_arn, text

_KIND = "Storage Credential"
_PAGE = 2


def get_credential(store: Metastore, request: Request, name: str) -> Json:
    """One storage credential."""
    return existing(store.credentials, _KIND, name)


def list_credentials(store: Metastore, request: Request) -> Json:
    """All storage credentials, two a page, so that a reader must turn it."""
    return page(_sorted(store), request, "storage_credentials", longest=_PAGE)


def create_credential(store: Metastore, request: Request) -> Json:
    """A new storage credential, with an external id of its own.

    The role is validated unless `skip_validation` says otherwise: it must let Unity Catalog in.
    """
    name = request.required("name").lower()
    role = role_arn(request.body)
    if not store.may_create_credentials:
        message = "User does not have CREATE STORAGE CREDENTIAL on Metastore 'stand-in'."
        raise Refusal(403, "PERMISSION_DENIED", message)
    if name in store.credentials:
        raise Refusal(409, "STORAGE_CREDENTIAL_ALREADY_EXISTS", f"{_KIND} '{name}' already exists")
    comment = request.settings(comment=str)
    external_id = store.new_external_id()
    if not request.flag("skip_validation"):
        trials.assume(store, role, external_id)
    store.credentials[name] = {
        "name": name,
        "full_name": name,
        "id": new_id(),
        "aws_iam_role": {"role_arn": role, "external_id": external_id, "unity_catalog_iam_arn": store.access.role},
        "read_only": request.flag("read_only"),
        "comment": "",
        "isolation_mode": OPEN,
        "used_for_managed_storage": False,
        **store.stamp(),
        **comment,
    }
    return store.credentials[name]


def update_credential(store: Metastore, request: Request, name: str) -> Json:
    """Change a storage credential.

    A new role is validated like that of a new credential. Changing it under external locations takes `force`; the external id
    stays. A new name reaches the external locations.
    """
    found = existing(store.credentials, _KIND, name)
    changed = found | request.settings(read_only=bool, comment=str, owner=str)
    if "aws_iam_role" in request.body:
        changed["aws_iam_role"] = found["aws_iam_role"] | {"role_arn": _new_role(store, request, found)}
    new_name = text(request.body, "new_name").lower() if "new_name" in request.body else found["name"]
    if new_name != found["name"] and new_name in store.credentials:
        raise Refusal(409, "STORAGE_CREDENTIAL_ALREADY_EXISTS", f"{_KIND} '{new_name}' already exists")
    isolate(store, STORAGE_CREDENTIAL, changed, request)
    found |= changed
    _rename(store, found, new_name)
    store.touch(found)
    return found


def delete_credential(store: Metastore, request: Request, name: str) -> Json:
    """Remove a storage credential that no external location uses, or any with `force`."""
    found = existing(store.credentials, _KIND, name)
    users = _users(store, found)
    if users and request.query.get("force") != "true":
        raise _still_used(found, "deleted", users)
    del store.credentials[found["name"]]
    store.forget(STORAGE_CREDENTIAL, found["name"])
    return {}


def _new_role(store: Metastore, request: Request, found: Json) -> str:
    role, before = role_arn(request.body), found["aws_iam_role"]
    users = _users(store, found)
    if users and role != before["role_arn"] and not request.flag("force"):
        raise _still_used(found, "updated", users)
    if not request.flag("skip_validation"):
        trials.assume(store, role, str(before["external_id"]))
    return role


def _rename(store: Metastore, found: Json, new: str) -> None:
    old = found["name"]
    del store.credentials[old]
    store.credentials[new] = found
    found |= {"name": new, "full_name": new}
    store.rename(STORAGE_CREDENTIAL, old, new)
    for location in store.locations.values():
        if location["credential_id"] == found["id"]:
            location["credential_name"] = new


def _users(store: Metastore, found: Json) -> list[str]:
    return [name for name, location in store.locations.items() if location["credential_id"] == found["id"]]


def _still_used(found: Json, what: str, users: list[str]) -> Refusal:
    """The words of the product, as a user quotes them (issue 8 of this project, provider 1.128)."""
    message = f"cannot be {what}: Storage credential '{found['name']}' has {len(users)} dependent external locations"
    return Refusal(400, "INVALID_STATE", message)


def _sorted(store: Metastore) -> list[Json]:
    return [store.credentials[name] for name in sorted(store.credentials)]


# ---------------------------------------------------------------- the account's API, which wraps what the workspace's has


def account_get(store: Metastore, request: Request, name: str) -> Json:
    """One storage credential."""
    return {"credential_info": get_credential(store, request, name)}


def account_list(store: Metastore, request: Request) -> Json:
    """All storage credentials; this list has no pages."""
    return {"storage_credentials": _sorted(store)}


def account_create(store: Metastore, request: Request) -> Json:
    """A new storage credential, made by an account admin."""
    return {"credential_info": create_credential(store, _unwrapped(request))}


def account_update(store: Metastore, request: Request, name: str) -> Json:
    """Change a storage credential as an account admin."""
    return {"credential_info": update_credential(store, _unwrapped(request), name)}


def _unwrapped(request: Request) -> Request:
    info = request.body.get("credential_info")
    if not isinstance(info, dict):
        raise invalid("credential_info must be provided")
    return Request(info | {"skip_validation": request.flag("skip_validation")}, request.query)


# ---------------------------------------------------------------- /credentials, which knows storage and service credentials


def list_purposes(store: Metastore, request: Request) -> Json:
    """All credentials; the stand-in has those for storage only."""
    wanted = request.query.get("purpose", "STORAGE")
    found = [_with_purpose(info) for info in _sorted(store)] if wanted == "STORAGE" else []
    return page(found, request, "credentials", longest=_PAGE)


def get_purpose(store: Metastore, request: Request, name: str) -> Json:
    """Answer `GET /credentials/{name}`: a credential with its purpose."""
    return _with_purpose(existing(store.credentials, "Credential", name))


def _with_purpose(info: Json) -> Json:
    return info | {"purpose": "STORAGE"}
