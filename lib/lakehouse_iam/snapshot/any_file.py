"""Whatever an admin sends: a snapshot, the output of the printed script, or of `get-account-authorization-details`.

The last two say nothing of a setup's objects by themselves, so they are read for a plan.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.evaluator.strict_json import JsonFaultError, read_json_sequence
from lakehouse_iam.plan import Plan
from lakehouse_iam.setups.document import text_of
from lakehouse_iam.setups.limits import SNAPSHOT_SIZE
from lakehouse_iam.setups.problems import Problem, SetupError
from lakehouse_iam.snapshot.authorization_details import (
    Wanted,
    is_authorization_details,
    read_authorization_details,
)
from lakehouse_iam.snapshot.authorization_details import snapshot_of as snapshot_of_details
from lakehouse_iam.snapshot.command_output import is_command_output, read_command_output, snapshot_from_output
from lakehouse_iam.snapshot.document import Snapshot
from lakehouse_iam.snapshot.loading import Expected, Snapshots, load_snapshots, snapshot_from_text
from lakehouse_iam.snapshot.requests import first_requests
from lakehouse_iam.snapshot.subjects import Subjects, accounts_of, subjects_of


def load_for(plan: Plan, files: Iterable[Path | str], changed: datetime | None = None) -> Snapshots:
    """The snapshots of a setup's accounts and workspace, of files of any of the three kinds.

    Args:
        plan: the setup's plan.
        files: their paths.
        changed: when the setup was last changed; `None` where that is not known.

    Raises:
        SetupError: with everything that is wrong, in all files.
    """
    host = str(getattr(plan.source, "host", ""))
    expected = Expected(plan.setup, frozenset(accounts_of(plan)), host, changed)
    return load_snapshots(files, expected, partial(read_any, plan))


def read_any(plan: Plan, file: Path | str) -> Snapshot:
    """Read one file of any of the three kinds.

    Args:
        plan: the plan of the setup that it is read for.
        file: its path.

    Raises:
        SetupError: with what is wrong with it.
    """
    content, written = _read(Path(file))
    text = text_of(content, str(file), SNAPSHOT_SIZE)
    try:
        snapshot = _other_kind(plan, text, written)
    except (InvalidValue, JsonFaultError) as error:
        raise SetupError([_problem(str(file), error)]) from error
    return snapshot_from_text(text if snapshot is None else snapshot.text(), str(file))


def _read(file: Path) -> tuple[bytes, datetime]:
    """What a file holds, and when it was written: `get-account-authorization-details` tells no time."""
    try:
        with file.open("rb") as source:
            content = source.read(SNAPSHOT_SIZE + 1)
        return content, datetime.fromtimestamp(file.stat().st_mtime, timezone.utc)
    except OSError as error:
        what = f"the snapshot cannot be read: {error.strerror}"
        raise SetupError([Problem(str(file), 0, "", what)]) from error


def _other_kind(plan: Plan, text: str, written: datetime) -> Snapshot | None:
    """What a file of one of the other two kinds becomes; `None` where it is neither."""
    try:
        values = read_json_sequence(text)
    except JsonFaultError:
        # Whether it is a snapshot that somebody edited is told by whoever reads those, with the line.
        if '"RoleDetailList"' in text or '"lakehouse_iam_commands"' in text:
            raise
        return None
    if len(values) == 1 and is_command_output(values[0]):
        output = read_command_output(values[0])
        return snapshot_from_output(output, _subjects(plan, output.account))
    if values and all(is_authorization_details(value) for value in values):
        details = read_authorization_details(text)
        return snapshot_of_details(details, _wanted(_subjects(plan, details.account)), written)
    return None


def _subjects(plan: Plan, account: str) -> Subjects:
    accounts = accounts_of(plan)
    if account not in accounts:
        raise InvalidValue(
            f"the file is of the account {account}, which takes no part in {plan.setup}",
            allowed=f"accounts of the setup: {', '.join(accounts)}",
        )
    return subjects_of(plan, account)


def _wanted(subjects: Subjects) -> Wanted:
    """What is looked for in an account's IAM, and what else the setup has there."""
    beside: dict[tuple[str, str, str], None] = {}
    for request in first_requests(subjects):
        if request.object[0] not in ("roles", "instance_profiles"):
            what = ".".join(request.object)
            what = "lake_formation.permissions" if what.startswith("_") else what
            beside[what, request.call.action, "" if request.on == "*" else request.on] = None
    return Wanted(
        subjects.setup,
        subjects.account,
        subjects.region,
        subjects.roles,
        subjects.instance_profiles,
        tuple(beside),
    )


def _problem(file: str, error: InvalidValue | JsonFaultError) -> Problem:
    if isinstance(error, JsonFaultError):
        return Problem(file, error.line, "", str(error), "JSON, whole and as it was written")
    return Problem(file, 0, "", error.what, error.allowed, error.next_step)
