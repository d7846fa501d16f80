"""The stand-in workspace with faults between it and whoever calls it, switched on call by call."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any

from lakehouse_iam.databricks.calls import Call, Json
from lakehouse_iam.rehearsal.local_aws import LocalAws
from lakehouse_iam.rehearsal.workspace.server import RequestHandler, StandInWorkspace, stand_in_workspace


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


class Faults:
    """The faults that are switched on, and the number of calls since."""

    def __init__(self) -> None:
        self._on: tuple[Fault, ...] = ()
        self._arrived = 0
        self._lock = threading.Lock()

    def switch_on(self, *faults: Fault) -> None:
        """Let calls from now on go wrong, in place of whatever was switched on before; none to let all go right."""
        with self._lock:
            self._on = faults
            self._arrived = 0

    def of_next_call(self) -> Fault | None:
        """Count a call, and find what goes wrong with it."""
        with self._lock:
            self._arrived += 1
            return next((fault for fault in self._on if fault.call == self._arrived), None)


@contextmanager
def faulty_workspace(aws: LocalAws, faults: Faults, **more: Any) -> Iterator[StandInWorkspace]:
    """A stand-in workspace to whose calls these faults happen."""
    with stand_in_workspace(aws, handler=partial(FaultyHandler, faults), **more) as workspace:
        yield workspace


class FaultyHandler(RequestHandler):
    """Lets a call go wrong before or after it is carried out."""

    def __init__(self, faults: Faults, *arguments: Any) -> None:
        self.faults = faults
        super().__init__(*arguments)

    def answer(self, workspace: StandInWorkspace, call: Call) -> None:
        fault = self.faults.of_next_call()
        if fault is None:
            super().answer(workspace, call)
        elif fault.kind.carried_out:
            self._go_wrong(fault, *workspace.respond(call, self.headers.get("Authorization", "")))
        else:
            self._go_wrong(fault)

    def _go_wrong(self, fault: Fault, status: int = 200, answer: Json | None = None) -> None:
        if fault.kind in ANSWERS:
            code, error, message = ANSWERS[fault.kind]
            retry = (("Retry-After", f"{fault.seconds:.0f}"),) if fault.kind is Kind.TOO_MANY_REQUESTS else ()
            self.send(code, {"error_code": error, "message": message}, retry)
        elif fault.kind is Kind.SLOW:
            time.sleep(fault.seconds)
            self.send(status, answer or {})
        else:
            if fault.kind in (Kind.KILLED, Kind.KILLED_AFTER):
                os.kill(fault.process, signal.SIGKILL)
            self._drop()

    def _drop(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


ANSWERS = {
    Kind.TOO_MANY_REQUESTS: (429, "REQUEST_LIMIT_EXCEEDED", "Too many requests"),
    Kind.UNAVAILABLE: (503, "TEMPORARILY_UNAVAILABLE", "The service is at capacity"),
    Kind.SERVER_ERROR: (500, "INTERNAL_ERROR", "Internal error"),
    Kind.SERVER_ERROR_AFTER: (500, "INTERNAL_ERROR", "Internal error"),
    Kind.FORBIDDEN: (403, "PERMISSION_DENIED", "User does not have permission"),
}
