"""What came of connecting or disconnecting, for people and for machines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from lakehouse_iam.databricks.broken_links import Broken


class State(Enum):
    """How far it has come."""

    HANDED_OVER = "waiting for the bucket owner"
    NOT_VALID = "not valid yet"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    DRY_RUN = "dry run"


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Args:
        setup: the setup's name.
        state: how far it has come.
        values: what is there now, such as the external id, by name.
        broken: what is still broken.
        notes: what the reader should know though nothing is wrong.
        waits_for: the AWS account whose owner must act next; empty where nobody must.
    """

    setup: str
    state: State
    values: tuple[tuple[str, str], ...] = ()
    broken: tuple[Broken, ...] = ()
    notes: tuple[str, ...] = ()
    waits_for: str = ""

    def to_json(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "setup": self.setup,
            "state": self.state.value,
            **dict(self.values),
            "broken": [
                {"place": one.place, "link": one.link.value, "sentence": one.sentence, "said": one.said}
                for one in self.broken
            ],
            "notes": list(self.notes),
        }
