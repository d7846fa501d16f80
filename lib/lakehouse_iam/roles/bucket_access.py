"""What a role may do with one bucket, in the words that the roles of every pattern share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse_iam.policy import PackedPolicy, PolicyDocument, pack
from lakehouse_iam.statements import kms, s3


@dataclass(frozen=True)
class BucketAccess:
    """What a role may do with one bucket.

    Args:
        bucket_arn: the bucket's ARN, or a token for it.
        access: read-only or read-write.
        prefixes: folders without trailing slash, none within another; empty for the whole bucket.
        acls: whether writers set ACLs, that is, Object Ownership is not bucket-owner-enforced.
        key: the KMS key that the bucket's objects are encrypted with, if it is a customer key.
        file_events: whether Databricks may set the bucket's notifications, and keep queues and topics of its own for them.
        name: what identifies the bucket among others when its ARN is a token; the ARN otherwise.
    """

    bucket_arn: str
    access: s3.Access
    prefixes: tuple[str, ...] = ()
    acls: bool = False
    key: kms.KeyGrant | None = None
    file_events: bool = False
    name: str = ""

    def grants(self) -> tuple[s3.BucketGrant, ...]:
        """The grants it consists of: one a folder, or one for the whole bucket."""
        return tuple(
            s3.BucketGrant(self.bucket_arn, self.access, prefix, self.acls) for prefix in (self.prefixes or ("",))
        )


@dataclass(frozen=True)
class _Item:
    group: str
    grant: s3.BucketGrant
    key: kms.KeyGrant | None

    @property
    def name(self) -> str:
        return f"{self.group}/{self.grant.prefix}"


def bucket_access_documents(buckets: Sequence[BucketAccess]) -> tuple[PackedPolicy, ...]:
    """The policies of a role that may use these buckets, packed so that adding a bucket changes one of them at most."""
    items = [
        _Item(bucket.name or bucket.bucket_arn, grant, bucket.key) for bucket in buckets for grant in bucket.grants()
    ]
    return pack(items, group=lambda item: item.group, key=lambda item: item.name, render=_document)


def _document(items: Sequence[_Item]) -> PolicyDocument:
    keys = [item.key for item in items if item.key]
    return PolicyDocument(s3.bucket_statements([item.grant for item in items]) + kms.key_statements(keys))
