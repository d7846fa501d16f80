"""What is wrong with a setup, where, and what is allowed instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from lakehouse_iam.errors import InvalidValue, LakehouseIamError

Path = tuple[str | int, ...]
Read = TypeVar("Read")


@dataclass(frozen=True)
class Problem:
    """One fault in a setup document.

    Args:
        file: the file as the user named it; `-` or a made-up name for text that came from elsewhere.
        line: the line counted from 1; 0 where the file as a whole is meant.
        path: the keys that lead to the value, such as `buckets[0].name`.
        what: what is wrong.
        allowed: what is allowed.
        next_step: what to do about it; may be empty.
    """

    file: str
    line: int
    path: str
    what: str
    allowed: str = ""
    next_step: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.path, self.what, self.allowed, self.next_step) if part)

    def to_json(self) -> dict[str, str | int]:
        """The same for a machine."""
        return {
            "file": self.file,
            "line": self.line,
            "path": self.path,
            "what": self.what,
            "allowed": self.allowed,
            "next_step": self.next_step,
        }


class SetupError(LakehouseIamError):
    """A setup that cannot be used, with everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Fault(Exception):
    """A fault at a path of one document, before anyone has looked up the line."""

    def __init__(self, path: Path, problem: InvalidValue) -> None:
        self.path = path
        self.problem = problem
        super().__init__(str(problem))


def path_text(path: Path) -> str:
    """`('buckets', 0, 'name')` as `buckets[0].name`."""
    text = ""
    for step in path:
        text += (
            f"[{step}]" if isinstance(step, int) and not isinstance(step, bool) else f".{step}" if text else str(step)
        )
    return text


def checked(path: Path, read: Callable[[], Read]) -> Read:
    """What `read` returns.

    Raises:
        Fault: it refused a value; the fault stands at the path.
    """
    try:
        return read()
    except InvalidValue as problem:
        raise Fault(path, problem) from problem
