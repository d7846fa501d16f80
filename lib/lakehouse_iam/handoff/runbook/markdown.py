"""Foreign text in Markdown: shown as it is, and read as nothing else.

Names and values are shown as code, in which Markdown, HTML and links mean nothing; the fence around them is longer than any
run of backticks inside (CommonMark 0.31 "Code spans", "Fenced code blocks", from memory). Sentences that hold foreign text
have every character escaped that could begin something.
"""

from __future__ import annotations

import json
import re
from typing import Any

from lakehouse_iam.visible_text import escaped, one_line

_BACKTICKS = re.compile("`+")
# Whatever begins emphasis, code, links, HTML, entities, tables, headings, lists, or is made a link by GitHub (`@`, `://`).
_MEANS_SOMETHING = re.compile(r"[\\`*_\[\]|~#!@:]|^[-+=]|(?<=^[0-9])[.)]")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_EMPTY = "–"


def code(text: object) -> str:
    """A text as code within a line."""
    shown = one_line(text)
    if not shown:
        return _EMPTY
    fence = "`" * (_longest_run(shown) + 1)
    edge = " " if shown[0] in " `" or shown[-1] in " `" else ""
    return f"{fence}{edge}{shown}{edge}{fence}"


def code_cell(text: object) -> str:
    """A text as code within a cell of a table, which a bar would end."""
    return code(text).replace("|", "\\|")


def prose(text: object) -> str:
    """A sentence with foreign text in it, on one line."""
    return _MEANS_SOMETHING.sub(lambda found: f"\\{found[0]}", one_line(text).translate(_ENTITIES))


def fenced(text: str, language: str = "") -> str:
    """A text of several lines as a block of code.

    Args:
        text: the text.
        language: what it is written in, for colours; a word of ours.
    """
    shown = escaped(text.rstrip("\n"))
    fence = "`" * max(3, _longest_run(shown) + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def json_text(value: Any) -> str:
    """JSON to read and to paste: what a screen would act upon is written as JSON's own escapes."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return "".join(char if char == "\n" or char.isprintable() else json.dumps(char)[1:-1] for char in text)


def fenced_json(value: Any) -> str:
    """A JSON document as a block of code."""
    return fenced(json_text(value), "json")


def _longest_run(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)
