"""Where a text stops being YAML, and why, in the words of who wrote it rather than of a parser.

A parser notices a slip where it can no longer go on, often lines below: a quote that is not closed at the end of the file, a
full-width colon on the next line. Here the line is found that must be changed.
"""

from __future__ import annotations

import re
from io import StringIO
from typing import NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.tokens import ScalarToken

_FORM = "a mapping of keys and values, indented with spaces"


class Slip(NamedTuple):
    """A line, the path (always empty), what is wrong, what is allowed, and what to do."""

    line: int
    path: str
    what: str
    allowed: str
    next_step: str = ""


# What is found in a line, without its quoted texts and its comment: the first that fits explains it.
_IN_LINES = (
    (
        re.compile("\uff1a"),
        "a full-width colon (\uff1a, U+FF1A) stands here",
        "the colon of half width, and a space after it",
    ),
    (
        re.compile("[\xa0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]"),
        "a space stands here that YAML does not take for one (U+{:04X})",
        "the space of the space bar",
    ),
    (
        re.compile("[\u2018\u2019\u201c-\u201f\u300c\u300d]"),
        "a quotation mark stands here that YAML does not know (U+{:04X})",
        "\" or '",
    ),
    (re.compile(r"^ *\t"), "a tab stands at the beginning of the line", "spaces"),
    (
        re.compile(r"^\s*-(?=[^\s-])"),
        "a hyphen stands here without a space after it",
        "- and a space before each entry",
    ),
    (re.compile(r"^\s*(?:- )?[\w-]+:(?=[^\s:/])"), "a colon stands here without a space after it", "key: value"),
)

# Source: the messages of ruamel.yaml 0.19, scanner.py and parser.py. A number after them says which mark is meant.
_IN_WORDS = (
    (
        re.compile(r"mapping values are not allowed"),
        "a second colon on the line, or a line that is indented too far",
        True,
    ),
    (re.compile(r"found unexpected end of stream"), "a quote is opened here and never closed", False),
    (re.compile(r"could not find expected ':'"), "a key without a colon and a space after it", False),
    (re.compile(r"found undefined alias '(.*)'"), "the alias *{0} names nothing above it", True),
    (
        re.compile(r"expected ',' or '([]}])'"),
        "a bracket is opened here, and before its {0} something else stands than a comma",
        False,
    ),
    (
        re.compile(r"expected <block end>, but found '(?:<block|\?|-|<scalar>)"),
        "this line is indented differently from those that it belongs to",
        True,
    ),
    (
        re.compile(r"found character '(.*)' that cannot start any token"),
        "a value may begin with {0} only in quotes",
        True,
    ),
    (
        re.compile(r"expected (?:<block end>|<document start>|'<document start>'), but found '(.)'"),
        "{0} does not belong here",
        True,
    ),
)


def explain(error: MarkedYAMLError, text: str) -> Slip:
    """The slip behind an error of the parser.

    Args:
        error: what the parser says.
        text: the whole text.
    """
    context = error.context_mark.line + 1 if error.context_mark and error.context_mark.line is not None else 0
    problem = error.problem_mark.line + 1 if error.problem_mark else context
    quote = _quote_over_lines(text, problem)
    if quote:
        first, last = quote
        what = f"this is not YAML: the quote that is opened here is closed on line {last} only"
        return Slip(first, "", what, "each quote closed on its own line")
    said = str(error.problem or error.context)
    at_context = context and not _is_met_at_problem(said)
    first = context if at_context else max(problem - 1, 1)
    found = _in_lines(text.splitlines()[first - 1 : problem], first)
    if found:
        return found
    return Slip(context if at_context else problem, "", f"this is not YAML: {_in_words(said)}", _FORM)


def _is_met_at_problem(said: str) -> bool:
    return next((at_problem for pattern, _, at_problem in _IN_WORDS if pattern.search(said)), True)


def _in_words(said: str) -> str:
    for pattern, words, _ in _IN_WORDS:
        match = pattern.search(said)
        if match:
            return words.format(*match.groups())
    return said.replace("<", "").replace(">", "")


def _in_lines(lines: list[str], first: int) -> Slip | None:
    for number, line in enumerate(lines, start=first):
        bare = re.sub(r"\"[^\"]*\"|'[^']*'|(^|\s)#.*", "", line)
        for pattern, what, allowed in _IN_LINES:
            match = pattern.search(bare)
            if match:
                return Slip(number, "", f"this is not YAML: {what.format(ord(match[0][0]))}", allowed)
    return None


def _quote_over_lines(text: str, problem: int) -> tuple[int, int] | None:
    """The first and last line of a quoted text that goes over several lines and ends where the parser can not go on."""
    yaml = YAML(typ="rt")
    try:
        for token in yaml.scan(StringIO(text)):
            start, end = token.start_mark.line + 1, token.end_mark.line + 1
            if start > problem:
                return None
            if isinstance(token, ScalarToken) and token.style in ("'", '"') and start < end == problem:
                return start, end
    except YAMLError:
        return None
    return None
