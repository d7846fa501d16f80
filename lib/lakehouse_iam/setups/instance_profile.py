"""A setup of the pattern `instance-profile`, typed and checked as a whole.

The schema has checked each value by itself; here are the rules that take two: accounts that differ, keys in the
bucket's region, buckets that name an owner, folders that do not contain each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from lakehouse_iam.arns import (
    AccountId,
    BucketName,
    IamPath,
    InstanceProfileArn,
    InstanceProfileName,
    KeyArn,
    ManagedPolicyArn,
    ObjectPrefix,
    RoleArn,
    RoleName,
)
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import DatabricksShard, Partition, partition_named, partition_of_region, shard_in
from lakehouse_iam.policy import MANAGED_POLICIES_PER_ROLE, TRUST_POLICY_SIZE
from lakehouse_iam.roles.instance_profile import BucketAccess, TrustBy
from lakehouse_iam.setups.problems import Fault, Path
from lakehouse_iam.statements.kms import KeyGrant
from lakehouse_iam.statements.s3 import Access, ObjectOwnership

# The tag that every resource carries: which setup made it.
SETUP_TAG = "lakehouse-iam:setup"


class BucketPolicyMode(Enum):
    """Who keeps the bucket's policy.

    `MANAGED`: this setup; whatever stood there before is replaced. `HANDOFF`: somebody else; the statements to merge
    are written out. `NONE`: nobody needs to; the role's own policy is enough within the owner's account.
    """

    MANAGED = "managed"
    HANDOFF = "handoff"
    NONE = "none"


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


@dataclass(frozen=True)
class Bucket:
    """One bucket and what may be done with it."""

    name: BucketName
    owner: AccountId
    access: Access
    prefixes: tuple[ObjectPrefix, ...]
    create: bool
    policy: BucketPolicyMode
    object_ownership: ObjectOwnership
    key: KeyArn | None

    def grant(self, partition: Partition) -> BucketAccess:
        """The same in the words of the role documents."""
        key = self.key
        return BucketAccess(
            bucket_arn=self.name.arn(partition.name),
            access=self.access,
            prefixes=tuple(str(prefix) for prefix in self.prefixes),
            acls=self.object_ownership.uses_acls,
            key=KeyGrant(str(key), self.access, partition.via_service("s3", key.region)) if key else None,
        )


@dataclass(frozen=True)
class InstanceProfileSetup:
    """Clusters of one account use buckets of others through an instance profile and an assumed role."""

    name: str
    region: str
    partition: Partition
    shard: DatabricksShard
    tags: tuple[tuple[str, str], ...]
    permissions_boundary: str
    managed_policies_per_role: int
    trust_policy_size: int
    workspace: Workspace
    bucket_owners: tuple[BucketOwner, ...]
    buckets: tuple[Bucket, ...]
    host: str

    pattern = "instance-profile"

    def buckets_of(self, owner: BucketOwner) -> tuple[Bucket, ...]:
        """The buckets of one owner, by name."""
        return tuple(bucket for bucket in self.buckets if bucket.owner == owner.role.account)

    def boundary_in(self, account: AccountId) -> ManagedPolicyArn | None:
        """The permissions boundary of roles in an account, if the setup asks for one."""
        if not self.permissions_boundary:
            return None
        if self.permissions_boundary.startswith("arn:"):
            return ManagedPolicyArn.parse(self.permissions_boundary)
        return ManagedPolicyArn(self.partition.name, str(account), self.permissions_boundary)


def build(content: dict[str, Any]) -> InstanceProfileSetup:
    """The setup of a document that its schema has passed.

    Raises:
        Fault: the first rule that the document breaks as a whole.
    """
    partition = _partition(content)
    named = next((key for key in ("databricks_shard", "partition") if key in content), "region")
    shard = _checked((named,), lambda: shard_in(partition, content.get("databricks_shard", "commercial")))
    workspace = _workspace(content["workspace"], partition, shard)
    owners = tuple(_owners(content["bucket_owner"], partition, workspace))
    buckets = tuple(sorted(_buckets(content, owners, partition), key=lambda bucket: bucket.name.value))
    _no_idle_owner(owners, buckets, content)
    quotas = content.get("quotas", {})
    return InstanceProfileSetup(
        name=str(content["setup"]),
        region=str(content["region"]),
        partition=partition,
        shard=shard,
        tags=_tags(content),
        permissions_boundary=_boundary(content, partition),
        managed_policies_per_role=int(quotas.get("managed_policies_per_role", MANAGED_POLICIES_PER_ROLE)),
        trust_policy_size=int(quotas.get("trust_policy_size", TRUST_POLICY_SIZE)),
        workspace=workspace,
        bucket_owners=tuple(sorted(owners, key=lambda owner: owner.role.account.value)),
        buckets=buckets,
        host=str(content.get("databricks", {}).get("host", "")).rstrip("/"),
    )


def _checked(path: Path, read: Any) -> Any:
    try:
        return read()
    except InvalidValue as problem:
        raise Fault(path, problem) from problem


def _partition(content: dict[str, Any]) -> Partition:
    partition = partition_named(content.get("partition", "aws"))
    actual = partition_of_region(content["region"])
    if actual != partition:
        problem = InvalidValue(
            f"the region {content['region']} is not in the partition {partition.name}",
            allowed=f"its partition is {actual.name}",
            next_step=f"write partition: {actual.name}, or another region",
        )
        raise Fault(("partition",) if "partition" in content else ("region",), problem)
    return partition


def _tags(content: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    seen: dict[str, str] = {}
    for key, value in content.get("tags", {}).items():
        name = str(key)
        path: Path = ("tags", key)
        for text in (name, str(value)):
            odd = "".join(
                sorted({char for char in text if not (char.isalnum() or char.isspace() or char in "_.:/=+-@")})
            )
            if odd:
                problem = InvalidValue(
                    f"the tag {name!r} contains {odd!r}",
                    allowed="allowed are letters, digits, spaces and _.:/=+-@",
                )
                raise Fault(path, problem)
        if name.lower() == SETUP_TAG:
            problem = InvalidValue(f"the tag {name!r} is this library's own", allowed="any other name")
            raise Fault(path, problem)
        if name.lower() in seen:
            problem = InvalidValue(
                f"the tags {seen[name.lower()]!r} and {name!r} differ only in case",
                allowed="each name once; IAM takes names that differ only in case for one",
            )
            raise Fault(path, problem)
        seen[name.lower()] = name
    return tuple(sorted((str(key), str(value)) for key, value in content.get("tags", {}).items()))


def _boundary(content: dict[str, Any], partition: Partition) -> str:
    text = str(content.get("permissions_boundary", ""))
    if not text.startswith("arn:"):
        if text:
            _checked(("permissions_boundary",), lambda: ManagedPolicyArn.parse_name(text))
        return text
    boundary = _checked(("permissions_boundary",), lambda: ManagedPolicyArn.parse(text))
    if boundary.account != "aws":
        problem = InvalidValue(
            f"{text!r} belongs to one account, and this setup makes roles in several",
            allowed="allowed is the name of a managed policy that each of the accounts has",
            next_step=f"write {boundary.name!r}",
        )
        raise Fault(("permissions_boundary",), problem)
    if boundary.partition != partition.name:
        problem = InvalidValue(
            f"{text!r} is in the partition {boundary.partition}",
            allowed=f"allowed is a managed policy of {partition.name}",
            next_step=f"write {str(replace(boundary, partition=partition.name))!r}",
        )
        raise Fault(("permissions_boundary",), problem)
    return text


def _workspace(content: dict[str, Any], partition: Partition, shard: DatabricksShard) -> Workspace:
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
        raise Fault(("workspace", "cross_account_role"), problem)
    workspace_ids = tuple(sorted(content.get("serverless_workspace_ids", [])))
    if workspace_ids and shard.serverless_role is None:
        problem = InvalidValue(
            f"the role of serverless compute is not known for the shard {shard.name}",
            allowed="serverless_workspace_ids on the shard commercial",
            next_step="ask Databricks for its ARN; trusting a guessed account would let a stranger in",
        )
        raise Fault(("workspace", "serverless_workspace_ids"), problem)
    return Workspace(
        role=role,
        instance_profile=InstanceProfileArn(partition.name, account, profile, path),
        cross_account_role=RoleName.parse(named) if named is not None else None,
        serverless_workspace_ids=workspace_ids,
    )


def _owners(content: Any, partition: Partition, workspace: Workspace) -> Iterator[BucketOwner]:
    seen: set[AccountId] = set()
    for path, entry in _owner_entries(content):
        account = AccountId.parse(entry["account"])
        if account == workspace.role.account:
            problem = InvalidValue(
                f"{account} is the workspace's own account",
                allowed="the account of a bucket owner; this pattern is for buckets of other accounts",
                next_step="within one account the role that clusters carry can be given the bucket directly",
            )
            raise Fault((*path, "account"), problem)
        if account in seen:
            problem = InvalidValue(
                f"the account {account} stands twice among the bucket owners",
                allowed="one entry, with one role, for each account",
                next_step="put all its buckets behind one role, or write a second setup",
            )
            raise Fault((*path, "account"), problem)
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


def _buckets(content: dict[str, Any], owners: tuple[BucketOwner, ...], partition: Partition) -> Iterator[Bucket]:
    seen: dict[str, int] = {}
    for index, entry in enumerate(content["buckets"]):
        path: Path = ("buckets", index)
        name = BucketName.parse(entry["name"])
        if name.value in seen:
            problem = InvalidValue(
                f"the bucket {name} stands twice",
                allowed="each bucket once, with all its prefixes",
                next_step=f"it stands first as buckets[{seen[name.value]}]",
            )
            raise Fault((*path, "name"), problem)
        seen[name.value] = index
        create = bool(entry.get("create", False))
        yield Bucket(
            name=name,
            owner=_owner_of(entry, path, owners),
            access=Access(entry["access"]),
            prefixes=_prefixes(entry.get("prefixes", []), path),
            create=create,
            policy=_policy_mode(entry, path, create),
            object_ownership=ObjectOwnership(entry.get("object_ownership", "bucket-owner-enforced")),
            key=_key(entry, path, content["region"], partition),
        )


def _owner_of(entry: dict[str, Any], path: Path, owners: tuple[BucketOwner, ...]) -> AccountId:
    accounts = [owner.role.account for owner in owners]
    if "owner" not in entry:
        if len(accounts) == 1:
            return accounts[0]
        problem = InvalidValue(
            f"the bucket {entry['name']} does not say which account owns it",
            allowed=f"owner: with one of {', '.join(account.value for account in accounts)}",
        )
        raise Fault(path, problem)
    owner = AccountId.parse(entry["owner"])
    if owner not in accounts:
        problem = InvalidValue(
            f"the account {owner} is not among the bucket owners",
            allowed=f"allowed: {', '.join(account.value for account in accounts)}",
        )
        raise Fault((*path, "owner"), problem)
    return owner


def _prefixes(entries: list[str], path: Path) -> tuple[ObjectPrefix, ...]:
    prefixes: list[ObjectPrefix] = []
    for index, entry in enumerate(entries):
        prefix = ObjectPrefix.parse(entry)
        for other in prefixes:
            if prefix.covers(other) or other.covers(prefix):
                raise Fault((*path, "prefixes", index), _overlap(other, prefix))
        prefixes.append(prefix)
    return tuple(sorted(prefixes, key=lambda prefix: prefix.value))


def _overlap(first: ObjectPrefix, second: ObjectPrefix) -> InvalidValue:
    if first == second:
        return InvalidValue(f"the prefix {second.value!r} stands twice", allowed="each folder once")
    outer, inner = sorted((first.value, second.value), key=len)
    return InvalidValue(
        f"the prefix {outer!r} covers {inner!r} already",
        allowed="folders that do not contain each other",
        next_step=f"keep {outer!r} to give all of it, or {inner!r} to give less",
    )


def _policy_mode(entry: dict[str, Any], path: Path, create: bool) -> BucketPolicyMode:
    if create and entry.get("policy") == "handoff":
        problem = InvalidValue(
            "the bucket is created by this setup, so there is nobody to hand its policy to",
            allowed="where create is true, allowed are managed (the default) and none",
        )
        raise Fault((*path, "policy"), problem)
    return BucketPolicyMode(entry.get("policy", "managed" if create else "handoff"))


def _key(entry: dict[str, Any], path: Path, region: str, partition: Partition) -> KeyArn | None:
    if "kms_key" not in entry:
        return None
    key = KeyArn.parse(entry["kms_key"])
    if key.partition != partition.name:
        problem = InvalidValue(
            f"the key {key} is in the partition {key.partition}",
            allowed=f"allowed is a key in {partition.name}, like the bucket",
        )
        raise Fault((*path, "kms_key"), problem)
    if key.region != region:
        problem = InvalidValue(
            f"the key {key} is in the region {key.region}",
            allowed=f"allowed is a key in {region}; S3 encrypts with keys of the bucket's own region only",
        )
        raise Fault((*path, "kms_key"), problem)
    return key


def _no_idle_owner(owners: tuple[BucketOwner, ...], buckets: tuple[Bucket, ...], content: dict[str, Any]) -> None:
    for path, entry in _owner_entries(content["bucket_owner"]):
        if all(bucket.owner.value != entry["account"] for bucket in buckets):
            problem = InvalidValue(
                f"the bucket owner {entry['account']} owns none of the buckets",
                allowed="at least one bucket for each owner",
                next_step="name it as the owner of a bucket, or leave it out",
            )
            raise Fault(path, problem)
