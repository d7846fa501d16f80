"""Disconnecting, backwards: the external locations, then the storage credential; or the instance profile.

Nothing is removed while anything uses it, nothing that is not this setup's, and nothing by force. What is not there any
more counts as removed, so a run that was cut off is run again. AWS is left alone: the role goes when its stack goes.
"""

from __future__ import annotations

from collections.abc import Callable

from lakehouse_iam.databricks import external_location, instance_profile, storage_credential
from lakehouse_iam.databricks.calls import UNITY_CATALOG, Call, segment
from lakehouse_iam.databricks.clock import Clock
from lakehouse_iam.databricks.dependents import data_at, of_profile, other_locations
from lakehouse_iam.databricks.outcome import Outcome, State
from lakehouse_iam.databricks.refusals import Conflict, NotThere, StillUsed, Unavailable
from lakehouse_iam.databricks.storage_credential import InWorkspace
from lakehouse_iam.databricks.workspace import Workspace
from lakehouse_iam.setups.instance_profile import InstanceProfileSetup
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup

_PAUSES = (1.0, 2.0, 4.0, 8.0)


def disconnect_unity_catalog(
    setup: UnityCatalogSetup, workspace: Workspace, clock: Clock, progress: Callable[[str], None]
) -> Outcome:
    """Remove a setup's external locations and storage credential from a workspace.

    Raises:
        Conflict: what has the name is another setup's.
        StillUsed: something uses it.
        DatabricksError: Databricks refused or could not be reached.
    """
    credential = setup.storage_credential.name
    found = storage_credential.look(workspace, InWorkspace(), credential)
    if found and found.role_arn != str(setup.role):
        raise Conflict(f"storage credential {credential}", (("role", found.role_arn, str(setup.role)),))
    there = []
    for wanted in setup.external_locations:
        location = external_location.look(workspace, wanted.name)
        if location and (location.credential, location.url) != (credential, str(wanted.url)):
            rows = (
                ("storage credential", location.credential, credential),
                ("url", location.url, str(wanted.url)),
            )
            raise Conflict(f"external location {wanted.name}", tuple(row for row in rows if row[1] != row[2]))
        if location:
            there.append(location)
    _refuse_while_used(
        setup, workspace, tuple(location.url for location in there), progress, credential if found else ""
    )
    for location in there:
        progress(f"remove the external location {location.name}")
        _remove(workspace, clock, external_location.delete(location.name))
    if found:
        progress(f"remove the storage credential {credential}")
        _remove(workspace, clock, Call("DELETE", f"{UNITY_CATALOG}/storage-credentials/{segment(credential)}"))
    return Outcome(setup.name, State.DRY_RUN if workspace.changes_nothing else State.DISCONNECTED)


def disconnect_instance_profile(
    setup: InstanceProfileSetup, workspace: Workspace, clock: Clock, progress: Callable[[str], None]
) -> Outcome:
    """Take a setup's instance profile out of its workspace.

    Raises:
        StillUsed: a cluster, a job, a pool, a cluster policy or the SQL warehouses use it.
        DatabricksError: Databricks refused or could not be reached.
    """
    profile = str(setup.workspace.instance_profile)
    if instance_profile.look(workspace, profile):
        users = tuple(of_profile(workspace, profile))
        if users:
            raise StillUsed(f"instance profile {profile}", users)
        progress(f"remove the instance profile {profile}")
        _remove(workspace, clock, instance_profile.remove(profile))
    return Outcome(setup.name, State.DRY_RUN if workspace.changes_nothing else State.DISCONNECTED)


def _refuse_while_used(
    setup: UnityCatalogSetup,
    workspace: Workspace,
    urls: tuple[str, ...],
    progress: Callable[[str], None],
    credential: str,
) -> None:
    progress("look for what still uses them")
    ours = frozenset(location.name for location in setup.external_locations)
    users = tuple(other_locations(workspace, credential, ours)) if credential else ()
    users += tuple(data_at(workspace, urls, progress)) if urls else ()
    if users:
        raise StillUsed(f"storage credential {setup.storage_credential.name}", users)


def _remove(workspace: Workspace, clock: Clock, call: Call) -> None:
    """Remove it; where the answer got lost, once more, until it is gone."""
    for pause in (*_PAUSES, None):
        try:
            workspace.do(call)
            return
        except NotThere:
            return
        except Unavailable:
            if pause is None:
                raise
            clock.sleep(pause)
