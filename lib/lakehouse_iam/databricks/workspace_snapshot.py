"""Reading what a workspace holds of a setup, with databricks-sdk; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from lakehouse_iam.databricks.refusals import DatabricksError, NotLoggedIn, NotThere, Unreachable
from lakehouse_iam.databricks.workspace import Workspace, pages, read
from lakehouse_iam.databricks.workspace_content import Told, Whose, workspace_snapshot
from lakehouse_iam.databricks.workspace_objects import WorkspaceObjects
from lakehouse_iam.databricks.workspace_requests import WHO, Asked, requests_for
from lakehouse_iam.snapshot.document import Snapshot

_AT_ONCE = 8


def read_workspace(
    setup: str,
    workspace: Workspace,
    objects: WorkspaceObjects,
    taken: datetime,
    progress: Callable[[str], None] = lambda _: None,
    address: str = "",
) -> Snapshot:
    """Read a workspace.

    Args:
        setup: the name of the setup.
        workspace: who is asked.
        objects: what is looked for.
        taken: now.
        progress: told what is read, a line at a time.
        address: the workspace's own address, where it is reached at another one, such as that of a private link.

    Raises:
        NotLoggedIn: Databricks does not accept the login.
        Unreachable: nobody answers.
    """
    asked = requests_for(objects)
    progress(f"{len(asked) + 1} calls to {workspace.host}")
    # Alone and first: where nobody answers, or nobody is logged in, the other calls need not be made.
    who = _tell(workspace, WHO)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        told = list(pool.map(lambda one: _noted(workspace, one), asked))
    whose = Whose(setup, address or workspace.host, workspace.workspace_id, "snapshot", taken)
    return workspace_snapshot(whose, objects, (who, *told))


def _noted(workspace: Workspace, asked: Asked) -> Told:
    try:
        return _tell(workspace, asked)
    except Unreachable as error:
        return Told(asked, why=str(error))


def _tell(workspace: Workspace, asked: Asked) -> Told:
    try:
        if asked.in_pages:
            return Told(asked, {asked.in_pages: list(pages(workspace, asked.call, asked.in_pages))})
        return Told(asked, read(workspace, asked.call))
    except (NotLoggedIn, Unreachable):
        raise
    except NotThere as error:
        # Of an object it says that there is none; of a list, that the workspace has no such API.
        return Told(asked) if asked.name else Told(asked, why=str(error))
    except DatabricksError as error:
        return Told(asked, why=str(error))
