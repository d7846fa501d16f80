"""The errors of the field: one data file each in `errors/`, read when a text is explained and not before.

A file holds the error's real texts (they are its tests), the phrases by which it is recognised, and what to say about it in
English and Japanese. Its form is in `error.schema.json`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from lakehouse_iam.explain.finding import Rule
from lakehouse_iam.languages import LANGUAGES, Language

ERRORS = Path(__file__).parent / "errors"
SCHEMA = Path(__file__).parent / "error.schema.json"

_LONGEST = 1_000_000
"""Characters after normalising, which makes eighteen of one that a text may be full of."""

_WHITE = re.compile(r"\s+")
# What Terraform draws at the left of an error, and how JSON and Python write quotes and line ends within a string.
_DRAWN = str.maketrans("\u2502\u2577\u2575\u201c\u201d\u2018\u2019", "   \"\"''")
# Letters that JSON writes by number, without halves of a pair.
_NUMBERED = re.compile(r"\\u((?![dD][89a-fA-F])[0-9a-fA-F]{4})")
_ESCAPED = (('\\"', '"'), ("\\'", "'"), ("\\n", " "), ("\\t", " "))


@dataclass(frozen=True)
class KnownError:
    """An error that is known.

    Args:
        slug: its name, which stays.
        signs: what it is recognised by: of one of these, every phrase must be in the text.
        words: what to say, by language.
        source: where it is documented or was reported.
        action: the IAM action that AWS refused, where the text does not name it; empty where that is not known.
        is_bare: whether it says no more than that something was refused; a text that says more is explained by that.
        phrase: what a person finds of it in a text, as it is written there; empty where only a parser recognises it.
    """

    slug: str
    signs: tuple[tuple[str, ...], ...]
    words: dict[str, dict[str, Any]]
    source: str
    action: str
    is_bare: bool
    phrase: str = ""

    def rule(self, language: Language) -> Rule:
        """What to say, in one language."""
        words = self.words[language.value]
        return Rule(self.slug, words["means"], words["link"], words["who"], tuple(words["do"]), self.source)


def known_error(slug: str) -> KnownError:
    """The error of that name.

    Raises:
        FileNotFoundError: there is none.
    """
    return _read(ERRORS / f"{slug}.json")


def recognised(text: str) -> tuple[KnownError, ...]:
    """The errors that a text speaks of, the one with the longest sign first."""
    said = plain(text)
    found = [(weight, error) for error in every_error() if (weight := _weight(error, said))]
    found.sort(key=lambda pair: (-pair[0], pair[1].slug))
    return tuple(error for _, error in found)


def unwrapped(text: str) -> str:
    """A text on one line, without the bars of Terraform and the backslashes of strings within strings."""
    for escaped, meant in _ESCAPED:
        text = text.replace(escaped, meant)
    text = _NUMBERED.sub(lambda found: chr(int(found[1], 16)), text)
    return _WHITE.sub(" ", text.translate(_DRAWN)).strip()


def plain(text: str) -> str:
    """A text in one case and one width, so that full-width forms and line breaks make no difference."""
    return unwrapped(unicodedata.normalize("NFKC", text)[:_LONGEST]).casefold()


def _weight(error: KnownError, said: str) -> int:
    """How much of a text an error explains: the length of its longest sign in it; 0 where none is."""
    return max((sum(map(len, sign)) for sign in error.signs if all(phrase in said for phrase in sign)), default=0)


@lru_cache(maxsize=1)
def every_error() -> tuple[KnownError, ...]:
    """All errors that are known, in the order of their names."""
    return tuple(_read(path) for path in _files())


def _files() -> Iterator[Path]:
    return iter(sorted(ERRORS.glob("*.json")))


@lru_cache(maxsize=256)
def _read(path: Path) -> KnownError:
    written = json.loads(path.read_text(encoding="utf-8"))
    return KnownError(
        slug=written["rule"],
        signs=tuple(tuple(plain(phrase) for phrase in sign) for sign in written.get("signs", ())),
        words={language.value: written[language.value] for language in LANGUAGES},
        source=written["source"],
        action=written.get("action", ""),
        is_bare=written.get("bare", False),
        phrase=" … ".join(next(iter(written.get("signs", ())), ())),
    )
