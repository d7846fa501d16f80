"""Several snapshots together: of each account and each workspace the newest one.

What was asked for and is not there, what is there, and what nobody read are three different things.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.snapshot.document import Snapshot


class Unread(Enum):
    """Stands for what nobody read."""

    UNREAD = "nobody read it"


UNREAD: Final = Unread.UNREAD

Object = Mapping[str, Any] | None | Unread
"""An object of a snapshot; None where it is not there."""


@dataclass(frozen=True)
class Collected:
    """The newest snapshot of each account and each workspace.

    Args:
        accounts: snapshots by account.
        workspaces: snapshots by address.
        notes: what whoever gave them should know, a sentence each.
    """

    accounts: Mapping[str, Snapshot]
    workspaces: Mapping[str, Snapshot]
    notes: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[Snapshot, ...]:
        """All of them, accounts first."""
        return (*self.accounts.values(), *self.workspaces.values())

    def of_account(self, account: str, kind: str, name: str) -> Object:
        """An object of an account.

        Args:
            account: whose.
            kind: such as `roles`.
            name: its name, or its ARN where the kind goes by ARNs.
        """
        snapshot = self.accounts.get(account)
        return UNREAD if snapshot is None else _object(snapshot, kind, name)

    def of_workspace(self, kind: str, name: str) -> Object:
        """An object of the workspaces: of the first that has it."""
        found = [_object(snapshot, kind, name) for snapshot in self.workspaces.values()]
        there = next((one for one in found if isinstance(one, Mapping)), None)
        if there is not None:
            return there
        return None if None in found else UNREAD

    def property_of_account(self, account: str, key: str) -> Any:
        """A property at the top of an account's snapshot, such as `organization`; `UNREAD` where it is not there."""
        snapshot = self.accounts.get(account)
        return UNREAD if snapshot is None else snapshot.content.get(key, UNREAD)

    def why_unread(self, account: str, path: str) -> str:
        """Why a path of an account's snapshot was not read, as the snapshot says; empty where it does not say."""
        snapshot = self.accounts.get(account)
        for one in snapshot.not_read if snapshot is not None else ():
            if path == one.what or path.startswith(f"{one.what}."):
                return f"{one.action}: {one.why}"
        return ""

    def where(self, account: str) -> str:
        """What places in an account's snapshot begin with."""
        snapshot = self.accounts.get(account)
        return snapshot.file if snapshot is not None and snapshot.file else f"account {account}"


def collect(snapshots: Iterable[Snapshot], setup: str) -> Collected:
    """The newest snapshot of each account and workspace.

    Args:
        snapshots: in any order.
        setup: the name of the setup that they must be of.

    Raises:
        InvalidValue: one is of another setup.
    """
    accounts: dict[str, Snapshot] = {}
    workspaces: dict[str, Snapshot] = {}
    notes: list[str] = []
    for snapshot in sorted(snapshots, key=lambda one: one.taken):
        if snapshot.setup != setup:
            raise InvalidValue(
                f"{snapshot.file or 'a snapshot'} is of the setup {snapshot.setup!r}",
                allowed=f"snapshots of {setup!r}",
                next_step="take one with: lakehouse-iam snapshot SETUP --account ID",
            )
        kept, key = (accounts, snapshot.account) if snapshot.account else (workspaces, snapshot.workspace)
        if key in kept:
            notes.append(_newest(kept[key], snapshot, key))
        kept[key] = snapshot
    return Collected(accounts, workspaces, tuple(notes))


def _newest(older: Snapshot, newer: Snapshot, of: str) -> str:
    left = older.file or f"that of {older.content['taken']}"
    return f"two snapshots are of {of}: the newest counts, of {newer.content['taken']}; {left} is left out"


def _object(snapshot: Snapshot, kind: str, name: str) -> Object:
    found: Object = snapshot.objects(kind).get(name, UNREAD)
    return found
