"""All that goes onto the clusters of a setup, together: instance profile, configuration, policy and mounts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lakehouse_iam.arns import BucketName, InstanceProfileArn, RoleArn
from lakehouse_iam.spark.cluster_policy import cluster_policy
from lakehouse_iam.spark.configuration import SparkConfiguration, as_text
from lakehouse_iam.spark.mount import mount_snippet, unmount_snippet

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Place:
    """What clusters use of one bucket, and how.

    Args:
        bucket: the bucket.
        folder: a folder in it, without slashes around it; empty for the whole bucket.
        role: the role to assume for it.
        acls: whether writers send ACLs.
        writes: whether clusters write there.
    """

    bucket: BucketName
    folder: str
    role: RoleArn
    acls: bool
    writes: bool

    @property
    def url(self) -> str:
        """The place as S3A has it."""
        return f"s3a://{self.bucket}/{self.folder}" if self.folder else f"s3a://{self.bucket}"


@dataclass(frozen=True)
class Mount:
    """A place at a mount point.

    Args:
        name: what stands behind `/mnt/`.
        place: what is mounted.
    """

    name: str
    place: Place

    @property
    def mount(self) -> str:
        """The notebook cell that mounts it."""
        place = self.place
        return mount_snippet(place.bucket, place.role, name=self.name, folder=place.folder, acls=place.acls)

    @property
    def unmount(self) -> str:
        """The notebook cell that unmounts it."""
        return unmount_snippet(name=self.name)


@dataclass(frozen=True)
class ClusterSide:
    """What the clusters of a setup need.

    Args:
        instance_profile: what they carry.
        configuration: their Spark configuration.
        places: what they use, by bucket and folder.
    """

    instance_profile: InstanceProfileArn
    configuration: SparkConfiguration
    places: tuple[Place, ...]

    @property
    def text(self) -> str:
        """The configuration as a cluster's page takes it."""
        return as_text(self.configuration)

    @property
    def policy(self) -> dict[str, Any]:
        """The cluster policy that pins both."""
        return cluster_policy(self.instance_profile, self.configuration)

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """A mount for each place, each with a name of its own."""
        return tuple(_mounts(self.places))


def _mounts(places: Iterable[Place]) -> Iterable[Mount]:
    taken: set[str] = set()
    for place in places:
        folder = _NOT_IN_NAMES.sub("-", place.folder).strip("-")
        name = first = f"{place.bucket}-{folder}" if folder else str(place.bucket)
        number = 1
        while name in taken:
            number += 1
            name = f"{first}-{number}"
        taken.add(name)
        yield Mount(name, place)
