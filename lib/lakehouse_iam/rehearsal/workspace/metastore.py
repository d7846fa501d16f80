"""The state of a stand-in workspace: the objects that exist, and what its user may do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.rehearsal.workspace.access import UnityCatalogAccess


@dataclass
class Metastore:
    """The objects of a stand-in workspace.

    Args:
        access: what Unity Catalog does in AWS.
        new_external_id: makes up an external id.
        workspace_id: the id of this workspace.
        writes_to_s3: false on Azure, where S3 is only read.
        user: whose login it is.
    """

    access: UnityCatalogAccess
    new_external_id: Callable[[], str]
    workspace_id: int
    writes_to_s3: bool
    user: str = "admin@example.com"
    may_create_credentials: bool = True
    may_create_locations: bool = True
    profiles_in_ec2: set[str] | None = None
    credentials: dict[str, Json] = field(default_factory=dict)
    locations: dict[str, Json] = field(default_factory=dict)
    bindings: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    permissions: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    profiles: dict[str, Json] = field(default_factory=dict)
    lists: dict[str, list[Json]] = field(default_factory=dict)
    warehouses: Json = field(default_factory=dict)

    def content(self) -> Json:
        """Everything that was made, to be compared."""
        return {
            "credentials": self.credentials,
            "locations": self.locations,
            "bindings": {f"{kind} {name}": sorted(ids) for (kind, name), ids in self.bindings.items()},
            "permissions": {
                location: {who: sorted(some) for who, some in given.items()}
                for location, given in self.permissions.items()
            },
            "profiles": self.profiles,
        }
