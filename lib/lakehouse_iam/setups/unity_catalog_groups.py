"""What each group reaches: with a setup that Unity Catalog replaces, and with grants on what Unity Catalog makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lakehouse_iam.s3_url import S3Url
from lakehouse_iam.setups.buckets import Bucket
from lakehouse_iam.setups.instance_profile import InstanceProfileSetup
from lakehouse_iam.setups.saml_passthrough import SamlPassthroughSetup
from lakehouse_iam.setups.unity_catalog import ExternalLocation, UnityCatalogSetup
from lakehouse_iam.statements.s3 import Access


@dataclass(frozen=True)
class Place:
    """A bucket or a folder, and whether it is written to.

    Args:
        url: where.
        writes: whether objects are written and deleted too, not only read.
    """

    url: S3Url
    writes: bool

    @property
    def words(self) -> str:
        """How it is used, and where."""
        return f"{'read-write' if self.writes else 'read-only'} {self.url}"

    def covers(self, other: Place) -> bool:
        """Whether it allows all that the other one does."""
        return self.url.covers(other.url) and (self.writes or not other.writes)


@dataclass(frozen=True)
class Group:
    """A group with the places that it reaches.

    Args:
        name: its name.
        places: where it gets in; none of them lies within another that allows as much.
    """

    name: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class LocationGrant:
    """What a group is granted in Unity Catalog.

    Args:
        group: who.
        location: the name of the external location.
        place: what it may use: the whole location, or a folder of it through an external volume.
        is_volume: whether it is such a folder.
    """

    group: str
    location: str
    place: Place
    is_volume: bool


def groups_of(setup: SamlPassthroughSetup | InstanceProfileSetup) -> tuple[Group, ...]:
    """The groups of a setup, by name, with what they reach.

    With an instance profile everybody who may use a cluster with it reaches the same: they are one group, called after it.
    """
    if isinstance(setup, InstanceProfileSetup):
        name = f"users of {setup.workspace.instance_profile.name}"
        return (Group(name, outermost(places_of(setup.buckets))),)
    found: dict[str, list[Place]] = {}
    for role in setup.roles:
        for group in role.groups:
            found.setdefault(group, []).extend(places_of(role.buckets))
    return tuple(Group(name, outermost(found[name])) for name in sorted(found))


def places_of(buckets: Iterable[Bucket]) -> Iterator[Place]:
    """The places that buckets with their prefixes are."""
    for bucket in buckets:
        for prefix in bucket.prefixes or (None,):
            yield Place(S3Url(bucket.name, prefix), bucket.access is Access.READ_WRITE)


def outermost(places: Iterable[Place]) -> tuple[Place, ...]:
    """The places without those that lie within another one that allows as much, in order."""
    listed = sorted(set(places), key=lambda place: (str(place.url), place.writes))
    return tuple(place for place in listed if not any(other != place and other.covers(place) for other in listed))


# ---------------------------------------------------------------- the comparison


@dataclass(frozen=True)
class GroupComparison:
    """A group before and after.

    Args:
        group: its name.
        before: what it reached.
        after: what it reaches.
    """

    group: str
    before: tuple[Place, ...]
    after: tuple[Place, ...]

    @property
    def lost(self) -> tuple[Place, ...]:
        """What it reached and no longer does."""
        return tuple(place for place in self.before if not any(other.covers(place) for other in self.after))

    @property
    def gained(self) -> tuple[Place, ...]:
        """What it did not reach before."""
        return tuple(place for place in self.after if not any(other.covers(place) for other in self.before))

    @property
    def is_same(self) -> bool:
        """Whether it reaches the same and nothing more."""
        return not self.lost and not self.gained

    def to_json(self) -> dict[str, Any]:
        """The comparison for machines."""
        return {
            "group": self.group,
            "before": [place.words for place in self.before],
            "after": [place.words for place in self.after],
            "lost": [place.words for place in self.lost],
            "gained": [place.words for place in self.gained],
        }


def compare_groups(
    before: Sequence[Group], setups: Sequence[UnityCatalogSetup], grants: Sequence[LocationGrant]
) -> tuple[GroupComparison, ...]:
    """Each group before and after, from the setups and grants as they are written.

    Args:
        before: the groups with what they reached.
        setups: those of Unity Catalog.
        grants: what the groups are granted there.
    """
    locations = {location.name: (setup, location) for setup in setups for location in setup.external_locations}
    names = sorted({group.name for group in before} | {grant.group for grant in grants})
    old = {group.name: group.places for group in before}
    return tuple(
        GroupComparison(
            name,
            old.get(name, ()),
            outermost(
                place
                for grant in grants
                if grant.group == name and grant.location in locations
                for place in _reached(grant, *locations[grant.location])
            ),
        )
        for name in names
    )


def _reached(grant: LocationGrant, setup: UnityCatalogSetup, location: ExternalLocation) -> Iterator[Place]:
    """What a grant gives: no more than the location is, and no more than the role of the storage credential may do."""
    if not location.url.covers(grant.place.url):
        return
    bucket = next((one for one in setup.buckets if one.name == grant.place.url.bucket), None)
    if bucket is None or not any(place.url.covers(grant.place.url) for place in places_of([bucket])):
        return
    writes = grant.place.writes and not location.read_only and bucket.access is Access.READ_WRITE
    yield Place(grant.place.url, writes)
