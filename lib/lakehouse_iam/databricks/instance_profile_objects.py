"""What a workspace holds of the pattern `instance-profile`: the registration, and clusters that name its roles."""

from __future__ import annotations

from lakehouse_iam.databricks.workspace_objects import WorkspaceObjects
from lakehouse_iam.setups.instance_profile import InstanceProfileSetup


def objects(setup: InstanceProfileSetup) -> WorkspaceObjects:
    """The objects of a setup."""
    return WorkspaceObjects(
        instance_profiles=(str(setup.workspace.instance_profile),),
        roles=tuple(str(owner.role) for owner in setup.bucket_owners),
        buckets=tuple(str(bucket.name) for bucket in setup.buckets),
    )
