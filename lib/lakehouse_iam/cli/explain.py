"""`lakehouse-iam explain`: what an error of a sign-in means, and what differs between a SAML response and a setup."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakehouse_iam.cli.answers import ANSWER_IS_NO, INPUT_IS_WRONG, fail, json_option, print_json, wrong_input
from lakehouse_iam.cli.terminal import say

if TYPE_CHECKING:
    from lakehouse_iam.explain.finding import Explanation, Finding
    from lakehouse_iam.setups.saml_passthrough import SamlPassthroughSetup


@click.command()
@click.argument("arguments", metavar="[SETUP] TEXT", nargs=-1, required=True)
@click.option("--at", "at", metavar="TIME", default="", help="The time of the sign-in. Default: now.")
@json_option
def explain(arguments: tuple[str, ...], at: str, as_json: bool) -> None:
    """Explain an error of a sign-in with credential passthrough.

    TEXT is the value of the header X-Databricks-PassThrough-Error, or a SAML response: a file, - for standard input, or the
    text itself, as the browser posts it. With a SETUP the response is compared with it. Nothing of a response is written or
    sent anywhere. Give it as a file or by -, because command lines are visible to other users of the machine.

    Exit codes: 0 explained, and nothing differs; 1 something in the response is wrong; 2 the text is not known. Responses
    need: pip install 'lakehouse-iam[saml]'
    """
    if len(arguments) > 2:
        fail(
            f"{len(arguments)} arguments are given: allowed are a setup and a text, or a text alone; quote a text with spaces",
            code=INPUT_IS_WRONG,
            as_json=as_json,
        )
    with wrong_input(as_json=as_json):
        setup = _setup(arguments[0]) if len(arguments) == 2 else None
        explanation = _explained(_content(arguments[-1]), setup, _moment(at))
    if as_json:
        print_json(explanation.to_json())
    else:
        _show(explanation)
    if not explanation.known:
        raise SystemExit(INPUT_IS_WRONG)
    if explanation.findings and explanation.checked:
        raise SystemExit(ANSWER_IS_NO)


def _setup(path: str) -> SamlPassthroughSetup:
    from lakehouse_iam.errors import InvalidValue
    from lakehouse_iam.setups import load_setups
    from lakehouse_iam.setups.saml_passthrough import SamlPassthroughSetup

    setups = [setup for setup in load_setups(path) if isinstance(setup, SamlPassthroughSetup)]
    if len(setups) != 1:
        raise InvalidValue(
            f"{path} holds {len(setups)} setups in which an identity provider gives roles to groups",
            allowed="allowed is one, with which the response is compared",
            next_step="name a file with one of them",
        )
    return setups[0]


def _content(text: str) -> bytes:
    """What the argument names or is."""
    if text == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(text).read_bytes()
    except (OSError, ValueError):
        # No file of that name, or no name at all: it is the text itself.
        return text.encode("utf-8", "replace")


def _moment(text: str) -> datetime:
    from lakehouse_iam.errors import InvalidValue

    if not text:
        return datetime.now(timezone.utc)
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise InvalidValue(
            f"--at {text!r} is not a time", allowed="allowed is a time such as 2026-11-25T12:00:00Z"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _explained(content: bytes, setup: SamlPassthroughSetup | None, now: datetime) -> Explanation:
    from lakehouse_iam.explain.assertion import explain_response
    from lakehouse_iam.explain.header import explain_header

    header = explain_header(content.decode("utf-8", "replace")) if len(content) < 1_000 else None
    return header or explain_response(content, setup, now)


def _show(explanation: Explanation) -> None:
    for number, finding in enumerate(explanation.findings, start=1):
        _show_finding(finding, f"{number}. " if len(explanation.findings) > 1 else "")
    if not explanation.findings:
        say("nothing differs")
    for sentence in explanation.checked:
        say(f"checked: {sentence}" if not sentence.startswith("not compared") else sentence)


def _show_finding(finding: Finding, number: str) -> None:
    rule = finding.rule
    say(f"{number}{finding.sentence}")
    say(f"   where: {rule.link}")
    say(f"   who:   {rule.who}")
    for step in rule.do:
        say(f"   do:    {step}")
    say(f"   source: {rule.source}\n")
