"""`lakehouse-iam doctor`: what live accounts really say of a setup, which link is broken, who fixes it, and the patch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakehouse_iam.cli.answers import (
    ANSWER_IS_NO,
    OUTSIDE_FAILED,
    fail,
    json_option,
    print_json,
    setup_argument,
    wrong_input,
)
from lakehouse_iam.cli.aws_access import LiveAccounts, aws_profile_option
from lakehouse_iam.cli.language import lang_option, language_of
from lakehouse_iam.cli.proofs import nothing_thrown_away
from lakehouse_iam.cli.terminal import one_line, say

if TYPE_CHECKING:
    from lakehouse_iam.doctor import Diagnosis
    from lakehouse_iam.languages import Language
    from lakehouse_iam.plan import Plan
    from lakehouse_iam.snapshot.document import Snapshot

_BETWEEN = 10
"""Seconds between two readings while `--wait` lasts."""


@click.command()
@setup_argument
@click.option(
    "--snapshot",
    "files",
    metavar="FILE",
    multiple=True,
    type=click.Path(),
    help="A snapshot of an account or workspace.",
)
@aws_profile_option
@click.option("--workspace", is_flag=True, help="Read the Databricks workspace of the setup as well, now.")
@click.option("--databricks-profile", metavar="PROFILE", default="", help="The profile of Databricks for --workspace.")
@click.option(
    "--wait", "wait", metavar="SECONDS", type=click.IntRange(0, 3600), default=0, help="Ask again until it is healthy."
)
@click.option("--setup", "name", metavar="NAME", help="Which setup, where the file holds several.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Answer in Markdown, for a ticket.")
@lang_option
@json_option
def doctor(
    setup: str,
    files: tuple[str, ...],
    profiles: tuple[str, ...],
    workspace: bool,
    databricks_profile: str,
    wait: int,
    name: str | None,
    as_markdown: bool,
    lang: str | None,
    as_json: bool,
) -> None:
    """Find the broken link of a live setup, who fixes it, and the patch.

    The setup's probes are asked of what snapshots show: those of files (--snapshot), and those that are read now (--profile
    for AWS accounts, --workspace for Databricks). In this order: the first broken link with its disease and its patch; what
    is open beyond the setup, with a request that shows it; what differs from the setup; and what nobody could read, with
    whom to ask and the command to give them. Nothing is changed anywhere.

    Exit codes: 0 healthy; 1 a link is broken or open, or not everything could be decided; 2 the input is wrong; 3 something
    outside failed.
    """
    from lakehouse_iam.cli.snapshot import plan_of

    if as_markdown and as_json:
        raise click.UsageError("give --markdown or --json, not both")
    reads = bool(profiles or workspace)
    if wait and not reads:
        raise click.UsageError("--wait asks live accounts again: give --profile ACCOUNT=PROFILE or --workspace too")
    language = language_of(lang)
    with wrong_input(as_json=as_json), nothing_thrown_away():
        plan = plan_of(setup, name, as_json=as_json)
        given, notes = _given(plan, setup, files)
    reading = _Reading(plan, profiles, databricks_profile, workspace=workspace, as_json=as_json)
    until = time.monotonic() + wait
    while True:
        with wrong_input(as_json=as_json), nothing_thrown_away():
            found = _diagnosed(plan, (*given, *reading.now()), setup)
        left = until - time.monotonic()
        if found.healthy or left <= 0:
            break
        if not as_json:
            say(_again(language, min(_BETWEEN, left), left), err=True)
        time.sleep(min(_BETWEEN, left))
    _show(found, notes, language, as_markdown=as_markdown, as_json=as_json)
    if not found.healthy:
        raise SystemExit(ANSWER_IS_NO)


def _given(plan: Plan, setup: str, files: Sequence[str]) -> tuple[tuple[Snapshot, ...], tuple[str, ...]]:
    """The snapshots in files, and what to know of them."""
    from lakehouse_iam.snapshot.any_file import load_for

    loaded = load_for(plan, files, _changed(setup))
    return loaded.found, loaded.notes


def _changed(setup: str) -> datetime | None:
    """When the setup's file was last written; not known for standard input, and of no use for a folder."""
    path = Path(setup)
    return datetime.fromtimestamp(path.stat().st_mtime, timezone.utc) if path.is_file() else None


def _diagnosed(plan: Plan, snapshots: Sequence[Snapshot], setup: str) -> Diagnosis:
    from lakehouse_iam.doctor import diagnose

    return diagnose(plan, snapshots, setup_file=setup)


class _Reading:
    """Reads what was asked for, as often as it is asked for."""

    def __init__(
        self, plan: Plan, profiles: tuple[str, ...], databricks_profile: str, *, workspace: bool, as_json: bool
    ) -> None:
        self._plan, self._workspace, self._as_json = plan, workspace, as_json
        self._databricks_profile = databricks_profile
        self._named = tuple(dict.fromkeys(pair.partition("=")[0] for pair in profiles))
        self._live = None
        if profiles:
            from lakehouse_iam.snapshot.subjects import accounts_of

            self._live = LiveAccounts(profiles, accounts_of(plan), as_json=as_json)

    def now(self) -> tuple[Snapshot, ...]:
        """Snapshots of this moment."""
        found = [self._account(account) for account in self._named]
        if self._workspace:
            from lakehouse_iam.cli.snapshot_workspace import read_workspace_of

            found.append(read_workspace_of(self._plan, "", self._databricks_profile, as_json=self._as_json))
        return tuple(found)

    def _account(self, account: str) -> Snapshot:
        from lakehouse_iam.arns import AccountId
        from lakehouse_iam.aws_sessions import AwsError
        from lakehouse_iam.cli.snapshot import progress_shown
        from lakehouse_iam.snapshot.reading import take_snapshot
        from lakehouse_iam.snapshot.subjects import subjects_of

        assert self._live is not None
        try:
            session = self._live.of(self._plan.source).of(AccountId.parse(account))
            with progress_shown(f"read {account}") as progress:
                return take_snapshot(subjects_of(self._plan, account), session, datetime.now(timezone.utc), progress)
        except AwsError as error:
            fail(str(error), code=OUTSIDE_FAILED, as_json=self._as_json)


def _again(language: Language, seconds: float, left: float) -> str:
    from lakehouse_iam.doctor.sentences import sentence

    return sentence("asking-again", language, seconds=f"{seconds:.0f}", left=f"{left:.0f}")


def _show(found: Diagnosis, notes: Sequence[str], language: Language, *, as_markdown: bool, as_json: bool) -> None:

    if as_json:
        answer = found.to_json(language)
        print_json({**answer, "notes": [*notes, *answer["notes"]]})
        return
    for note in (*notes, *found.notes):
        say(f"note: {one_line(note)}", err=True)
    if as_markdown:
        from lakehouse_iam.cli.diagnosis_markdown import diagnosis_markdown

        say(diagnosis_markdown(found, language))
    else:
        from lakehouse_iam.cli.diagnosis_text import diagnosis_text

        say(diagnosis_text(found, language))
