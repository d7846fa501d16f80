"""What a workspace holds of a setup of Unity Catalog: its storage credential and its external locations."""

from __future__ import annotations

from lakehouse_iam.databricks.workspace_objects import WorkspaceObjects
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup


def objects(setup: UnityCatalogSetup) -> WorkspaceObjects:
    """The objects of a setup; clusters have no part in it."""
    return WorkspaceObjects(
        storage_credentials=(setup.storage_credential.name,),
        external_locations=tuple((one.name, str(one.url)) for one in setup.external_locations),
    )
