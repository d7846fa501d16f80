"""The workspaces that something isolated is bound to."""

from __future__ import annotations

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.databricks.isolation import ISOLATED
from lakehouse_iam.rehearsal.workspace.metastore import Metastore
from lakehouse_iam.rehearsal.workspace.refusal import Refusal


def get_bindings(store: Metastore, body: Json, query: dict[str, str], kind: str, name: str) -> Json:
    """The workspaces that something is bound to."""
    bound = sorted(store.bindings.get((kind, name), set()))
    return {"bindings": [{"workspace_id": id, "binding_type": "BINDING_TYPE_READ_WRITE"} for id in bound]}


def update_bindings(store: Metastore, body: Json, query: dict[str, str], kind: str, name: str) -> Json:
    """Bind to more workspaces."""
    for added in body.get("add", []):
        if added.get("binding_type") != "BINDING_TYPE_READ_WRITE":
            message = f"Supported binding types for {kind.upper()} are BINDING_TYPE_READ_WRITE"
            raise Refusal(400, "INVALID_PARAMETER_VALUE", message)
        store.bindings.setdefault((kind, name), set()).add(int(added["workspace_id"]))
    return get_bindings(store, {}, {}, kind, name)


def isolate(store: Metastore, kind: str, name: str, found: Json, body: Json) -> None:
    """Change the isolation of something; whoever isolates it keeps it for the workspace at hand."""
    if body.get("isolation_mode") == ISOLATED and found["isolation_mode"] != ISOLATED:
        store.bindings.setdefault((kind, name), set()).add(store.workspace_id)
    found["isolation_mode"] = body.get("isolation_mode", found["isolation_mode"])
