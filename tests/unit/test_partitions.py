"""Partitions and shards are data; what is not in the table is refused."""

from __future__ import annotations

import pytest

from lakehouse_iam.arns import RoleArn
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import (
    DATABRICKS_SHARDS,
    PARTITIONS,
    is_of_databricks,
    partition_named,
    partition_of_region,
    shard_in,
)


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("us-west-2", "aws"),
        ("ap-northeast-1", "aws"),
        ("us-gov-west-1", "aws-us-gov"),
        ("cn-northwest-1", "aws-cn"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_a_region_lies_in_one_partition(region: str, partition: str) -> None:
    assert partition_of_region(region).name == partition


@pytest.mark.parametrize("region", ["", "tokyo", "us_west_2", "us-west", "US-WEST-2", "us-west-2a", "us-west-2\n"])
def test_a_text_of_another_shape_is_no_region(region: str) -> None:
    with pytest.raises(InvalidValue, match="is not an AWS region: a region is written like"):
        partition_of_region(region)


@pytest.mark.parametrize("region", ["us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1"])
def test_a_region_of_an_isolated_partition_is_refused_and_not_taken_for_a_commercial_one(region: str) -> None:
    with pytest.raises(InvalidValue, match="is in an isolated partition"):
        partition_of_region(region)


def test_an_unknown_partition_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InvalidValue, match="allowed are aws, aws-us-gov, aws-cn, aws-eusc"):
        partition_named("aws-mars")


@pytest.mark.parametrize("shard", sorted(DATABRICKS_SHARDS))
def test_a_shards_roles_are_arns_of_its_own_partition(shard: str) -> None:
    known = DATABRICKS_SHARDS[shard]
    arns = [known.unity_catalog_role, *([known.serverless_role] if known.serverless_role else [])]
    assert {RoleArn.parse(arn).partition for arn in arns} == {known.partition}
    assert str(RoleArn.parse(known.unity_catalog_role).account) == known.account


def test_a_shard_is_found_in_its_partition_and_nowhere_else() -> None:
    assert shard_in(PARTITIONS["aws-us-gov"], "gov-dod").account == "170661010020"
    with pytest.raises(InvalidValue, match="'gov' is not in the partition aws: allowed there: commercial"):
        shard_in(PARTITIONS["aws"], "gov")


@pytest.mark.parametrize("partition", ["aws-cn", "aws-eusc"])
def test_a_partition_without_a_known_databricks_is_refused_with_the_reason(partition: str) -> None:
    with pytest.raises(
        InvalidValue, match=f"no Databricks deployment is known in the partition {partition}: .*guessed"
    ):
        shard_in(PARTITIONS[partition], "commercial")


def test_a_partition_writes_its_own_root_and_via_service() -> None:
    assert PARTITIONS["aws-us-gov"].root("111122223333") == "arn:aws-us-gov:iam::111122223333:root"
    assert PARTITIONS["aws"].via_service("s3", "us-west-2") == "s3.us-west-2.amazonaws.com"
    assert PARTITIONS["aws-eusc"].via_service("s3", "eusc-de-east-1") == "s3.eusc-de-east-1.amazonaws.eu"


def test_the_accounts_of_databricks_are_known_those_of_serverless_too() -> None:
    assert all(is_of_databricks(shard.account) for shard in DATABRICKS_SHARDS.values())
    assert is_of_databricks("790110701330")
    assert not is_of_databricks("111122223333")
