"""From a setup of `saml-passthrough` or `instance-profile` to setups of Unity Catalog that give the same.

Roles by group become grants by group. One role of a storage credential in each account with buckets may do what any of the
groups may; what each group may do is granted on external locations, and, for a folder within a location, on an external volume,
because external locations may not overlap. Source: Databricks "Create an external location to connect cloud storage to
Databricks", "Create and manage volumes" and "Unity Catalog privileges and securable objects", from memory, to be
checked against the pages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lakehouse_iam.arns import AccountId
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.s3_url import S3Url
from lakehouse_iam.setups.buckets import Bucket
from lakehouse_iam.setups.instance_profile import InstanceProfileSetup
from lakehouse_iam.setups.loading import setups_from_text
from lakehouse_iam.setups.saml_passthrough import SamlPassthroughSetup
from lakehouse_iam.setups.setup import Setup
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup
from lakehouse_iam.setups.unity_catalog_groups import (
    Group,
    GroupComparison,
    LocationGrant,
    Place,
    compare_groups,
    groups_of,
    outermost,
)

GUIDE = "lakehouse-iam docs moving-to-unity-catalog"
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9]+")
_NAME_LENGTH = 40
_NO_HOST = "https://<workspace>"
_ANY_HOST = {
    "commercial": "https://any.cloud.databricks.com",
    "gov": "https://any.cloud.databricks.us",
    "gov-dod": "https://any.cloud.databricks.mil",
}


@dataclass(frozen=True)
class Migration:
    """What replaces a setup.

    Args:
        text: the setups, as a file.
        grants: what the groups are granted, as SQL.
        groups: each group before and after.
        notes: what has no counterpart or is to be done by hand, a sentence each.
    """

    text: str
    grants: str
    groups: tuple[GroupComparison, ...]
    notes: tuple[str, ...]


def from_setup(setup: Setup) -> Migration:
    """The setups of Unity Catalog that replace a setup.

    Raises:
        InvalidValue: a setup of another pattern, or a folder that Unity Catalog does not take.
    """
    if not isinstance(setup, SamlPassthroughSetup | InstanceProfileSetup):
        raise InvalidValue(
            f"the setup {setup.name} is of the pattern {setup.pattern}",
            allowed="allowed is a setup of saml-passthrough or instance-profile",
            next_step="a setup of Unity Catalog needs none to start from",
        )
    groups = groups_of(setup)
    accounts = [
        _Account(setup, owner, setup.owned_by(owner), _only(setup, owner, len(setup.owners) > 1), groups)
        for owner in setup.owners
    ]
    grants = [grant for account in accounts for grant in account.grants]
    text = _head(setup) + "---\n".join(account.text for account in accounts)
    # Where the old setup names no workspace, the new one is not right until somebody fills it in.
    whole = text.replace(_NO_HOST, _ANY_HOST[_shard_of(setup)])
    written = [found for found in setups_from_text(whole) if isinstance(found, UnityCatalogSetup)]
    return Migration(
        text=text,
        grants=_sql(grants, setup),
        groups=compare_groups(groups, written, grants),
        notes=tuple(_notes(setup)),
    )


def _shard_of(setup: SamlPassthroughSetup | InstanceProfileSetup) -> str:
    """The Databricks deployment of the workspace."""
    return setup.shard.name if isinstance(setup, InstanceProfileSetup) else setup.host.domain.shard


def _only(setup: Setup, owner: AccountId, is_one_of_several: bool) -> str:
    """The name of the new setup; with the account where there are several, and no longer than setups may be."""
    ending = f"-uc-{owner}" if is_one_of_several else "-uc"
    return setup.name[: _NAME_LENGTH - len(ending)].rstrip("-") + ending


# ---------------------------------------------------------------- one account


@dataclass(frozen=True)
class _Account:
    """The buckets of one account, and what becomes of them."""

    setup: SamlPassthroughSetup | InstanceProfileSetup
    account: AccountId
    buckets: Sequence[Bucket]
    name: str
    groups: Sequence[Group]

    @property
    def _reached(self) -> list[Place]:
        names = {bucket.name for bucket in self.buckets}
        return [place for group in self.groups for place in group.places if place.url.bucket in names]

    @property
    def locations(self) -> dict[str, Place]:
        """The external locations by name: the outermost places, written to where any group writes within."""
        reached = self._reached
        roots = outermost(Place(place.url, writes=False) for place in reached)
        found: dict[str, Place] = {}
        for root in roots:
            writes = any(place.writes and root.url.covers(place.url) for place in reached)
            name = _location_name(root.url)
            while name in found:
                name += "-2"
            # Read again, because Unity Catalog takes fewer characters than S3.
            found[name] = Place(S3Url.parse(str(root.url)), writes)
        return found

    @property
    def grants(self) -> list[LocationGrant]:
        """What each group is granted: its locations, and every volume in reach of it.

        Where a volume lies within a location, files there are used through the volume only, so a group that has the whole
        location needs the volume too.
        """
        names = {bucket.name for bucket in self.buckets}
        volumes = self.volumes
        found: list[LocationGrant] = []
        for group in self.groups:
            for place in group.places:
                for name, root in self.locations.items():
                    if place.url.bucket not in names or not root.url.covers(place.url):
                        continue
                    if place.url == root.url:
                        found.append(LocationGrant(group.name, name, place, is_volume=False))
                    found += (
                        LocationGrant(group.name, name, Place(volume, place.writes), is_volume=True)
                        for volume in volumes
                        if root.url.covers(volume) and place.url.covers(volume)
                    )
        return found

    @property
    def volumes(self) -> tuple[S3Url, ...]:
        """The folders within locations that a group has by themselves; of those within each other the outer ones."""
        roots = {place.url for place in self.locations.values()}
        nested = outermost(Place(place.url, writes=False) for place in self._reached if place.url not in roots)
        return tuple(place.url for place in nested)

    @property
    def text(self) -> str:
        """The setup of this account."""
        return "\n".join(line for line in self._lines() if line) + "\n"

    def _lines(self) -> Iterator[str]:
        setup = self.setup
        shard = _shard_of(setup)
        host = setup.host if isinstance(setup, InstanceProfileSetup) else str(setup.host)
        yield f"setup: {self.name}"
        yield "pattern: unity-catalog-aws"
        yield f"region: {setup.region}"
        yield f"partition: {setup.partition.name}" if setup.partition.name != "aws" else ""
        yield f"databricks_shard: {shard}" if shard != "commercial" else ""
        yield f"tags: {json.dumps(dict(setup.tags), ensure_ascii=False)}" if setup.tags else ""
        yield f"permissions_boundary: {json.dumps(setup.permissions_boundary)}" if setup.permissions_boundary else ""
        yield f'bucket_owner: {{account: "{self.account}", role: {self.name}}}'
        yield f"databricks: {{host: {json.dumps(host or _NO_HOST)}}}"
        yield f"storage_credential: {{name: {self.name}}}"
        yield "buckets:"
        for bucket in self.buckets:
            yield from self._bucket(bucket)
        yield "external_locations:"
        for name, place in self.locations.items():
            read_only = "" if place.writes else ", read_only: true"
            yield f"  - {{name: {name}, url: {json.dumps(str(place.url))}{read_only}}}"

    def _bucket(self, bucket: Bucket) -> Iterator[str]:
        roots = [place for place in self.locations.values() if place.url.bucket == bucket.name]
        folders = [str(place.url.folder) for place in roots if place.url.folder]
        yield f"  - name: {bucket.name}"
        yield f"    access: {'read-write' if any(place.writes for place in roots) else 'read-only'}"
        yield f"    prefixes: {json.dumps(folders, ensure_ascii=False)}" if folders else ""
        yield f"    kms_key: {bucket.key}" if bucket.key else ""


def _location_name(url: S3Url) -> str:
    return _NOT_IN_NAME.sub("-", f"{url.bucket}-{url.folder or ''}").strip("-")


def _head(setup: Setup) -> str:
    return (
        f"# Made from the setup {setup.name} of the pattern {setup.pattern}: the same buckets, folders and access through Unity\n"
        f"# Catalog. Roles by group become grants by group; what has no counterpart: {GUIDE}\n"
    )


# ---------------------------------------------------------------- grants


def _sql(grants: Iterable[LocationGrant], setup: Setup) -> str:
    unique = list(dict.fromkeys(grants))
    lines = [
        f"-- What replaces the roles of the setup {setup.name}: run it after lakehouse-iam connect has made the locations.",
        "-- A folder within a location is granted as an external volume, because external locations may not overlap:",
        "-- replace <catalog>.<schema> by a schema for it, on which the group needs USE CATALOG and USE SCHEMA.",
    ]
    made: set[str] = set()
    for grant in unique:
        url, who = grant.place.url, f"`{grant.group.replace('`', '``')}`"
        if not grant.is_volume:
            files = "READ FILES, WRITE FILES" if grant.place.writes else "READ FILES"
            lines.append(f"GRANT {files} ON EXTERNAL LOCATION `{grant.location}` TO {who};")
            continue
        volume = f"<catalog>.<schema>.{_location_name(url).replace('-', '_').lower()}"
        if volume not in made:
            made.add(volume)
            lines.append(f"CREATE EXTERNAL VOLUME {volume} LOCATION '{url}';")
        privileges = "READ VOLUME, WRITE VOLUME" if grant.place.writes else "READ VOLUME"
        lines.append(f"GRANT {privileges} ON VOLUME {volume} TO {who};")
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- what is left to people


def _notes(setup: SamlPassthroughSetup | InstanceProfileSetup) -> Iterator[str]:
    with_acls = [str(bucket.name) for bucket in setup.buckets if bucket.object_ownership.uses_acls]
    if with_acls:
        yield f"turn ACLs off first (Object Ownership: bucket owner enforced): {', '.join(with_acls)}"
    managed = [str(bucket.name) for bucket in setup.buckets if bucket.create]
    if managed:
        yield (
            f"the stacks of {setup.name} made and keep {', '.join(managed)}: deleting them keeps the buckets, and the new setup "
            "takes them as they are"
        )
    if isinstance(setup, InstanceProfileSetup):
        yield (
            f"everybody who may use a cluster with {setup.workspace.instance_profile.name} reaches the same: name the group or "
            "groups in the grants"
        )
        if not setup.host:
            yield "the setup names no workspace: fill in databricks.host"
        return
    if setup.session_tags or setup.source_identity:
        yield (
            "session tags and source identities have no counterpart: Unity Catalog acts as one role, and who did what is in its "
            "audit log"
        )
    if setup.meta_instance_profile:
        yield (
            "jobs and JDBC need no instance profile: they run as a user or a service principal with grants; "
            "lakehouse-iam disconnect takes the meta instance profile out afterwards"
        )
    yield (
        "groups come from the Databricks account, by SCIM, under the same names; the role attribute of assertions is no longer "
        "read"
    )
