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
        japanese: the whole of it in Japanese, for who reads that; empty where it was not translated.
    """

    file: str
    line: int
    path: str
    what: str
    allowed: str = ""
    next_step: str = ""
    japanese: str = ""

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


class SeveralFaults(Exception):
    """Every fault of one document that could be known together."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in faults))


class Faults:
    """The faults of one document, noted while the rest of it is read on.

    A reader notes what is wrong and goes on with the nearest value that makes sense, so that who wrote six faults sees six.
    Nothing that it returns may be used before `raise_any` has passed.
    """

    def __init__(self) -> None:
        self._found: list[Fault] = []

    def add(self, path: Path, problem: InvalidValue) -> None:
        """Note what is wrong at a path."""
        self._found.append(Fault(path, problem))

    def read(self, path: Path, read: Callable[[], Read], otherwise: Read) -> Read:
        """What `read` returns; where it refuses a value, the fault is noted and the rest is read with `otherwise`."""
        try:
            return read()
        except InvalidValue as problem:
            self.add(path, problem)
            return otherwise

    def raise_any(self) -> None:
        """End the reading where something was noted.

        Raises:
            SeveralFaults: with everything that was noted.
        """
        if self._found:
            raise SeveralFaults(self._found)


def path_text(path: Path) -> str:
    """`('buckets', 0, 'name')` as `buckets[0].name`."""
    text = ""
    for step in path:
        text += (
            f"[{step}]" if isinstance(step, int) and not isinstance(step, bool) else f".{step}" if text else str(step)
        )
    return text
