"""The answers of a workspace as the content of a snapshot. Pure: the same answers become the same file, whoever asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lakehouse_iam.databricks import cluster_content
from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.databricks.workspace_objects import WorkspaceObjects
from lakehouse_iam.databricks.workspace_requests import (
    BINDINGS,
    CALLER,
    CLUSTERS,
    EXTERNAL_LOCATIONS,
    INSTANCE_PROFILES,
    POLICIES,
    STORAGE_CREDENTIALS,
    WORKSPACE_ADMIN,
    Asked,
)
from lakehouse_iam.moments import utc_text
from lakehouse_iam.snapshot.document import VERSION, VERSION_KEY, NotReadable, Snapshot

_ISOLATION = "ISOLATION_MODE_"
_ADMINS = "admins"
_NOT_ALL = "the list holds only what the caller may use, and the caller is not in the group admins"


@dataclass(frozen=True)
class Told:
    """What a workspace said to one call.

    Args:
        asked: the call.
        answer: the answer, its pages put together; `None` where there is no such object, or none was given.
        why: why none was given, in Databricks' own words; empty where one was, or where there is no such object.
    """

    asked: Asked
    answer: Json | None = None
    why: str = ""


@dataclass(frozen=True)
class Whose:
    """What a snapshot of a workspace is of.

    Args:
        setup: the name of the setup.
        workspace: the address.
        workspace_id: the id; empty where it is not known.
        by: how the calls were made, as the schema writes it.
        taken: when.
    """

    setup: str
    workspace: str
    workspace_id: str
    by: str
    taken: datetime


def workspace_snapshot(whose: Whose, objects: WorkspaceObjects, told: Iterable[Told]) -> Snapshot:
    """The snapshot that a workspace's answers become.

    Args:
        whose: what it is of.
        objects: what was looked for.
        told: the answers.
    """
    return _Writing(whose, objects, tuple(told)).snapshot()


class _Writing:
    def __init__(self, whose: Whose, objects: WorkspaceObjects, told: tuple[Told, ...]) -> None:
        self._whose, self._objects, self._told = whose, objects, told
        me = next((one.answer for one in told if one.asked.kind == CALLER and one.answer), {})
        self._caller = str(me.get("userName", ""))
        self._is_admin = any(group.get("display") == _ADMINS for group in me.get("groups") or ())
        self._not_read = [_not_read(one.asked, one.why) for one in told if one.why]

    def snapshot(self) -> Snapshot:
        whose = self._whose
        of = {"workspace": whose.workspace, "workspace_id": whose.workspace_id, "caller": self._caller}
        content: Json = {
            VERSION_KEY: VERSION,
            "setup": whose.setup,
            "taken": utc_text(whose.taken),
            "by": whose.by,
            "of": {key: value for key, value in of.items() if value},
        }
        for kind in (STORAGE_CREDENTIALS, EXTERNAL_LOCATIONS):
            found = {one.asked.name: self._securable(one) for one in self._of(kind)}
            content |= {kind: found} if found else {}
        profiles = dict(self._profiles())
        content |= {INSTANCE_PROFILES: profiles} if profiles else {}
        content |= self._clusters()
        unread = sorted((one.to_json() for one in self._not_read), key=lambda one: (one["what"], one["action"]))
        return Snapshot(content | ({"not_read": unread} if unread else {}))

    def _of(self, kind: str) -> Iterator[Told]:
        """The answers of a kind, those that were not given left out."""
        return (one for one in self._told if one.asked.kind == kind and not one.why)

    def _securable(self, one: Told) -> Json | None:
        if one.answer is None:
            return None
        shown = _credential(one.answer) if one.asked.kind == STORAGE_CREDENTIALS else _location(one.answer)
        what = f"{one.asked.what}.bindings"
        bound = next((other.answer for other in self._of(BINDINGS) if other.asked.what == what), None)
        return shown if bound is None else shown | {"bindings": [_binding(info) for info in bound.get("bindings", ())]}

    def _profiles(self) -> Iterator[tuple[str, Json | None]]:
        for one in self._of(INSTANCE_PROFILES):
            listed = (one.answer or {}).get("instance_profiles", ())
            registered = {str(info.get("instance_profile_arn")): info for info in listed}
            for arn in self._objects.instance_profiles:
                info = registered.get(arn)
                if info is not None:
                    role = info.get("iam_role_arn")
                    yield arn, {"arn": arn} | ({"roles": [str(role)]} if role else {})
                elif self._is_admin:
                    yield arn, None
                else:
                    self._not_read.append(NotReadable(f"{INSTANCE_PROFILES}.{arn}", WORKSPACE_ADMIN, arn, _NOT_ALL))

    def _clusters(self) -> Json:
        found: dict[str, Json] = {}
        lists = 0
        for kind, name, read in (
            (CLUSTERS, "clusters", cluster_content.clusters),
            (POLICIES, "policies", cluster_content.policies),
        ):
            for one in self._of(kind):
                lists += 1
                found |= dict(read(self._objects, list((one.answer or {}).get(name, ()))))
        if lists and not self._is_admin:
            self._not_read.append(NotReadable(CLUSTERS, WORKSPACE_ADMIN, "", _NOT_ALL))
        return {CLUSTERS: found} if lists else {}


def _credential(info: Json) -> Json:
    role = info.get("aws_iam_role") or {}
    return _told(
        id=info.get("id"),
        role_arn=role.get("role_arn"),
        external_id=role.get("external_id"),
        unity_catalog_iam_arn=role.get("unity_catalog_iam_arn"),
        read_only=bool(info.get("read_only", False)),
        isolation=_isolation(info),
        owner=info.get("owner"),
    )


def _location(info: Json) -> Json:
    return _told(
        url=info.get("url"),
        credential=info.get("credential_name"),
        read_only=bool(info.get("read_only", False)),
        isolation=_isolation(info),
        file_events=bool(info.get("enable_file_events", False)),
        owner=info.get("owner"),
    )


def _binding(info: Json) -> Json:
    return {"workspace": str(info.get("workspace_id")), **_told(access=info.get("binding_type"))}


def _isolation(info: Json) -> str | None:
    mode = info.get("isolation_mode")
    return str(mode).removeprefix(_ISOLATION) if mode else None


def _told(**properties: Any) -> Json:
    return {
        key: value if isinstance(value, bool) else str(value)
        for key, value in properties.items()
        if value is not None and value != ""
    }


def _not_read(asked: Asked, why: str) -> NotReadable:
    return NotReadable(asked.what, asked.permission, asked.name, why)
