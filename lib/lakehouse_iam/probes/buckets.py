"""What a way to a bucket must open and what it must not: probes that every pattern with buckets asks alike."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from lakehouse_iam.arns import BucketName, KeyArn, ObjectPrefix
from lakehouse_iam.partitions import Partition
from lakehouse_iam.probes.outsiders import OTHER_KEY_ID, sister_bucket, sister_folder
from lakehouse_iam.probes.probe import Context, Expected, Probe, SamlSignIn
from lakehouse_iam.setups.buckets import Bucket, BucketPolicyMode
from lakehouse_iam.statements.s3 import OWNERS_ACL, Access

PROBED_OBJECT = "lakehouse-iam-probe"


@dataclass(frozen=True)
class AccessPath:
    """The way to a bucket.

    Args:
        principal: who begins.
        assumes: the roles it assumes, in order.
        external_ids: as in `Probe`.
        sign_in: as in `Probe`.
    """

    principal: str
    assumes: tuple[str, ...]
    external_ids: tuple[str, ...] = ()
    sign_in: SamlSignIn | None = None

    def probe(self, question: str, action: str, resource: str, expected: Expected, context: Context = ()) -> Probe:
        """A probe at the end of the way."""
        return Probe(
            question,
            self.principal,
            self.assumes,
            action,
            resource,
            expected,
            context,
            self.external_ids,
            sign_in=self.sign_in,
        )


def bucket_probes(
    path: AccessPath, bucket: Bucket, taken: Collection[BucketName], partition: Partition
) -> Iterator[Probe]:
    """Everything to ask about one bucket at the end of its way.

    Args:
        path: who asks, as whom.
        bucket: the bucket and what the setup promises of it.
        taken: the buckets of the setup, none of which may stand for an outsider's.
        partition: where it lies.
    """
    arn = bucket.name.arn(partition.name)
    yield from _promised(path, bucket, arn)
    yield from _beside(path, bucket, taken, partition)
    yield from _bucket_itself(path, bucket, arn)
    yield from _key(path, bucket, partition)


def asking_once_for_each_key(buckets: Sequence[Bucket]) -> tuple[Bucket, ...]:
    """The same buckets, each key left with one that may do most with it.

    Buckets that share a key share what may be done with it, so a read-only bucket cannot answer for its key alone.
    """
    strongest: dict[KeyArn, Bucket] = {}
    for bucket in buckets:
        if bucket.key and (bucket.key not in strongest or bucket.access is Access.READ_WRITE):
            strongest[bucket.key] = bucket
    return tuple(
        bucket if bucket.key is None or strongest[bucket.key] == bucket else replace(bucket, key=None)
        for bucket in buckets
    )


def outsider_probes(who: str, principal: str, bucket: Bucket, partition: Partition) -> Iterator[Probe]:
    """What somebody must not reach who does not come the promised way.

    Args:
        who: in words, as the question begins.
        principal: the role.
        bucket: the bucket.
        partition: where it lies.
    """
    arn, direct = bucket.name.arn(partition.name), AccessPath(principal, ())
    yield direct.probe(f"{who} locates {bucket.name}", "s3:GetBucketLocation", arn, Expected.DENY)
    listing = _listing(_first_folder(bucket))
    yield direct.probe(f"{who} lists {bucket.name}", "s3:ListBucket", arn, Expected.DENY, listing)
    yield direct.probe(f"{who} reads {bucket.name}", "s3:GetObject", _object_of(bucket, arn), Expected.DENY)
    if bucket.key:
        question = f"{who} uses the key of {bucket.name} through S3"
        yield direct.probe(question, "kms:Decrypt", str(bucket.key), Expected.DENY, _via("s3", bucket.key, partition))


def _first_folder(bucket: Bucket) -> str:
    return f"{bucket.prefixes[0]}/" if bucket.prefixes else ""


def _via(service: str, key: KeyArn, partition: Partition) -> Context:
    return (("kms:ViaService", partition.via_service(service, key.region)),)


def _listing(folder: str) -> Context:
    return (("s3:prefix", folder),) if folder else ()


def _object_of(bucket: Bucket, arn: str) -> str:
    """An object that the setup gives away, for whoever it gives it to."""
    return f"{arn}/{_first_folder(bucket)}{PROBED_OBJECT}"


def _promised(path: AccessPath, bucket: Bucket, arn: str) -> Iterator[Probe]:
    writes = Expected.ALLOW if bucket.access is Access.READ_WRITE else Expected.DENY
    yield path.probe(f"locate {bucket.name}", "s3:GetBucketLocation", arn, Expected.ALLOW)
    for prefix in bucket.prefixes or (None,):
        folder = f"{prefix}/" if prefix else ""
        key, where = f"{arn}/{folder}{PROBED_OBJECT}", f"{bucket.name}/{folder}" if folder else str(bucket.name)
        yield path.probe(f"list {where}", "s3:ListBucket", arn, Expected.ALLOW, _listing(folder))
        yield path.probe(f"read an object of {where}", "s3:GetObject", key, Expected.ALLOW)
        yield path.probe(f"write an object of {where}", "s3:PutObject", key, writes)
        yield path.probe(f"delete an object of {where}", "s3:DeleteObject", key, writes)
        yield from _acls(path, bucket, where, key)
        listing = _listing(folder)
        yield path.probe(f"list the versions of {where}", "s3:ListBucketVersions", arn, Expected.DENY, listing)
        yield path.probe(f"delete a version of an object of {where}", "s3:DeleteObjectVersion", key, Expected.DENY)
        if prefix:
            yield from _folder_itself(path, bucket, arn, prefix)
            yield from _sister_folder(path, bucket, arn, prefix)
    if bucket.prefixes:
        yield path.probe(f"list all of {bucket.name}", "s3:ListBucket", arn, Expected.DENY)
        beside = f"{arn}/{PROBED_OBJECT}"
        yield path.probe(f"read an object of {bucket.name} outside its folders", "s3:GetObject", beside, Expected.DENY)


_TO_OWNER = (("s3:x-amz-acl", OWNERS_ACL),)


def _sets_acls(bucket: Bucket) -> bool:
    return bucket.object_ownership.uses_acls and bucket.access is Access.READ_WRITE


def _acls(path: AccessPath, bucket: Bucket, where: str, key: str) -> Iterator[Probe]:
    """Which ACLs an object may be given: one in the owner's favour where the bucket has ACLs, never another."""
    expected = Expected.ALLOW if _sets_acls(bucket) else Expected.DENY
    question, action = f"set the ACL of an object of {where}", "s3:PutObjectAcl"
    yield path.probe(f"{question} to {OWNERS_ACL}", action, key, expected, _TO_OWNER)
    if _sets_acls(bucket):
        yield path.probe(f"{question} to public-read", action, key, Expected.DENY, (("s3:x-amz-acl", "public-read"),))
        # A grant to somebody by name travels in other headers, and s3:x-amz-acl is then absent.
        yield path.probe(f"{question} in an outsider's favour", action, key, Expected.DENY)


def _folder_itself(path: AccessPath, bucket: Bucket, arn: str, prefix: ObjectPrefix) -> Iterator[Probe]:
    """The key that is named like the folder: clients ask for it before they look below it, and nobody writes it."""
    key, what = f"{arn}/{prefix}", f"the folder {bucket.name}/{prefix} itself"
    yield path.probe(f"ask for {what}", "s3:GetObject", key, Expected.ALLOW)
    yield path.probe(f"write an object in the place of {what}", "s3:PutObject", key, Expected.DENY)


def _sister_folder(path: AccessPath, bucket: Bucket, arn: str, prefix: ObjectPrefix) -> Iterator[Probe]:
    name = sister_folder(prefix, bucket)
    sister = f"{name}/"
    where, key = f"the similarly named folder {bucket.name}/{sister}", f"{arn}/{sister}{PROBED_OBJECT}"
    yield path.probe(
        f"read the similarly named object {bucket.name}/{name}", "s3:GetObject", f"{arn}/{name}", Expected.DENY
    )
    yield path.probe(f"list {where}", "s3:ListBucket", arn, Expected.DENY, _listing(sister))
    yield path.probe(f"read an object of {where}", "s3:GetObject", key, Expected.DENY)
    yield path.probe(f"write an object of {where}", "s3:PutObject", key, Expected.DENY)
    if _sets_acls(bucket):
        question = f"set the ACL of an object of {where} to {OWNERS_ACL}"
        yield path.probe(question, "s3:PutObjectAcl", key, Expected.DENY, _TO_OWNER)


def _beside(path: AccessPath, bucket: Bucket, taken: Collection[BucketName], partition: Partition) -> Iterator[Probe]:
    sister = sister_bucket(bucket.name, taken)
    arn = sister.arn(partition.name)
    where, key, listing = (
        f"the similarly named bucket {sister}",
        _object_of(bucket, arn),
        _listing(_first_folder(bucket)),
    )
    yield path.probe(f"locate {where}", "s3:GetBucketLocation", arn, Expected.DENY)
    yield path.probe(f"list {where}", "s3:ListBucket", arn, Expected.DENY, listing)
    yield path.probe(f"read an object of {where}", "s3:GetObject", key, Expected.DENY)
    yield path.probe(f"write an object of {where}", "s3:PutObject", key, Expected.DENY)


def _bucket_itself(path: AccessPath, bucket: Bucket, arn: str) -> Iterator[Probe]:
    name = bucket.name
    yield path.probe(f"replace the policy of {name}", "s3:PutBucketPolicy", arn, Expected.DENY)
    yield path.probe(f"change the ACL of {name}", "s3:PutBucketAcl", arn, Expected.DENY)
    yield path.probe(f"change the lifecycle of {name}", "s3:PutLifecycleConfiguration", arn, Expected.DENY)
    yield path.probe(f"delete the bucket {name}", "s3:DeleteBucket", arn, Expected.DENY)
    if bucket.policy is BucketPolicyMode.MANAGED:
        insecure = (("aws:SecureTransport", "false"),)
        key = _object_of(bucket, arn)
        yield path.probe(f"read an object of {name} without TLS", "s3:GetObject", key, Expected.DENY, insecure)
        yield path.probe(f"list {name} without TLS", "s3:ListBucket", arn, Expected.DENY, insecure)


def _key(path: AccessPath, bucket: Bucket, partition: Partition) -> Iterator[Probe]:
    if bucket.key is None:
        return
    name, key = bucket.name, str(bucket.key)
    writes = Expected.ALLOW if bucket.access is Access.READ_WRITE else Expected.DENY
    through_s3, through_other = _via("s3", bucket.key, partition), _via("sqs", bucket.key, partition)
    yield path.probe(f"use the key of {name} through S3", "kms:Decrypt", key, Expected.ALLOW, through_s3)
    yield path.probe(f"encrypt with the key of {name} through S3", "kms:GenerateDataKey", key, writes, through_s3)
    yield path.probe(f"use the key of {name} outside S3", "kms:Decrypt", key, Expected.DENY)
    yield path.probe(f"encrypt with the key of {name} outside S3", "kms:GenerateDataKey", key, Expected.DENY)
    yield path.probe(f"use the key of {name} through SQS", "kms:Decrypt", key, Expected.DENY, through_other)
    other = replace(bucket.key, key_id=OTHER_KEY_ID)
    question = f"use another key of the account of {name} through S3"
    yield path.probe(question, "kms:Decrypt", str(other), Expected.DENY, through_s3)
    yield path.probe(f"hand on the key of {name}", "kms:CreateGrant", key, Expected.DENY, through_s3)
