"""How every command answers: exit codes, errors in words, and JSON for machines."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import click

from lakehouse_iam.cli.language import language_of
from lakehouse_iam.cli.terminal import one_line, say
from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.languages import Language

if TYPE_CHECKING:
    from lakehouse_iam.setups.problems import Problem, SetupError

ANSWER_IS_NO = 1
INPUT_IS_WRONG = 2
OUTSIDE_FAILED = 3

# DEL, C1, and the marks that turn the direction of writing or show nothing; what is below U+0020, JSON escapes itself.
_INVISIBLE = re.compile(
    "[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)


def fail(message: str, *, code: int, as_json: bool, details: dict[str, Any] | None = None) -> NoReturn:
    """End with a message on standard error, or as JSON on standard output."""
    if as_json:
        print_json({"error": message, **(details or {})})
    else:
        say(message, err=True)
    raise SystemExit(code)


@contextmanager
def wrong_input(*, as_json: bool) -> Iterator[None]:
    """Turn what is wrong with the input into words and exit code 2."""
    try:
        yield
    except LakehouseIamError as error:
        # Imported here: who reads no setup, as for --help, waits for no reader of setups.
        from lakehouse_iam.setups.problems import SetupError

        if isinstance(error, SetupError):
            _refuse_setups(error, as_json=as_json)
        # What is not installed is no fault of the input.
        code = OUTSIDE_FAILED if isinstance(error, ImportError) else INPUT_IS_WRONG
        fail(str(error), code=code, as_json=as_json)


def _refuse_setups(error: SetupError, *, as_json: bool) -> NoReturn:
    # A line end in the name of a file or a key must not look like a line of ours.
    shown = (replace(each, file=one_line(each.file), path=one_line(each.path)) for each in error.problems)
    context = click.get_current_context(silent=True)
    language = language_of(context.params.get("lang") if context else None)
    message = "\n".join(_in_words(problem, language) for problem in shown)
    details = {"problems": [problem.to_json() for problem in error.problems]}
    fail(message, code=INPUT_IS_WRONG, as_json=as_json, details=details)


def _in_words(problem: Problem, language: Language) -> str:
    """The problem, and below it the same in Japanese where that is the language and it was translated."""
    return f"{problem}\n  {problem.japanese}" if language is Language.JAPANESE and problem.japanese else str(problem)


def print_json(answer: Any) -> None:
    """An answer for machines, in which nothing acts upon a terminal that it may be shown on."""
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(answer, indent=2, ensure_ascii=not unicode)
    click.echo(_INVISIBLE.sub(lambda found: json.dumps(found[0])[1:-1], text))


json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for machines.")
setup_argument = click.argument("setup", metavar="SETUP", type=click.Path())
setups_argument = click.argument(
    "setups", metavar="SETUP...", nargs=-1, required=True, type=click.Path(allow_dash=True)
)
