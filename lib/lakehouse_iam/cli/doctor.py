"""`lakehouse-iam doctor`: what live accounts really say of a setup, which link is broken, who fixes it, and the patch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakehouse_iam.cli.answers import ANSWER_IS_NO, json_option, print_json, setup_argument, wrong_input
from lakehouse_iam.cli.doctor_reading import Reading
from lakehouse_iam.cli.language import lang_option, language_of
from lakehouse_iam.cli.proofs import nothing_thrown_away
from lakehouse_iam.cli.terminal import one_line, say

if TYPE_CHECKING:
    from lakehouse_iam.databricks.clock import Clock
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
@click.option(
    "--profile",
    "profiles",
    metavar="ACCOUNT=PROFILE",
    multiple=True,
    help="Read this account now, with this AWS profile; once for each account.",
)
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

    An account that nobody is signed in to counts as not read, as long as another can be read; a profile of another account
    ends the command.

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
    reading = Reading(plan, profiles, databricks_profile, workspace=workspace, as_json=as_json)

    def diagnosed() -> tuple[Diagnosis, tuple[str, ...]]:
        with wrong_input(as_json=as_json), nothing_thrown_away():
            read = reading.now()
            return _diagnosed(plan, (*given, *read.snapshots), setup), read.notes

    from lakehouse_iam.databricks.clock import SystemClock

    found, unread = _until_healthy(diagnosed, wait, SystemClock(), language if not as_json else None)
    _show(found, (*notes, *unread) if as_json else notes, language, as_markdown=as_markdown, as_json=as_json)
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


def _until_healthy(
    diagnosed: Callable[[], tuple[Diagnosis, tuple[str, ...]]], wait: int, clock: Clock, language: Language | None
) -> tuple[Diagnosis, tuple[str, ...]]:
    """The first diagnosis that is healthy, or the last one before the time is over.

    Args:
        diagnosed: makes a diagnosis of this moment, and says what it is without.
        wait: for how many seconds to go on asking.
        clock: what is waited on.
        language: in which to say that it is asked again; `None` to say nothing.
    """
    from lakehouse_iam.doctor.sentences import sentence

    until = clock.now() + wait
    told: tuple[str, ...] = ()
    while True:
        found, notes = diagnosed()
        if language is not None and notes != told:
            # At once: whoever waits in vain for an account should know.
            _note(notes)
            told = notes
        left = until - clock.now()
        if found.healthy or left <= 0:
            break
        pause = min(_BETWEEN, left)
        if language is not None:
            say(sentence("asking-again", language, seconds=f"{pause:.0f}", left=f"{left:.0f}"), err=True)
        clock.sleep(pause)
    if wait and not found.healthy and language is not None:
        say(sentence("gave-up", language, seconds=str(wait)), err=True)
    return found, notes


def _show(found: Diagnosis, notes: Sequence[str], language: Language, *, as_markdown: bool, as_json: bool) -> None:
    if as_json:
        answer = found.to_json(language)
        print_json({**answer, "notes": [*notes, *answer["notes"]]})
        return
    _note((*notes, *found.notes))
    if as_markdown:
        from lakehouse_iam.cli.diagnosis_markdown import diagnosis_markdown

        say(diagnosis_markdown(found, language))
    else:
        from lakehouse_iam.cli.diagnosis_text import diagnosis_text

        say(diagnosis_text(found, language))


def _note(notes: Sequence[str]) -> None:
    for note in notes:
        say(f"note: {one_line(note)}", err=True)
