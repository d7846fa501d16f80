"""S3: listing and objects, whole buckets or folders, read-only or read-write.

Actions: the bucket policy of "Access cross-account S3 buckets with an AssumeRole policy" (Databricks documentation,
archived; Japanese walk-through in the original tutorial), read 2026-11-21. `s3:PutObject` covers multipart uploads,
and the initiator of an upload may always abort it (S3 "Multipart upload API and permissions"), so neither needs an
action of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from lakehouse_iam.policy import ANYONE, Condition, Principal, Statement


class Access(Enum):
    """What a setup may do with a bucket."""

    READ_ONLY = "read-only"
    READ_WRITE = "read-write"


class ObjectOwnership(Enum):
    """S3's Object Ownership setting of the bucket, which decides whether ACLs exist at all.

    With `BUCKET_OWNER_ENFORCED`, S3's default since April 2023, ACLs are off and `s3:PutObjectAcl` serves nothing.
    The other two keep ACLs. An object belongs to the account that writes it; the roles of this library belong to the
    bucket's own account, so the objects do too. A write that sends an ACL all the same, as the Spark configuration for
    such buckets does, takes `s3:PutObjectAcl`.
    Source: S3 "Controlling ownership of objects and disabling ACLs for your bucket", read 2026-11-21.
    """

    BUCKET_OWNER_ENFORCED = "bucket-owner-enforced"
    BUCKET_OWNER_PREFERRED = "bucket-owner-preferred"
    OBJECT_WRITER = "object-writer"

    @property
    def uses_acls(self) -> bool:
        """Whether objects of the bucket carry ACLs."""
        return self is not ObjectOwnership.BUCKET_OWNER_ENFORCED


READ_OBJECTS = ("s3:GetObject",)
WRITE_OBJECTS = ("s3:DeleteObject", "s3:PutObject")
WRITE_ACLS = ("s3:PutObjectAcl",)
# The one ACL that may be set. It gives nothing to anybody but the bucket's owner; without the condition a writer could
# open objects to everyone (`public-read`) or to any account (`x-amz-grant-…`, which sends no `x-amz-acl` at all).
# S3A's and Databricks' `BucketOwnerFullControl` travels as this value. Source: Service Authorization Reference "Actions,
# resources, and condition keys for Amazon S3" (PutObjectAcl, s3:x-amz-acl); S3 "Access control list (ACL) overview"
# (canned ACLs), read 2026-11-25.
OWNERS_ACL = "bucket-owner-full-control"
LOCATE_BUCKET = ("s3:GetBucketLocation",)
LIST_BUCKET = ("s3:ListBucket",)


@dataclass(frozen=True)
class BucketGrant:
    """The smallest grant there is: one bucket, or one folder of it.

    Args:
        bucket_arn: the bucket's ARN, or a token for it.
        access: read-only or read-write.
        prefix: the folder without a trailing slash; empty for the whole bucket.
        acls: whether writers set ACLs on this bucket.
    """

    bucket_arn: str
    access: Access
    prefix: str = ""
    acls: bool = False

    @property
    def key(self) -> str:
        """A name that no other grant of a setup has."""
        return f"{self.bucket_arn}/{self.prefix}"

    @property
    def object_arn(self) -> str:
        """The ARN pattern of the objects it covers. `raw` covers `raw/…` and nothing of `raw-secret/…`."""
        return f"{self.bucket_arn}/{self.prefix}/*" if self.prefix else f"{self.bucket_arn}/*"

    @property
    def readable_arns(self) -> tuple[str, ...]:
        """What it lets a role read and no more: the objects of a read-only grant, and every folder's own key.

        Whoever asks for the folder `raw` asks for the object `raw` first: S3A does so for the status of every path, and
        takes a refusal for its answer instead of looking for `raw/…`. Nothing is ever written under that key.
        Sources: Hadoop 3.4.2 `S3AFileSystem.s3GetFileStatus`; unitycatalog/unitycatalog `AwsPolicyGenerator.java` at
        c9ed6b14, whose sessions have the same ARN; read 2026-11-25.
        """
        own_key = (f"{self.bucket_arn}/{self.prefix}",) if self.prefix else ()
        return own_key + ((self.object_arn,) if self.access is Access.READ_ONLY else ())

    @property
    def sets_acls(self) -> bool:
        """Whether it lets a role set ACLs of objects: only who writes them sets any."""
        return self.acls and self.access is Access.READ_WRITE


def bucket_statements(grants: Sequence[BucketGrant], principals: tuple[Principal, ...] = ()) -> tuple[Statement, ...]:
    """The statements that give exactly these grants, merged where merging neither loses nor widens anything.

    Whole buckets share one statement for location and listing. A folder's bucket may be located, and listed only below
    the folder: `s3:prefix` must begin with `folder/`, so the names in a similarly named folder `folder-secret/` stay hidden.

    Args:
        grants: what to allow; none may cover another.
        principals: to whom, in a bucket policy; empty in a role's own policy.
    """
    return (
        *_location_and_listing(grants, principals),
        *_folder_listing(grants, principals),
        *_objects(grants, principals),
    )


def _location_and_listing(grants: Sequence[BucketGrant], principals: tuple[Principal, ...]) -> list[Statement]:
    whole = {grant.bucket_arn for grant in grants if not grant.prefix}
    partial = {grant.bucket_arn for grant in grants if grant.prefix} - whole
    statements = []
    if whole:
        statements.append(Statement(LOCATE_BUCKET + LIST_BUCKET, tuple(whole), principals, sid="ListBuckets"))
    if partial:
        statements.append(Statement(LOCATE_BUCKET, tuple(partial), principals, sid="LocateBuckets"))
    return statements


def _below(folder: str) -> tuple[str, ...]:
    return (f"{folder}/*",)


def _folder_listing(
    grants: Sequence[BucketGrant],
    principals: tuple[Principal, ...],
    listings: Callable[[str], tuple[str, ...]] = _below,
) -> list[Statement]:
    folders_of: dict[str, set[str]] = {}
    for grant in grants:
        if grant.prefix:
            folders_of.setdefault(grant.bucket_arn, set()).update(listings(grant.prefix))
    buckets_with: dict[tuple[str, ...], list[str]] = {}
    for bucket_arn, folders in folders_of.items():
        buckets_with.setdefault(tuple(sorted(folders)), []).append(bucket_arn)
    return [
        Statement(
            LIST_BUCKET,
            tuple(bucket_arns),
            principals,
            (Condition("StringLike", "s3:prefix", folders),),
            sid=f"ListFolders{number}",
            reason="ListFolders",
        )
        for number, (folders, bucket_arns) in enumerate(sorted(buckets_with.items()), start=1)
    ]


def _objects(
    grants: Sequence[BucketGrant], principals: tuple[Principal, ...], write: tuple[str, ...] = WRITE_OBJECTS
) -> list[Statement]:
    readable = tuple(arn for grant in grants for arn in grant.readable_arns)
    writable = tuple(grant.object_arn for grant in grants if grant.access is Access.READ_WRITE)
    with_acls = tuple(grant.object_arn for grant in grants if grant.sets_acls)
    owners = (Condition("StringEquals", "s3:x-amz-acl", (OWNERS_ACL,)),)
    statements = (
        Statement(READ_OBJECTS, readable, principals, sid="ReadObjects"),
        Statement(READ_OBJECTS + write, writable, principals, sid="ReadWriteObjects"),
        Statement(WRITE_ACLS, with_acls, principals, owners, sid="GiveBucketOwnerControl"),
    )
    return [statement for statement in statements if statement.resources]


# The vendor's own policy for Unity Catalog names these beside reading and writing; without them large uploads to
# volumes failed (databricks/terraform-provider-databricks issue 4440, and `aws/data_aws_unity_catalog_policy.go` at
# v1.128.0, read 2026-11-21).
MULTIPART_OBJECTS = ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
MULTIPART_BUCKET = ("s3:ListBucketMultipartUploads",)


def unity_catalog_statements(
    grants: Sequence[BucketGrant], principals: tuple[Principal, ...] = ()
) -> tuple[Statement, ...]:
    """The statements that give exactly these grants to Unity Catalog.

    They differ from `bucket_statements` in two things. A folder `p` may be listed as `p`, `p/` and `p/…`, because Unity
    Catalog's sessions ask in all three forms; listing `p` also tells the names of what merely begins like it (`p-secret/`),
    and no condition can part the two. And writers may see and abort multipart uploads: those of the whole bucket only
    where the whole bucket is granted, since S3 has no condition that would limit that list to a folder.
    Source: unitycatalog/unitycatalog `AwsPolicyGenerator.java` at c9ed6b14, read 2026-11-21 (that the hosted service
    asks the same is unverified).

    Args:
        grants: what to allow; none may cover another.
        principals: to whom, in a bucket policy; empty in a role's own policy.
    """
    writable = {g.bucket_arn for g in grants if not g.prefix and g.access is Access.READ_WRITE}
    uploads = (Statement(MULTIPART_BUCKET, tuple(writable), principals, sid="ListUploads"),) if writable else ()
    return (
        *_location_and_listing(grants, principals),
        *_folder_listing(grants, principals, _unity_catalog_listings),
        *uploads,
        *_objects(grants, principals, WRITE_OBJECTS + MULTIPART_OBJECTS),
    )


def _unity_catalog_listings(folder: str) -> tuple[str, ...]:
    # `folder/*` stands for `folder/` too: a star is any run of characters, an empty one included.
    return (folder, f"{folder}/*")


def deny_insecure_transport(bucket_arn: str) -> Statement:
    """Refuse every request to the bucket that does not come over TLS, whoever sends it.

    Source: S3 "Security best practices" (aws:SecureTransport), AWS Config rule s3-bucket-ssl-requests-only, read
    2026-11-21.
    """
    return Statement(
        ("s3:*",),
        (bucket_arn, f"{bucket_arn}/*"),
        (ANYONE,),
        (Condition("Bool", "aws:SecureTransport", ("false",)),),
        sid="DenyInsecureTransport",
        effect="Deny",
    )
