"""The keys that stand at the top of a setup of any pattern: partition, shard, tags, permissions boundary."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lakehouse_iam.arns import AccountId, ManagedPolicyArn
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import (
    DATABRICKS_SHARDS,
    DatabricksShard,
    Partition,
    partition_named,
    partition_of_region,
    shard_in,
)
from lakehouse_iam.setups.problems import Faults, Path

# The tag that every resource carries: which setup made it.
SETUP_TAG = "lakehouse-iam:setup"
DEFAULT_SHARD = "commercial"


def partition_of(content: dict[str, Any], faults: Faults) -> Partition:
    """The partition of a setup, which must be the one of its region; the region's where they differ."""
    partition = partition_named(content.get("partition", "aws"))
    actual = partition_of_region(content["region"])
    if actual != partition:
        problem = InvalidValue(
            f"the region {content['region']} is not in the partition {partition.name}",
            allowed=f"its partition is {actual.name}",
            next_step=f"write partition: {actual.name}, or another region",
        )
        faults.add(("partition",) if "partition" in content else ("region",), problem)
    return actual


def shard_of(content: dict[str, Any], partition: Partition, faults: Faults) -> DatabricksShard:
    """The Databricks deployment of a setup; what is wrong is said of the key that is written."""
    if partition.name != content.get("partition", "aws"):
        # The partition is wrong and noted as that; which shards there are follows from it.
        return DATABRICKS_SHARDS[DEFAULT_SHARD]
    named = next((key for key in ("databricks_shard", "partition") if key in content), "region")
    asked = content.get("databricks_shard", DEFAULT_SHARD)
    return faults.read((named,), lambda: shard_in(partition, asked), DATABRICKS_SHARDS[DEFAULT_SHARD])


def tags_of(content: dict[str, Any], faults: Faults) -> tuple[tuple[str, str], ...]:
    """The tags of a setup, by name."""
    seen: dict[str, str] = {}
    for key, value in content.get("tags", {}).items():
        name = str(key)
        path: Path = ("tags", key)
        for text in (name, str(value)):
            odd = "".join(
                sorted({char for char in text if not (char.isalnum() or char.isspace() or char in "_.:/=+-@")})
            )
            if odd:
                problem = InvalidValue(
                    f"the tag {name!r} contains {odd!r}",
                    allowed="allowed are letters, digits, spaces and _.:/=+-@",
                )
                faults.add(path, problem)
        if name.lower() == SETUP_TAG:
            problem = InvalidValue(f"the tag {name!r} is this library's own", allowed="any other name")
            faults.add(path, problem)
        if name.lower() in seen:
            problem = InvalidValue(
                f"the tags {seen[name.lower()]!r} and {name!r} differ only in case",
                allowed="each name once; IAM takes names that differ only in case for one",
            )
            faults.add(path, problem)
        seen[name.lower()] = name
    return tuple(sorted((str(key), str(value)) for key, value in content.get("tags", {}).items()))


def boundary_of(content: dict[str, Any], partition: Partition, faults: Faults) -> str:
    """The permissions boundary of a setup, as it is written; empty for none."""
    text = str(content.get("permissions_boundary", ""))
    path: Path = ("permissions_boundary",)
    if not text.startswith("arn:"):
        if text:
            faults.read(path, lambda: ManagedPolicyArn.parse_name(text), text)
        return text
    boundary = faults.read(path, lambda: ManagedPolicyArn.parse(text), None)
    if boundary is None:
        return text
    if boundary.account != "aws":
        problem = InvalidValue(
            f"{text!r} belongs to one account, and this setup makes roles in several",
            allowed="allowed is the name of a managed policy that each of the accounts has",
            next_step=f"write {boundary.name!r}",
        )
        faults.add(path, problem)
    elif boundary.partition != partition.name:
        problem = InvalidValue(
            f"{text!r} is in the partition {boundary.partition}",
            allowed=f"allowed is a managed policy of {partition.name}",
            next_step=f"write {str(replace(boundary, partition=partition.name))!r}",
        )
        faults.add(path, problem)
    return text


def boundary_arn(boundary: str, partition: Partition, account: AccountId) -> ManagedPolicyArn | None:
    """The permissions boundary, as `boundary_of` gives it, of roles in an account; `None` where there is none."""
    if not boundary:
        return None
    if boundary.startswith("arn:"):
        return ManagedPolicyArn.parse(boundary)
    return ManagedPolicyArn(partition.name, str(account), boundary)
