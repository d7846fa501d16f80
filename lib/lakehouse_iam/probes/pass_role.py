"""What the role that Databricks deploys clusters with may pass, and to whom."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.arns import RoleArn, RoleName
from lakehouse_iam.partitions import EC2_SERVICE
from lakehouse_iam.plan.pass_role import PASSING_ROLE
from lakehouse_iam.probes.buckets import AccessPath
from lakehouse_iam.probes.iam import iam_probes_of_another
from lakehouse_iam.probes.outsiders import OTHER_SERVICE, UNNAMED_ROLE, sister_role
from lakehouse_iam.probes.probe import Expected, Probe


def pass_role_probes(role: RoleArn, cross_account_role: RoleName | None, title: str) -> Iterator[Probe]:
    """Whether it passes one role to EC2, and nothing else to anything.

    Args:
        role: the role that clusters carry.
        cross_account_role: the role that Databricks deploys clusters with, or `None` where the setup does not name it.
        title: what questions call the role that clusters carry.
    """
    who = str(cross_account_role) if cross_account_role else PASSING_ROLE
    passing = f"arn:{role.partition}:iam::{role.account}:role/{cross_account_role or UNNAMED_ROLE}"
    path = AccessPath(passing, ())

    def passes(what: str, whose: RoleArn, service: str, expected: Expected) -> Probe:
        context = (("iam:PassedToService", service),)
        return path.probe(f"{who} passes {what}", "iam:PassRole", str(whose), expected, context)

    yield passes(f"{title} to EC2", role, EC2_SERVICE, Expected.ALLOW)
    yield passes(f"{title} to Lambda", role, OTHER_SERVICE, Expected.DENY)
    yield passes("another role to EC2", sister_role(role), EC2_SERVICE, Expected.DENY)
    yield from iam_probes_of_another(path, who, title, str(role))
