"""External locations: found or made, brought to what the setup says, never overwritten automatically.

Sources: databricks-sdk 0.162.0 `service/catalog.py` (ExternalLocationsAPI), read 2026-11-21. `enable_file_events` is true
unless it is told to be false, and would make Databricks set up queues that nobody asked for; so it is always sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lakehouse_iam.databricks.calls import UNITY_CATALOG, Call, Json, same_name, segment
from lakehouse_iam.databricks.clock import Clock
from lakehouse_iam.databricks.isolation import OPEN, opened
from lakehouse_iam.databricks.refusals import Conflict, Difference, NotAllowed, NotThere
from lakehouse_iam.databricks.steps import converge
from lakehouse_iam.databricks.workspace import NO_UNITY_CATALOG, Workspace, no_such_api, pages, read

_COLLECTION = f"{UNITY_CATALOG}/external-locations"


@dataclass(frozen=True)
class ExternalLocationInfo:
    """An external location as it is there.

    Args:
        name: its name.
        url: the place, without a final slash.
        credential: the storage credential it goes through.
        read_only: whether nothing may be written there.
        file_events: whether Databricks keeps notification queues for it.
        comment: a comment.
        isolation: `ISOLATION_MODE_OPEN` or `ISOLATION_MODE_ISOLATED`; empty where Databricks does not say.
    """

    name: str
    url: str
    credential: str
    read_only: bool
    file_events: bool
    comment: str = ""
    isolation: str = ""

    @classmethod
    def from_json(cls, info: Json) -> ExternalLocationInfo:
        """Read an answer."""
        return cls(
            name=str(info.get("name", "")),
            url=str(info.get("url", "")).rstrip("/"),
            credential=str(info.get("credential_name", "")),
            read_only=bool(info.get("read_only", False)),
            file_events=bool(info.get("enable_file_events", False)),
            comment=str(info.get("comment", "")),
            isolation=str(info.get("isolation_mode", "")),
        )


def get(name: str) -> Call:
    """The call that asks for one."""
    return Call("GET", f"{_COLLECTION}/{segment(name)}")


def listing() -> Call:
    """The call that asks for all, those not bound to this workspace included."""
    return Call("GET", _COLLECTION, query=(("max_results", "0"), ("include_unbound", "true")))


def delete(name: str) -> Call:
    """The call that removes one; never by force."""
    return Call("DELETE", f"{_COLLECTION}/{segment(name)}")


def look(workspace: Workspace, name: str) -> ExternalLocationInfo | None:
    """The external location of that name, if there is one.

    Raises:
        DatabricksError: Databricks did not say.
    """
    try:
        return ExternalLocationInfo.from_json(read(workspace, get(name)))
    except NotThere:
        return None


def by_url(workspace: Workspace) -> dict[str, ExternalLocationInfo]:
    """Every external location by its place; Unity Catalog allows one for each. Empty where the caller may not list them.

    Raises:
        NoSuchApi: the address knows no external locations at all.
        DatabricksError: Databricks did not say.
    """
    try:
        found = [ExternalLocationInfo.from_json(info) for info in pages(workspace, listing(), "external_locations")]
    except NotAllowed:
        return {}
    except NotThere as error:
        raise no_such_api(workspace, listing(), NO_UNITY_CATALOG, error) from error
    return {location.url: location for location in found}


def check(there: ExternalLocationInfo | None, wanted: ExternalLocationInfo, *, update: bool) -> None:
    """Whether what is there may stay or be changed.

    Raises:
        Conflict: it differs from the setup and nobody said that it may be overwritten.
    """
    differences = (*_differences(there, wanted), *opened(there.isolation, wanted.isolation)) if there else ()
    if there and differences and not update:
        raise Conflict(f"external location {there.name}", differences)


def narrow(
    workspace: Workspace, clock: Clock, there: ExternalLocationInfo, wanted: ExternalLocationInfo
) -> ExternalLocationInfo:
    """Take away from a location what the setup no longer gives: file events, and writing.

    This comes before anything else is changed, because the location must be told before the role loses the permissions. It is
    not validated: it uses less than before, and the whole is validated afterwards.

    Raises:
        DatabricksError: it was refused.
    """

    def missing(now: ExternalLocationInfo) -> Call | None:
        body: Json = {}
        if now.file_events and not wanted.file_events:
            body["enable_file_events"] = False
        if wanted.read_only and not now.read_only:
            body["read_only"] = True
        return Call("PATCH", get(there.name).path, body | {"skip_validation": True}) if body else None

    return converge(
        workspace,
        clock,
        look=lambda: look(workspace, there.name) or there,
        missing=missing,
        taken=lambda now, answer: replace(
            now,
            file_events=bool(answer.get("enable_file_events", now.file_events)),
            read_only=bool(answer.get("read_only", now.read_only)),
        ),
        found=there,
    )


def ensure(
    workspace: Workspace, clock: Clock, there: ExternalLocationInfo | None, wanted: ExternalLocationInfo
) -> ExternalLocationInfo:
    """Make the external location or change it; Databricks validates what it is told, each time.

    Args:
        workspace: who makes calls.
        clock: what pauses are taken from.
        there: what is there, as it passed `check`; it may still have another name.
        wanted: what the setup says.

    Raises:
        DatabricksError: it could not be made.
    """
    before = there.name if there else wanted.name

    def seen() -> ExternalLocationInfo | None:
        return look(workspace, wanted.name) or (look(workspace, before) if before != wanted.name else None)

    def missing(now: ExternalLocationInfo | None) -> Call | None:
        if now is None:
            return Call("POST", _COLLECTION, {"name": wanted.name} | _content(wanted))
        changes = _changes(now, wanted)
        if changes:
            return Call("PATCH", get(now.name).path, changes)
        if wanted.isolation and (now.isolation or OPEN) != wanted.isolation:
            return Call("PATCH", get(now.name).path, {"isolation_mode": wanted.isolation})
        return None

    def taken(now: ExternalLocationInfo | None, answer: Json) -> ExternalLocationInfo:
        after = ExternalLocationInfo.from_json({"name": wanted.name} | answer)
        if now is None or ("credential_name" in answer and "url" in answer):
            return after
        # In a dry run the answer is no more than what was sent.
        sent = {"name": now.name, "url": now.url, "credential_name": now.credential, "isolation_mode": now.isolation}
        kept = {"read_only": now.read_only, "enable_file_events": now.file_events, "comment": now.comment}
        renamed = {"name": answer["new_name"]} if "new_name" in answer else {}
        return ExternalLocationInfo.from_json(sent | kept | answer | renamed)

    made = converge(workspace, clock, look=seen, missing=missing, taken=taken, found=there)
    return made or wanted


def _content(wanted: ExternalLocationInfo) -> Json:
    body: Json = {"url": wanted.url, "credential_name": wanted.credential, "read_only": wanted.read_only}
    body |= _file_events(wanted)
    return body | {"comment": wanted.comment} if wanted.comment else body


def _file_events(wanted: ExternalLocationInfo) -> Json:
    body: Json = {"enable_file_events": wanted.file_events}
    return body | {"file_event_queue": {"managed_sqs": {}}} if wanted.file_events else body


def _changes(there: ExternalLocationInfo, wanted: ExternalLocationInfo) -> Json:
    """What differs, as the API takes it."""
    body: Json = {}
    if not same_name(there.name, wanted.name):
        body["new_name"] = wanted.name
    if there.url != wanted.url:
        body["url"] = wanted.url
    if not same_name(there.credential, wanted.credential):
        body["credential_name"] = wanted.credential
    if there.read_only != wanted.read_only:
        body["read_only"] = wanted.read_only
    if there.file_events != wanted.file_events:
        body |= _file_events(wanted)
    if wanted.comment and there.comment != wanted.comment:
        body["comment"] = wanted.comment
    return body


def _differences(there: ExternalLocationInfo, wanted: ExternalLocationInfo) -> tuple[Difference, ...]:
    rows: list[Difference] = [
        ("url", there.url, wanted.url),
        ("read only", there.read_only, wanted.read_only),
        ("file events", there.file_events, wanted.file_events),
    ]
    if not same_name(there.credential, wanted.credential):
        rows.insert(1, ("storage credential", there.credential, wanted.credential))
    if not same_name(there.name, wanted.name):
        rows.insert(0, ("name", there.name, wanted.name))
    if wanted.comment:
        rows.append(("comment", there.comment, wanted.comment))
    return tuple(row for row in rows if row[1] != row[2])
