"""Which workspaces an isolated storage credential or external location is bound to; bindings are added, none removed.

Only catalogs take the binding type for reading; for everything else `BINDING_TYPE_READ_WRITE` must be said
(terraform-provider-databricks issue 4978, databricks/cli issue 3945, read 2026-11-21). Names of kinds have underscores
(issue 3941).
"""

from __future__ import annotations

from lakehouse_iam.databricks.calls import UNITY_CATALOG, Call, Json, segment
from lakehouse_iam.databricks.clock import Clock
from lakehouse_iam.databricks.refusals import NotThere
from lakehouse_iam.databricks.steps import converge
from lakehouse_iam.databricks.workspace import Workspace, pages

STORAGE_CREDENTIAL = "storage_credential"
EXTERNAL_LOCATION = "external_location"


def bind(workspace: Workspace, clock: Clock, kind: str, name: str, workspaces: tuple[str, ...]) -> None:
    """Bind to workspaces what is not bound to them yet.

    Raises:
        DatabricksError: it was refused.
    """
    path = f"{UNITY_CATALOG}/bindings/{kind}/{segment(name)}"

    def look() -> frozenset[str]:
        try:
            found = list(pages(workspace, Call("GET", path), "bindings"))
        except NotThere:
            if workspace.changes_nothing:
                # A real run would have made it by now.
                return frozenset()
            raise
        return frozenset(str(binding.get("workspace_id")) for binding in found)

    def missing(bound: frozenset[str]) -> Call | None:
        further = [id for id in workspaces if id not in bound]
        added = [{"workspace_id": int(id), "binding_type": "BINDING_TYPE_READ_WRITE"} for id in further]
        return Call("PATCH", path, {"add": added}) if added else None

    def taken(bound: frozenset[str], answer: Json) -> frozenset[str]:
        listed = answer.get("bindings") or answer.get("add") or ()
        return bound | {str(binding.get("workspace_id")) for binding in listed}

    converge(workspace, clock, found=look(), look=look, missing=missing, taken=taken)
