"""Storage credentials."""

from __future__ import annotations

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.databricks.isolation import OPEN
from lakehouse_iam.rehearsal.workspace import trials
from lakehouse_iam.rehearsal.workspace.bindings import isolate
from lakehouse_iam.rehearsal.workspace.metastore import Metastore
from lakehouse_iam.rehearsal.workspace.refusal import Refusal, existing


def get_credential(store: Metastore, body: Json, query: dict[str, str], name: str) -> Json:
    """One storage credential."""
    return existing(store.credentials, "Storage Credential", name)


def create_credential(store: Metastore, body: Json, query: dict[str, str]) -> Json:
    """A new storage credential, with an external id of its own."""
    name = str(body["name"]).lower()
    if not store.may_create_credentials:
        message = "User does not have CREATE STORAGE CREDENTIAL on Metastore 'stand-in'."
        raise Refusal(403, "PERMISSION_DENIED", message)
    if name in store.credentials:
        raise Refusal(409, "STORAGE_CREDENTIAL_ALREADY_EXISTS", f"Storage Credential '{name}' already exists")
    role = str(body["aws_iam_role"]["role_arn"])
    external_id = store.new_external_id()
    if not body.get("skip_validation"):
        trials.assume(store, role, external_id)
    store.credentials[name] = {
        "name": name,
        "aws_iam_role": {
            "role_arn": role,
            "external_id": external_id,
            "unity_catalog_iam_arn": store.access.role,
        },
        "read_only": bool(body.get("read_only", False)),
        "comment": str(body.get("comment", "")),
        "isolation_mode": OPEN,
        "owner": store.user,
    }
    return store.credentials[name]


def update_credential(store: Metastore, body: Json, query: dict[str, str], name: str) -> Json:
    """Change a storage credential."""
    found = existing(store.credentials, "Storage Credential", name)
    if "aws_iam_role" in body:
        found["aws_iam_role"] = found["aws_iam_role"] | {"role_arn": body["aws_iam_role"]["role_arn"]}
    found |= {key: body[key] for key in ("read_only", "comment", "owner") if key in body}
    isolate(store, "storage_credential", name, found, body)
    return found


def delete_credential(store: Metastore, body: Json, query: dict[str, str], name: str) -> Json:
    """Remove a storage credential that no external location uses."""
    existing(store.credentials, "Storage Credential", name)
    users = [location for location, info in store.locations.items() if info["credential_name"] == name]
    if users:
        message = f"Storage credential '{name}' cannot be deleted: {len(users)} dependent external locations"
        raise Refusal(400, "INVALID_STATE", message)
    del store.credentials[name]
    store.bindings.pop(("storage_credential", name), None)
    return {}


def account_get(store: Metastore, body: Json, query: dict[str, str], name: str) -> Json:
    """One storage credential, as the account's API wraps it."""
    return {"credential_info": get_credential(store, body, query, name)}


def account_create(store: Metastore, body: Json, query: dict[str, str]) -> Json:
    """A new storage credential, made by an account admin."""
    skip = {"skip_validation": body.get("skip_validation", False)}
    return {"credential_info": create_credential(store, body["credential_info"] | skip, query)}
