"""Sentences that plans and proofs write in English, in Japanese.

`phrases.ja.json` pairs them; `{0}`, `{1}`, … stand for names in them.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).with_name("phrases.ja.json")
_PLACE = re.compile(r"\{([0-9])\}")


def translated(english: str) -> str | None:
    """A sentence of the library in Japanese; `None` where none is known."""
    for pattern, japanese in _patterns():
        found = pattern.fullmatch(english)
        if found is not None:
            names = found.groupdict()
            return "".join(
                names[f"p{part}"] if number % 2 else part for number, part in enumerate(_PLACE.split(japanese))
            )
    return None


@lru_cache(maxsize=1)
def phrases() -> list[list[str]]:
    """English sentences with their Japanese ones, places and all."""
    read: list[list[str]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return read


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(_pattern(english), re.DOTALL), japanese) for english, japanese in phrases()]


def _pattern(english: str) -> str:
    parts = _PLACE.split(english)
    return "".join(f"(?P<p{part}>.+?)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
