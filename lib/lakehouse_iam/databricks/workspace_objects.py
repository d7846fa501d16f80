"""What a Databricks workspace may hold of a setup: which objects a snapshot of it looks for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WorkspaceObjects:
    """The objects of one setup in its workspace, as the setup names them.

    Args:
        storage_credentials: names.
        external_locations: names, each with its place.
        instance_profiles: ARNs.
        roles: ARNs that the configuration of clusters may name; with none, and no instance profile, clusters are not looked at.
        buckets: names that the configuration of clusters may name.
    """

    storage_credentials: tuple[str, ...] = ()
    external_locations: tuple[tuple[str, str], ...] = ()
    instance_profiles: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()

    @property
    def on_clusters(self) -> bool:
        """Whether clusters and cluster policies may name anything of the setup."""
        return bool(self.instance_profiles or self.roles)
