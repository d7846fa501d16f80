"""What can go wrong between a workspace and whoever calls it, switched on call by call."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What goes wrong. Where it says "after", the call was carried out first and only its answer is lost."""

    TOO_MANY_REQUESTS = "429 with Retry-After"
    UNAVAILABLE = "503"
    SERVER_ERROR = "500"
    SERVER_ERROR_AFTER = "500 after"
    SLOW = "slow, after"
    DROPPED = "dropped"
    DROPPED_AFTER = "dropped after"
    FORBIDDEN = "403"
    KILLED = "caller killed"
    KILLED_AFTER = "caller killed after"

    @property
    def carried_out(self) -> bool:
        """Whether the call is carried out all the same."""
        return self in (Kind.SERVER_ERROR_AFTER, Kind.SLOW, Kind.DROPPED_AFTER, Kind.KILLED_AFTER)


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong.

    Args:
        kind: what.
        call: the number of the call it happens to, counted from 1 since the fault was switched on.
        seconds: how long a slow answer takes, or what `Retry-After` says.
        process: whose process is killed.
    """

    kind: Kind
    call: int
    seconds: float = 1.0
    process: int = 0
