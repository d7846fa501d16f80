"""Unity Catalog setups for tests: one that is right on each cloud, and ways to change it."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.setups import setups_from_text
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup

OWNER = "444455556666"
OTHER_OWNER = "777788889999"
EXTERNAL_ID = "b0834ee0-0ead-4165-9d0a-6f081fdae9bc"
KEY = f"arn:aws:kms:us-west-2:{OWNER}:key/1234abcd-12ab-34cd-56ef-1234567890ab"

_AWS: dict[str, Any] = {
    "setup": "sales-lake",
    "pattern": "unity-catalog-aws",
    "region": "us-west-2",
    "bucket_owner": {"account": OWNER, "role": "uc-sales-lake"},
    "databricks": {"host": "https://dbc-a1b2345c-d6e7.cloud.databricks.com"},
    "storage_credential": {"name": "sales-lake", "external_id": EXTERNAL_ID},
    "buckets": [{"name": "sales-bronze", "access": "read-write"}],
}
_AZURE: dict[str, Any] = {
    **_AWS,
    "pattern": "unity-catalog-azure",
    "databricks": {"host": "https://adb-1234567890123456.7.azuredatabricks.net"},
    "buckets": [{"name": "sales-bronze", "access": "read-only"}],
}


def on_aws(**changes: Any) -> dict[str, Any]:
    """The right setup of a workspace on AWS, with top-level keys replaced."""
    return deepcopy(_AWS) | changes


def from_azure(**changes: Any) -> dict[str, Any]:
    """The right setup of a workspace on Azure, with top-level keys replaced."""
    return deepcopy(_AZURE) | changes


def credential(**more: Any) -> dict[str, Any]:
    """The storage credential of a setup whose external id is known."""
    return {"name": "sales-lake", "external_id": EXTERNAL_ID, **more}


def bucket(name: str = "sales-bronze", access: str = "read-write", **more: Any) -> dict[str, Any]:
    """One bucket of a setup."""
    return {"name": name, "access": access, **more}


def setup_of(content: dict[str, Any]) -> UnityCatalogSetup:
    """The typed setup of a mapping."""
    (setup,) = setups_from_text(json.dumps(content))
    assert isinstance(setup, UnityCatalogSetup)
    return setup


def plan_of(content: dict[str, Any]) -> Plan:
    """The plan of a mapping."""
    return plan_setup(setup_of(content))
