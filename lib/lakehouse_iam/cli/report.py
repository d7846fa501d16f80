"""`lakehouse-iam report`: one page for the security reviewer, in English and Japanese, that needs nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lakehouse_iam.cli.answers import (
    ANSWER_IS_NO,
    INPUT_IS_WRONG,
    fail,
    json_option,
    print_json,
    setups_argument,
    wrong_input,
)
from lakehouse_iam.cli.language import lang_option, language_of
from lakehouse_iam.cli.proofs import nothing_thrown_away, progress_shown, proofs_of
from lakehouse_iam.cli.terminal import one_line, say

if TYPE_CHECKING:
    from lakehouse_iam.languages import Language
    from lakehouse_iam.plan import Plan
    from lakehouse_iam.report.reading import Json


@click.command()
@setups_argument
@click.option("--out", "-o", "out", metavar="FILE", type=click.Path(), help="Where to write the page (HTML).")
@click.option(
    "--against", metavar="FILE", type=click.Path(), help="An earlier report, page or JSON: show what changed."
)
@click.option("--templates", "folder", metavar="DIR", type=click.Path(), help="Prove these templates, as prove does.")
@click.option(
    "--world", metavar="FILE", type=click.Path(), help="What is known of the real accounts, as prove takes it."
)
@click.option(
    "--snapshot", "snapshots", metavar="FILE", multiple=True, type=click.Path(), help="Show this live state beside it."
)
@lang_option
@json_option
def report(
    setups: tuple[str, ...],
    out: str | None,
    against: str | None,
    folder: str | None,
    world: str | None,
    snapshots: tuple[str, ...],
    lang: str | None,
    as_json: bool,
) -> None:
    """Write one page for the security reviewer: who can reach what and why.

    The page needs no network and no other file. It shows the diagram, every statement with its reason and the page it comes
    from, every check, hand-offs, assumptions and quotas, in English and Japanese with a switch; --lang is the language in
    which it opens. It carries its own data: a later report shows with --against what changed.

    --json prints the same data (report.schema.json describes it). Ends with 1, the page written, if a check has not the
    expected answer or something is beyond the setup. SOURCE_DATE_EPOCH, where it is set, is the time of writing.
    """
    if out is None and not as_json:
        fail("nothing says where to write: give -o report.html, or --json", code=INPUT_IS_WRONG, as_json=as_json)
    with wrong_input(as_json=as_json):
        earlier = _earlier(against) if against is not None else None
        made = _report(setups, folder, world, snapshots, as_json=as_json)
        if earlier is not None:
            from lakehouse_iam.report.differences import differences

            made["differences"] = differences(earlier, made, str(against))
        if out is not None:
            _write(made, Path(out), language_of(lang))
    if as_json:
        print_json(made)
    elif out is not None:
        _show(made, out)
    if not made["holds"]:
        raise SystemExit(ANSWER_IS_NO)


def _report(
    setups: Sequence[str], folder: str | None, world: str | None, snapshots: Sequence[str], *, as_json: bool
) -> dict[str, Any]:
    from lakehouse_iam import __version__
    from lakehouse_iam.cli.setup_files import read_setups
    from lakehouse_iam.plan import plan_setups
    from lakehouse_iam.proof.real_world import load_real_world
    from lakehouse_iam.report.data import report_of

    real = load_real_world(world) if world else None
    plans = plan_setups(read_setups(setups, as_json=as_json))
    live = _live(plans, snapshots) if snapshots else {}
    with nothing_thrown_away(), progress_shown() as progress:
        proofs = proofs_of(plans, folder, real, progress)
        return report_of(
            list(zip(plans, proofs, strict=True)),
            written_at=_now(),
            tool=__version__,
            proved_from="templates" if folder else "plan",
            live=live,
        )


def _live(plans: Sequence[Plan], files: Sequence[str]) -> dict[str, Any]:
    """What snapshots show of each setup that they are of.

    Raises:
        SetupError: a file is no snapshot, or of none of the setups.
    """
    from lakehouse_iam.report.live import live_of
    from lakehouse_iam.snapshot.any_file import load_for

    found = {}
    for plan, own in _by_setup(plans, files):
        read = load_for(plan, own)
        found[plan.setup] = live_of(plan, read.found, read.notes)
    return found


def _by_setup(plans: Sequence[Plan], files: Sequence[str]) -> Iterator[tuple[Plan, list[str]]]:
    """The files of each setup. Where there are several setups, only files that say whose they are can be told apart."""
    from lakehouse_iam.snapshot.loading import read_snapshot

    if len(plans) == 1:
        yield plans[0], list(files)
        return
    of = {plan.setup: (plan, list[str]()) for plan in plans}
    for file in files:
        # One of none of the setups is refused in the words of whoever reads it for the first.
        of.get(read_snapshot(file).setup, of[plans[0].setup])[1].append(file)
    yield from ((plan, own) for plan, own in of.values() if own)


def _earlier(file: str) -> Json:
    """The earlier report.

    Raises:
        ReportError: it cannot be read, or is no report.
    """
    from lakehouse_iam.report.reading import REPORT_SIZE, ReportError, report_from_text

    allowed, next_step = "a page or JSON that lakehouse-iam report wrote", "check the path"
    try:
        with Path(file).open("rb") as opened:
            content = opened.read(REPORT_SIZE + 1)
    except OSError as error:
        what = f"the report cannot be read: {error.strerror}"
        raise ReportError(file, what, allowed=allowed, next_step=next_step) from error
    if len(content) > REPORT_SIZE:
        raise ReportError(file, f"the report is over {REPORT_SIZE:,} bytes", allowed=allowed, next_step=next_step)
    try:
        return report_from_text(content.decode("utf-8"), file)
    except UnicodeDecodeError as error:
        raise ReportError(file, "this is no report: it is not UTF-8", allowed=allowed, next_step=next_step) from error


def _now() -> str:
    """The time of writing; the one that reproducible builds are told, where there is one."""
    from lakehouse_iam.moments import utc_text

    told = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.fromtimestamp(int(told), timezone.utc) if told.isdecimal() else datetime.now(timezone.utc)
    return utc_text(now)


def _write(made: dict[str, Any], place: Path, language: Language) -> None:
    from lakehouse_iam.cli.files import write_all
    from lakehouse_iam.report.page import page

    write_all({place: page(made, language)})


def _show(made: dict[str, Any], out: str) -> None:
    probes = [probe for setup in made["setups"] for probe in setup["probes"]]
    right = sum(probe["as_expected"] for probe in probes)
    say(f"{one_line(out)}: {right:,} of {len(probes):,} checks as expected")
    beyond = sum(len(setup["beyond"]) for setup in made["setups"])
    if beyond:
        say(f"beyond the setup: {beyond:,}")
    if "differences" in made:
        changes = made["differences"]
        say(f"since {changes['before']['written_at']}: {changes['changes']:,} changes, {changes['wider']:,} allow more")
