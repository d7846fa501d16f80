"""What a role may do with one bucket, as CDK apps say it."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lakehouse_iam.arns import ObjectPrefix
from lakehouse_iam.cdk.arguments import argument, chosen, listed, shown, text
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.setups.buckets import BucketPolicyMode
from lakehouse_iam.statements.s3 import Access, ObjectOwnership


@dataclass(frozen=True)
class BucketAccess:
    """What the role may do with one bucket.

    Args:
        bucket: a CDK bucket, or the name of one that exists.
        access: read-only or read-write.
        prefixes: folders; everything below each is included and nothing beside it. Default: the whole bucket.
        kms_key: the customer key of its objects, as a CDK key or its ARN; never an alias. Default: the CDK bucket's
            `encryption_key`.
        object_ownership: the bucket's setting; the two that keep ACLs add `s3:PutObjectAcl`. Default: ACLs are off.
        policy: who keeps the bucket policy. `MANAGED`: this app; a bucket of this app has its policy extended, and any
            other gets a whole policy in the place of the one it had. `HANDOFF`: somebody else; the statements come out as
            a hand-off. `NONE`: nobody; the role's own policy is enough within the bucket's account. Default: `MANAGED`
            for a bucket of this app, `HANDOFF` for any other.
        file_events: for a `StorageCredentialRole` with file events, whether Databricks may change the bucket's
            notifications. Default: where the bucket is written to.

    Raises:
        InvalidValue: a value that none of these allow.
    """

    bucket: s3.IBucket | str
    access: Access
    prefixes: tuple[str, ...] = ()
    kms_key: kms.IKey | str | None = None
    object_ownership: s3.ObjectOwnership = s3.ObjectOwnership.BUCKET_OWNER_ENFORCED
    policy: BucketPolicyMode | None = None
    file_events: bool | None = None

    def __post_init__(self) -> None:
        _check_bucket(self.bucket)
        _check_key(self.kms_key)
        prefixes = listed(self.prefixes, name="prefixes")
        # Python lets "read-only" through where an Access belongs, and what is not Access.READ_ONLY writes.
        checked = {
            "access": chosen(Access, self.access, name="access"),
            "object_ownership": chosen(s3.ObjectOwnership, self.object_ownership, name="object_ownership"),
            "policy": self.policy if self.policy is None else chosen(BucketPolicyMode, self.policy, name="policy"),
            "prefixes": tuple(sorted({str(_prefix(prefix)) for prefix in prefixes})),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @property
    def uses_acls(self) -> bool:
        """Whether objects of the bucket carry ACLs."""
        # The CDK's members and ours have the same names.
        return ObjectOwnership[self.object_ownership.name].uses_acls


def _check_bucket(bucket: object) -> None:
    # A class has the property too, as a descriptor.
    if not isinstance(bucket, str) and (isinstance(bucket, type) or not hasattr(bucket, "bucket_arn")):
        raise InvalidValue(
            f"bucket is {shown(bucket)}",
            allowed="allowed are a CDK bucket, such as s3.Bucket(stack, id), and the name of a bucket that exists, as text",
            next_step="of an s3.CfnBucket make one with s3.Bucket.from_cfn_bucket"
            if hasattr(bucket, "attr_arn")
            else "",
        )


def _check_key(key: object) -> None:
    if key is not None and not isinstance(key, str) and (isinstance(key, type) or not hasattr(key, "key_arn")):
        raise InvalidValue(
            f"kms_key is {shown(key)}",
            allowed="allowed are a CDK key, such as kms.Key(stack, id), and a key's ARN as text",
        )


def _prefix(prefix: object) -> ObjectPrefix:
    return ObjectPrefix.parse(text(prefix, example="a folder such as raw/2026"))


def buckets_of(scope: Construct, buckets: object) -> tuple[BucketAccess, ...]:
    """What a construct is given as `buckets`, checked.

    Raises:
        InvalidValue: it is no list of `BucketAccess`.
    """
    with argument(scope, "buckets"):
        if isinstance(buckets, BucketAccess):
            raise InvalidValue(
                "it is one BucketAccess", allowed="allowed is a list", next_step="write buckets=[…] around it"
            )
        listed_buckets = listed(buckets, name="buckets")
    for index, bucket in enumerate(listed_buckets):
        with argument(scope, f"buckets[{index}]"):
            _check_access(bucket)
    return tuple(listed_buckets)


def _check_access(bucket: object) -> None:
    if isinstance(bucket, BucketAccess):
        return
    given = repr(bucket) if isinstance(bucket, str) else "bucket"
    raise InvalidValue(
        f"it is {shown(bucket)}",
        allowed="allowed is a BucketAccess, which says what the role may do with the bucket",
        next_step=f"write BucketAccess({given}, Access.READ_ONLY), or grant_read(bucket) on the role",
    )
