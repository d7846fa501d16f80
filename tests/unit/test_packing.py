"""Packing: no policy over its limit, no permission lost or widened, and one bucket more reaches one policy at most."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse_iam.errors import QuotaExceeded
from lakehouse_iam.policy import MANAGED_POLICY_SIZE, PackedPolicy, PolicyDocument, Statement, pack
from lakehouse_iam.roles.bucket_access import BucketAccess, bucket_access_documents
from lakehouse_iam.roles.cluster_role import assume_role_documents
from lakehouse_iam.statements.kms import KeyGrant
from lakehouse_iam.statements.s3 import Access

Permission = tuple[str, str, tuple[str, str, str] | None]

_VIA = "s3.ap-northeast-1.amazonaws.com"
_KEYS = [f"arn:aws:kms:ap-northeast-1:444455556666:key/{n:08x}-12ab-34cd-56ef-1234567890ab" for n in range(3)]
_FOLDERS = [f"{word}-{'x' * 60}" for word in ("raw", "raw-secret", "curated", "models", "exports", "tmp", "logs")]


def _buckets(most: int) -> st.SearchStrategy[list[BucketAccess]]:
    def build(number: int, access: Access, prefixes: list[str], acls: bool, key: str | None) -> BucketAccess:
        grant = KeyGrant(key, access, _VIA) if key else None
        return BucketAccess(f"arn:aws:s3:::partner-lake-number-{number:04}", access, tuple(prefixes), acls, grant)

    one = st.builds(
        build,
        st.integers(0, 999),
        st.sampled_from(Access),
        st.lists(st.sampled_from(_FOLDERS), unique=True, max_size=len(_FOLDERS)),
        st.booleans(),
        st.sampled_from([None, *_KEYS]),
    )
    return st.lists(one, min_size=1, max_size=most, unique_by=lambda bucket: bucket.bucket_arn)


def _asked_for(buckets: Sequence[BucketAccess]) -> set[Permission]:
    """What a setup asks for, said without the code under test."""
    asked: set[Permission] = set()
    for bucket in buckets:
        arn, writes = bucket.bucket_arn, bucket.access is Access.READ_WRITE
        asked.add(("s3:GetBucketLocation", arn, None))
        for prefix in bucket.prefixes or ("",):
            asked.add(("s3:ListBucket", arn, ("StringLike", "s3:prefix", f"{prefix}/*") if prefix else None))
            objects = f"{arn}/{prefix}/*" if prefix else f"{arn}/*"
            actions = ["s3:GetObject"] + ["s3:PutObject", "s3:DeleteObject"] * writes
            asked |= {(action, objects, None) for action in actions}
            if prefix:
                asked.add(("s3:GetObject", f"{arn}/{prefix}", None))
            if writes and bucket.acls:
                asked.add(("s3:PutObjectAcl", objects, ("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control")))
        if bucket.key:
            condition = ("StringEquals", "kms:ViaService", _VIA)
            asked |= {(a, bucket.key.key_arn, condition) for a in ["kms:Decrypt"] + ["kms:GenerateDataKey"] * writes}
    return asked


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _allowed(policies: Sequence[PackedPolicy]) -> set[Permission]:
    """What the packed documents allow, read from their JSON."""
    allowed: set[Permission] = set()
    for policy in policies:
        for statement in policy.document.to_json()["Statement"]:
            assert statement["Effect"] == "Allow"
            tests = [
                (operator, key, value)
                for operator, keys in statement.get("Condition", {}).items()
                for key, values in keys.items()
                for value in _listed(values)
            ]
            assert len({(operator, key) for operator, key, _ in tests}) <= 1
            allowed |= set(product(_listed(statement["Action"]), _listed(statement["Resource"]), tests or [None]))
    return allowed


def _by_label(policies: Sequence[PackedPolicy]) -> dict[str, str]:
    return {policy.label: policy.document.compact() for policy in policies}


def _changed(before: Sequence[PackedPolicy], after: Sequence[PackedPolicy]) -> list[str]:
    """The policies that were there and are not there unchanged; one that was split is one."""
    old, new = _by_label(before), _by_label(after)
    return [label for label, document in old.items() if new.get(label) != document]


@given(_buckets(60))
def test_no_policy_is_over_the_limit(buckets: list[BucketAccess]) -> None:
    assert all(policy.document.size <= MANAGED_POLICY_SIZE for policy in bucket_access_documents(buckets))


@given(_buckets(60))
def test_no_permission_is_lost_and_none_is_widened(buckets: list[BucketAccess]) -> None:
    assert _allowed(bucket_access_documents(buckets)) == _asked_for(buckets)


@given(_buckets(60))
def test_one_bucket_more_changes_one_existing_policy_at_most(buckets: list[BucketAccess]) -> None:
    *before, added = buckets
    if before:
        assert len(_changed(bucket_access_documents(before), bucket_access_documents([*before, added]))) <= 1


@given(_buckets(60))
def test_the_order_of_the_buckets_does_not_matter(buckets: list[BucketAccess]) -> None:
    assert _by_label(bucket_access_documents(buckets)) == _by_label(bucket_access_documents(buckets[::-1]))


@given(_buckets(60))
def test_no_two_policies_have_the_same_label(buckets: list[BucketAccess]) -> None:
    policies = bucket_access_documents(buckets)
    assert len(_by_label(policies)) == len(policies)
    assert all(policy.label.isalnum() or not policy.label for policy in policies)


@given(_buckets(6))
def test_a_policy_never_shrinks_when_a_bucket_is_added(buckets: list[BucketAccess]) -> None:
    """What packing rests on: or two policies could become one again, and two would change."""
    small = [BucketAccess(b.bucket_arn, b.access, b.prefixes[:1], b.acls, b.key) for b in buckets]
    sizes = [bucket_access_documents(small[:n])[0].document.size for n in range(1, len(small) + 1)]
    assert sizes == sorted(sizes)


def test_a_key_that_one_bucket_reads_and_another_writes_with_does_not_shrink_the_policy() -> None:
    reads = BucketAccess("arn:aws:s3:::aaa", Access.READ_ONLY, key=KeyGrant(_KEYS[0], Access.READ_ONLY, _VIA))
    writes = BucketAccess("arn:aws:s3:::bbb", Access.READ_WRITE, key=KeyGrant(_KEYS[1], Access.READ_WRITE, _VIA))
    both = BucketAccess("arn:aws:s3:::ccc", Access.READ_WRITE, key=KeyGrant(_KEYS[0], Access.READ_WRITE, _VIA))
    before, after = (bucket_access_documents(buckets)[0] for buckets in ([reads, writes], [reads, writes, both]))
    assert after.document.size > before.document.size
    assert ("kms:GenerateDataKey", _KEYS[0], ("StringEquals", "kms:ViaService", _VIA)) not in _allowed([before])


def test_while_everything_fits_one_policy_without_a_label_holds_it() -> None:
    (policy,) = bucket_access_documents([BucketAccess("arn:aws:s3:::aaa", Access.READ_ONLY)])
    assert policy.label == ""


def test_growing_to_300_buckets_one_at_a_time_changes_one_policy_each_time_and_loses_nothing() -> None:
    buckets = [BucketAccess(f"arn:aws:s3:::partner-lake-{n:03}", Access.READ_WRITE) for n in range(300)]
    packed: tuple[PackedPolicy, ...] = bucket_access_documents(buckets[:1])
    for n in range(10, 301, 10):
        before = bucket_access_documents(buckets[: n - 1])
        packed = bucket_access_documents(buckets[:n])
        assert len(_changed(before, packed)) <= 1
    assert len(packed) >= 4
    assert _allowed(packed) == _asked_for(buckets)


def test_a_bucket_that_is_too_large_by_itself_has_policies_of_its_own() -> None:
    folders = tuple(f"{'f' * 70}-{n:03}" for n in range(200))
    large = BucketAccess("arn:aws:s3:::large", Access.READ_WRITE, folders)
    small = [BucketAccess(f"arn:aws:s3:::small-{n}", Access.READ_ONLY) for n in range(3)]
    packed = bucket_access_documents([large, *small])
    families = {policy.label.split("x")[0] for policy in packed}
    assert len(families) == 2
    assert "" in {policy.label for policy in packed}
    assert _allowed(packed) == _asked_for([large, *small])
    assert _changed(bucket_access_documents([large]), packed) == []


@given(st.lists(st.integers(0, 10**6), unique=True, min_size=1, max_size=120))
@settings(max_examples=20)
def test_the_roles_that_may_be_assumed_are_packed_the_same_way(numbers: list[int]) -> None:
    arns = [f"arn:aws:iam::{number:012}:role/{'partners-' * 6}{number}" for number in numbers]
    packed = assume_role_documents(arns)
    assert _allowed(packed) == {("sts:AssumeRole", arn, None) for arn in arns}
    assert all(policy.document.size <= MANAGED_POLICY_SIZE for policy in packed)
    assert len(_changed(assume_role_documents(arns[:-1]), packed)) <= 1


def _render(items: Sequence[str]) -> PolicyDocument:
    return PolicyDocument((Statement(("s3:GetObject",), tuple(items)),))


def test_a_single_item_over_the_limit_is_an_error_that_names_it() -> None:
    with pytest.raises(QuotaExceeded, match=r"the permissions on xxx.* alone take 195 characters of 100"):
        pack(["x" * 100], group=str, key=str, render=_render, limit=100)


def test_nothing_is_packed_into_no_policy() -> None:
    assert pack([], group=str, key=str, render=_render) == ()
