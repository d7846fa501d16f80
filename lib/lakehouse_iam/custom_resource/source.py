"""How the handler becomes code inside a template.

CloudFormation writes `Code.ZipFile` into a file named `index` and zips it; the zip file may have 4 MB ("AWS::Lambda::Function
Code", text of aws-cdk-lib 2.275, read 2026-11-25; the limit of 4,096 characters that older texts name was lifted in 2022,
aws-cdk#20624). The limit that counts is another: a template sent in a request has 51,200 bytes at most (CloudFormation quotas),
and without a bootstrapped bucket there is no other way. So comments, docstrings and blank lines are left out, and each
level is indented by one space. Names and statements stay as they are, so that what runs can be compared with what was reviewed.
"""

from __future__ import annotations

import ast
import io
import tokenize
from functools import cache
from pathlib import Path

from lakehouse_iam.errors import QuotaExceeded

RUNTIME = "python3.13"
HANDLER = "index.handler"
MEMORY_MB = 128
# Lambda ends a run after this; the handler answers earlier.
TIMEOUT_SECONDS = 300
# CloudFormation waits this long for an answer: two more deliveries of an event fit, should a run be killed.
SERVICE_TIMEOUT_SECONDS = 1200
MARK_PATH_VARIABLE = "MARK_PATH"

# Ours: half of a template, so that the other half is left for the stack.
INLINE_SIZE = 25_600

# A line ends where its last other token does, so line ends are left out too: comments stand before them.
_LEFT_OUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER}
_BLOCKS = (ast.Module, ast.ClassDef, ast.FunctionDef)


@cache
def inline_source() -> str:
    """The handler as `Code.ZipFile`; the same text for the same handler, whatever Python it is run with.

    Raises:
        QuotaExceeded: it is larger than its share of a template.
    """
    source = stripped(Path(__file__).with_name("handler.py").read_text(encoding="utf-8"))
    if len(source.encode()) > INLINE_SIZE:
        raise QuotaExceeded(
            f"the handler takes {len(source.encode()):,} bytes of {INLINE_SIZE:,} in a template",
            next_step="deploy it as an asset, or shorten it",
        )
    return source


def stripped(source: str) -> str:
    """Python source without comments, docstrings and blank lines, one space for each level.

    Only whole tokens are left out and only white space before a line changes, so the syntax tree, docstrings aside, stays.
    """
    lines = source.splitlines(keepends=True)
    kept: dict[int, list[tuple[int, int]]] = {}
    levels: dict[int, int] = {}
    inside: set[int] = set()
    docstrings = _docstring_lines(source)
    level = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.INDENT, tokenize.DEDENT):
            level += 1 if token.type == tokenize.INDENT else -1
            continue
        first, last = token.start[0], token.end[0]
        if token.type in _LEFT_OUT or first in docstrings:
            continue
        levels.setdefault(first, level)
        for line in range(first, last + 1):
            begin = token.start[1] if line == first else 0
            end = token.end[1] if line == last else len(lines[line - 1])
            kept.setdefault(line, []).append((begin, end))
            if line > first:
                inside.add(line)
    return "".join(
        _line(lines[number - 1], kept[number], levels.get(number, 0), number in inside) for number in sorted(kept)
    )


def _line(line: str, kept: list[tuple[int, int]], level: int, inside_string: bool) -> str:
    """One line from its first kept token to its last."""
    if inside_string:
        return line[: max(end for _, end in kept)].rstrip("\n") + "\n"
    begin, end = min(begin for begin, _ in kept), max(end for _, end in kept)
    return " " * level + line[begin:end].rstrip() + "\n"


def _docstring_lines(source: str) -> set[int]:
    """The numbers of the lines that docstrings take; no other token stands on them."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, _BLOCKS) or len(node.body) < 2:
            # A docstring that is all there is stays: something has to.
            continue
        first = node.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            found |= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return found
