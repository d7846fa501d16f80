"""A clock on which waiting takes no time."""

from __future__ import annotations


class FakeClock:
    """Starts at zero; `sleep` moves it on and returns at once."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
