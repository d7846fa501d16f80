"""Buckets and keys that several roles of one setup use: one policy for each, with the statements of every role.

Where one role uses its buckets alone, `lakehouse_iam.plan.assemble` has the same for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lakehouse_iam.arns import KeyArn, RoleArn
from lakehouse_iam.errors import QuotaExceeded
from lakehouse_iam.partitions import Partition
from lakehouse_iam.plan.assemble import bucket_policy_id, bucket_resource
from lakehouse_iam.policy import BUCKET_POLICY_SIZE, PolicyDocument, Statement
from lakehouse_iam.resources import BucketPolicy, HandOff, HandOffKind, Resource
from lakehouse_iam.roles.role_spec import ResourcePolicies, why_key
from lakehouse_iam.setups.buckets import Bucket, BucketPolicyMode
from lakehouse_iam.statements.kms import strongest_key_grants
from lakehouse_iam.statements.s3 import deny_insecure_transport


@dataclass(frozen=True)
class BucketUse:
    """What one role does with one bucket.

    Args:
        bucket: the bucket, with the access and the prefixes of this role.
        policies: what the bucket's policy and its key's must allow for it.
    """

    bucket: Bucket
    policies: ResourcePolicies


def shared_bucket_resources(uses: Sequence[BucketUse], partition: Partition) -> Iterator[Resource]:
    """The buckets that a setup creates, and the bucket policies that it owns.

    Args:
        uses: of buckets of one account, by all roles; uses of one bucket agree on what is the bucket's own.
        partition: where they are.

    Raises:
        QuotaExceeded: a bucket policy is too large.
    """
    for bucket, of_bucket in _by_bucket(uses):
        if bucket.create:
            yield bucket_resource(bucket)
        if bucket.policy is BucketPolicyMode.MANAGED:
            tls = deny_insecure_transport(bucket.name.arn(partition.name))
            document = PolicyDocument((*_statements(of_bucket, partition), tls))
            size = len(document.compact().encode())
            if size > BUCKET_POLICY_SIZE:
                raise QuotaExceeded(
                    f"the policy of the bucket {bucket.name} would take {size:,} bytes of {BUCKET_POLICY_SIZE:,}, for "
                    f"{len(of_bucket)} roles",
                    next_step="give common parent folders or the whole bucket, or write policy: none for roles of the "
                    "bucket's own account",
                )
            yield BucketPolicy(bucket_policy_id(bucket.name), bucket.name, document)


def shared_bucket_handoffs(uses: Sequence[BucketUse], partition: Partition) -> Iterator[HandOff]:
    """The statements for the policies of buckets that somebody else keeps, one hand-off a bucket."""
    for bucket, of_bucket in _by_bucket(uses):
        if bucket.policy is BucketPolicyMode.HANDOFF:
            accounts = {RoleArn.parse(use.policies.role_arn).account for use in of_bucket}
            why = (
                "the bucket has a policy of its own; without these statements the roles' own policies still let them in, "
                "unless the bucket policy denies it"
                if accounts == {bucket.owner}
                else "the bucket is in another account than a role that uses it, so the role does not get in until the "
                "policy says so; merge it after the roles exist"
            )
            yield HandOff(HandOffKind.BUCKET_POLICY, str(bucket.name), _statements(of_bucket, partition), why)


def shared_key_handoffs(uses: Sequence[BucketUse], partition: Partition) -> Iterator[HandOff]:
    """The statements for the policies of keys, one hand-off a key with a statement for each role."""
    by_key: dict[KeyArn, dict[str, list[BucketUse]]] = {}
    for use in uses:
        if use.bucket.key:
            by_key.setdefault(use.bucket.key, {}).setdefault(use.policies.role_arn, []).append(use)
    for key in sorted(by_key, key=str):
        statements: list[Statement] = []
        for of_role in by_key[key].values():
            grants = [grant.key for grant in (use.bucket.grant(partition) for use in of_role) if grant.key]
            statements += [of_role[0].policies.key_policy_statement(grant) for grant in strongest_key_grants(grants)]
        why = why_key("the roles exist")
        yield HandOff(HandOffKind.KEY_POLICY, str(key), tuple(statements), why)


def buckets_of(uses: Sequence[BucketUse]) -> tuple[Bucket, ...]:
    """Every bucket once, by name."""
    return tuple(bucket for bucket, _ in _by_bucket(uses))


def _by_bucket(uses: Sequence[BucketUse]) -> Iterator[tuple[Bucket, list[BucketUse]]]:
    found: dict[str, list[BucketUse]] = {}
    for use in uses:
        found.setdefault(use.bucket.name.value, []).append(use)
    for name in sorted(found):
        yield found[name][0].bucket, found[name]


def _statements(uses: Sequence[BucketUse], partition: Partition) -> tuple[Statement, ...]:
    return tuple(
        statement for use in uses for statement in use.policies.bucket_policy_statements(use.bucket.grant(partition))
    )
