"""Values that stand in starters and examples and in nobody's account: right in form, and useless when deployed.

The table is `placeholders.json`: a regular expression for the values, where they count (a regular expression for the path;
everywhere, if there is none), what they are, where the real one is found, and whose example it is. Sources are named there
from memory of AWS's and Databricks' documentation and by reading this project's own files; a test compares the table with
every starter and example.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from lakehouse_iam.setups.document import Document
from lakehouse_iam.setups.problems import Path, path_text


@dataclass(frozen=True)
class Placeholder:
    """A value of an example that was not replaced.

    Args:
        value: the value, without what stands around it.
        what: what it is.
        find: where the real one is found.
        places: the lines and paths where it stands, in the order of the document.
    """

    value: str
    what: str
    find: str
    places: tuple[tuple[int, str], ...]

    def __str__(self) -> str:
        others = [str(line) for line in dict.fromkeys(line for line, _ in self.places) if line != self.line]
        also = f", also on line{'s' * (len(others) > 1)} {', '.join(others)}" if others else ""
        return f"{self.path}: {self.value} is {self.what}{also}: {self.find}"

    @property
    def line(self) -> int:
        """The first line on which it stands."""
        return self.places[0][0]

    @property
    def path(self) -> str:
        """The first path at which it stands."""
        return self.places[0][1]

    def to_json(self) -> dict[str, Any]:
        """The same for a machine."""
        places = [{"line": line, "path": path} for line, path in self.places]
        return {"value": self.value, "what": self.what, "find": self.find, "places": places}


@dataclass(frozen=True)
class _Rule:
    values: re.Pattern[str]
    where: re.Pattern[str] | None
    what: str
    find: str


@cache
def _rules() -> tuple[_Rule, ...]:
    table = json.loads(files("lakehouse_iam.setups").joinpath("placeholders.json").read_text(encoding="utf-8"))
    return tuple(
        _Rule(
            re.compile(row["values"]),
            re.compile(row["where"]) if "where" in row else None,
            row["what"],
            row["find"],
        )
        for row in table
    )


def placeholders_of(document: Document) -> tuple[Placeholder, ...]:
    """The values of examples in a document, each once with all its places, by the lines on which they first stand."""
    found: dict[tuple[str, _Rule], list[tuple[int, str]]] = {}
    for path, text in _texts(document.content, ()):
        for rule in _rules():
            for match in rule.values.finditer(text):
                shown = path_text(path)
                if rule.where is None or rule.where.search(shown):
                    places = found.setdefault((match[0], rule), [])
                    if (line := document.line(path)) not in (known for known, _ in places):
                        places.append((line, shown))
    listed = [Placeholder(value, rule.what, rule.find, tuple(places)) for (value, rule), places in found.items()]
    return tuple(sorted(listed, key=lambda one: one.line))


def _texts(content: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _texts(value, (*path, key))
    elif isinstance(content, list):
        for number, value in enumerate(content):
            yield from _texts(value, (*path, number))
    elif isinstance(content, str):
        yield path, content
