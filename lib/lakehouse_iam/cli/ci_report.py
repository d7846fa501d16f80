"""What `check` and `prove` report to CI services: cases with their findings.

A case is what a CI service counts (a setup that was checked, a probe that was answered); a finding is what it shows, with the
file and line to show it at.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How much a finding matters, as SARIF calls it."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing to show.

    Args:
        rule: the id of its rule in `RULES`.
        level: how much it matters.
        message: what is wrong and what to do.
        file: where it is shown; empty where there is no file.
        line: the line there, counted from 1; 0 for the file as a whole.
        key: what stays the same about it when lines come and go; the message, unless it names lines.
    """

    rule: str
    level: Level
    message: str
    file: str = ""
    line: int = 0
    key: str = ""


@dataclass(frozen=True)
class Case:
    """One thing that was looked at.

    Args:
        suite: what it belongs to, such as the setup.
        name: what it is.
        findings: what was found; it failed if one of them is an error.
    """

    suite: str
    name: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class CiReport:
    """Everything that one run of a command reports.

    Args:
        command: the command, such as `check`.
        cases: what was looked at, in order.
    """

    command: str
    cases: tuple[Case, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of all cases, in order."""
        return tuple(finding for case in self.cases for finding in case.findings)


RULES = {
    "setup": "The setup is not right",
    "quota": "The setup exceeds a quota of AWS",
    "placeholder": "A value of an example was not replaced",
    "caution": "Right as it is written, and surprising",
    "note": "Worth knowing",
    "live": "An account is not as the setup needs it",
    "probe": "A probe has another answer than it must",
    "beyond": "Something is allowed that the setup does not ask for",
    "another-account": "Another account gets access",
    "not-read": "A resource was not read",
}
"""What can be found, by id; the id stays the same in every release, because CI services compare runs by it."""
