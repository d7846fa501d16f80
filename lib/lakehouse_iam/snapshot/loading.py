"""Reading snapshot files: within limits, with the line of whatever is wrong, and only those of the setup that is asked about."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any

from lakehouse_iam.evaluator.strict_json import JsonFaultError, read_json
from lakehouse_iam.moments import read_utc, utc_text
from lakehouse_iam.policy_text import policy_document
from lakehouse_iam.setups.document import Document, text_of
from lakehouse_iam.setups.limits import SNAPSHOT_SIZE
from lakehouse_iam.setups.problems import Path, Problem, SetupError
from lakehouse_iam.setups.schema import schema_problems
from lakehouse_iam.snapshot.document import VERSION, VERSION_KEY, Snapshot

_TAKE_AGAIN = "take the snapshot again: lakehouse-iam snapshot SETUP --account ID --out FILE"
_OF_IAM = frozenset({"roles", "instance_profiles"})
_HEADER = frozenset({VERSION_KEY, "setup", "taken", "by", "of", "not_read"})
_TEXTS_ONLY = frozenset({"tags", "spark_conf"})
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True)
class Expected:
    """What the snapshots of a setup must be of.

    Args:
        setup: the setup's name.
        accounts: the accounts that take part in it.
        workspace: the address of its Databricks workspace; empty where it has none.
        changed: when the setup was last changed, in UTC; `None` where that is not known.
    """

    setup: str
    accounts: frozenset[str]
    workspace: str = ""
    changed: datetime | None = None


@dataclass(frozen=True)
class Snapshots:
    """The snapshots of a setup, one of each account and workspace.

    Args:
        found: in the order of the accounts, the workspace last.
        notes: what whoever uses them should know, a sentence each.
    """

    found: tuple[Snapshot, ...]
    notes: tuple[str, ...] = ()


def load_snapshots(
    files: Iterable[FilePath | str], expected: Expected, read_file: Callable[[FilePath | str], Snapshot] | None = None
) -> Snapshots:
    """Read the snapshots of a setup.

    Where two are of the same account, the newer one wins; one that holds IAM alone is completed by an older one of the rest.

    Args:
        files: their paths.
        expected: what they must be of.
        read_file: reads one of them; `read_snapshot` by default.

    Raises:
        SetupError: with everything that is wrong, in all files.
    """
    problems: list[Problem] = []
    read: list[Snapshot] = []
    for file in files:
        try:
            snapshot = (read_file or read_snapshot)(file)
        except SetupError as error:
            problems += error.problems
            continue
        found = _of_something_else(snapshot, expected)
        problems += found
        read += [] if found else [snapshot]
    if problems:
        raise SetupError(problems)
    return _newest(read, expected)


def read_snapshot(file: FilePath | str) -> Snapshot:
    """Read one file.

    Raises:
        SetupError: with everything that is wrong with it.
    """
    try:
        with FilePath(file).open("rb") as source:
            content = source.read(SNAPSHOT_SIZE + 1)
    except OSError as error:
        raise SetupError([Problem(str(file), 0, "", f"the snapshot cannot be read: {error.strerror}")]) from error
    return snapshot_from_text(text_of(content, str(file), SNAPSHOT_SIZE), str(file))


def snapshot_from_text(text: str, file: str) -> Snapshot:
    """Read one snapshot of a text; `file` is how problems name it.

    Raises:
        SetupError: with everything that is wrong with it.
    """
    return checked(_json(text, file), text, file)


def checked(content: object, text: str, file: str) -> Snapshot:
    """A snapshot of JSON that has been read.

    Args:
        content: the JSON value. Policies in it may still be texts, percent-encoded as IAM's API sends them.
        text: what it was read from, for the lines of what is wrong.
        file: how problems name it.

    Raises:
        SetupError: with everything that is wrong with it.
    """
    wrong = _not_a_snapshot(content, file)
    if wrong:
        raise SetupError([wrong])
    document = _JsonDocument(file, decoded(content), text)
    problems = schema_problems(document, "snapshot")
    problems += [] if problems else _no_such_time(document)
    if problems:
        raise SetupError(problems)
    return Snapshot(document.content, file)


def decoded(content: Any) -> Any:
    """JSON with every policy that stands in it as text read: IAM's API and some tools percent-encode them (RFC 3986)."""
    if isinstance(content, dict):
        # A policy that was decoded already; most of a large snapshot is such.
        if "Statement" in content:
            return content
        return {key: value if key in _TEXTS_ONLY else decoded(value) for key, value in content.items()}
    if isinstance(content, list):
        return [decoded(value) for value in content]
    return _policy(content) if isinstance(content, str) else content


def _policy(text: str) -> Any:
    if not text.lstrip()[:3].lower().startswith(("{", "%7b")):
        return text
    try:
        return policy_document(text)
    except JsonFaultError:
        return text


# ---------------------------------------------------------------- JSON, with its lines


def _json(text: str, file: str) -> object:
    if not text.strip():
        raise SetupError([Problem(file, 0, "", "the file is empty", "a snapshot", _TAKE_AGAIN)])
    try:
        return read_json(text)
    except JsonFaultError as error:
        what, next_step = str(error), ""
        if text.lstrip().startswith("{") and not text.rstrip().endswith("}"):
            what, next_step = f"the file ends in the middle of the snapshot ({error})", _TAKE_AGAIN
        raise SetupError([Problem(file, error.line, "", what, "a snapshot, which is JSON", next_step)]) from error


@dataclass(frozen=True)
class _JsonDocument(Document):
    """A document of JSON, which finds a line in its text when it is asked for one."""

    text: str = ""

    def line(self, path: Path) -> int:
        position = _past_space(self.text, 0)
        for step in path:
            below = _position_of(self.text, position, step)
            if below is None:
                break
            position = below
        return self.text.count("\n", 0, position) + 1


def _position_of(text: str, position: int, step: str | int) -> int | None:
    """Where in the object or list at a position the value of a key or an index begins; `None` where there is none."""
    if text[position] not in "{[":
        return None
    keyed, number = text[position] == "{", 0
    position = _past_space(text, position + 1)
    while text[position] not in "}]":
        key: str | int = number
        if keyed:
            key, position = json.JSONDecoder().raw_decode(text, position)
            position = _past_space(text, _past_space(text, position) + 1)
        if key == step:
            return position
        _, position = json.JSONDecoder().raw_decode(text, position)
        position, number = _past_space(text, position), number + 1
        if text[position] == ",":
            position = _past_space(text, position + 1)
    return None


def _past_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


# ---------------------------------------------------------------- what it is, and of what


def _not_a_snapshot(content: object, file: str) -> Problem | None:
    version = content.get(VERSION_KEY) if isinstance(content, dict) else None
    if version is None:
        return Problem(
            file,
            0,
            "",
            "this is not a snapshot",
            f"a snapshot is a JSON object that holds {VERSION_KEY!r}",
            "lakehouse-iam snapshot writes one",
        )
    if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
        return Problem(
            file,
            0,
            VERSION_KEY,
            f"the snapshot has the format {version}, which a newer lakehouse-iam wrote",
            f"this one reads the format {VERSION}",
            "upgrade it: pip install --upgrade lakehouse-iam",
        )
    return None


def _no_such_time(document: Document) -> list[Problem]:
    taken = str(document.content["taken"])
    try:
        read_utc(taken)
    except ValueError:
        what = f"{taken!r} is no time"
        return [Problem(document.file, document.line(("taken",)), "taken", what, "UTC, such as 2026-11-26T04:00:00Z")]
    return []


def _of_something_else(snapshot: Snapshot, expected: Expected) -> list[Problem]:
    if snapshot.setup != expected.setup:
        what = f"this is a snapshot for the setup {snapshot.setup}, not {expected.setup}"
        return [Problem(snapshot.file, 0, "setup", what, f"a snapshot for {expected.setup}", _TAKE_AGAIN)]
    if snapshot.account and snapshot.account not in expected.accounts:
        what = f"this is a snapshot of the account {snapshot.account}, which takes no part in {expected.setup}"
        accounts = ", ".join(sorted(expected.accounts))
        return [Problem(snapshot.file, 0, "of.account", what, f"accounts of the setup: {accounts}")]
    # A setup need not say which workspace it is of.
    if snapshot.workspace and expected.workspace and _host(snapshot.workspace) != _host(expected.workspace):
        what = f"this is a snapshot of the workspace {snapshot.workspace}"
        allowed = f"the workspace of {expected.setup} is {expected.workspace}"
        return [Problem(snapshot.file, 0, "of.workspace", what, allowed)]
    return []


def _host(address: str) -> str:
    return address.rstrip("/").lower()


# ---------------------------------------------------------------- one of each


def _newest(read: Sequence[Snapshot], expected: Expected) -> Snapshots:
    of: dict[tuple[bool, str], list[Snapshot]] = {}
    for snapshot in read:
        of.setdefault((not snapshot.account, snapshot.account or _host(snapshot.workspace)), []).append(snapshot)
    found: list[Snapshot] = []
    notes: list[str] = []
    for _, snapshots in sorted(of.items()):
        newest, *older = sorted(snapshots, key=lambda one: one.taken, reverse=True)
        whole, told = _completed(newest, older)
        found.append(whole)
        notes += told
        notes += _older_than_setup(newest, expected)
    return Snapshots(tuple(found), tuple(notes))


def _completed(newest: Snapshot, older: Sequence[Snapshot]) -> tuple[Snapshot, Iterator[str]]:
    """The newest, and what is said of the others; a snapshot of IAM alone and one of the rest make one."""
    alone = _holds_iam_alone(newest)
    other = next((one for one in older if _holds_iam_alone(one) != alone), None) if alone else None
    told = (_passed_over(newest, one, completes=one is other) for one in older)
    if other is None:
        return newest, told
    content: Mapping[str, Any] = {
        **{section: value for section, value in other.content.items() if section not in _OF_IAM},
        **newest.content,
        "not_read": [
            *(one for one in newest.content.get("not_read", []) if one["what"].partition(".")[0] in _OF_IAM),
            *(one for one in other.content.get("not_read", []) if one["what"].partition(".")[0] not in _OF_IAM),
        ],
    }
    return Snapshot(content, newest.file), told


def _holds_iam_alone(snapshot: Snapshot) -> bool:
    return not (set(snapshot.content) - _HEADER - _OF_IAM)


def _passed_over(newest: Snapshot, other: Snapshot, *, completes: bool) -> str:
    of = of_what(newest)
    times = f"{newest.file} of {newest.content['taken']}, {other.file} of {other.content['taken']}"
    if completes:
        return f"two snapshots of {of}: IAM from the newer one, which holds nothing else, the rest from the other ({times})"
    return f"two snapshots of {of}: the newer one is used ({times})"


def of_what(snapshot: Snapshot) -> str:
    """What a snapshot is of, in words."""
    return f"the account {snapshot.account}" if snapshot.account else f"the workspace {snapshot.workspace}"


def _older_than_setup(snapshot: Snapshot, expected: Expected) -> Iterator[str]:
    if expected.changed is not None and snapshot.taken < expected.changed:
        changed = utc_text(expected.changed)
        yield (
            f"the snapshot of {of_what(snapshot)} ({snapshot.file}) is of {snapshot.content['taken']}, and the setup was "
            f"changed after it, at {changed}: if anything was deployed since, take it again"
        )
