"""AWS partitions and Databricks shards: one table, every constant with its source and the date it was read.

A *partition* is AWS's own division (`aws`, `aws-us-gov`, …): the second field of every ARN. A *shard* is a Databricks
deployment with its own accounts (`commercial`, `gov`, `gov-dod`); two shards live in the partition `aws-us-gov`, so a
shard is never derived from an ARN. What is not known is absent from the table and refused with the reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lakehouse_iam.errors import InvalidValue


@dataclass(frozen=True)
class Partition:
    """One AWS partition.

    Args:
        name: the second field of its ARNs.
        dns_suffix: the domain its regional endpoints, and `kms:ViaService` values, end in.
        region_prefix: what the names of its regions start with; empty for the commercial partition.
    """

    name: str
    dns_suffix: str
    region_prefix: str

    def root(self, account: str) -> str:
        """The ARN of an account as a principal: everyone in it whom its own administrators allow."""
        return f"arn:{self.name}:iam::{account}:root"

    def via_service(self, service: str, region: str) -> str:
        """The `kms:ViaService` value of a service in a region, for example `s3.us-west-2.amazonaws.com`."""
        return f"{service}.{region}.{self.dns_suffix}"


# Source: region facts of aws-cdk-lib 2.275 and the CloudFormation registry schemas of 2026-10-20, read 2026-11-21.
# The isolated partitions (aws-iso and later) are left out: nothing here was ever tried there.
PARTITIONS: dict[str, Partition] = {
    partition.name: partition
    for partition in (
        Partition("aws", dns_suffix="amazonaws.com", region_prefix=""),
        Partition("aws-us-gov", dns_suffix="amazonaws.com", region_prefix="us-gov-"),
        # kms:ViaService with this suffix is unverified: no Databricks shard exists here, so no setup reaches it yet.
        Partition("aws-cn", dns_suffix="amazonaws.com.cn", region_prefix="cn-"),
        Partition("aws-eusc", dns_suffix="amazonaws.eu", region_prefix="eusc-"),
    )
}

# EC2's service principal is written the same in every partition that the table holds.
# Source: aws-cdk-lib 2.275 service-principal facts, read 2026-11-21.
EC2_SERVICE = "ec2.amazonaws.com"


@dataclass(frozen=True)
class DatabricksShard:
    """One Databricks deployment and the AWS identities it acts through.

    Args:
        name: the shard's key in a setup (`databricks_shard`).
        partition: the AWS partition its ARNs are written in.
        account: the AWS account that Databricks runs it from.
        unity_catalog_role: the master role that assumes storage-credential roles.
        serverless_role: the role that serverless compute assumes an instance profile's role with; `None` where it
            is not known.
    """

    name: str
    partition: str
    account: str
    unity_catalog_role: str
    serverless_role: str | None


# Accounts and master roles: databricks/terraform-provider-databricks `aws/constants.go` at v1.128.0, read 2026-11-21.
# Serverless role, commercial only: docs.databricks.com "Configure S3 access with an instance profile", copy of
# 2024-08-12, read 2026-11-21. The value for GovCloud is published nowhere that could be read, so it is None.
DATABRICKS_SHARDS: dict[str, DatabricksShard] = {
    shard.name: shard
    for shard in (
        DatabricksShard(
            name="commercial",
            partition="aws",
            account="414351767826",
            unity_catalog_role="arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL",
            serverless_role="arn:aws:iam::790110701330:role/serverless-customer-resource-role",
        ),
        DatabricksShard(
            name="gov",
            partition="aws-us-gov",
            account="044793339203",
            unity_catalog_role="arn:aws-us-gov:iam::044793339203:role/unity-catalog-prod-UCMasterRole-1QRFA8SGY15OJ",
            serverless_role=None,
        ),
        DatabricksShard(
            name="gov-dod",
            partition="aws-us-gov",
            account="170661010020",
            unity_catalog_role="arn:aws-us-gov:iam::170661010020:role/unity-catalog-prod-UCMasterRole-1DI6DL6ZP26AS",
            serverless_role=None,
        ),
    )
}

# Databricks' own pre-production master role, which no customer's role should trust.
# Source: databrickslabs/ucx `src/databricks/labs/ucx/assessment/aws.py` at d89c9cb9, read 2026-11-21.
PRE_PRODUCTION_UNITY_CATALOG_ROLE = "arn:aws:iam::707343435239:role/unity-catalog-dev-UCMasterRole-G3MMN8SP21FO"


@dataclass(frozen=True)
class WorkspaceDomain:
    """What the addresses of a kind of Databricks workspace end in.

    Args:
        suffix: the end of the host name, with its leading dot.
        cloud: `aws`, `azure` or `gcp`: where the workspace itself runs.
        shard: the shard it belongs to, on AWS; empty elsewhere.
        supported: whether it is known which AWS role Unity Catalog acts through there.
    """

    suffix: str
    cloud: str
    shard: str = ""
    supported: bool = True


# Source: `ALL_ENVIRONMENTS` of databricks-sdk-java, read 2026-11-21. The public documentation of S3 access from Azure
# covers Azure's commercial cloud only, so its government and China clouds are known here in order to be refused.
WORKSPACE_DOMAINS: tuple[WorkspaceDomain, ...] = (
    WorkspaceDomain(".cloud.databricks.com", "aws", "commercial"),
    WorkspaceDomain(".cloud.databricks.us", "aws", "gov"),
    WorkspaceDomain(".cloud.databricks.mil", "aws", "gov-dod"),
    WorkspaceDomain(".azuredatabricks.net", "azure"),
    WorkspaceDomain(".databricks.azure.us", "azure", supported=False),
    WorkspaceDomain(".databricks.azure.cn", "azure", supported=False),
    WorkspaceDomain(".gcp.databricks.com", "gcp", supported=False),
)

# Source: databricks/terraform-databricks-sra `aws/tf/variables.tf` at 72a96ea0 and the documentation of
# databricks/terraform-provider-databricks v1.128.0, read 2026-11-21.
ACCOUNT_HOSTS: tuple[str, ...] = (
    "accounts.cloud.databricks.com",
    "accounts.cloud.databricks.us",
    "accounts-dod.cloud.databricks.mil",
    "accounts.azuredatabricks.net",
    "accounts.gcp.databricks.com",
)

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")
_ISOLATED_REGION = re.compile(r"[a-z]{2}-iso[a-z]?-.*")


def partition_named(name: str) -> Partition:
    """The partition of that name.

    Raises:
        InvalidValue: the table holds no such partition.
    """
    if name not in PARTITIONS:
        raise InvalidValue(
            f"{name!r} is not an AWS partition that this library knows",
            allowed=f"allowed are {', '.join(PARTITIONS)}",
        )
    return PARTITIONS[name]


def partition_of_region(region: str) -> Partition:
    """The partition a region lies in, by its name.

    Raises:
        InvalidValue: the text is not shaped like a region (`us-west-2`), or is one of an isolated partition.
    """
    if not _REGION.fullmatch(region):
        raise InvalidValue(
            f"{region!r} is not an AWS region",
            allowed="a region is written like ap-northeast-1 or us-gov-west-1",
        )
    if _ISOLATED_REGION.fullmatch(region):
        raise InvalidValue(
            f"the region {region} is in an isolated partition",
            allowed=f"allowed are regions of the partitions {', '.join(PARTITIONS)}",
            next_step="nothing here was ever tried in an isolated partition",
        )
    special = [p for p in PARTITIONS.values() if p.region_prefix and region.startswith(p.region_prefix)]
    return special[0] if special else PARTITIONS["aws"]


def shard_in(partition: Partition, name: str) -> DatabricksShard:
    """The Databricks shard of that name, checked to exist in the partition.

    Raises:
        InvalidValue: no such shard, or none is known in that partition (AWS China, AWS European Sovereign Cloud).
    """
    here = [shard.name for shard in DATABRICKS_SHARDS.values() if shard.partition == partition.name]
    if not here:
        raise InvalidValue(
            f"no Databricks deployment is known in the partition {partition.name}",
            allowed="Databricks on AWS is known in aws (shard commercial) and aws-us-gov (shards gov, gov-dod)",
            next_step="its account ids cannot be guessed; ask Databricks whether one exists there",
        )
    if name not in here:
        raise InvalidValue(
            f"the Databricks shard {name!r} is not in the partition {partition.name}",
            allowed=f"allowed there: {', '.join(here)}",
            next_step="set databricks_shard to the one you use",
        )
    return DATABRICKS_SHARDS[name]


def is_of_databricks(account: str) -> bool:
    """Whether an account is one that Databricks runs a deployment from."""
    shards = DATABRICKS_SHARDS.values()
    return any(account == shard.account or f"::{account}:" in (shard.serverless_role or "") for shard in shards)
