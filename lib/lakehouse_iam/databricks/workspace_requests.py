"""The calls that a snapshot of a workspace makes: all of them read, each with what a caller needs for it.

Sources: databricks-sdk 0.156.0, the docstrings of `StorageCredentialsAPI.get`, `ExternalLocationsAPI.get`,
`WorkspaceBindingsAPI.get_bindings`, `InstanceProfilesAPI.list`, `ClusterPoliciesAPI.list`, read 2026-11-26. That an admin sees
every cluster, policy and instance profile is from memory, to be checked against the page "Cluster permissions".
"""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse_iam.databricks.calls import UNITY_CATALOG, Call, segment
from lakehouse_iam.databricks.workspace_objects import WorkspaceObjects

CALLER = "caller"
STORAGE_CREDENTIALS = "storage_credentials"
EXTERNAL_LOCATIONS = "external_locations"
BINDINGS = "bindings"
INSTANCE_PROFILES = "instance_profiles"
CLUSTERS = "clusters"
POLICIES = "policies"

WORKSPACE_ADMIN = "workspace admin"


@dataclass(frozen=True)
class Asked:
    """One call, and which part of the snapshot its answer becomes.

    Args:
        kind: what kind of answer it is: one of the words above.
        what: the path in the snapshot.
        call: the call.
        permission: what a caller needs for it.
        name: the object that is asked for; empty for a list.
    """

    kind: str
    what: str
    call: Call
    permission: str
    name: str = ""

    @property
    def in_pages(self) -> str:
        """The name of the list in the answer, where the answer comes in pages."""
        return self.kind if self.kind in (BINDINGS, CLUSTERS) else ""


WHO = Asked(CALLER, "of.caller", Call("GET", "/api/2.0/preview/scim/v2/Me"), "a login")


def requests_for(objects: WorkspaceObjects) -> tuple[Asked, ...]:
    """Every call that a snapshot of these objects needs, beside the one that asks who is logged in."""
    asked = [*_credentials(objects), *_locations(objects)]
    if objects.instance_profiles:
        listing = Call("GET", "/api/2.0/instance-profiles/list")
        asked.append(Asked(INSTANCE_PROFILES, INSTANCE_PROFILES, listing, WORKSPACE_ADMIN))
    if objects.on_clusters:
        clusters = Call("GET", "/api/2.1/clusters/list", query=(("page_size", "100"),))
        policies = Call("GET", "/api/2.0/policies/clusters/list")
        asked.append(Asked(CLUSTERS, CLUSTERS, clusters, WORKSPACE_ADMIN))
        asked.append(Asked(POLICIES, CLUSTERS, policies, WORKSPACE_ADMIN))
    return tuple(asked)


def _credentials(objects: WorkspaceObjects) -> list[Asked]:
    return [
        asked
        for name in objects.storage_credentials
        for asked in _securable(STORAGE_CREDENTIALS, "storage_credential", name, "CREATE EXTERNAL LOCATION")
    ]


def _locations(objects: WorkspaceObjects) -> list[Asked]:
    return [
        asked
        for name, _ in objects.external_locations
        for asked in _securable(EXTERNAL_LOCATIONS, "external_location", name, "BROWSE")
    ]


def _securable(kind: str, securable: str, name: str, privilege: str) -> tuple[Asked, Asked]:
    shown, what = securable.replace("_", " "), f"{kind}.{name}"
    path = f"{UNITY_CATALOG}/{kind.replace('_', '-')}/{segment(name)}"
    bindings = f"{UNITY_CATALOG}/bindings/{securable}/{segment(name)}"
    return (
        Asked(kind, what, Call("GET", path), f"{privilege} on the {shown}, or any other privilege on it", name),
        Asked(BINDINGS, f"{what}.bindings", Call("GET", bindings), f"owner of the {shown}, or metastore admin", name),
    )
