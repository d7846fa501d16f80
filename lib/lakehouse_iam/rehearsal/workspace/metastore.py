"""The state of a stand-in workspace: the objects that exist, and what its user may do."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.rehearsal.workspace.access import UnityCatalogAccess
from lakehouse_iam.rehearsal.workspace.request import existing

METASTORE_ID = "5e1f3b8a-2c0d-4a97-9b1e-6f5a4d3c2b1a"
# What differs from one run to the next although the same was made.
_OF_THE_RUN = ("id", "credential_id", "created_at", "updated_at")

STORAGE_CREDENTIAL = "storage_credential"
EXTERNAL_LOCATION = "external_location"

Securable = tuple[str, str]
"""The kind of something in Unity Catalog, and its name in lower case."""


@dataclass
class Metastore:
    """The objects of a stand-in workspace.

    Args:
        access: what Unity Catalog does in AWS.
        new_external_id: makes up an external id.
        workspace_id: the id of this workspace.
        writes_to_s3: false on Azure, where S3 is only read.
        user: whose login it is.
        is_admin: whether that user is an admin of the workspace.
        may_create_credentials: whether that user may make storage credentials.
        may_create_locations: whether that user may make external locations.
        profiles_in_ec2: the instance profiles that EC2 sees; `None` for all.
        credentials: the storage credentials, by name.
        locations: the external locations, by name.
        bindings: the workspaces that something isolated is bound to.
        permissions: who has which privileges on something.
        profiles: the registered instance profiles, by ARN.
        lists: what else there is, by the name of its list.
        warehouses: the configuration of all SQL warehouses.
    """

    access: UnityCatalogAccess
    new_external_id: Callable[[], str]
    workspace_id: int
    writes_to_s3: bool
    user: str = "admin@example.com"
    is_admin: bool = True
    may_create_credentials: bool = True
    may_create_locations: bool = True
    profiles_in_ec2: set[str] | None = None
    credentials: dict[str, Json] = field(default_factory=dict)
    locations: dict[str, Json] = field(default_factory=dict)
    bindings: dict[Securable, set[int]] = field(default_factory=dict)
    permissions: dict[Securable, dict[str, set[str]]] = field(default_factory=dict)
    profiles: dict[str, Json] = field(default_factory=dict)
    lists: dict[str, list[Json]] = field(default_factory=dict)
    warehouses: Json = field(default_factory=dict)

    def content(self) -> Json:
        """Everything that was made, to be compared with what another run made."""
        return {
            "credentials": {name: _lasting(info) for name, info in self.credentials.items()},
            "locations": {name: _lasting(info) for name, info in self.locations.items()},
            "bindings": {f"{kind} {name}": sorted(ids) for (kind, name), ids in self.bindings.items()},
            "permissions": {
                f"{kind} {name}": {who: sorted(some) for who, some in given.items()}
                for (kind, name), given in self.permissions.items()
            },
            "profiles": self.profiles,
        }

    def stamp(self) -> Json:
        """The fields of something new: who made it, when (milliseconds since 1970), where."""
        now = _now()
        return {
            "metastore_id": METASTORE_ID,
            "created_at": now,
            "created_by": self.user,
            "updated_at": now,
            "updated_by": self.user,
            "owner": self.user,
        }

    def touch(self, info: Json) -> None:
        """Note a change of something."""
        info |= {"updated_at": max(_now(), int(info["created_at"])), "updated_by": self.user}

    def securable(self, kind: str, name: str) -> Securable:
        """The key of something that exists.

        Raises:
            Refusal: there is none of that kind and name.
        """
        if kind == STORAGE_CREDENTIAL:
            existing(self.credentials, "Storage Credential", name)
        else:
            existing(self.locations, "External Location", name)
        return kind, name.lower()

    def rename(self, kind: str, old: str, new: str) -> None:
        """Let bindings and permissions follow a new name."""
        if (kind, old) in self.bindings:
            self.bindings[kind, new] = self.bindings.pop((kind, old))
        if (kind, old) in self.permissions:
            self.permissions[kind, new] = self.permissions.pop((kind, old))

    def forget(self, kind: str, name: str) -> None:
        """Remove the bindings and permissions of something."""
        self.bindings.pop((kind, name), None)
        self.permissions.pop((kind, name), None)


def new_id() -> str:
    """An id as Databricks makes them up."""
    return str(uuid.uuid4())


def _now() -> int:
    return int(time.time() * 1000)


def _lasting(info: Json) -> Json:
    return {key: value for key, value in info.items() if key not in _OF_THE_RUN}
