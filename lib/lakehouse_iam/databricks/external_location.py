"""External locations: found or made, brought to what the setup says, never overwritten unasked.

Sources: databricks-sdk 0.162.0 `service/catalog.py` (ExternalLocationsAPI), read 2026-11-21. `enable_file_events` is true
unless it is told to be false, and would make Databricks set up queues that nobody asked for; so it is always sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lakehouse_iam.databricks.calls import UNITY_CATALOG, Call, Json, segment
from lakehouse_iam.databricks.clock import Clock
from lakehouse_iam.databricks.isolation import OPEN, opened
from lakehouse_iam.databricks.refusals import Conflict, Difference, NotThere
from lakehouse_iam.databricks.steps import converge
from lakehouse_iam.databricks.workspace import Workspace, read

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


def check(there: ExternalLocationInfo | None, wanted: ExternalLocationInfo, *, update: bool) -> None:
    """Whether what is there may stay or be changed.

    Raises:
        Conflict: it differs from the setup and nobody said that it may be overwritten.
    """
    differences = (*_differences(there, wanted), *opened(there.isolation, wanted.isolation)) if there else ()
    if differences and not update:
        raise Conflict(f"external location {wanted.name}", differences)


def ensure(
    workspace: Workspace, clock: Clock, there: ExternalLocationInfo | None, wanted: ExternalLocationInfo
) -> ExternalLocationInfo:
    """Make the external location or change it.

    Args:
        workspace: who makes calls.
        clock: what pauses are taken from.
        there: what is there, as it passed `check`.
        wanted: what the setup says.

    Raises:
        DatabricksError: it could not be made.
    """

    def missing(now: ExternalLocationInfo | None) -> Call | None:
        if now is None:
            return Call("POST", _COLLECTION, {"name": wanted.name} | _content(wanted))
        path = get(wanted.name).path
        if _differences(now, wanted):
            return Call("PATCH", path, _content(wanted))
        if wanted.isolation and (now.isolation or OPEN) != wanted.isolation:
            return Call("PATCH", path, {"isolation_mode": wanted.isolation})
        return None

    def taken(now: ExternalLocationInfo | None, answer: Json) -> ExternalLocationInfo:
        after = ExternalLocationInfo.from_json({"name": wanted.name} | answer)
        # The answer to a change of the isolation alone; in a dry run it is no more than what was sent.
        return replace(now, isolation=after.isolation) if now and set(answer) == {"isolation_mode"} else after

    made = converge(
        workspace, clock, look=lambda: look(workspace, wanted.name), missing=missing, taken=taken, found=there
    )
    return made or wanted


def _content(wanted: ExternalLocationInfo) -> Json:
    body: Json = {
        "url": wanted.url,
        "credential_name": wanted.credential,
        "read_only": wanted.read_only,
        "enable_file_events": wanted.file_events,
    }
    if wanted.file_events:
        body["file_event_queue"] = {"managed_sqs": {}}
    return body | {"comment": wanted.comment} if wanted.comment else body


def _differences(there: ExternalLocationInfo, wanted: ExternalLocationInfo) -> tuple[Difference, ...]:
    rows: list[Difference] = [
        ("url", there.url, wanted.url),
        ("storage credential", there.credential, wanted.credential),
        ("read only", there.read_only, wanted.read_only),
        ("file events", there.file_events, wanted.file_events),
    ]
    if wanted.comment:
        rows.append(("comment", there.comment, wanted.comment))
    return tuple(row for row in rows if row[1] != row[2])
