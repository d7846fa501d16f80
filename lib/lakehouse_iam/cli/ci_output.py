"""Where `check` and `prove` write their reports for CI services: SARIF 2.1.0 and JUnit XML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from lakehouse_iam.cli.ci_report import Case, CiReport, Finding, Level
from lakehouse_iam.errors import LakehouseIamError

STANDARD_OUTPUT = "-"
_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class CiOutput:
    """Where a run writes its reports.

    Args:
        sarif: the file for SARIF 2.1.0, `-` for standard output; empty for none.
        junit: the file for JUnit XML, `-` for standard output; empty for none.
    """

    sarif: str
    junit: str

    @property
    def takes_standard_output(self) -> bool:
        """Whether a report is the answer on standard output, so that nothing else may stand there."""
        return STANDARD_OUTPUT in (self.sarif, self.junit)

    @property
    def is_asked(self) -> bool:
        """Whether any report is to be written."""
        return bool(self.sarif or self.junit)

    def write(self, report: CiReport) -> None:
        """Write what was asked for.

        Raises:
            InvalidValue: a file cannot be written.
            OSError: the same, because of the disk.
        """
        from lakehouse_iam.cli.files import write_all
        from lakehouse_iam.cli.junit import junit_text
        from lakehouse_iam.cli.sarif import sarif_text

        files = {}
        for place, text in ((self.sarif, sarif_text), (self.junit, junit_text)):
            if place == STANDARD_OUTPUT:
                click.echo(text(report), nl=False)
            elif place:
                files[Path(place)] = text(report)
        write_all(files)


def ci_output(sarif: str, junit: str, *, as_json: bool) -> CiOutput:
    """Where to write the reports that somebody asked for.

    Raises:
        UsageError: two answers would stand on standard output, or in one file.
    """
    on_standard_output = [
        name
        for name, there in (
            ("--json", as_json),
            ("--sarif -", sarif == STANDARD_OUTPUT),
            ("--junit -", junit == STANDARD_OUTPUT),
        )
        if there
    ]
    if len(on_standard_output) > 1:
        raise click.UsageError(
            f"{' and '.join(on_standard_output)} both write to standard output: name a file for one of them"
        )
    if sarif and sarif == junit:
        raise click.UsageError(f"--sarif and --junit both write to {sarif}: name a file for each")
    return CiOutput(sarif, junit)


def ci_options(command: _Command) -> _Command:
    """The options `--sarif` and `--junit`."""
    for name, what in (("junit", "JUnit XML"), ("sarif", "SARIF 2.1.0")):
        command = click.option(
            f"--{name}",
            name,
            metavar="FILE",
            default="",
            type=click.Path(allow_dash=True),
            help=f"Write a report for CI as {what} too; - for standard output.",
        )(command)
    return command


def report_of_error(command: str, error: LakehouseIamError, paths: Sequence[str]) -> CiReport:
    """The report of a run that could not begin because the setups are wrong.

    Args:
        command: the command.
        error: what is wrong.
        paths: what the command was given.
    """
    from lakehouse_iam.plan import PlanError, PlanErrors
    from lakehouse_iam.setups.problems import SetupError

    if isinstance(error, SetupError):
        by_file: dict[str, list[Finding]] = {}
        for problem in error.problems:
            words = ": ".join(part for part in (problem.path, problem.what, problem.allowed, problem.next_step) if part)
            finding = Finding("setup", Level.ERROR, words, problem.file, problem.line)
            by_file.setdefault(problem.file, []).append(finding)
        return CiReport(
            command, tuple(Case(file, "the setup is right", tuple(found)) for file, found in by_file.items())
        )
    errors = error.errors if isinstance(error, PlanErrors) else (error,)
    rule = "quota" if isinstance(error, (PlanError, PlanErrors)) else "setup"
    file = paths[0] if len(paths) == 1 and Path(paths[0]).is_file() else ""
    return CiReport(
        command,
        tuple(
            Case(
                one.setup if isinstance(one, PlanError) else file or command,
                "the setup can be deployed",
                (Finding(rule, Level.ERROR, str(one), file),),
            )
            for one in errors
        ),
    )
