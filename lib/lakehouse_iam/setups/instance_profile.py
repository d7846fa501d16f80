"""A setup of the pattern `instance-profile`, typed and checked as a whole.

The schema has checked each value by itself; here are the rules that take two: accounts that differ, keys in the
bucket's region, buckets that name an owner, folders that do not contain each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lakehouse_iam.arns import (
    AccountId,
    IamPath,
    InstanceProfileArn,
    InstanceProfileName,
    RoleArn,
    RoleName,
)
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import DatabricksShard, Partition
from lakehouse_iam.roles.instance_profile import TrustBy
from lakehouse_iam.setups.buckets import Bucket, BucketPolicyMode, SetupWithBuckets, each_bucket, read_bucket
from lakehouse_iam.setups.document import Document
from lakehouse_iam.setups.problems import Faults, Path
from lakehouse_iam.setups.setup import common_keys
from lakehouse_iam.setups.top_level import boundary_of, partition_of, shard_of

PATTERN = "instance-profile"


@dataclass(frozen=True)
class Workspace:
    """The side that clusters run on."""

    role: RoleArn
    instance_profile: InstanceProfileArn
    cross_account_role: RoleName | None
    serverless_workspace_ids: tuple[str, ...]


@dataclass(frozen=True)
class BucketOwner:
    """One account that owns buckets, with the role that clusters assume there."""

    role: RoleArn
    trust: TrustBy


@dataclass(frozen=True, kw_only=True)
class InstanceProfileSetup(SetupWithBuckets):
    """Clusters of one account use buckets of others through an instance profile and an assumed role."""

    shard: DatabricksShard
    workspace: Workspace
    bucket_owners: tuple[BucketOwner, ...]
    host: str

    def buckets_of(self, owner: BucketOwner) -> tuple[Bucket, ...]:
        """The buckets of one owner, by name."""
        return self.owned_by(owner.role.account)


def read(document: Document) -> InstanceProfileSetup:
    """The setup of a document that its schema has passed.

    Raises:
        SeveralFaults: every rule that the document breaks as a whole.
    """
    content = document.content
    faults = Faults()
    partition = partition_of(content, faults)
    shard = shard_of(content, partition, faults)
    workspace = _workspace(content["workspace"], partition, shard, faults)
    owners = tuple(_owners(content["bucket_owner"], partition, workspace, faults))
    buckets = tuple(sorted(_buckets(content, owners, partition, faults), key=lambda bucket: bucket.name.value))
    _no_idle_owner(buckets, content, faults)
    common = common_keys(content, faults)
    boundary = boundary_of(content, partition, faults)
    faults.raise_any()
    return InstanceProfileSetup(
        **common,
        pattern=PATTERN,
        partition=partition,
        permissions_boundary=boundary,
        shard=shard,
        workspace=workspace,
        bucket_owners=tuple(sorted(owners, key=lambda owner: owner.role.account.value)),
        buckets=buckets,
        host=str(content.get("databricks", {}).get("host", "")).rstrip("/"),
    )


def _workspace(content: dict[str, Any], partition: Partition, shard: DatabricksShard, faults: Faults) -> Workspace:
    account = AccountId.parse(content["account"])
    path = IamPath.parse(content.get("role_path", "/"))
    role = RoleArn(partition.name, account, RoleName.parse(content["role"]), path)
    profile = InstanceProfileName.parse(content.get("instance_profile", content["role"]))
    named = content.get("cross_account_role")
    if named is not None and named.lower() == role.name.value.lower():
        same = "has the same name as" if named == role.name.value else "differs only in case from"
        problem = InvalidValue(
            f"the cross-account role {named!r} {same} the role that clusters carry, {role.name.value!r}",
            allowed="two roles, and IAM takes names that differ only in case for one",
            next_step="name the role that Databricks was given when the workspace was made",
        )
        faults.add(("workspace", "cross_account_role"), problem)
    workspace_ids = tuple(sorted(content.get("serverless_workspace_ids", [])))
    if workspace_ids and shard.serverless_role is None:
        problem = InvalidValue(
            f"the role of serverless compute is not known for the shard {shard.name}",
            allowed="serverless_workspace_ids on the shard commercial",
            next_step="ask Databricks for its ARN; trusting a guessed account would let an outsider in",
        )
        faults.add(("workspace", "serverless_workspace_ids"), problem)
    return Workspace(
        role=role,
        instance_profile=InstanceProfileArn(partition.name, account, profile, path),
        cross_account_role=RoleName.parse(named) if named is not None else None,
        serverless_workspace_ids=workspace_ids,
    )


def _owners(content: Any, partition: Partition, workspace: Workspace, faults: Faults) -> Iterator[BucketOwner]:
    seen: set[AccountId] = set()
    for path, entry in _owner_entries(content):
        account = AccountId.parse(entry["account"])
        if account == workspace.role.account:
            problem = InvalidValue(
                f"{account} is the workspace's own account",
                allowed="the account of a bucket owner; this pattern is for buckets of other accounts",
                next_step="within one account the role that clusters carry can be given the bucket directly",
            )
            faults.add((*path, "account"), problem)
        if account in seen:
            problem = InvalidValue(
                f"the account {account} stands twice among the bucket owners",
                allowed="one entry, with one role, for each account",
                next_step="put all its buckets behind one role, or write a second setup",
            )
            faults.add((*path, "account"), problem)
        seen.add(account)
        role_path = IamPath.parse(entry.get("role_path", "/"))
        role = RoleArn(partition.name, account, RoleName.parse(entry["role"]), role_path)
        yield BucketOwner(role, TrustBy(entry.get("trust", "role")))


def _owner_entries(content: Any) -> Iterator[tuple[Path, Any]]:
    if isinstance(content, list):
        for index, entry in enumerate(content):
            yield ("bucket_owner", index), entry
    else:
        yield ("bucket_owner",), content


def _buckets(
    content: dict[str, Any], owners: tuple[BucketOwner, ...], partition: Partition, faults: Faults
) -> Iterator[Bucket]:
    accounts = {owner.role.account.value: owner.role.account for owner in owners}
    for path, entry in each_bucket(content, faults):
        yield read_bucket(
            entry,
            path,
            owner=_owner_of(entry, path, accounts, faults),
            policy=BucketPolicyMode.HANDOFF,
            region=content["region"],
            partition=partition,
            faults=faults,
        )


def _owner_of(entry: dict[str, Any], path: Path, accounts: dict[str, AccountId], faults: Faults) -> AccountId:
    first = next(iter(accounts.values()))
    if "owner" not in entry:
        if len(accounts) == 1:
            return first
        problem = InvalidValue(
            f"the bucket {entry['name']} does not say which account owns it",
            allowed=f"owner: with one of {', '.join(accounts)}",
        )
        faults.add(path, problem)
        return first
    owner = accounts.get(entry["owner"])
    if owner is None:
        problem = InvalidValue(
            f"the account {entry['owner']} is not among the bucket owners", allowed=f"allowed: {', '.join(accounts)}"
        )
        faults.add((*path, "owner"), problem)
    return owner or first


def _no_idle_owner(buckets: tuple[Bucket, ...], content: dict[str, Any], faults: Faults) -> None:
    owning = {bucket.owner.value for bucket in buckets}
    accounts = {entry["account"] for _, entry in _owner_entries(content["bucket_owner"])}
    if any(entry.get("owner") not in accounts for entry in content["buckets"]):
        # Whose that bucket is, is noted already; it may be the idle owner's.
        return
    for path, entry in _owner_entries(content["bucket_owner"]):
        if entry["account"] not in owning:
            problem = InvalidValue(
                f"the bucket owner {entry['account']} owns none of the buckets",
                allowed="at least one bucket for each owner",
                next_step="name it as the owner of a bucket, or leave it out",
            )
            faults.add(path, problem)
