"""What a setup has in Databricks, as values: what is registered, made, configured and tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakehouse_iam.spark.cluster import ClusterSide


@dataclass(frozen=True)
class ProfileRegistration:
    """An instance profile that a workspace knows.

    Args:
        profile: its ARN.
        role: the ARN of the role in it.
        meta: whether it is a meta instance profile, for credential passthrough.
    """

    profile: str
    role: str
    meta: bool = False

    @property
    def request(self) -> dict[str, Any]:
        """The body of the request that registers it."""
        meta = {"is_meta_instance_profile": True} if self.meta else {}
        return {"instance_profile_arn": self.profile, "iam_role_arn": self.role} | meta


@dataclass(frozen=True)
class StorageCredential:
    """A storage credential.

    Args:
        name: its name.
        role: the ARN of the role that it names.
        read_only: whether nothing may be written through it.
        comment: a comment; empty for none.
        isolated: whether only workspaces that it is bound to may use it.
        workspaces: the ids of those.
        owner: who is to own it in the end; empty for whoever makes it.
    """

    name: str
    role: str
    read_only: bool
    comment: str
    isolated: bool
    workspaces: tuple[str, ...]
    owner: str

    @property
    def request(self) -> dict[str, Any]:
        """The body of the request that makes it; not validated, because the role need not exist yet."""
        body: dict[str, Any] = {
            "name": self.name,
            "aws_iam_role": {"role_arn": self.role},
            "read_only": self.read_only,
            "skip_validation": True,
        }
        return body | ({"comment": self.comment} if self.comment else {})


@dataclass(frozen=True)
class ExternalLocation:
    """An external location.

    Args:
        name: its name.
        url: the place.
        credential: the name of the storage credential.
        read_only: whether nothing may be written there.
        file_events: whether Databricks keeps notification queues for it.
        comment: a comment; empty for none.
    """

    name: str
    url: str
    credential: str
    read_only: bool
    file_events: bool
    comment: str

    @property
    def request(self) -> dict[str, Any]:
        """The body of the request that makes it."""
        body: dict[str, Any] = {
            "name": self.name,
            "url": self.url,
            "credential_name": self.credential,
            "read_only": self.read_only,
            "enable_file_events": self.file_events,
        }
        body |= {"file_event_queue": {"managed_sqs": {}}} if self.file_events else {}
        return body | ({"comment": self.comment} if self.comment else {})


@dataclass(frozen=True)
class DatabricksSide:
    """What a setup has in Databricks.

    Args:
        setup: the setup's name.
        host: the workspace; empty where the setup does not say.
        links: what the notebook tries, in order; see `verification`.
        profile: the instance profile that is registered.
        cluster: what clusters are configured with.
        credential: the storage credential.
        locations: the external locations.
    """

    setup: str
    host: str
    links: tuple[Mapping[str, Any], ...]
    profile: ProfileRegistration | None = None
    cluster: ClusterSide | None = None
    credential: StorageCredential | None = None
    locations: tuple[ExternalLocation, ...] = ()
