"""`lakehouse-iam simulate`: single cases, one a line, answered as a stream."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click

from lakehouse_iam.cli.answers import INPUT_IS_WRONG, fail, json_option


@click.command()
@click.argument("cases", metavar="CASES.jsonl", type=click.Path(allow_dash=True))
@json_option
def simulate(cases: str, as_json: bool) -> None:
    """Decide single requests: a case in JSON on each line, an answer in JSON on each line. - reads standard input.

    A case has id, request (principal, action, resource, resource_account, context) and the policies that bear on it; see
    docs/proof.md. Answers come as the lines are read. A line that is no case ends the stream with 2; the answers before it
    stand.
    """
    try:
        lines = click.open_file(cases, encoding="utf-8")
    except OSError as error:
        fail(f"{cases}: the file cannot be read: {error.strerror}", code=INPUT_IS_WRONG, as_json=as_json)
    with lines:
        try:
            _answer(lines, cases, as_json=as_json)
        except UnicodeDecodeError:
            fail(f"{cases}: the file is not text: allowed is UTF-8", code=INPUT_IS_WRONG, as_json=as_json)


def _answer(lines: Iterable[str], name: str, *, as_json: bool) -> None:
    from lakehouse_iam.evaluator import CaseError, answer, read_cases

    try:
        for case in read_cases(lines):
            sys.stdout.write(answer(case) + "\n")
            sys.stdout.flush()
    except CaseError as error:
        # The error says "line 7: request.action: …"; every command says file:line: instead.
        words = str(error).partition(": ")[2]
        fail(
            f"{name}:{error.line}: {words}",
            code=INPUT_IS_WRONG,
            as_json=as_json,
            details={"line": error.line, "where": error.where},
        )
