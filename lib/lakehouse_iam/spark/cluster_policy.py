"""A cluster policy that pins the instance profile and the Spark configuration, so that users cannot get them wrong."""

from __future__ import annotations

from typing import Any

from lakehouse_iam.arns import InstanceProfileArn
from lakehouse_iam.spark.configuration import SparkConfiguration


def cluster_policy(instance_profile: InstanceProfileArn, configuration: SparkConfiguration) -> dict[str, Any]:
    """The definition of a Databricks compute policy with fixed values, to paste or to send as JSON.

    Source: Databricks "Compute policy reference" (fixed policies, `aws_attributes.instance_profile_arn`,
    `spark_conf.*`), from general knowledge, unverified against the live page on 2026-11-21.

    Args:
        instance_profile: what clusters of this policy carry.
        configuration: from `lakehouse_iam.spark.configuration`.
    """
    fixed = {"aws_attributes.instance_profile_arn": str(instance_profile)}
    fixed |= {f"spark_conf.{key}": value for key, value in configuration.items()}
    return {key: {"type": "fixed", "value": value} for key, value in fixed.items()}
