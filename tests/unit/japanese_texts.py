"""Every Japanese text that the product shows, with the place where it stands."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "lib" / "lakehouse_iam"
LETTER = "\u3041-\u3096\u30a1-\u30fa\u30fc\u3005\u4e00-\u9fff"
_JAPANESE = re.compile(f"[{LETTER}]")
_FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`[^`\n]*`")
_TEMPLATE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
_FILLED_IN = "\ufffc"
_TARGET = re.compile(r"\]\([^)\n]*\)")

# Texts of others, which the catalogue of errors recognises: they are quoted as they were seen.
_QUOTED = ("signs", "texts")
_QUOTED_BY = (PACKAGE / "explain" / "passthrough.py",)


@dataclass(frozen=True)
class Text:
    """One text: where it stands, and what it says."""

    place: str
    text: str

    @property
    def prose(self) -> str:
        """The same without code, without the targets of links, and without what a template fills in."""
        return _TEMPLATE.sub(_FILLED_IN, _TARGET.sub("]", _INLINE.sub("`X`", _FENCED.sub("", self.text))))


def files(*patterns: str) -> list[Path]:
    """The files under the root that a pattern names, in order."""
    return sorted(file for pattern in patterns for file in ROOT.glob(pattern))


def pages() -> list[Text]:
    """Every Japanese page: of the documentation, beside it, and what the golden hand-offs contain."""
    found = files("*.ja.md", "docs/**/*.ja.md", "tests/golden/**/*.ja.md", "lib/lakehouse_iam/**/*.ja.md.j2")
    return [Text(_name(file), file.read_text(encoding="utf-8")) for file in found]


def data() -> list[Text]:
    """Every Japanese text in the data files of the package."""
    return [
        Text(f"{_name(file)}: {path}", text)
        for file in files("lib/lakehouse_iam/**/*.json")
        for path, text in _leaves(json.loads(file.read_text(encoding="utf-8")), "")
        if _JAPANESE.search(text)
    ]


def code() -> list[Text]:
    """Every Japanese text that stands in the code of the package."""
    return [
        Text(f"{_name(file)}:{node.lineno}", node.value)
        for file in files("lib/lakehouse_iam/**/*.py")
        if file not in _QUOTED_BY
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _JAPANESE.search(node.value)
    ]


def every_text() -> list[Text]:
    """All of them."""
    return [*pages(), *data(), *code()]


def _name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, each in value.items():
            if key not in _QUOTED:
                yield from _leaves(each, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _leaves(each, f"{path}[{index}]")
