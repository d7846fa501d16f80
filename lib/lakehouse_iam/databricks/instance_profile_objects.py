"""What a workspace holds of the pattern `instance-profile`: the registration, and clusters that name its roles."""

from __future__ import annotations

from typing import Any

from lakehouse_iam.databricks.workspace_objects import WorkspaceObjects
from lakehouse_iam.plan.instance_profile import spark_configuration
from lakehouse_iam.setups.instance_profile import InstanceProfileSetup


def objects(setup: InstanceProfileSetup) -> WorkspaceObjects:
    """The objects of a setup."""
    return WorkspaceObjects(
        instance_profiles=(str(setup.workspace.instance_profile),),
        roles=tuple(str(owner.role) for owner in setup.bucket_owners),
        buckets=tuple(str(bucket.name) for bucket in setup.buckets),
    )


def as_meant(setup: InstanceProfileSetup) -> dict[str, Any]:
    """What a snapshot holds of a workspace in which everything is as the setup says."""
    profile = str(setup.workspace.instance_profile)
    cluster = {
        "name": "etl",
        "kind": "cluster",
        "instance_profile": profile,
        "spark_conf": dict(spark_configuration(setup)),
        "data_security_mode": "SINGLE_USER",
    }
    return {
        "instance_profiles": {profile: {"arn": profile, "roles": [str(setup.workspace.role)]}},
        "clusters": {"0101-120000-abcdefgh": cluster},
    }
