"""`lakehouse-iam simulate`: single requests, one per line, answered as a stream."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import IO, Any

import click

from lakehouse_iam.cli.answers import INPUT_IS_WRONG, fail, json_option

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes that a line may have: more than any request with all its policies."""

_UTF8_MARK = b"\xef\xbb\xbf"


@click.command()
@click.argument("cases", metavar="CASES.jsonl", type=click.Path(allow_dash=True))
@json_option
def simulate(cases: str, as_json: bool) -> None:
    """Decide IAM requests: one JSON case per line in, one JSON decision per line out.

    CASES.jsonl is a file, or - for standard input. A case has an id, a request (principal, action, resource,
    resource_account, context) and the policies that apply; lakehouse-iam docs evaluator describes all of it. Answers are
    printed as the lines are read. A line that is no case is answered with id, line, where and error (and on standard error,
    unless --json is given); the others are still decided.

    Exit codes: 0 every line decided; 2 a line was no case.
    """
    try:
        lines = click.open_file(cases, "rb")
    except OSError as error:
        fail(f"{cases}: the file cannot be read: {error.strerror}", code=INPUT_IS_WRONG, as_json=as_json)
    with lines:
        wrong = 0
        for number, line in _lines(lines):
            answer = _answer_to(line, number)
            # Escapes keep the line whole on consoles of any encoding.
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
            if "error" in answer:
                wrong += 1
                if not as_json:
                    place = f"{cases}:{number}: {answer['where']}".removesuffix(": ")
                    click.echo(f"{place}: {answer['error']}", err=True)
    if wrong:
        raise SystemExit(INPUT_IS_WRONG)


def _lines(lines: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, numbered from 1; of one that is too long, its beginning."""
    number = 0
    while line := lines.readline(LONGEST_LINE + 1):
        number += 1
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = lines.readline(LONGEST_LINE + 1)
        if number == 1:
            line = line.removeprefix(_UTF8_MARK)
        if line.strip():
            yield number, line


def _answer_to(line: bytes, number: int) -> dict[str, Any]:
    from lakehouse_iam.evaluator import CaseError, case_of, decide
    from lakehouse_iam.evaluator.strict_json import JsonFaultError, read_json

    if len(line) > LONGEST_LINE:
        return _error(None, number, "", f"the line is longer than {LONGEST_LINE} bytes")
    try:
        body = read_json(line.decode("utf-8").rstrip("\r\n"))
    except UnicodeDecodeError as error:
        return _error(None, number, f"byte {error.start + 1}", "not text: allowed is UTF-8")
    except JsonFaultError as fault:
        return _error(None, number, f"column {fault.column}" if fault.column else "", str(fault))
    try:
        case = case_of(body, number)
        decision = decide(case)
    except CaseError as error:
        return _error(body, number, error.where, error.problem)
    return {"id": case.id, "decision": decision.decision, "because": list(decision.because)}


def _error(body: object, number: int, where: str, problem: str) -> dict[str, Any]:
    id = body.get("id") if isinstance(body, dict) else None
    return {"id": id if isinstance(id, str) else None, "line": number, "where": where, "error": problem}
