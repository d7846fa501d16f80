"""`lakehouse-iam explain`: what an error means, which link it points at, who does what; what differs in a SAML response."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from lakehouse_iam.cli.answers import ANSWER_IS_NO, INPUT_IS_WRONG, fail, json_option, print_json, wrong_input
from lakehouse_iam.cli.language import lang_option, language_of
from lakehouse_iam.cli.terminal import one_line, say

if TYPE_CHECKING:
    from lakehouse_iam.explain.finding import Explanation, Finding
    from lakehouse_iam.explain.setup_answer import SetupAnswer
    from lakehouse_iam.languages import Language
    from lakehouse_iam.setups.setup import Setup
    from lakehouse_iam.snapshot.document import Snapshot


@click.command()
@click.argument("arguments", metavar="[SETUP] TEXT", nargs=-1, required=True)
@click.option("--at", "at", metavar="TIME", default="", help="The time of the sign-in. Default: now.")
@click.option("--snapshot", "snapshots", metavar="FILE", multiple=True, help="Ask this snapshot of an account too.")
@lang_option
@json_option
def explain(arguments: tuple[str, ...], at: str, snapshots: tuple[str, ...], lang: str | None, as_json: bool) -> None:
    """Explain an error of AWS, Databricks, Terraform or Spark.

    TEXT is an error message, a stack trace, a CloudTrail event (JSON), a value of the header
    X-Databricks-PassThrough-Error or a SAML response: a file, - for standard input, or the text itself. With a SETUP the
    request behind the error is asked of the setup's own plan, and a SAML response is compared with the setup. With
    snapshots of its accounts, what is deployed is asked about the request as well. Nothing is sent or written anywhere.
    Give what is secret as a file or by -, because command lines are visible to other users.

    Exit codes: 0 explained; 1 the setup's plan or a snapshot answers otherwise than AWS, or something in the response is wrong;
    2 the text is not known. SAML responses need: pip install 'lakehouse-iam[saml]'
    """
    if len(arguments) > 2:
        fail(
            f"{len(arguments)} arguments are given: allowed are a setup and a text, or a text alone; quote a text with spaces",
            code=INPUT_IS_WRONG,
            as_json=as_json,
        )
    if snapshots and len(arguments) < 2:
        fail("--snapshot needs the SETUP that it is of", code=INPUT_IS_WRONG, as_json=as_json)

    language = language_of(lang)
    with wrong_input(as_json=as_json):
        moment = _moment(at)
        setups = _setups(arguments[0]) if len(arguments) == 2 else ()
        taken = _snapshots(setups, snapshots) if snapshots else ()
        explanation = _explained(_content(arguments[-1]), setups, moment, language, taken)
    if as_json:
        print_json(explanation.to_json())
    else:
        for line in _lines(explanation, language):
            say(line)
        if not explanation.known and _looks_like_a_file(arguments[-1]):
            say(f"there is no file {one_line(arguments[-1])}, so its name was taken for the text", err=True)
    if not explanation.known:
        raise SystemExit(INPUT_IS_WRONG)
    if explanation.differs:
        raise SystemExit(ANSWER_IS_NO)


def _setups(path: str) -> tuple[Setup, ...]:
    from lakehouse_iam.setups import load_setups

    return tuple(load_setups(path))


def _snapshots(setups: tuple[Setup, ...], files: tuple[str, ...]) -> tuple[Snapshot, ...]:
    from lakehouse_iam.errors import InvalidValue
    from lakehouse_iam.plan import plan_setup
    from lakehouse_iam.snapshot.any_file import load_for

    if len(setups) != 1:
        raise InvalidValue(
            f"the setup file holds {len(setups)} setups",
            allowed="allowed with --snapshot is a file with one, of which the snapshots are",
        )
    loaded = load_for(plan_setup(setups[0]), files)
    for note in loaded.notes:
        say(f"note: {one_line(note)}", err=True)
    return loaded.found


def _content(text: str) -> bytes:
    """What the argument names or is, one byte more than is read at most."""
    from lakehouse_iam.errors import InvalidValue

    if text == "-":
        return _at_most(sys.stdin.buffer)
    try:
        with Path(text).open("rb") as file:
            return _at_most(file)
    except (IsADirectoryError, PermissionError) as error:
        raise InvalidValue(
            f"{text} cannot be read: {error.strerror}",
            allowed="a file with the text, - for standard input, or the text itself",
        ) from error
    except (OSError, ValueError):
        # No file of that name, or no name at all: it is the text itself.
        return text.encode("utf-8", "replace")


def _looks_like_a_file(text: str) -> bool:
    return not re.search(r"\s", text) and ("." in text or "/" in text) and not os.path.exists(text)


def _at_most(file: BinaryIO) -> bytes:
    from lakehouse_iam.explain.text import TEXT_SIZE

    return file.read(TEXT_SIZE + 1)


def _moment(text: str) -> datetime:
    from lakehouse_iam.errors import InvalidValue
    from lakehouse_iam.moments import read_moment

    if not text:
        return datetime.now(timezone.utc)
    try:
        return read_moment(text)
    except ValueError as error:
        raise InvalidValue(
            f"--at {text!r} is not a time", allowed="allowed is a time such as 2026-11-25T12:00:00Z"
        ) from error


def _explained(
    content: bytes, setups: tuple[Setup, ...], now: datetime, language: Language, snapshots: tuple[Snapshot, ...]
) -> Explanation:
    from lakehouse_iam.explain.text import explain_text

    return explain_text(content, setups, now, language, snapshots)


def _lines(explanation: Explanation, language: Language) -> Iterator[str]:
    from lakehouse_iam.explain.sentences import sentence

    for number, finding in enumerate(explanation.findings, start=1):
        yield from _of_finding(finding, f"{number}. " if len(explanation.findings) > 1 else "", language)
    if not explanation.findings:
        yield sentence("nothing-differs", language)
    for checked in explanation.checked:
        yield checked if checked.startswith("not compared") else f"{sentence('line-checked', language)}{checked}"
    for answer in explanation.answers:
        yield from _of_setup(answer, language)


def _of_finding(finding: Finding, number: str, language: Language) -> Iterator[str]:
    from lakehouse_iam.explain.sentences import sentence

    rule = finding.rule
    yield f"{number}{one_line(finding.sentence)}"
    yield f"   {sentence('line-where', language)}{rule.link}"
    yield f"   {sentence('line-who', language)}{one_line(rule.who)}"
    for step in rule.do:
        yield f"   {sentence('line-do', language)}{step}"
    yield f"   {sentence('line-source', language)}{rule.source}\n"


def _of_setup(answer: SetupAnswer, language: Language) -> Iterator[str]:
    from lakehouse_iam.explain.sentences import sentence

    yield sentence("snapshots-say" if answer.of_snapshots else "setup-says", language, setup=one_line(answer.setup))
    for label, texts in (
        ("line-answer", answer.says),
        ("line-because", answer.because),
        ("line-document", answer.documents),
        ("line-missing", answer.missing),
        ("line-taken", answer.taken),
    ):
        for text in texts:
            if label == "line-document" and any(text in said for said in answer.says):
                continue
            yield f"   {sentence(label, language)}{one_line(text)}"
