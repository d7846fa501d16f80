"""Quotas of AWS that a setup exceeds, reported together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lakehouse_iam.errors import LakehouseIamError, QuotaExceeded


class SeveralQuotas(LakehouseIamError):
    """Several quotas that one setup exceeds: of one document, stack or account each.

    Args:
        problems: which, in the order in which they were met.
    """

    def __init__(self, problems: Sequence[QuotaExceeded]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


class Exceeded:
    """What was met so far: each part is made in a `with part()`, and `refuse()` follows the last one."""

    def __init__(self) -> None:
        self._problems: list[QuotaExceeded] = []

    @contextmanager
    def part(self) -> Iterator[None]:
        """Remember what the part exceeds, and go on behind it."""
        try:
            yield
        except QuotaExceeded as problem:
            self._problems.append(problem)
        except SeveralQuotas as several:
            self._problems += several.problems

    def refuse(self) -> None:
        """Raise what was met.

        Raises:
            QuotaExceeded: one part is larger than AWS accepts.
            SeveralQuotas: more than one is.
        """
        if len(self._problems) == 1:
            raise self._problems[0]
        if self._problems:
            raise SeveralQuotas(self._problems)
