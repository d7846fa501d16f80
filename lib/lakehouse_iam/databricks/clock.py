"""Time, passed in, so that a wait of minutes is tested in milliseconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """A source of time that code can wait on."""

    def now(self) -> float:
        """Seconds since a fixed moment; the number never decreases."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""
        ...


class SystemClock:
    """The machine's monotonic clock."""

    def now(self) -> float:
        """Seconds since a fixed moment in the past."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block the thread for that many seconds."""
        time.sleep(seconds)


@dataclass(frozen=True)
class Waiting:
    """How long to go on asking while AWS has not caught up.

    Args:
        clock: what is waited on.
        deadline: when to stop, in seconds of that clock.
        progress: told what is waited for, a line for each change.
    """

    clock: Clock
    deadline: float
    progress: Callable[[str], None]

    def over(self) -> bool:
        """Whether the deadline has passed."""
        return self.clock.now() >= self.deadline
