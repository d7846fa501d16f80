"""Buckets as the setups of several patterns describe them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from typing import Any

from lakehouse_iam.arns import AccountId, BucketName, KeyArn, ObjectPrefix
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import Partition
from lakehouse_iam.roles.bucket_access import BucketAccess
from lakehouse_iam.setups.problems import Faults, Path
from lakehouse_iam.setups.setup import Setup
from lakehouse_iam.statements.kms import KeyGrant
from lakehouse_iam.statements.s3 import Access, ObjectOwnership


class BucketPolicyMode(Enum):
    """Who keeps the bucket's policy.

    `MANAGED`: this setup; whatever stood there before is replaced. `HANDOFF`: somebody else; the statements to merge
    are written out. `NONE`: nobody needs to; the role's own policy is enough within the owner's account.
    """

    MANAGED = "managed"
    HANDOFF = "handoff"
    NONE = "none"


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
    file_events: bool = False

    def grant(self, partition: Partition) -> BucketAccess:
        """The same in the words of the role documents."""
        key = self.key
        return BucketAccess(
            bucket_arn=self.name.arn(partition.name),
            access=self.access,
            prefixes=tuple(str(prefix) for prefix in self.prefixes),
            acls=self.object_ownership.uses_acls,
            key=KeyGrant(str(key), self.access, partition.via_service("s3", key.region)) if key else None,
            file_events=self.file_events,
        )


@dataclass(frozen=True, kw_only=True)
class SetupWithBuckets(Setup):
    """A setup that lists its buckets under `buckets`.

    Args:
        buckets: all of them, by name.
    """

    buckets: tuple[Bucket, ...]

    def owned_by(self, account: AccountId) -> tuple[Bucket, ...]:
        """The buckets of one account, by name."""
        return self._by_owner.get(account, ())

    @property
    def owners(self) -> tuple[AccountId, ...]:
        """The accounts that own buckets, by id."""
        return tuple(sorted(self._by_owner, key=lambda account: account.value))

    def with_keys(self, keys: Mapping[KeyArn, KeyArn]) -> SetupWithBuckets:
        """The same setup with other keys.

        Args:
            keys: the new key for each that the setup names.
        """
        return replace(self, buckets=with_keys(self.buckets, keys))

    @property
    def cautions(self) -> tuple[str, ...]:
        """That `policy: managed` replaces the policy of a bucket that exists, whoever wrote it."""
        replaced = [
            str(bucket.name)
            for bucket in self.buckets
            if not bucket.create and bucket.policy is BucketPolicyMode.MANAGED
        ]
        if not replaced:
            return ()
        several = len(replaced) > 1
        more = f" and {len(replaced) - 1} more" if several else ""
        return (
            f"the bucket {replaced[0]}{more} must exist already, and policy: managed replaces the whole policy that "
            f"{'they have' if several else 'it has'}: keep what others put there with policy: handoff; "
            f"aws s3api get-bucket-policy --bucket {replaced[0]} shows it",
        )

    @cached_property
    def _by_owner(self) -> dict[AccountId, tuple[Bucket, ...]]:
        found: dict[AccountId, list[Bucket]] = {}
        for bucket in self.buckets:
            found.setdefault(bucket.owner, []).append(bucket)
        return {account: tuple(owned) for account, owned in found.items()}


def with_keys(buckets: Iterable[Bucket], keys: Mapping[KeyArn, KeyArn]) -> tuple[Bucket, ...]:
    """The same buckets with other keys."""
    return tuple(replace(bucket, key=keys[bucket.key]) if bucket.key else bucket for bucket in buckets)


def each_bucket(content: dict[str, Any], faults: Faults) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The entries under `buckets`, each with its path; a bucket that stands twice is noted."""
    seen: dict[str, int] = {}
    for index, entry in enumerate(content["buckets"]):
        path: Path = ("buckets", index)
        name = str(entry["name"])
        if name in seen:
            problem = InvalidValue(
                f"the bucket {name} stands twice",
                allowed="each bucket once, with all its prefixes",
                next_step=f"it stands first as buckets[{seen[name]}]",
            )
            faults.add((*path, "name"), problem)
        seen.setdefault(name, index)
        yield path, entry


def read_bucket(
    entry: dict[str, Any],
    path: Path,
    *,
    owner: AccountId,
    policy: BucketPolicyMode,
    region: str,
    partition: Partition,
    faults: Faults,
) -> Bucket:
    """One entry under `buckets`.

    Noted are prefixes that contain each other, a hand-off to nobody, and a key that S3 cannot use there.

    Args:
        entry: what stands there.
        path: where.
        owner: the account that owns the bucket.
        policy: who keeps the policy of a bucket that exists, where the entry does not say.
        region: the setup's region.
        partition: the setup's partition.
        faults: where what is wrong is noted.
    """
    create = bool(entry.get("create", False))
    return Bucket(
        name=BucketName.parse(entry["name"]),
        owner=owner,
        access=Access(entry["access"]),
        prefixes=_prefixes(entry.get("prefixes", []), path, faults),
        create=create,
        policy=_policy_mode(entry, path, create, policy, faults),
        object_ownership=ObjectOwnership(entry.get("object_ownership", "bucket-owner-enforced")),
        key=read_key(entry, path, region, partition, faults),
    )


def _prefixes(entries: list[str], path: Path, faults: Faults) -> tuple[ObjectPrefix, ...]:
    prefixes: list[ObjectPrefix] = []
    for index, entry in enumerate(entries):
        prefix = ObjectPrefix.parse(entry)
        for other in prefixes:
            if prefix.covers(other) or other.covers(prefix):
                faults.add((*path, "prefixes", index), _overlap(other, prefix))
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


def _policy_mode(
    entry: dict[str, Any], path: Path, create: bool, otherwise: BucketPolicyMode, faults: Faults
) -> BucketPolicyMode:
    if create and entry.get("policy") == "handoff":
        problem = InvalidValue(
            "the bucket is created by this setup, so there is nobody to hand its policy to",
            allowed="where create is true, allowed are managed (the default) and none",
        )
        faults.add((*path, "policy"), problem)
    return BucketPolicyMode(entry["policy"]) if "policy" in entry else BucketPolicyMode.MANAGED if create else otherwise


def read_key(entry: dict[str, Any], path: Path, region: str, partition: Partition, faults: Faults) -> KeyArn | None:
    """The key under `kms_key` of an entry; noted is one that S3 cannot use for a bucket in the region."""
    if "kms_key" not in entry:
        return None
    key = KeyArn.parse(entry["kms_key"])
    if key.partition != partition.name:
        problem = InvalidValue(
            f"the key {key} is in the partition {key.partition}",
            allowed=f"allowed is a key in {partition.name}, like the bucket",
        )
        faults.add((*path, "kms_key"), problem)
    elif key.region != region:
        problem = InvalidValue(
            f"the key {key} is in the region {key.region}",
            allowed=f"allowed is a key in {region}; S3 encrypts with keys of the bucket's own region only",
        )
        faults.add((*path, "kms_key"), problem)
    return key
