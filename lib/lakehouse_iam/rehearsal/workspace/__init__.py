"""The stand-in workspace: the REST endpoints of Databricks that this product uses, over HTTP on a free loopback port."""

from lakehouse_iam.rehearsal.workspace.server import (
    ACCOUNT_ID,
    DISCOVERY,
    WORKSPACE_ID,
    StandInWorkspace,
    client_of,
    stand_in_workspace,
)

__all__ = ["ACCOUNT_ID", "DISCOVERY", "WORKSPACE_ID", "StandInWorkspace", "client_of", "stand_in_workspace"]
