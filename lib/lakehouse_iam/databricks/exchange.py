"""The exchange file: what the workspace's admin tells the bucket owner, for people and for machines.

Nothing in it is secret: an external id proves nothing to anybody but the role that asks for it (AWS "The confused deputy
problem", read 2026-11-21).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from lakehouse_iam.arns import ExternalId, RoleArn
from lakehouse_iam.databricks.refusals import Refused
from lakehouse_iam.databricks.storage_credential import StorageCredentialInfo
from lakehouse_iam.file_names import EXCHANGE_FILE
from lakehouse_iam.handoff.exchange import exchange_text
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup


@dataclass(frozen=True)
class Exchange:
    """What the bucket owner needs.

    Args:
        setup: the setup with the external id and the role that Unity Catalog acts through filled in, so that its
            templates need no parameter.
        credential: the storage credential.
        notes: what is to be known about these values.
    """

    setup: UnityCatalogSetup
    credential: StorageCredentialInfo
    notes: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        """What the file is called unless somebody says otherwise."""
        return f"{self.setup.name}{EXCHANGE_FILE}"

    def to_json(self) -> dict[str, Any]:
        """The content of the file."""
        return {
            "setup": self.setup.name,
            "pattern": self.setup.pattern,
            "for": f"the owner of the AWS account {self.setup.role.account}",
            "why": (
                f"Databricks will assume {self.setup.role} to use the buckets below. Deploy the setup's template with "
                "these values; until then every access is refused"
            ),
            "storage_credential": self.credential.name,
            "role_arn": str(self.setup.role),
            "external_id": self.credential.external_id,
            "unity_catalog_iam_arn": self.credential.unity_catalog_iam_arn,
            "buckets": [{"name": str(b.name), "access": b.access.value} for b in self.setup.buckets],
            **({"notes": list(self.notes)} if self.notes else {}),
        }

    def text(self) -> str:
        """The exchange as it is written to its file."""
        return exchange_text(self.to_json())


def exchange(setup: UnityCatalogSetup, credential: StorageCredentialInfo, account_id: str) -> Exchange:
    """What to tell the bucket owner, from the storage credential's own answer.

    Args:
        setup: what was asked for.
        credential: the storage credential as it is there.
        account_id: the Databricks account; empty where it is not known.

    Raises:
        Refused: the answer lacks the external id or the role that Unity Catalog acts through.
        InvalidValue: Databricks answered with an external id or a role that AWS would not take.
    """
    wanted = setup.storage_credential
    for key in ("external_id", "unity_catalog_iam_arn"):
        if not getattr(credential, key):
            raise Refused(
                f"the storage credential {credential.name} shows no aws_iam_role.{key}, so nobody knows whom its role must "
                "trust; a guess could let an outsider in. Every Databricks workspace shows it to the owner of the storage "
                "credential and to a metastore admin: log in as one of them, and check that the address is one of a "
                "Databricks workspace and not of another server that speaks the same API"
            )
    live_id = str(ExternalId.parse(credential.external_id))
    live_role = RoleArn.parse(credential.unity_catalog_iam_arn)
    # Other ids belong to other storage credentials that share the role; whose they are cannot be seen from here.
    ids = tuple(sorted({*wanted.external_ids, live_id}))
    filled = replace(setup, storage_credential=replace(wanted, external_ids=ids, unity_catalog_role=live_role))
    return Exchange(filled, credential, tuple(_notes(setup, live_id, live_role, account_id)))


def _notes(setup: UnityCatalogSetup, live_id: str, live_role: RoleArn, account_id: str) -> list[str]:
    wanted = setup.storage_credential
    notes = []
    if wanted.external_ids and live_id not in wanted.external_ids:
        account = account_id or setup.databricks_account
        why = (
            "; the setup has the Databricks account id, which is right only for a storage credential that a Databricks "
            "account admin made"
            if account and account in wanted.external_ids
            else ""
        )
        notes.append(
            f"the storage credential shows the external id {live_id}, and the setup does not have it{why}: a role deployed "
            f"from the setup lets nobody in; write storage_credential.external_id: {live_id} into it"
        )
    if live_role != wanted.unity_catalog_role:
        notes.append(
            f"Unity Catalog acts as {live_role} here, and the setup says {wanted.unity_catalog_role}: write "
            f"storage_credential.unity_catalog_iam_arn: {live_role} into it"
        )
    return notes
