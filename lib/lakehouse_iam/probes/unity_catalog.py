"""The probes of the patterns `unity-catalog-aws` and `unity-catalog-azure`: from Unity Catalog to the buckets, and beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from lakehouse_iam.arns import AccountId, BucketName
from lakehouse_iam.partitions import DATABRICKS_SHARDS, PRE_PRODUCTION_UNITY_CATALOG_ROLE
from lakehouse_iam.plan.unity_catalog import external_ids
from lakehouse_iam.probes.buckets import AccessPath, asking_once_for_each_key, bucket_probes, outsider_probes
from lakehouse_iam.probes.file_events import file_event_probes
from lakehouse_iam.probes.iam import iam_probes
from lakehouse_iam.probes.outsiders import OTHER_ROLE, STRANGER_ACCOUNT, sister_bucket, sister_role
from lakehouse_iam.probes.probe import Context, Expected, Probe
from lakehouse_iam.setups.buckets import Bucket
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup
from lakehouse_iam.statements.s3 import Access

WRONG_EXTERNAL_ID = "lakehouse-iam-wrong-external-id"


def probes(setup: UnityCatalogSetup) -> Iterator[Probe]:
    """Every question about a setup of these patterns."""
    names = frozenset(bucket.name for bucket in setup.buckets)
    unity_catalog, role = str(setup.storage_credential.unity_catalog_role), str(setup.role)
    yield from _assume_probes(setup)
    yield from _self_assume_probes(setup)
    path = AccessPath(unity_catalog, (role,), external_ids(setup)[:1])
    yield from iam_probes(path, str(setup.role.name), role)
    events = Expected.ALLOW if setup.file_events else Expected.DENY
    yield from file_event_probes(path, setup.partition.name, str(setup.role.account), setup.region, events)
    for bucket in asking_once_for_each_key(setup.buckets):
        yield from bucket_probes(path, bucket, names, setup.partition)
        yield from _unity_catalog_probes(path, setup, bucket, names)
        yield from outsider_probes("Unity Catalog, without assuming,", unity_catalog, bucket, setup.partition)
        yield from outsider_probes("a role of another account", _stranger(setup), bucket, setup.partition)


def _unity_catalog_probes(
    path: AccessPath, setup: UnityCatalogSetup, bucket: Bucket, names: Collection[BucketName]
) -> Iterator[Probe]:
    """What Unity Catalog does and other users of buckets do not."""
    arn = bucket.name.arn(setup.partition.name)
    for prefix in bucket.prefixes:
        for asked in (f"{prefix}", f"{prefix}/below/"):
            listing = (("s3:prefix", asked),)
            yield path.probe(f"list {bucket.name}/{asked}", "s3:ListBucket", arn, Expected.ALLOW, listing)
    writes_everywhere = bucket.access is Access.READ_WRITE and not bucket.prefixes
    uploads = Expected.ALLOW if writes_everywhere else Expected.DENY
    yield path.probe(f"list the uploads of {bucket.name}", "s3:ListBucketMultipartUploads", arn, uploads)
    events = Expected.ALLOW if bucket.file_events else Expected.DENY
    yield path.probe(f"change the notifications of {bucket.name}", "s3:PutBucketNotification", arn, events)
    yield path.probe(f"see the notifications of {bucket.name}", "s3:GetBucketNotification", arn, events)
    yield from _upload_probes(path, bucket, arn)
    sister = sister_bucket(bucket.name, names)
    beside, where = sister.arn(setup.partition.name), f"of the similarly named bucket {sister}"
    yield path.probe(f"list the uploads {where}", "s3:ListBucketMultipartUploads", beside, Expected.DENY)
    yield path.probe(f"change the notifications {where}", "s3:PutBucketNotification", beside, Expected.DENY)


def _upload_probes(path: AccessPath, bucket: Bucket, arn: str) -> Iterator[Probe]:
    """Uploads in parts that somebody else began."""
    writes = Expected.ALLOW if bucket.access is Access.READ_WRITE else Expected.DENY
    for prefix in bucket.prefixes or (None,):
        folder = f"{prefix}/" if prefix else ""
        key, where = f"{arn}/{folder}lakehouse-iam-probe", f"{bucket.name}/{folder}".rstrip("/")
        yield path.probe(f"abort an upload to {where}", "s3:AbortMultipartUpload", key, writes)
        yield path.probe(f"list the parts of an upload to {where}", "s3:ListMultipartUploadParts", key, writes)


def _stranger(setup: UnityCatalogSetup) -> str:
    return f"arn:{setup.partition.name}:iam::{STRANGER_ACCOUNT}:role/{OTHER_ROLE}"


def _naming(external_id: str) -> Context:
    return (("sts:ExternalId", external_id),)


def _assume_probes(setup: UnityCatalogSetup) -> Iterator[Probe]:
    unity_catalog, target = str(setup.storage_credential.unity_catalog_role), str(setup.role)
    ids, name = external_ids(setup), setup.role.name

    def probe(who: str, principal: str, how: str, context: Context, expected: Expected) -> Probe:
        return Probe(f"{who} assumes {name} {how}", principal, (), "sts:AssumeRole", target, expected, context)

    for number, external_id in enumerate(ids, start=1):
        how = "with the external id" if len(ids) == 1 else f"with external id {number} of {len(ids)}"
        yield probe("Unity Catalog", unity_catalog, how, _naming(external_id), Expected.ALLOW)
    yield probe("Unity Catalog", unity_catalog, "without an external id", (), Expected.DENY)
    yield probe("Unity Catalog", unity_catalog, "with an empty external id", _naming(""), Expected.DENY)
    yield probe("Unity Catalog", unity_catalog, "with a wrong external id", _naming(WRONG_EXTERNAL_ID), Expected.DENY)
    for who, principal in _outsiders(setup):
        yield probe(who, principal, "with the right external id", _naming(ids[0]), Expected.DENY)


def _outsiders(setup: UnityCatalogSetup) -> Iterator[tuple[str, str]]:
    """Those who know the external id and must be refused all the same."""
    partition, own = setup.partition.name, str(setup.storage_credential.unity_catalog_role)
    # Masters of other partitions cannot even ask: no role is assumed across partitions.
    for shard in DATABRICKS_SHARDS.values():
        if shard.partition == partition and shard.unity_catalog_role != own:
            yield f"Unity Catalog of the shard {shard.name}", shard.unity_catalog_role
    if PRE_PRODUCTION_UNITY_CATALOG_ROLE.startswith(f"arn:{partition}:"):
        yield "Databricks' pre-production Unity Catalog", PRE_PRODUCTION_UNITY_CATALOG_ROLE
    yield "another role of Unity Catalog's account", str(sister_role(setup.storage_credential.unity_catalog_role))
    yield "another role of the same account", f"arn:{partition}:iam::{setup.role.account}:role/{OTHER_ROLE}"
    yield "a role of another account", _stranger(setup)
    yield "the similarly named role", str(sister_role(setup.role))


def _self_assume_probes(setup: UnityCatalogSetup) -> Iterator[Probe]:
    unity_catalog, role = str(setup.storage_credential.unity_catalog_role), str(setup.role)
    ids, name = external_ids(setup), setup.role.name
    ways = (
        ("with the external id", _naming(ids[0]), Expected.ALLOW),
        ("without an external id", (), Expected.DENY),
        ("with a wrong external id", _naming(WRONG_EXTERNAL_ID), Expected.DENY),
    )
    for how, context, expected in ways:
        question = f"{name} assumes itself {how}"
        yield Probe(question, unity_catalog, (role,), "sts:AssumeRole", role, expected, context, ids[:1])
    for which, other in (
        ("the similarly named role", sister_role(setup.role)),
        ("a role of another account that is named alike", replace(setup.role, account=AccountId(STRANGER_ACCOUNT))),
    ):
        question = f"{name} assumes {which}"
        yield Probe(question, unity_catalog, (role,), "sts:AssumeRole", str(other), Expected.DENY, (), ids[:1])
