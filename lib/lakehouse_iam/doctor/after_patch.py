"""Snapshots as a patch would leave them, to ask again before anything is deployed."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from lakehouse_iam.doctor.finding import Change, Patch
from lakehouse_iam.doctor.workspace import WORKSPACE
from lakehouse_iam.snapshot.document import Snapshot


def after_patch(snapshots: Sequence[Snapshot], patch: Patch) -> tuple[Snapshot, ...]:
    """The snapshots with the changes of a patch in them.

    Args:
        snapshots: of accounts and workspaces.
        patch: how to fix a disease.
    """
    return tuple(_changed(snapshot, patch.changes) for snapshot in snapshots)


def _changed(snapshot: Snapshot, changes: Sequence[Change]) -> Snapshot:
    mine = [one for one in changes if one.of == (snapshot.account or WORKSPACE)]
    if not mine:
        return snapshot
    content: Any = copy.deepcopy(dict(snapshot.content))
    for change in mine:
        _put(content, change.path, change.value)
    return Snapshot(content, snapshot.file)


def _put(content: Any, path: tuple[str | int, ...], value: Any) -> None:
    *above, last = path
    for step in above:
        if isinstance(step, int):
            content = content[step]
        else:
            # What was not there, or read as not there, is there afterwards.
            if content.get(step) is None:
                content[step] = {}
            content = content[step]
    content[last] = value
