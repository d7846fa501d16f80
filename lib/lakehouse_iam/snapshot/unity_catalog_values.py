"""What a storage credential tells of itself, in the place of what its setup says: its external id, and who acts through it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.plan.unity_catalog import external_ids
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup
from lakehouse_iam.snapshot.collected import Collected


def live_values(plan: Plan, snapshots: Collected) -> Mapping[str, str]:
    """The values of the storage credential that differ from the setup's, by the setup's.

    Without a snapshot of the workspace, an external id that the setup does not know either is the one that the role asks for.

    Args:
        plan: of a setup of these patterns.
        snapshots: what was read.
    """
    setup = plan.source
    if not isinstance(setup, UnityCatalogSetup):
        return {}
    credential = snapshots.of_workspace("storage_credentials", setup.storage_credential.name)
    shown = credential if isinstance(credential, Mapping) else {}
    told: dict[str, str] = {}
    ids = external_ids(setup)
    known = shown.get("external_id") or ("" if setup.storage_credential.external_ids else _asked_for(setup, snapshots))
    if known and known not in ids and len(ids) == 1:
        told[ids[0]] = known
    published = str(setup.storage_credential.unity_catalog_role)
    if shown.get("unity_catalog_iam_arn") not in (None, "", published):
        told[published] = shown["unity_catalog_iam_arn"]
    return told


def _asked_for(setup: UnityCatalogSetup, snapshots: Collected) -> str:
    """The one external id in the role's trust policy; empty where there is none, or more than one."""
    role = snapshots.of_account(str(setup.role.account), "roles", str(setup.role.name))
    trust = role.get("trust") if isinstance(role, Mapping) else None
    found = set(_ids(trust)) if trust is not None else set()
    return found.pop() if len(found) == 1 else ""


def _ids(document: Any) -> Iterator[str]:
    statements = document.get("Statement", []) if isinstance(document, Mapping) else []
    for statement in statements if isinstance(statements, list) else [statements]:
        tests = statement.get("Condition") if isinstance(statement, Mapping) else None
        for keys in tests.values() if isinstance(tests, Mapping) else ():
            for key, values in keys.items() if isinstance(keys, Mapping) else ():
                if key.lower() == "sts:externalid":
                    yield from values if isinstance(values, list) else [str(values)]
