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
# What begins emphasis, code, links, tables and strikethrough, and what GitHub makes a link of (`://`, `a@b`, `www.`).
_MEANS_SOMETHING = re.compile(
    r"[\\`*\[\]|~]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])|:(?=//)|(?<=\w)@(?=\w)|(?<=www)\.|!(?=\[)|^[-+=#]", re.IGNORECASE
)
_BEGINS_A_LIST = re.compile(r"^([0-9]{1,9})([.)])")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_IN_A_LIST = re.compile(r"^[0-9]+\.(?= )")
_EMPTY = "-"


def code(text: object) -> str:
    """A text as code within a line, which may be a cell of a table.

    A bar would end the cell, in code too, and no escape of it holds behind a backslash: such a text is not shown as code.
    """
    shown = one_line(text)
    if not shown:
        return _EMPTY
    if "|" in shown:
        return prose(shown).replace("\\|", "&#124;")
    fence = "`" * (_longest_run(shown) + 1)
    edge = " " if shown[0] in " `" or shown[-1] in " `" else ""
    return f"{fence}{edge}{shown}{edge}{fence}"


def prose(text: object) -> str:
    """A sentence with foreign text in it, on one line."""
    shown = _MEANS_SOMETHING.sub(lambda found: f"\\{found[0]}", one_line(text).translate(_ENTITIES))
    return _BEGINS_A_LIST.sub(r"\1\\\2", shown)


def ours(text: str) -> str:
    """A sentence of this library, in which backticks mean code already."""
    parts = text.split("`")
    return "".join(
        code(part) if place % 2 else part.translate(_ENTITIES).replace("*", "\\*") for place, part in enumerate(parts)
    )


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


def tidy(text: str) -> str:
    """A text whose lists count from one without a gap, with one empty line where there were several; code stays as it is."""
    lines: list[str] = []
    fence, number = "", 0
    for line in text.split("\n"):
        if fence:
            fence = "" if line == fence else fence
        elif line.startswith("```"):
            fence, number = line[: len(line) - len(line.lstrip("`"))], 0
        elif _IN_A_LIST.match(line):
            number += 1
            line = _IN_A_LIST.sub(f"{number}.", line, count=1)
        elif line.strip():
            number = 0
            line = line.rstrip()
        elif not lines or not lines[-1]:
            continue
        else:
            line = ""
        lines.append(line)
    return "\n".join(lines).strip("\n") + "\n"


def _longest_run(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)
