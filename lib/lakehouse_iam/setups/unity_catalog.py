"""Setups of the patterns `unity-catalog-aws` and `unity-catalog-azure`, typed and checked as a whole.

The schema has checked each value by itself; here are the rules that take two: an address and a shard, a location and its
bucket, a bucket and the account of the role.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from lakehouse_iam.arns import AccountId, ExternalId, IamPath, ManagedPolicyArn, RoleArn, RoleName
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.hosts import AWS, AZURE, WorkspaceHost
from lakehouse_iam.partitions import DATABRICKS_SHARDS, DatabricksShard, Partition
from lakehouse_iam.roles.unity_catalog import require_file_events, with_file_events
from lakehouse_iam.s3_url import S3Url
from lakehouse_iam.setups.buckets import Bucket, BucketPolicyMode, SetupWithBuckets, each_bucket, read_bucket
from lakehouse_iam.setups.problems import Faults, Path
from lakehouse_iam.setups.setup import common_keys
from lakehouse_iam.setups.top_level import DEFAULT_SHARD, boundary_of, partition_of, shard_of
from lakehouse_iam.statements.s3 import Access

ON_AWS = "unity-catalog-aws"
FROM_AZURE = "unity-catalog-azure"


@dataclass(frozen=True)
class StorageCredential:
    """The storage credential in Unity Catalog.

    Args:
        name: its name.
        external_ids: those of every storage credential that shares the role; empty while none is known.
        isolated: whether only the workspaces it is bound to may use it.
        workspaces: the further workspaces that an isolated one is bound to.
        unity_catalog_role: the role that assumes the storage credential's role.
        comment: a comment, or empty.
        owner: who shall own it, or empty for whoever makes it.
    """

    name: str
    external_ids: tuple[str, ...]
    isolated: bool
    workspaces: tuple[str, ...]
    unity_catalog_role: RoleArn
    comment: str
    owner: str


@dataclass(frozen=True)
class ExternalLocation:
    """One external location."""

    name: str
    url: S3Url
    read_only: bool
    file_events: bool
    comment: str


@dataclass(frozen=True, kw_only=True)
class UnityCatalogSetup(SetupWithBuckets):
    """A Databricks workspace, on AWS or Azure, uses buckets through Unity Catalog."""

    shard: DatabricksShard
    role: RoleArn
    host: WorkspaceHost
    databricks_account: str
    storage_credential: StorageCredential
    external_locations: tuple[ExternalLocation, ...]

    @property
    def read_only(self) -> bool:
        """Whether nothing may be written anywhere, so that the storage credential itself is read-only."""
        return all(bucket.access is Access.READ_ONLY for bucket in self.buckets)

    @property
    def file_events(self) -> bool:
        """Whether Databricks keeps notification queues of its own in the account, for the buckets that have file events."""
        return any(bucket.file_events for bucket in self.buckets)

    @property
    def cautions(self) -> tuple[str, ...]:
        """Beside those of every pattern, that a listing of a folder shows the names of its neighbours."""
        with_folders = [bucket for bucket in self.buckets if bucket.prefixes]
        if not with_folders:
            return super().cautions
        folder = f"{with_folders[0].name}/{with_folders[0].prefixes[0]}"
        return (
            *super().cautions,
            f"Unity Catalog lists a folder by its bare name, and S3 then also shows the names of what begins alike: with "
            f"{folder} the role sees the names in {folder}-secret too, if there is such a folder, and cannot read what is in it: "
            "keep names that must stay hidden in another bucket",
        )

    @property
    def other_owners(self) -> tuple[AccountId, ...]:
        """The accounts that own buckets and are not the role's."""
        return tuple(account for account in self.owners if account != self.role.account)


def read_on_aws(content: dict[str, Any]) -> UnityCatalogSetup:
    """The setup of a document that the schema of `unity-catalog-aws` has passed.

    Raises:
        SeveralFaults: every rule that the document breaks as a whole.
    """
    faults = Faults()
    partition = partition_of(content, faults)
    shard = shard_of(content, partition, faults)
    host = WorkspaceHost.parse(content["databricks"]["host"], cloud=AWS)
    if host.domain.shard != content.get("databricks_shard", DEFAULT_SHARD):
        problem = InvalidValue(
            f"{host} is a workspace of the shard {host.domain.shard}",
            allowed=f"allowed here is a workspace of the shard {content.get('databricks_shard', DEFAULT_SHARD)}",
            next_step=f"write databricks_shard: {host.domain.shard} and partition: "
            f"{DATABRICKS_SHARDS[host.domain.shard].partition}, or the address of another workspace",
        )
        faults.add(("databricks", "host"), problem)
    return _read(content, ON_AWS, partition, shard, host, faults)


def read_from_azure(content: dict[str, Any]) -> UnityCatalogSetup:
    """The setup of a document that the schema of `unity-catalog-azure` has passed.

    Raises:
        SeveralFaults: every rule that the document breaks as a whole.
    """
    faults = Faults()
    partition = partition_of(content, faults)
    shard = DATABRICKS_SHARDS[DEFAULT_SHARD]
    if partition.name != shard.partition:
        problem = InvalidValue(
            f"Azure Databricks is not known to reach buckets in the partition {partition.name}",
            allowed=f"allowed is the partition {shard.partition}: the role it acts through is there, and no role can be "
            "assumed across partitions",
        )
        faults.add(("partition",) if "partition" in content else ("region",), problem)
    host = WorkspaceHost.parse(content["databricks"]["host"], cloud=AZURE)
    return _read(content, FROM_AZURE, partition, shard, host, faults)


def _read(
    content: dict[str, Any],
    pattern: str,
    partition: Partition,
    shard: DatabricksShard,
    host: WorkspaceHost,
    faults: Faults,
) -> UnityCatalogSetup:
    owner = content["bucket_owner"]
    account = AccountId.parse(owner["account"])
    role_path = IamPath.parse(owner.get("role_path", "/"))
    buckets = tuple(sorted(_buckets(content, account, partition, faults), key=lambda bucket: bucket.name.value))
    common = common_keys(content, faults)
    boundary = _boundary(content, partition, account, faults)
    storage_credential = _storage_credential(content["storage_credential"], partition, shard, faults)
    _check_file_events(content, buckets, account, partition, faults)
    external_locations = tuple(_external_locations(content, buckets, faults))
    faults.raise_any()
    return UnityCatalogSetup(
        **common,
        pattern=pattern,
        partition=partition,
        permissions_boundary=boundary,
        shard=shard,
        role=RoleArn(partition.name, account, RoleName.parse(owner["role"]), role_path),
        host=host,
        databricks_account=str(content["databricks"].get("account_id", "")),
        storage_credential=storage_credential,
        buckets=buckets,
        external_locations=external_locations,
    )


def _boundary(content: dict[str, Any], partition: Partition, account: AccountId, faults: Faults) -> str:
    """The permissions boundary; its whole ARN is welcome too, since only one account gets a role."""
    text = str(content.get("permissions_boundary", ""))
    if text.startswith(f"arn:{partition.name}:iam::{account}:"):
        faults.read(("permissions_boundary",), lambda: ManagedPolicyArn.parse(text), None)
        return text
    return boundary_of(content, partition, faults)


def _storage_credential(
    content: dict[str, Any], partition: Partition, shard: DatabricksShard, faults: Faults
) -> StorageCredential:
    isolated = content.get("isolation", "open") == "isolated"
    workspaces = tuple(sorted(str(workspace) for workspace in content.get("workspaces", [])))
    if workspaces and not isolated:
        problem = InvalidValue(
            "the storage credential is open to every workspace of the metastore, so binding it to some changes nothing",
            allowed="workspaces together with isolation: isolated",
            next_step="write isolation: isolated, or leave workspaces out",
        )
        faults.add(("storage_credential", "workspaces"), problem)
    given = content.get("external_id")
    external_ids = {*([given] if given is not None else []), *content.get("external_ids", [])}
    return StorageCredential(
        name=str(content["name"]),
        external_ids=tuple(sorted(str(ExternalId.parse(external_id)) for external_id in external_ids)),
        isolated=isolated,
        workspaces=workspaces,
        unity_catalog_role=_unity_catalog_role(content, partition, shard, faults),
        comment=str(content.get("comment", "")),
        owner=str(content.get("owner", "")),
    )


def _unity_catalog_role(
    content: dict[str, Any], partition: Partition, shard: DatabricksShard, faults: Faults
) -> RoleArn:
    role = RoleArn.parse(content.get("unity_catalog_iam_arn", shard.unity_catalog_role))
    if "unity_catalog_iam_arn" in content and role.partition != partition.name:
        problem = InvalidValue(
            f"the role {role} is in the partition {role.partition}",
            allowed=f"allowed is a role in {partition.name}; no role can be assumed across partitions",
            next_step="take it from the storage credential's response, or leave the key out",
        )
        faults.add(("storage_credential", "unity_catalog_iam_arn"), problem)
    return role


def _buckets(content: dict[str, Any], account: AccountId, partition: Partition, faults: Faults) -> Iterator[Bucket]:
    for path, entry in each_bucket(content, faults):
        owner = AccountId.parse(entry["owner"]) if "owner" in entry else account
        if owner != account and entry.get("policy") == "none":
            problem = InvalidValue(
                f"the bucket {entry['name']} is in another account than the role, so its own policy must let the role in",
                allowed="where owner is another account, allowed are handoff (the default) and managed",
            )
            faults.add((*path, "policy"), problem)
        bucket = read_bucket(
            entry,
            path,
            owner=owner,
            policy=BucketPolicyMode.NONE if owner == account else BucketPolicyMode.HANDOFF,
            region=content["region"],
            partition=partition,
            faults=faults,
        )
        yield replace(bucket, file_events=_file_events(entry, path, bucket, _manages_file_events(content), faults))


def _manages_file_events(content: dict[str, Any]) -> bool:
    return bool(content.get("file_events", "none") == "managed")


def _file_events(entry: dict[str, Any], path: Path, bucket: Bucket, managed: bool, faults: Faults) -> bool:
    asked = {"managed": True, "none": False}.get(entry.get("file_events", ""))
    if asked and not managed:
        problem = InvalidValue(
            f"the bucket {bucket.name} asks for file events, and the setup manages none",
            allowed="file_events: managed on a bucket where the setup says file_events: managed too",
            next_step="write file_events: managed at the top of the setup, or leave it out here",
        )
        faults.add((*path, "file_events"), problem)
        return False
    return with_file_events(bucket.access, asked, managed=managed)


def _check_file_events(
    content: dict[str, Any], buckets: tuple[Bucket, ...], account: AccountId, partition: Partition, faults: Faults
) -> None:
    if not _manages_file_events(content):
        return
    elsewhere = [bucket for bucket in buckets if bucket.owner != account and bucket.file_events]
    if elsewhere:
        problem = InvalidValue(
            f"the bucket {elsewhere[0].name} is in another account than the role",
            allowed="managed file events for buckets of the role's own account; nothing is documented for others",
            next_step="write file_events: none on the bucket or for the setup",
        )
        faults.add(("file_events",), problem)
    grants = [bucket.grant(partition) for bucket in buckets]
    faults.read(("file_events",), lambda: require_file_events(grants), None)


# ---------------------------------------------------------------- external locations


def _external_locations(
    content: dict[str, Any], buckets: tuple[Bucket, ...], faults: Faults
) -> Iterator[ExternalLocation]:
    seen: list[ExternalLocation] = []
    for index, entry in enumerate(content.get("external_locations", [])):
        path: Path = ("external_locations", index)
        url = S3Url.parse(entry["url"])
        bucket = _bucket_at(url, buckets, path, faults)
        location = ExternalLocation(
            name=str(entry["name"]),
            url=url,
            read_only=_read_only(entry, bucket, path, faults),
            file_events=bucket is not None and bucket.file_events,
            comment=str(entry.get("comment", "")),
        )
        for other in seen:
            _apart(other, location, path, faults)
        seen.append(location)
        yield location


def _bucket_at(url: S3Url, buckets: tuple[Bucket, ...], path: Path, faults: Faults) -> Bucket | None:
    bucket = next((bucket for bucket in buckets if bucket.name == url.bucket), None)
    if bucket is None:
        problem = InvalidValue(
            f"the bucket {url.bucket} is not among the buckets of this setup",
            allowed=f"allowed: {', '.join(str(bucket.name) for bucket in buckets)}",
            next_step="add it to buckets, or correct the URL",
        )
        faults.add((*path, "url"), problem)
        return None
    folders = [S3Url(bucket.name, prefix) for prefix in bucket.prefixes]
    if folders and not any(folder.covers(url) for folder in folders):
        problem = InvalidValue(
            f"{url} is outside the prefixes of the bucket {bucket.name}",
            allowed=f"allowed are {', '.join(map(str, folders))} and what is below",
            next_step="add the folder to the bucket's prefixes, or correct the URL",
        )
        faults.add((*path, "url"), problem)
    return bucket


def _read_only(entry: dict[str, Any], bucket: Bucket | None, path: Path, faults: Faults) -> bool:
    only_reads = bucket is not None and bucket.access is Access.READ_ONLY
    read_only = bool(entry.get("read_only", only_reads))
    if bucket is not None and only_reads and not read_only:
        problem = InvalidValue(
            f"the location is to be written to, and the access to the bucket {bucket.name} is read-only",
            allowed="allowed is read_only: true; Unity Catalog would try to write a file there, and fail",
            next_step="leave read_only out",
        )
        faults.add((*path, "read_only"), problem)
    return read_only


def _apart(first: ExternalLocation, second: ExternalLocation, path: Path, faults: Faults) -> None:
    if first.name == second.name:
        problem = InvalidValue(f"the name {second.name!r} stands twice", allowed="each external location's name once")
        faults.add((*path, "name"), problem)
    if first.url == second.url:
        problem = InvalidValue(f"{second.url} stands twice", allowed="one external location for each place")
        faults.add((*path, "url"), problem)
    elif first.url.covers(second.url) or second.url.covers(first.url):
        outer, inner = sorted((first, second), key=lambda location: len(str(location.url)))
        problem = InvalidValue(
            f"{outer.url} ({outer.name}) contains {inner.url} ({inner.name})",
            allowed="places that do not contain each other; Unity Catalog refuses the second",
            next_step="keep one of the two",
        )
        faults.add((*path, "url"), problem)
