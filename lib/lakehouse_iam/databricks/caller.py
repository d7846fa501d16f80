"""Who is logged in, for sentences that name a grant to ask for."""

from __future__ import annotations

from lakehouse_iam.databricks.calls import Call
from lakehouse_iam.databricks.refusals import DatabricksError
from lakehouse_iam.databricks.workspace import Workspace, read


def name_of_caller(workspace: Workspace) -> str:
    """The user name of whoever is logged in, or an example where Databricks does not say."""
    try:
        me = read(workspace, Call("GET", "/api/2.0/preview/scim/v2/Me"))
    except DatabricksError:
        me = {}
    return str(me.get("userName") or "you@example.com")
