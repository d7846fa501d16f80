"""IAM: handing a role to EC2."""

from __future__ import annotations

from lakehouse_iam.partitions import EC2_SERVICE
from lakehouse_iam.policy import Condition, Statement


def pass_role_to_ec2(role_arn: str) -> Statement:
    """In the workspace's cross-account role: Databricks may start instances that carry this role.

    The resource is the role's ARN; the instance profile's ARN would match nothing. The condition keeps the role from
    being passed to any other service. Databricks documents the block without it.
    Sources: Databricks "Configure S3 access with an instance profile" (copy of 2024-08-12), IAM "Granting a user
    permissions to pass a role to an AWS service" (iam:PassedToService), read 2026-11-21.
    """
    return Statement(
        ("iam:PassRole",),
        (role_arn,),
        conditions=(Condition("StringEquals", "iam:PassedToService", (EC2_SERVICE,)),),
        sid="PassRoleToEc2",
    )
