"""What a workspace holds of a setup of Unity Catalog: its storage credential and its external locations."""

from __future__ import annotations

from typing import Any

from lakehouse_iam.databricks.workspace_objects import WorkspaceObjects
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup
from lakehouse_iam.statements.s3 import Access


def objects(setup: UnityCatalogSetup) -> WorkspaceObjects:
    """The objects of a setup; clusters have no part in it."""
    return WorkspaceObjects(
        storage_credentials=(setup.storage_credential.name,),
        external_locations=tuple((one.name, str(one.url)) for one in setup.external_locations),
    )


def as_meant(setup: UnityCatalogSetup) -> dict[str, Any]:
    """What a snapshot holds of a workspace in which everything is as the setup says; the external id only where it is known."""
    credential = setup.storage_credential
    writes = {str(bucket.name): bucket.access is Access.READ_WRITE for bucket in setup.buckets}
    shown = {
        "id": "11111111-2222-3333-4444-555555555555",
        "role_arn": str(setup.role),
        "unity_catalog_iam_arn": str(credential.unity_catalog_role),
        "read_only": setup.read_only,
        "isolation": "ISOLATED" if credential.isolated else "OPEN",
        "bindings": [{"workspace": one} for one in credential.workspaces],
    }
    if credential.external_ids:
        shown["external_id"] = credential.external_ids[0]
    return {
        "storage_credentials": {credential.name: shown},
        "external_locations": {
            location.name: {
                "url": str(location.url),
                "credential": credential.name,
                "read_only": location.read_only or not writes[str(location.url.bucket)],
                "isolation": "OPEN",
                "file_events": location.file_events,
                "bindings": [],
            }
            for location in setup.external_locations
        },
    }
