"""The storage credential: found or made, brought to what the setup says, never overwritten unasked.

Sources: databricks-sdk 0.162.0 `service/catalog.py` (StorageCredentialsAPI, AccountStorageCredentialsAPI), Databricks
"Create a storage credential", terraform-provider-databricks `catalog/resource_storage_credential.go`; read 2026-11-21.
`isolation_mode` and `owner` are not taken on creation, only afterwards. The validation is skipped on creation because the
role need not exist yet; it is made up for by `validation`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from lakehouse_iam.databricks.calls import UNITY_CATALOG, Call, Json, segment
from lakehouse_iam.databricks.clock import Clock
from lakehouse_iam.databricks.isolation import OPEN, opened
from lakehouse_iam.databricks.refusals import Conflict, Difference, NotThere
from lakehouse_iam.databricks.steps import converge
from lakehouse_iam.databricks.workspace import Workspace, read


@dataclass(frozen=True)
class StorageCredentialInfo:
    """A storage credential as it is there.

    Args:
        name: its name.
        role_arn: the role it names; empty where it is of another cloud.
        external_id: what the role's trust policy must ask for; empty in a dry run that would make it.
        unity_catalog_iam_arn: who assumes the role.
        read_only: whether it may be used to read only.
        isolation: `ISOLATION_MODE_OPEN` or `ISOLATION_MODE_ISOLATED`; empty where Databricks does not say.
        owner: who owns it.
        comment: a comment.
    """

    name: str
    role_arn: str
    external_id: str = ""
    unity_catalog_iam_arn: str = ""
    read_only: bool = False
    isolation: str = ""
    owner: str = ""
    comment: str = ""

    @classmethod
    def from_json(cls, answer: Json) -> StorageCredentialInfo:
        """Read an answer of the workspace's or of the account's API, which wraps it once more."""
        info: Json = answer.get("credential_info", answer)
        role: dict[str, Any] = info.get("aws_iam_role") or {}
        return cls(
            name=str(info.get("name", "")),
            role_arn=str(role.get("role_arn", "")),
            external_id=str(role.get("external_id", "")),
            unity_catalog_iam_arn=str(role.get("unity_catalog_iam_arn", "")),
            read_only=bool(info.get("read_only", False)),
            isolation=str(info.get("isolation_mode", "")),
            owner=str(info.get("owner", "")),
            comment=str(info.get("comment", "")),
        )


@dataclass(frozen=True)
class InWorkspace:
    """The calls of the workspace's own API."""

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
    info = {key: value for key, value in body.items() if key != "skip_validation"}
    return {"credential_info": info, "skip_validation": bool(body.get("skip_validation", False))}


def look(workspace: Workspace, api: CredentialApi, name: str) -> StorageCredentialInfo | None:
    """The storage credential of that name, if there is one.

    Raises:
        DatabricksError: Databricks did not say.
    """
    try:
        return StorageCredentialInfo.from_json(read(workspace, api.get(name)))
    except NotThere:
        return None


def ensure(
    workspace: Workspace, clock: Clock, api: CredentialApi, wanted: StorageCredentialInfo, *, update: bool
) -> tuple[StorageCredentialInfo, bool]:
    """Find the storage credential or make it.

    Args:
        workspace: who makes calls.
        clock: what pauses are taken from.
        api: the workspace's or the account's.
        wanted: what the setup says.
        update: whether what differs may be overwritten.

    Returns:
        The storage credential, and whether it was there already.

    Raises:
        Conflict: it is there and differs.
        DatabricksError: it could not be made.
    """
    before = look(workspace, api, wanted.name)
    differences = (*_differences(before, wanted), *opened(before.isolation, wanted.isolation)) if before else ()
    if differences and not update:
        raise Conflict(f"storage credential {wanted.name}", differences)

    def missing(there: StorageCredentialInfo | None) -> Call | None:
        if there is None:
            return api.create(_content(wanted) | {"name": wanted.name})
        return api.update(wanted.name, _content(wanted)) if _differences(there, wanted) else None

    made = converge(
        workspace,
        clock,
        look=lambda: look(workspace, api, wanted.name),
        missing=missing,
        taken=lambda there, answer: StorageCredentialInfo.from_json(
            {"name": wanted.name, "isolation_mode": there.isolation if there else ""} | answer
        ),
        found=before,
    )
    return made or wanted, before is not None


def set_isolation(
    workspace: Workspace, clock: Clock, there: StorageCredentialInfo, wanted: str
) -> StorageCredentialInfo:
    """Open a storage credential to every workspace, or close it to all but those it is bound to.

    Closing binds the calling workspace by itself (terraform-provider-databricks `docs/resources/storage_credential.md`).

    Raises:
        DatabricksError: it was refused.
    """
    api = InWorkspace()
    return converge(
        workspace,
        clock,
        look=lambda: look(workspace, api, there.name) or there,
        missing=lambda now: (
            None if (now.isolation or OPEN) == wanted else api.update(there.name, {"isolation_mode": wanted})
        ),
        taken=lambda now, answer: replace(now, isolation=str(answer.get("isolation_mode", ""))),
        found=there,
    )


def give_to(workspace: Workspace, clock: Clock, there: StorageCredentialInfo, owner: str) -> StorageCredentialInfo:
    """Make somebody the owner. Last of all: whoever gives it away may no longer change it.

    Raises:
        DatabricksError: it was refused.
    """
    api = InWorkspace()
    return converge(
        workspace,
        clock,
        look=lambda: look(workspace, api, there.name) or there,
        missing=lambda now: None if now.owner == owner else api.update(there.name, {"owner": owner}),
        taken=lambda now, answer: replace(now, owner=str(answer.get("owner", ""))),
        found=there,
    )


def _content(wanted: StorageCredentialInfo) -> Json:
    body: Json = {
        "aws_iam_role": {"role_arn": wanted.role_arn},
        "read_only": wanted.read_only,
        "skip_validation": True,
    }
    return body | {"comment": wanted.comment} if wanted.comment else body


def _differences(there: StorageCredentialInfo, wanted: StorageCredentialInfo) -> tuple[Difference, ...]:
    rows: list[Difference] = [
        ("role", there.role_arn, wanted.role_arn),
        ("read only", there.read_only, wanted.read_only),
    ]
    if wanted.comment:
        rows.append(("comment", there.comment, wanted.comment))
    return tuple(row for row in rows if row[1] != row[2])
