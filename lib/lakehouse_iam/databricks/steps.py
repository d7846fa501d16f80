"""One step: look at what is there, act only if that is not what is wanted, and look again when the answer got lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from lakehouse_iam.databricks.calls import Call, Json
from lakehouse_iam.databricks.clock import Clock
from lakehouse_iam.databricks.refusals import AlreadyThere, DatabricksError, NotThere, Refused, Unavailable
from lakehouse_iam.databricks.workspace import Workspace

Found = TypeVar("Found")

_TRIES = 6
_LONGEST_PAUSE = 8.0
_PAUSES_OF_REMOVAL = (1.0, 2.0, 4.0, 8.0)


def converge(
    workspace: Workspace,
    clock: Clock,
    *,
    found: Found,
    look: Callable[[], Found],
    missing: Callable[[Found], Call | None],
    taken: Callable[[Found, Json], Found],
) -> Found:
    """Make calls until nothing is missing.

    Args:
        workspace: who makes them.
        clock: what pauses are taken from.
        found: what was there a moment ago.
        look: asks again what is there.
        missing: the next call that brings what was found nearer to what is wanted; none where nothing is missing.
        taken: what is there after a call, from what was there before and the answer; in a dry run the answer is the body.

    Raises:
        DatabricksError: a call was refused, or Databricks says yes and changes nothing.
    """
    there = found
    problem: DatabricksError | None = None
    for number in range(_TRIES):
        call = missing(there)
        if call is None:
            return there
        try:
            answer = workspace.do(call)
        except (Unavailable, AlreadyThere) as error:
            # Perhaps it was done and only the answer got lost: nobody knows before looking.
            problem = error
            clock.sleep(min(2.0**number, _LONGEST_PAUSE))
            there = look()
            continue
        there = taken(there, answer if answer is not None else call.body or {})
        problem = Refused(f"{call.method} {call.path}: Databricks says yes and does not do it: {call.body}")
    if problem is None or missing(there) is None:
        return there
    raise problem


def remove(workspace: Workspace, clock: Clock, call: Call) -> None:
    """Make a call that removes something, again where the answer got lost, until it is gone.

    Raises:
        DatabricksError: it was refused, or there was never an answer.
    """
    for pause in (*_PAUSES_OF_REMOVAL, None):
        try:
            workspace.do(call)
            return
        except NotThere:
            return
        except Unavailable:
            if pause is None:
                raise
            clock.sleep(pause)
