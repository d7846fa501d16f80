"""How every command answers: exit codes, errors in words, and JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.setups import SetupError

ANSWER_IS_NO = 1
INPUT_IS_WRONG = 2
OUTSIDE_FAILED = 3


def fail(message: str, *, code: int, as_json: bool, details: dict[str, Any] | None = None) -> NoReturn:
    """End with a message on standard error, or as JSON on standard output."""
    if as_json:
        print_json({"error": message, **(details or {})})
    else:
        click.echo(message, err=True)
    raise SystemExit(code)


@contextmanager
def wrong_input(*, as_json: bool) -> Iterator[None]:
    """Turn what is wrong with the input into words and exit code 2."""
    try:
        yield
    except SetupError as error:
        problems = [problem.to_json() for problem in error.problems]
        fail(str(error), code=INPUT_IS_WRONG, as_json=as_json, details={"problems": problems})
    except LakehouseIamError as error:
        fail(str(error), code=INPUT_IS_WRONG, as_json=as_json)


def print_json(answer: Any) -> None:
    """An answer for machines."""
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False))


json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for machines.")
setup_argument = click.argument("setup", metavar="SETUP", type=click.Path())
