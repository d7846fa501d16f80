"""Setups for tests: one that is right, and ways to change it."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from lakehouse_iam.cloudformation import templates
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.setups import Setup, setups_from_text

WORKSPACE = "111122223333"
OWNER = "444455556666"
OTHER_OWNER = "777788889999"
KEY = "arn:aws:kms:ap-northeast-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"

VALID = """\
setup: partner-bucket
pattern: instance-profile
region: ap-northeast-1
workspace:
  account: "111122223333"
  role: deployment-role
  cross_account_role: databricks-role
bucket_owner:
  account: "444455556666"
  role: owner-role
buckets:
  - name: partner-data
    access: read-write
"""

_DOCUMENT: dict[str, Any] = {
    "setup": "partner-bucket",
    "pattern": "instance-profile",
    "region": "ap-northeast-1",
    "workspace": {"account": WORKSPACE, "role": "deployment-role", "cross_account_role": "databricks-role"},
    "bucket_owner": {"account": OWNER, "role": "owner-role"},
    "buckets": [{"name": "partner-data", "access": "read-write"}],
}


def document(**changes: Any) -> dict[str, Any]:
    """The right setup as a mapping, with top-level keys replaced."""
    return deepcopy(_DOCUMENT) | changes


def bucket(name: str = "partner-data", **more: Any) -> dict[str, Any]:
    """One bucket of a setup."""
    return {"name": name, "access": "read-write", **more}


def setup_of(content: dict[str, Any]) -> Setup:
    """The typed setup of a mapping."""
    (setup,) = setups_from_text(json.dumps(content))
    return setup


def plan_of(content: dict[str, Any]) -> Plan:
    """The plan of a mapping."""
    return plan_setup(setup_of(content))


def templates_of(content: dict[str, Any]) -> dict[str, Any]:
    """The templates of a mapping, by phase."""
    return templates(plan_of(content))
