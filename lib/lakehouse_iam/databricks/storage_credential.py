"""The storage credential: found or made, brought to what the setup says, never overwritten automatically.

Sources: databricks-sdk 0.162.0 `service/catalog.py` (StorageCredentialsAPI, AccountStorageCredentialsAPI), Databricks
"Create a storage credential", terraform-provider-databricks `catalog/resource_storage_credential.go`; read 2026-11-21.
`isolation_mode` and `owner` are not taken on creation, only afterwards. The validation is skipped on creation, because the
role need not exist yet; it is made up for by `validation`. It is never skipped on a change: until Databricks has got in through
the new role, the storage credential keeps the old one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from lakehouse_iam.databricks.calls import Call, Json, same_name
from lakehouse_iam.databricks.clock import Clock
from lakehouse_iam.databricks.credential_api import CredentialApi, InWorkspace
from lakehouse_iam.databricks.isolation import OPEN, opened
from lakehouse_iam.databricks.refusals import Conflict, Difference, NotThere
from lakehouse_iam.databricks.steps import converge
from lakehouse_iam.databricks.workspace import Workspace, read, refuse_without


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


def look(workspace: Workspace, api: CredentialApi, name: str) -> StorageCredentialInfo | None:
    """The storage credential of that name, if there is one.

    Raises:
        DatabricksError: Databricks did not say.
    """
    try:
        return StorageCredentialInfo.from_json(read(workspace, api.get(name)))
    except NotThere:
        return None


def find(workspace: Workspace, api: CredentialApi, name: str) -> StorageCredentialInfo | None:
    """The storage credential of that name, after making sure that "not found" is said of it and not of the whole API.

    Raises:
        NoSuchApi: the address knows no storage credentials at all.
        DatabricksError: Databricks did not say.
    """
    found = look(workspace, api, name)
    if found is None:
        refuse_without(workspace, api.listing(), api.missing)
    return found


def check(there: StorageCredentialInfo | None, wanted: StorageCredentialInfo, *, update: bool) -> None:
    """Whether what is there may stay or be changed.

    Raises:
        Conflict: it differs from the setup and nobody said that it may be overwritten.
    """
    if there is None or update:
        return
    differences = (*_differences(there, wanted), *opened(there.isolation, wanted.isolation))
    if differences:
        raise Conflict(f"storage credential {there.name}", differences)


def create(
    workspace: Workspace, clock: Clock, api: CredentialApi, wanted: StorageCredentialInfo
) -> StorageCredentialInfo:
    """Make the storage credential with a role that need not exist yet.

    Raises:
        DatabricksError: it could not be made.
    """
    body: Json = {
        "name": wanted.name,
        "aws_iam_role": {"role_arn": wanted.role_arn},
        "read_only": wanted.read_only,
        "skip_validation": True,
    }
    body |= {"comment": wanted.comment} if wanted.comment else {}
    made = converge(
        workspace,
        clock,
        look=lambda: look(workspace, api, wanted.name),
        missing=lambda there: api.create(body) if there is None else None,
        taken=lambda there, answer: _taken(wanted, there, answer),
        found=None,
    )
    return made or wanted


def change(
    workspace: Workspace,
    clock: Clock,
    api: CredentialApi,
    there: StorageCredentialInfo,
    wanted: StorageCredentialInfo,
) -> StorageCredentialInfo:
    """Bring a storage credential to what the setup says; only what differs is sent.

    Args:
        workspace: who makes calls.
        clock: what pauses are taken from.
        api: the workspace's or the account's.
        there: what is there, as it passed `check`; it may still have another name.
        wanted: what the setup says.

    Raises:
        DatabricksError: it was refused; a new role that does not let Unity Catalog in is `Refused`, and nothing has changed.
    """

    def seen() -> StorageCredentialInfo:
        return look(workspace, api, wanted.name) or look(workspace, api, there.name) or there

    def missing(now: StorageCredentialInfo) -> Call | None:
        body = _changes(now, wanted)
        return api.update(now.name, body) if body else None

    return converge(
        workspace,
        clock,
        look=seen,
        missing=missing,
        taken=lambda now, answer: _taken(wanted, now, answer),
        found=there,
    )


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


def _taken(wanted: StorageCredentialInfo, there: StorageCredentialInfo | None, answer: Json) -> StorageCredentialInfo:
    """What is there after a call; in a dry run the answer is no more than what was sent."""
    after = StorageCredentialInfo.from_json({"name": wanted.name} | answer)
    if there is None or after.external_id:
        return after
    sent = answer.get("credential_info", answer)
    role = dict(sent.get("aws_iam_role") or {})
    return replace(
        there,
        name=wanted.name if "new_name" in sent else there.name,
        role_arn=str(role.get("role_arn", there.role_arn)),
        read_only=bool(sent.get("read_only", there.read_only)),
        comment=str(sent.get("comment", there.comment)),
    )


def _changes(there: StorageCredentialInfo, wanted: StorageCredentialInfo) -> Json:
    body: Json = {}
    if not same_name(there.name, wanted.name):
        body["new_name"] = wanted.name
    if there.role_arn != wanted.role_arn:
        # Under external locations Databricks takes another role only so (`StorageCredentialsAPI.update`).
        body |= {"aws_iam_role": {"role_arn": wanted.role_arn}, "force": True}
    if there.read_only != wanted.read_only:
        body["read_only"] = wanted.read_only
    if wanted.comment and there.comment != wanted.comment:
        body["comment"] = wanted.comment
    return body


def _differences(there: StorageCredentialInfo, wanted: StorageCredentialInfo) -> tuple[Difference, ...]:
    rows: list[Difference] = [
        ("role", there.role_arn, wanted.role_arn),
        ("read only", there.read_only, wanted.read_only),
    ]
    if wanted.comment:
        rows.append(("comment", there.comment, wanted.comment))
    if not same_name(there.name, wanted.name):
        rows.insert(0, ("name", there.name, wanted.name))
    return tuple(row for row in rows if row[1] != row[2])
