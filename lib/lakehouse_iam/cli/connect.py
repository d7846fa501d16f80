"""`lakehouse-iam connect`: what a setup needs in Databricks, found or made."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lakehouse_iam.cli.answers import ANSWER_IS_NO, json_option, print_json, setup_argument, wrong_input
from lakehouse_iam.cli.databricks_access import (
    databricks_answers,
    dry_run_option,
    host_option,
    in_databricks,
    log_in_for,
    profile_option,
    show_calls,
    tell_of_pauses,
)
from lakehouse_iam.cli.files import write_all
from lakehouse_iam.cli.next_line import USUAL_FOLDER, command_line
from lakehouse_iam.cli.template import show_stacks, template_files
from lakehouse_iam.cli.template_folder import write_template_folder
from lakehouse_iam.cli.terminal import one_line, say

if TYPE_CHECKING:
    from lakehouse_iam.databricks.calls import Call
    from lakehouse_iam.databricks.clock import Clock
    from lakehouse_iam.databricks.exchange import Exchange
    from lakehouse_iam.databricks.outcome import Outcome
    from lakehouse_iam.databricks.session import Options
    from lakehouse_iam.databricks.workspace import Workspace
    from lakehouse_iam.plan import Plan
    from lakehouse_iam.setups.setup import Setup


@click.command()
@setup_argument
@click.option("--exchange", metavar="FILE", default="", help="Where to write what the bucket owner needs.")
@click.option(
    "--received", "received", metavar="FILE", multiple=True, help="What the bucket owner sent back; it is checked."
)
@click.option("--template", "folder", metavar="DIR", default="", help="Write the finished templates too.")
@click.option("--wait", type=click.FloatRange(min=0), metavar="SECONDS", help="How long to wait for IAM. Default: 120.")
@click.option(
    "--grant", "grants", metavar="WHO=WHAT,…", multiple=True, help="Grant privileges on every external location."
)
@click.option("--update", is_flag=True, help="Overwrite what exists and differs from the setup.")
@click.option("--check-trust", is_flag=True, help="Read the live trust policy with your AWS credentials.")
@click.option("--skip-validation", is_flag=True, help="Register an instance profile without Databricks' trial run.")
@click.option("--metastore", metavar="ID", default="", help="Create the storage credential through the account's API.")
@host_option
@profile_option
@dry_run_option
@json_option
def connect(setup: str, as_json: bool, **asked: Any) -> None:
    """Create what a setup needs in a Databricks workspace, step by step.

    Unity Catalog: the first run creates the storage credential and writes SETUP.exchange.json for the bucket owner, who
    deploys the role. The next run waits until Unity Catalog gets access, and creates the external locations. With --wait,
    the first run waits too. Instance profile: it is registered.

    Each step looks at what exists and changes only what is missing, so any run can be stopped and run again. --dry-run
    shows every call first.

    Exit codes: 0 connected, or waiting for the bucket owner; 1 not valid yet, or something exists that differs; 2 the input is
    wrong; 3 Databricks refused or could not be reached.

    Needs the extra `databricks`: pip install 'lakehouse-iam[databricks]', or in a clone pip install '.[databricks]'.
    """
    from lakehouse_iam.cli.setup_files import read_setups
    from lakehouse_iam.errors import InvalidValue

    with wrong_input(as_json=as_json):
        setups = read_setups([setup], as_json=as_json)
        if asked["exchange"] and len(setups) > 1:
            raise InvalidValue(
                f"--exchange names one file, and {setup} holds {len(setups)} setups",
                allowed="one setup with --exchange, or several without it",
            )
        _check_received(setups, asked["received"])
    answers = []
    for found in setups:
        with databricks_answers(as_json=as_json):
            answers.append(_Run(setup, found, asked, as_json).run())
    if as_json:
        print_json(answers)
    if any(answer["state"] == "not valid yet" for answer in answers):
        raise SystemExit(ANSWER_IS_NO)


def _check_received(setups: Sequence[Setup], files: Sequence[str]) -> None:
    """Hold what the bucket owner sent back against the setups, before anything is asked of Databricks.

    Raises:
        SetupError: a file is of another setup, of an older one, or tells an ARN of another account.
    """
    if not files:
        return
    from lakehouse_iam.handoff.exchange import read_exchange, whose, with_exchange

    by_setup = whose([read_exchange(file) for file in files], setups)
    for setup in setups:
        with_exchange(setup, *by_setup.get(setup.name, ()))


class _Run:
    """One setup's run."""

    def __init__(self, file: str, setup: Any, asked: dict[str, Any], as_json: bool) -> None:
        self.file = file
        self.setup = setup
        self.asked = asked
        self.as_json = as_json
        self.written: list[Path] = []
        self.exchange = ""
        self.stacks: list[dict[str, Any]] = []
        self.would_make: list[Call] = []

    def run(self) -> dict[str, Any]:
        """Connect, show what came of it, and return it for machines."""
        from lakehouse_iam.databricks.clock import SystemClock
        from lakehouse_iam.databricks.workspace import DryRun

        if not self.as_json:
            say(self.setup.name, err=True)
        clock = SystemClock()
        workspace = log_in_for(self.setup, clock, host=self.asked["host"], profile=self.asked["profile"])
        dry_run = self.asked["dry_run"]
        outcome = self._connect(DryRun(workspace, self.would_make) if dry_run else workspace, clock)
        answer = outcome.to_json() | {"files": [str(place) for place in self.written]}
        if dry_run:
            answer["calls"] = [call.to_json() for call in self.would_make]
        if not self.as_json:
            self._show(outcome, answer)
        return answer

    def _connect(self, workspace: Workspace, clock: Clock) -> Outcome:
        from lakehouse_iam.databricks.session import Session

        connect_pattern = in_databricks(self.setup, "connect")
        session = Session(workspace, clock, self._progress, self._hand_over)
        return connect_pattern(self.setup, session, self._options(clock))

    def _options(self, clock: Clock) -> Options:
        from lakehouse_iam.databricks.grants import Grant
        from lakehouse_iam.databricks.live_trust import read_with_boto3
        from lakehouse_iam.databricks.session import WAIT_SECONDS, AccountAccess, Options

        wait, metastore = self.asked["wait"], self.asked["metastore"]
        return Options(
            update=self.asked["update"],
            wait_seconds=WAIT_SECONDS if wait is None else wait,
            grants=tuple(Grant.parse(text) for text in self.asked["grants"]),
            skip_validation=self.asked["skip_validation"],
            read_trust=read_with_boto3 if self.asked["check_trust"] else None,
            in_one_run=bool(wait),
            account=AccountAccess(metastore, partial(self._open_account, clock)) if metastore else None,
        )

    def _open_account(self, clock: Clock, console: str, account_id: str) -> Workspace:
        from lakehouse_iam.databricks.login import log_in
        from lakehouse_iam.databricks.workspace import DryRun

        profile = self.asked["profile"]
        account = log_in(console, clock, profile=profile, account_id=account_id, progress=tell_of_pauses)
        return DryRun(account, self.would_make) if self.asked["dry_run"] else account

    def _progress(self, line: str) -> None:
        if not (self.as_json or self.asked["dry_run"]):
            say(f"  {line}", err=True)

    def _hand_over(self, given: Exchange, plan: Plan) -> None:
        if self.asked["dry_run"]:
            return
        self.exchange = self.asked["exchange"] or given.file_name
        files = {Path(self.exchange): given.text()}
        folder = Path(self.asked["folder"])
        templates: dict[Path, str] = {}
        if self.asked["folder"]:
            templates, self.stacks = template_files(plan, folder)
            write_template_folder(folder, templates)
        write_all(files)
        files |= templates
        self.written = list(files)

    def _show(self, outcome: Outcome, answer: dict[str, Any]) -> None:
        show_calls(answer.get("calls", []))
        say(f"{outcome.setup}: {outcome.state.value}")
        width = max((len(name) for name, _ in outcome.values), default=0)
        for name, value in outcome.values:
            if value:
                say(f"  {name:<{width}}  {one_line(value)}")
        for place in self.written:
            say(f"wrote {one_line(place)}")
        for note in outcome.notes:
            say(f"\nnote: {one_line(note)}", err=True)
        for sentence in dict.fromkeys(broken.sentence for broken in outcome.broken):
            places = ", ".join(broken.place for broken in outcome.broken if broken.sentence == sentence)
            say(f"\nNO: {one_line(places)}: {one_line(sentence)}", err=True)
        self._next(outcome)

    def _next(self, outcome: Outcome) -> None:
        from lakehouse_iam.databricks.outcome import State

        again = self._again()
        if outcome.state is State.HANDED_OVER:
            self._next_of_owner(outcome)
            say(f"then: {one_line(again)}", err=True)
        elif outcome.state is State.NOT_VALID:
            say(f"\nfix this, then run: {one_line(again)}", err=True)

    def _next_of_owner(self, outcome: Outcome) -> None:
        """What the bucket owner runs: the deployment of the finished templates, or the command that writes them."""
        if self.stacks:
            say()
            show_stacks(self.stacks)
        say(f"\nnext: the owner of {outcome.waits_for} deploys the role", err=True)
        if not self.stacks:
            exchange = ("--exchange", self.exchange) if self.exchange else ()
            say(f"  {one_line(command_line('template', self.file, *exchange, '--out', USUAL_FOLDER))}", err=True)

    def _again(self) -> str:
        """This command once more, where it goes on: with the same workspace and the same file."""
        kept = [(name, self.asked[name]) for name in ("host", "profile", "metastore", "exchange") if self.asked[name]]
        return command_line("connect", self.file, *(word for name, value in kept for word in (f"--{name}", str(value))))
