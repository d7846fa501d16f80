"""`lakehouse-iam rehearse`: deploy on a local AWS, try everything, and say what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

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
from lakehouse_iam.cli.broken_rehearsal import LIST, list_diseases, show_broken
from lakehouse_iam.cli.extras import how_to_install, require_extras
from lakehouse_iam.cli.language import lang_option, language_of
from lakehouse_iam.cli.next_line import USUAL_FOLDER, say_next
from lakehouse_iam.cli.rehearsal_json import answer_of
from lakehouse_iam.cli.terminal import cell, one_line, say, show_table

if TYPE_CHECKING:
    from lakehouse_iam.languages import Language
    from lakehouse_iam.rehearsal.run import Rehearsal

_BROUGHT_BY = {"cryptography": "saml", "lxml": "saml", "signxml": "saml"}


@click.command()
@setup_argument
@click.option(
    "--break",
    "disease",
    metavar="NAME",
    help="Break it on purpose, and see what fails and what doctor says. list: every NAME.",
)
@lang_option
@json_option
def rehearse(setup: str, disease: str | None, lang: str | None, as_json: bool) -> None:
    """Deploy a setup on a local AWS that evaluates IAM policies, and try every probe with real requests.

    Both what must work and what must be refused is tried. What the local AWS cannot judge is counted separately, with the
    reason. Everything is removed afterwards.

    --break brings about one of the diseases that doctor knows: on the local AWS, or, where that cannot hold it, in the
    snapshots that doctor reads. What fails is shown, then what doctor says of it: who fixes it, and the patch.

    Exit codes: 0 every probe as expected, or with --break, doctor names the disease first; 1 one is not; 2 the input is wrong;
    3 the local AWS failed.

    Needs the extra `rehearsal`, and for Unity Catalog `databricks` too: pip install 'lakehouse-iam[rehearsal,databricks]',
    or in a clone pip install '.[rehearsal,databricks]'; for sign-ins `saml` instead of `databricks`.
    """
    from lakehouse_iam.cli.setup_files import read_setups

    if disease == LIST:
        list_diseases(language_of(lang), as_json=as_json)
        return
    with wrong_input(as_json=as_json):
        setups = read_setups([setup], as_json=as_json)
    if disease is not None:
        _break(setup, setups, disease, language_of(lang), as_json=as_json)
        return
    rehearsals = [_rehearse(found, as_json=as_json) for found in setups]
    if as_json:
        print_json([answer_of(rehearsal) for rehearsal in rehearsals])
    if not all(rehearsal.passed for rehearsal in rehearsals):
        raise SystemExit(ANSWER_IS_NO)
    if not as_json:
        say_next("template", setup, "--out", USUAL_FOLDER)


def _rehearse(setup: Any, *, as_json: bool) -> Rehearsal:
    with _local_aws(as_json=as_json):
        from lakehouse_iam.rehearsal.run import rehearse as run

        if not as_json:
            say(f"{setup.name}")
        rehearsal = run(setup, _progress(as_json=as_json))
    if not as_json:
        _show(rehearsal)
    return rehearsal


def _break(file: str, setups: Sequence[Any], disease: str, language: Language, *, as_json: bool) -> None:
    from lakehouse_iam.rehearsal.diseases import injection_named

    with wrong_input(as_json=as_json):
        injection = injection_named(disease)
    broken = []
    for setup in setups:
        with _local_aws(as_json=as_json):
            from lakehouse_iam.rehearsal.broken import rehearse_broken

            if not as_json:
                say(f"{setup.name}")
            broken.append(rehearse_broken(setup, injection, _progress(as_json=as_json), setup_file=file))
    show_broken(broken, language, as_json=as_json)


def _progress(*, as_json: bool) -> Callable[[str], None]:
    return lambda line: None if as_json else say(f"  {line}", err=True)


@contextmanager
def _local_aws(*, as_json: bool) -> Iterator[None]:
    """Whatever can go wrong with a local AWS, as exit codes; the extras that it needs."""
    for module in ("boto3", "ministack", "trustme"):
        require_extras("rehearsal", module=module, as_json=as_json)
    from lakehouse_iam.rehearsal.deployment import DeploymentError
    from lakehouse_iam.rehearsal.local_aws import LocalAwsError

    try:
        with wrong_input(as_json=as_json):
            try:
                yield
            except (LocalAwsError, DeploymentError) as error:
                fail(str(error), code=OUTSIDE_FAILED, as_json=as_json)
            except ModuleNotFoundError as missing:
                extra = _BROUGHT_BY.get(str(missing.name).partition(".")[0], "databricks")
                needed = how_to_install(("rehearsal", extra), str(missing.name))
                fail(needed, code=OUTSIDE_FAILED, as_json=as_json)
    except KeyboardInterrupt:
        fail("stopped; the local AWS is down again", code=130, as_json=as_json)


def _show(rehearsal: Rehearsal) -> None:
    from rich.table import Table

    from lakehouse_iam.rehearsal.attempts import Happened

    table = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    for heading in ("", "expected", "happened", "probe"):
        table.add_column(heading, no_wrap=heading != "probe")
    for attempt in rehearsal.attempts:
        not_judged = attempt.happened is Happened.NOT_JUDGED
        mark = "--" if not_judged else "ok" if attempt.as_expected else "NO"
        style = "dim" if not_judged else "" if attempt.as_expected else "bold red"
        happened = "not judged" if not_judged else attempt.happened.value
        table.add_row(mark, attempt.probe.expected.value, happened, cell(attempt.probe.question), style=style)
    say()
    show_table(table)
    _notes(rehearsal)


def _notes(rehearsal: Rehearsal) -> None:
    for reason in sorted({attempt.detail for attempt in rehearsal.not_judged}):
        say(f"\nnot judged: {one_line(reason)}")
    for attempt in rehearsal.wrong:
        say(f"\nNO: {one_line(attempt.probe.question)}: {one_line(attempt.detail) or 'it was allowed'}")
    judged = len(rehearsal.judged)
    say(f"\n{judged - len(rehearsal.wrong)} of {judged} probes as expected, {len(rehearsal.not_judged)} not judged")
