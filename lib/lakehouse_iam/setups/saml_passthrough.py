"""A setup of the pattern `saml-passthrough`, typed and checked as a whole.

The schema has checked each value by itself; here are the rules that take two: an account listed once, a role with one meaning,
a bucket that several groups share, metadata that IAM will take.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any

from lakehouse_iam.arns import (
    AccountId,
    IamPath,
    InstanceProfileArn,
    InstanceProfileName,
    KeyArn,
    RoleArn,
    RoleName,
    SamlProviderArn,
    SamlProviderName,
)
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.hosts import AWS, WorkspaceHost
from lakehouse_iam.partitions import DATABRICKS_SHARDS, Partition
from lakehouse_iam.resources import AssertionEncryption
from lakehouse_iam.saml.databricks import SAML_PATH, SESSION_HOURS
from lakehouse_iam.saml.metadata import IdentityProviderMetadata, read_metadata
from lakehouse_iam.setups.buckets import Bucket, BucketPolicyMode, SetupWithBuckets, read_bucket, with_keys
from lakehouse_iam.setups.document import Document
from lakehouse_iam.setups.problems import Faults, Path
from lakehouse_iam.setups.setup import common_keys
from lakehouse_iam.setups.top_level import boundary_of, partition_of, shard_of

PATTERN = "saml-passthrough"
_NO_METADATA = IdentityProviderMetadata("", "", (), ())


@dataclass(frozen=True)
class GroupRole:
    """A role that the identity provider gives to the users of some groups.

    Args:
        arn: the role.
        groups: the groups, by name; one, unless several are given the same role.
        buckets: what they may use, by name.
    """

    arn: RoleArn
    groups: tuple[str, ...]
    buckets: tuple[Bucket, ...]


@dataclass(frozen=True)
class FederatedAccount:
    """One account with roles for groups.

    Args:
        account: the account.
        provider: the identity provider, as IAM names it there.
        metadata: what the identity provider says of itself.
        encryption: whether assertions must be encrypted.
        roles: the roles, by name.
    """

    account: AccountId
    provider: SamlProviderArn
    metadata: IdentityProviderMetadata
    encryption: AssertionEncryption | None
    roles: tuple[GroupRole, ...]


@dataclass(frozen=True)
class MetaInstanceProfile:
    """The instance profile that clusters with passthrough carry for jobs and JDBC."""

    role: RoleArn
    instance_profile: InstanceProfileArn
    cross_account_role: RoleName | None


@dataclass(frozen=True, kw_only=True)
class SamlPassthroughSetup(SetupWithBuckets):
    """An identity provider gives roles to groups of Databricks users.

    Args:
        saml_url: the workspace's SAML address, which the roles trust as audience.
        host: the workspace.
        session_hours: how long a session lasts at most.
        session_tags: the tags that assertions carry.
        source_identity: whether assertions carry a source identity.
        accounts: the accounts with roles, by id.
        meta_instance_profile: for jobs and JDBC, or `None`.
    """

    saml_url: str
    host: WorkspaceHost
    session_hours: int
    session_tags: tuple[str, ...]
    source_identity: bool
    accounts: tuple[FederatedAccount, ...]
    meta_instance_profile: MetaInstanceProfile | None

    @property
    def roles(self) -> tuple[GroupRole, ...]:
        """The roles of all accounts."""
        return tuple(role for account in self.accounts for role in account.roles)

    def with_keys(self, keys: Mapping[KeyArn, KeyArn]) -> SamlPassthroughSetup:
        """The same setup with other keys, in the buckets of every role."""
        accounts = tuple(
            replace(
                account,
                roles=tuple(replace(role, buckets=with_keys(role.buckets, keys)) for role in account.roles),
            )
            for account in self.accounts
        )
        return replace(self, buckets=with_keys(self.buckets, keys), accounts=accounts)

    def cautions_on(self, day: datetime) -> tuple[str, ...]:
        """The certificates that identity providers sign with and that are not valid on a day."""
        return tuple(
            f"the identity provider {account.provider} signs with a certificate that "
            + (
                f"expired on {certificate.not_after:%Y-%m-%d}"
                if certificate.not_after < day
                else f"is not valid before {certificate.not_before:%Y-%m-%d}"
            )
            + ": IAM does not look at this, and Databricks may; download the metadata again after the identity provider "
            "has a new one"
            for account in self.accounts
            for certificate in account.metadata.certificates
            if not certificate.not_before <= day <= certificate.not_after
        )


def read(document: Document) -> SamlPassthroughSetup:
    """The setup of a document that its schema has passed.

    Raises:
        SeveralFaults: every rule that the document breaks as a whole.
        SamlPackagesMissing: what reads metadata is not installed.
    """
    content, faults = document.content, Faults()
    partition = partition_of(content, faults)
    shard = shard_of(content, partition, faults)
    host = WorkspaceHost.parse(str(content["databricks"]["saml_url"])[: -len(SAML_PATH)], cloud=AWS)
    if host.domain.shard != shard.name:
        problem = InvalidValue(
            f"{host} is a workspace of the shard {host.domain.shard}",
            allowed=f"allowed here is a workspace of the shard {shard.name}",
            next_step=f"write databricks_shard: {host.domain.shard} and partition: "
            f"{DATABRICKS_SHARDS[host.domain.shard].partition}, or the address of another workspace",
        )
        faults.add(("databricks", "saml_url"), problem)
    accounts = tuple(_accounts(content, partition, FilePath(document.file).parent, faults))
    common = common_keys(_with_metadata(content, accounts), faults)
    boundary = boundary_of(content, partition, faults)
    buckets = _all_buckets(accounts, faults)
    meta_instance_profile = _meta_instance_profile(content, partition, accounts, faults)
    faults.raise_any()
    return SamlPassthroughSetup(
        **common,
        pattern=PATTERN,
        partition=partition,
        permissions_boundary=boundary,
        buckets=buckets,
        saml_url=str(content["databricks"]["saml_url"]),
        host=host,
        session_hours=int(content.get("session_hours", SESSION_HOURS)),
        session_tags=tuple(sorted(str(tag) for tag in content.get("session_tags", []))),
        source_identity=bool(content.get("source_identity", False)),
        accounts=tuple(sorted(accounts, key=lambda account: account.account.value)),
        meta_instance_profile=meta_instance_profile,
    )


def _with_metadata(content: dict[str, Any], accounts: tuple[FederatedAccount, ...]) -> dict[str, Any]:
    """The document with the metadata in the place of the names of files, so that it can be read again anywhere."""
    embedded = [
        {**entry, "identity_provider": {**entry["identity_provider"], "metadata": account.metadata.text}}
        for entry, account in zip(content["accounts"], accounts, strict=True)
    ]
    return {**content, "accounts": embedded}


# ---------------------------------------------------------------- accounts


def _accounts(
    content: dict[str, Any], partition: Partition, folder: FilePath, faults: Faults
) -> Iterator[FederatedAccount]:
    seen: set[AccountId] = set()
    for index, entry in enumerate(content["accounts"]):
        path: Path = ("accounts", index)
        account = AccountId.parse(entry["account"])
        if account in seen:
            problem = InvalidValue(
                f"the account {account} is listed twice", allowed="allowed is each account once, with all its roles"
            )
            faults.add((*path, "account"), problem)
        seen.add(account)
        given = entry["identity_provider"]
        encryption = given.get("assertion_encryption")
        yield FederatedAccount(
            account=account,
            provider=SamlProviderArn(partition.name, account, SamlProviderName.parse(given["name"])),
            metadata=_metadata(str(given["metadata"]), folder, (*path, "identity_provider", "metadata"), faults),
            encryption=AssertionEncryption[encryption.upper()] if encryption else None,
            roles=tuple(
                sorted(_roles(entry, path, account, content, partition, faults), key=lambda role: str(role.arn.name))
            ),
        )


def _metadata(given: str, folder: FilePath, path: Path, faults: Faults) -> IdentityProviderMetadata:
    """The metadata of a file, or the document itself where the setup holds it."""
    if given.lstrip().startswith("<"):
        return faults.read(path, lambda: read_metadata(given.encode()), _NO_METADATA)
    file = folder / given
    try:
        content = file.read_bytes()
    except OSError as error:
        problem = InvalidValue(
            f"the metadata {file} cannot be read: {error.strerror}",
            allowed="allowed is a file, found from the folder of the setup",
            next_step="download it from the identity provider's console",
        )
        faults.add(path, problem)
        return _NO_METADATA
    return faults.read(path, lambda: read_metadata(content), _NO_METADATA)


def _roles(
    entry: dict[str, Any], path: Path, account: AccountId, content: dict[str, Any], partition: Partition, faults: Faults
) -> list[GroupRole]:
    found: dict[str, GroupRole] = {}
    for index, given in enumerate(entry["roles"]):
        where: Path = (*path, "roles", index)
        role = GroupRole(
            arn=RoleArn(partition.name, account, RoleName.parse(given["name"]), IamPath.parse(given.get("path", "/"))),
            groups=(str(given["group"]),),
            buckets=tuple(
                sorted(
                    _buckets(given, where, account, content, partition, faults), key=lambda bucket: bucket.name.value
                )
            ),
        )
        known = found.get(str(role.arn.name).lower())
        found[str(role.arn.name).lower()] = _merged(known, role, where, faults) if known else role
    return list(found.values())


def _merged(first: GroupRole, second: GroupRole, path: Path, faults: Faults) -> GroupRole:
    """One role for two groups, which is fine as long as it means the same for both."""
    name, group = second.arn.name, second.groups[0]
    if first.arn != second.arn:
        problem = InvalidValue(
            f"the role {name} is listed twice, with different paths or cases",
            allowed="allowed is one role of the name in an account; IAM takes names that differ only in case for one",
        )
        faults.add((*path, "name"), problem)
    if group in first.groups:
        faults.add(
            (*path, "group"),
            InvalidValue(f"the role {name} is given to {group} twice", allowed="allowed is each group once"),
        )
    if first.buckets != second.buckets:
        problem = InvalidValue(
            f"the role {name} gives the group {first.groups[0]} other buckets than the group {group}",
            allowed="allowed is one role means the same for everybody who has it",
            next_step="give the groups roles of their own, or the same buckets",
        )
        faults.add((*path, "buckets"), problem)
    return replace(first, groups=tuple(sorted((*first.groups, group))))


# ---------------------------------------------------------------- buckets


def _buckets(
    role: dict[str, Any], path: Path, account: AccountId, content: dict[str, Any], partition: Partition, faults: Faults
) -> Iterator[Bucket]:
    seen: set[str] = set()
    for index, entry in enumerate(role["buckets"]):
        where: Path = (*path, "buckets", index)
        if entry["name"] in seen:
            problem = InvalidValue(
                f"the bucket {entry['name']} is listed twice for one role",
                allowed="allowed is each bucket once, with all its prefixes",
            )
            faults.add((*where, "name"), problem)
        seen.add(entry["name"])
        owner = AccountId.parse(entry["owner"]) if "owner" in entry else account
        if owner != account and entry.get("policy") == "none":
            problem = InvalidValue(
                f"the bucket {entry['name']} is in another account than the role, so its own policy must let the role in",
                allowed="where owner is another account, allowed are handoff (the default) and managed",
            )
            faults.add((*where, "policy"), problem)
        yield read_bucket(
            entry,
            where,
            owner=owner,
            policy=BucketPolicyMode.NONE if owner == account else BucketPolicyMode.HANDOFF,
            region=content["region"],
            partition=partition,
            faults=faults,
        )


def _all_buckets(accounts: tuple[FederatedAccount, ...], faults: Faults) -> tuple[Bucket, ...]:
    """Every bucket once. What is the bucket's own must be the same wherever it stands; what a group may do is not."""
    found: dict[str, Bucket] = {}
    for account in accounts:
        for role in account.roles:
            for bucket in role.buckets:
                known = found.setdefault(bucket.name.value, bucket)
                _same_bucket(known, bucket, faults)
    return tuple(found[name] for name in sorted(found))


_OWN_KEYS = ("owner", "create", "policy", "object_ownership", "key")


def _same_bucket(first: Bucket, second: Bucket, faults: Faults) -> None:
    for key in _OWN_KEYS:
        if getattr(first, key) != getattr(second, key):
            written = "kms_key" if key == "key" else key
            problem = InvalidValue(
                f"the bucket {first.name} is listed with two different values of {written}",
                allowed="allowed is the same owner, create, policy, object_ownership and kms_key wherever a bucket is listed; "
                "access and prefixes are each group's own",
                next_step=f"write {written} alike for every role that uses it",
            )
            faults.add(("accounts",), problem)


# ---------------------------------------------------------------- the meta instance profile


def _meta_instance_profile(
    content: dict[str, Any], partition: Partition, accounts: tuple[FederatedAccount, ...], faults: Faults
) -> MetaInstanceProfile | None:
    given = content.get("meta_instance_profile")
    if not given:
        return None
    account = AccountId.parse(given["account"])
    path = IamPath.parse(given.get("role_path", "/"))
    role = RoleArn(partition.name, account, RoleName.parse(given["role"]), path)
    taken = [str(known.arn.name) for federated in accounts if federated.account == account for known in federated.roles]
    if str(role.name).lower() in {name.lower() for name in taken}:
        problem = InvalidValue(
            f"the role {role.name} is also the role of a group",
            allowed="allowed is a role of its own: whoever may use the clusters could otherwise use the group's data",
        )
        faults.add(("meta_instance_profile", "role"), problem)
    named = given.get("cross_account_role")
    if named is not None and named.lower() == str(role.name).lower():
        problem = InvalidValue(
            f"the cross-account role {named!r} is the role that clusters carry",
            allowed="allowed are two roles, and IAM takes names that differ only in case for one",
            next_step="name the role that Databricks was given when the workspace was made",
        )
        faults.add(("meta_instance_profile", "cross_account_role"), problem)
    profile = InstanceProfileName.parse(given.get("instance_profile", given["role"]))
    return MetaInstanceProfile(
        role=role,
        instance_profile=InstanceProfileArn(partition.name, account, profile, path),
        cross_account_role=RoleName.parse(named) if named is not None else None,
    )
