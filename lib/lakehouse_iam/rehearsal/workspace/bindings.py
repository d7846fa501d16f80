"""The workspaces that something isolated is bound to (databricks-sdk `WorkspaceBindingsAPI`, 0.156 and 0.162)."""

from __future__ import annotations

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.databricks.isolation import ISOLATED, OPEN
from lakehouse_iam.rehearsal.workspace.metastore import Metastore
from lakehouse_iam.rehearsal.workspace.request import Request, invalid, page

_READ_WRITE = "BINDING_TYPE_READ_WRITE"
_PAGE = 100


def get_bindings(store: Metastore, request: Request, kind: str, name: str) -> Json:
    """The workspaces that something is bound to."""
    return page(_bindings(store, kind, name), request, "bindings", longest=_PAGE)


def update_bindings(store: Metastore, request: Request, kind: str, name: str) -> Json:
    """Bind to some workspaces, and unbind from others."""
    key = store.securable(kind, name)
    added, removed = request.listed("add"), request.listed("remove")
    for binding in added:
        # A storage credential or location takes no other type (terraform-provider-databricks issue 4978, read 2026-11-21).
        if binding.get("binding_type") != _READ_WRITE:
            raise invalid(f"Supported binding types for {kind.upper()} are {_READ_WRITE}")
    bound = store.bindings.get(key, set()) | {_workspace(binding) for binding in added}
    store.bindings[key] = bound - {_workspace(binding) for binding in removed}
    return {"bindings": _bindings(store, kind, name)}


def isolate(store: Metastore, kind: str, found: Json, request: Request) -> None:
    """Change the isolation of something. Isolating it binds the workspace at hand.

    Raises:
        Refusal: the mode is not one that Unity Catalog has.
    """
    mode = request.body.get("isolation_mode", found["isolation_mode"])
    if mode not in (ISOLATED, OPEN):
        raise invalid(f"isolation_mode must be {ISOLATED} or {OPEN}")
    if mode == ISOLATED and found["isolation_mode"] != ISOLATED:
        store.bindings.setdefault((kind, found["name"]), set()).add(store.workspace_id)
    found["isolation_mode"] = mode


def _bindings(store: Metastore, kind: str, name: str) -> list[Json]:
    bound = sorted(store.bindings.get(store.securable(kind, name), set()))
    return [{"workspace_id": id, "binding_type": _READ_WRITE} for id in bound]


def _workspace(binding: Json) -> int:
    try:
        return int(binding["workspace_id"])
    except (KeyError, TypeError, ValueError) as error:
        raise invalid("workspace_id must be the id of a workspace") from error
