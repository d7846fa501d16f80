"""The calls about storage credentials: those of a workspace, and those of an account.

Sources: databricks-sdk 0.162.0 `service/catalog.py` (StorageCredentialsAPI, AccountStorageCredentialsAPI), read 2026-11-21.
"""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse_iam.databricks.calls import UNITY_CATALOG, Call, Json, segment
from lakehouse_iam.databricks.workspace import NO_UNITY_CATALOG


@dataclass(frozen=True)
class InWorkspace:
    """The calls of the workspace's own API."""

    missing = NO_UNITY_CATALOG

    def listing(self) -> Call:
        """The call that asks for the first page of all."""
        return Call("GET", f"{UNITY_CATALOG}/storage-credentials", query=(("max_results", "1"),))

    def get(self, name: str) -> Call:
        """The call that asks for one storage credential."""
        return Call("GET", f"{UNITY_CATALOG}/storage-credentials/{segment(name)}")

    def create(self, body: Json) -> Call:
        """The call that makes one."""
        return Call("POST", f"{UNITY_CATALOG}/storage-credentials", body)

    def update(self, name: str, body: Json) -> Call:
        """The call that changes one."""
        return Call("PATCH", f"{UNITY_CATALOG}/storage-credentials/{segment(name)}", body)


@dataclass(frozen=True)
class InAccount:
    """The calls of the account's API, which an account admin may make without being let into any workspace."""

    account_id: str
    metastore_id: str

    @property
    def _path(self) -> str:
        return (
            f"/api/2.0/accounts/{segment(self.account_id)}/metastores/{segment(self.metastore_id)}/storage-credentials"
        )

    @property
    def missing(self) -> str:
        """What it means that the collection itself is not found."""
        return f"the account {self.account_id} has no metastore {self.metastore_id}: correct --metastore"

    def listing(self) -> Call:
        """The call that asks for all."""
        return Call("GET", self._path)

    def get(self, name: str) -> Call:
        """The call that asks for one storage credential."""
        return Call("GET", f"{self._path}/{segment(name)}")

    def create(self, body: Json) -> Call:
        """The call that makes one."""
        return Call("POST", self._path, _wrapped(body))

    def update(self, name: str, body: Json) -> Call:
        """The call that changes one."""
        return Call("PUT", f"{self._path}/{segment(name)}", _wrapped(body))


CredentialApi = InWorkspace | InAccount


def _wrapped(body: Json) -> Json:
    # The account's API has no `force` (databricks-sdk `UpdateAccountsStorageCredential`).
    info = {key: value for key, value in body.items() if key not in ("skip_validation", "force")}
    return {"credential_info": info, "skip_validation": bool(body.get("skip_validation", False))}
