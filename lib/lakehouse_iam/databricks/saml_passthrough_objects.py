"""What a workspace holds of the pattern `saml-passthrough`: the meta instance profile, where the setup has one."""

from __future__ import annotations

from typing import Any

from lakehouse_iam.databricks.workspace_objects import WorkspaceObjects
from lakehouse_iam.setups.saml_passthrough import SamlPassthroughSetup


def objects(setup: SamlPassthroughSetup) -> WorkspaceObjects:
    """The objects of a setup; the roles of groups come with each sign-in and stand nowhere in the workspace."""
    meta = setup.meta_instance_profile
    return WorkspaceObjects(instance_profiles=(str(meta.instance_profile),)) if meta else WorkspaceObjects()


def as_meant(setup: SamlPassthroughSetup) -> dict[str, Any]:
    """What a snapshot holds of a workspace in which everything is as the setup says; nothing without a meta instance profile."""
    meta = setup.meta_instance_profile
    if meta is None:
        return {}
    profile = str(meta.instance_profile)
    return {"instance_profiles": {profile: {"arn": profile, "roles": [str(meta.role)]}}}
