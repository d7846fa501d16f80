"""Diseases of buckets as such: gone, elsewhere, with ACLs, encrypted with another key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lakehouse_iam.arns.arn import account_of
from lakehouse_iam.doctor.finding import Change
from lakehouse_iam.rehearsal.diseases.healthy import Healthy
from lakehouse_iam.rehearsal.diseases.injection import Changes, Inject, Injection

_ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"


def _each(*steps: str, value: Any) -> Inject:
    """Each bucket of the setup, with a value in some place of it."""

    def inject(healthy: Healthy) -> Iterator[Changes]:
        for account, name in healthy.buckets:
            yield (Change(account, ("buckets", name, *steps), value),)

    return inject


def _owned(ownership: str, *, by_acls: bool) -> Inject:
    """Each bucket whose objects are to have ACLs, or each whose are not, under another rule of ownership."""

    def inject(healthy: Healthy) -> Iterator[Changes]:
        for bucket in healthy.expected.buckets.values():
            if bucket.uses_acls is by_acls and bucket.name in healthy.objects(bucket.account, "buckets"):
                yield (Change(bucket.account, ("buckets", bucket.name, "ownership"), ownership),)

    return inject


def _granted(healthy: Healthy) -> Iterator[Changes]:
    for account, name in healthy.buckets:
        yield (
            Change(account, ("buckets", name, "ownership"), "ObjectWriter"),
            Change(account, ("buckets", name, "acl_grantees"), [_ALL_USERS]),
        )


def _with_key_of_aws(healthy: Healthy) -> Iterator[Changes]:
    """AWS's own key, which its account cannot share: each bucket that a role of another account reads."""
    for account, name in healthy.buckets:
        objects = f"arn:{healthy.plan.partition}:s3:::{name}/"
        readers = [
            account_of(allowed.role)
            for allowed in healthy.allowed("s3:GetObject")
            if any(one.startswith(objects) for one in allowed.resources)
        ]
        if any(reader != account for reader in readers):
            yield (_encrypted(account, name, None),)


def _with_other_key(healthy: Healthy) -> Iterator[Changes]:
    """A key that no statement names."""
    plan = healthy.plan
    for account, name in healthy.buckets:
        key = f"arn:{plan.partition}:kms:{plan.source.region}:{account}:key/{_KEY_ID}"
        yield _made(healthy, account, key), _encrypted(account, name, key)


def _encrypted(account: str, bucket: str, key: str | None) -> Change:
    encryption = {"algorithm": "aws:kms", "key": key, "bucket_key": False}
    return Change(account, ("buckets", bucket, "encryption"), encryption)


def _made(healthy: Healthy, account: str, key: str) -> Change:
    """A key that only its own account's IAM opens."""
    root = {"AWS": f"arn:{healthy.plan.partition}:iam::{account}:root"}
    statement = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    shown = {
        "state": "Enabled",
        "manager": "CUSTOMER",
        "usage": "ENCRYPT_DECRYPT",
        "spec": "SYMMETRIC_DEFAULT",
        "policy": {"Version": "2012-10-17", "Statement": [statement]},
        "grants": [],
        "multi_region": False,
        "aliases": [],
    }
    return Change(account, ("keys", key), shown)


def _blocked(*, by_account: bool) -> Inject:
    """A statement for everyone, and Block Public Access, which then closes the whole policy to other accounts."""

    def inject(healthy: Healthy) -> Iterator[Changes]:
        for document in healthy.bucket_policies:
            if not any(_is_elsewhere(one, document.of) for one in document.statements):
                continue
            everyone = {"Sid": "Everyone", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
            opened = document.with_one_more({**everyone, "Resource": f"{document.holder}/public/*"})
            on, off = _blocks(restrict=True), _blocks(restrict=False)
            name = document.path[1]
            yield (
                Change(document.of, ("account_block_public_access",), on if by_account else off),
                Change(document.of, ("buckets", name, "block_public_access"), off if by_account else on),
                opened,
            )

    return inject


def _is_elsewhere(statement: dict[str, Any], account: str) -> bool:
    return statement["Effect"] == "Allow" and account not in str(statement.get("Principal"))


def _blocks(*, restrict: bool) -> dict[str, bool]:
    return {
        "BlockPublicAcls": False,
        "IgnorePublicAcls": False,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": restrict,
    }


_KEY_ID = "99999999-12ab-34cd-56ef-1234567890ab"

INJECTIONS = (
    Injection("bucket-missing", _each(value=None)),
    Injection("bucket-in-other-region", _each("region", value="sa-east-1"), mended=False),
    Injection("bucket-objects-belong-to-writers", _owned("ObjectWriter", by_acls=False)),
    Injection("bucket-has-acls", _owned("BucketOwnerPreferred", by_acls=False)),
    Injection("bucket-has-no-acls", _owned("BucketOwnerEnforced", by_acls=True)),
    Injection("bucket-acl-names-others", _granted),
    Injection("bucket-encrypted-with-key-of-aws", _with_key_of_aws),
    Injection("bucket-encrypted-with-other-key", _with_other_key),
    Injection("account-blocks-public-policy", _blocked(by_account=True)),
    Injection("bucket-blocks-public-policy", _blocked(by_account=False)),
)
