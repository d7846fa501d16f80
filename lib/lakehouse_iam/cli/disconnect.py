"""`lakehouse-iam disconnect`: what connecting made in Databricks, removed again."""

from __future__ import annotations

from typing import Any

import click

from lakehouse_iam.cli.answers import json_option, print_json, setup_argument, wrong_input
from lakehouse_iam.cli.databricks_access import (
    databricks_answers,
    dry_run_option,
    host_option,
    in_databricks,
    log_in_for,
    profile_option,
    show_calls,
)
from lakehouse_iam.cli.terminal import say


@click.command()
@setup_argument
@host_option
@profile_option
@dry_run_option
@json_option
def disconnect(setup: str, host: str, profile: str, dry_run: bool, as_json: bool) -> None:
    """Remove from Databricks what connect created for a setup.

    Nothing is removed while a table, a volume, an external location, a cluster or a job still uses it; those are listed.
    Nothing is forced, and nothing in AWS is touched. If a run is stopped, run it again. --dry-run shows every call first.

    Exit codes: 0 removed; 1 still used, or created by somebody else; 2 the input is wrong; 3 Databricks refused or could
    not be reached.

    Needs the extra `databricks`: pip install 'lakehouse-iam[databricks]', or in a clone pip install '.[databricks]'.
    """
    from lakehouse_iam.cli.setup_files import read_setups

    with wrong_input(as_json=as_json):
        setups = read_setups([setup], as_json=as_json)
    answers = []
    for found in reversed(setups):
        with databricks_answers(as_json=as_json):
            answers.append(_disconnect(found, host, profile, dry_run=dry_run, as_json=as_json))
    if as_json:
        print_json(answers)


def _disconnect(setup: Any, host: str, profile: str, *, dry_run: bool, as_json: bool) -> dict[str, Any]:
    from lakehouse_iam.databricks.clock import SystemClock
    from lakehouse_iam.databricks.session import Session
    from lakehouse_iam.databricks.workspace import DryRun

    if not as_json:
        say(setup.name, err=True)
    clock = SystemClock()
    workspace = log_in_for(setup, clock, host=host, profile=profile)
    dry = DryRun(workspace) if dry_run else None

    def progress(line: str) -> None:
        if not (as_json or dry_run):
            say(f"  {line}", err=True)

    disconnect_pattern = in_databricks(setup, "disconnect")
    outcome = disconnect_pattern(setup, Session(dry or workspace, clock, progress))
    answer = outcome.to_json()
    if dry:
        answer["calls"] = [call.to_json() for call in dry.would_make]
    if not as_json:
        show_calls(answer.get("calls", []))
        say(f"{outcome.setup}: {outcome.state.value}")
    return answer
