"""A role that Databricks clusters carry in an instance profile and that may only assume other roles."""

from __future__ import annotations

from collections.abc import Sequence

from lakehouse_iam.policy import PackedPolicy, PolicyDocument, pack
from lakehouse_iam.statements import pass_role, sts


def assume_role_documents(role_arns: Sequence[str]) -> tuple[PackedPolicy, ...]:
    """The policies of the role: it may assume exactly these roles."""
    return pack(
        role_arns,
        group=str,
        key=str,
        render=lambda arns: PolicyDocument((sts.assume_roles(arns),)),
    )


def pass_role_document(role_arn: str) -> PolicyDocument:
    """What the workspace's cross-account role needs in order to start clusters that carry the role."""
    return PolicyDocument((pass_role.pass_role_to_ec2(role_arn),))
