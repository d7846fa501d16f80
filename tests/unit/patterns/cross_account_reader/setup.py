"""The setup of the pattern."""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse_iam.arns import AccountId, IamPath, RoleArn, RoleName
from lakehouse_iam.setups.buckets import BucketPolicyMode, SetupWithBuckets, each_bucket, read_bucket
from lakehouse_iam.setups.document import Document
from lakehouse_iam.setups.problems import Faults
from lakehouse_iam.setups.setup import common_keys
from lakehouse_iam.setups.top_level import boundary_of, partition_of


@dataclass(frozen=True, kw_only=True)
class CrossAccountReaderSetup(SetupWithBuckets):
    """Who reads, and through which role."""

    reader: RoleArn
    role: RoleArn


def read(document: Document) -> CrossAccountReaderSetup:
    """The setup of a document that its schema has passed."""
    content, faults = document.content, Faults()
    partition = partition_of(content, faults)
    role = _role(partition.name, content["bucket_owner"])
    buckets = [
        read_bucket(
            entry,
            path,
            owner=role.account,
            policy=BucketPolicyMode.NONE,
            region=content["region"],
            partition=partition,
            faults=faults,
        )
        for path, entry in each_bucket(content, faults)
    ]
    common, boundary = common_keys(content, faults), boundary_of(content, partition, faults)
    faults.raise_any()
    return CrossAccountReaderSetup(
        **common,
        pattern="cross-account-reader",
        partition=partition,
        permissions_boundary=boundary,
        buckets=tuple(sorted(buckets, key=lambda bucket: bucket.name.value)),
        reader=_role(partition.name, content["reader"]),
        role=role,
    )


def _role(partition: str, content: dict[str, str]) -> RoleArn:
    return RoleArn(partition, AccountId.parse(content["account"]), RoleName.parse(content["role"]), IamPath("/"))
