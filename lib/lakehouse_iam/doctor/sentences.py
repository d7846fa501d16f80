"""What is said beside the catalogue of diseases, in English and Japanese."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from lakehouse_iam.explain.known_errors import Language

_FILE = Path(__file__).parent / "sentences.json"


@dataclass(frozen=True)
class Said:
    """A sentence that is written once its reader's language is known.

    Args:
        key: one of the keys of `sentences.json`.
        values: what stands in it.
    """

    key: str
    values: Mapping[str, str] = field(default_factory=dict)

    def in_words(self, language: Language) -> str:
        """The sentence in a language."""
        return sentence(self.key, language, **self.values)


def said(key: str, /, **values: str) -> Said:
    """A sentence of that key, whatever its language will be."""
    return Said(key, values)


def sentence(key: str, language: Language, /, **values: str) -> str:
    """The sentence of that key in a language."""
    return _sentences()[key][language.value].format(**values)


def with_party(who: str, party: str, language: Language) -> str:
    """Somebody, with the side that they are on; `party` is empty for none."""
    if not party:
        return who
    return sentence("with-party", language, who=who, party=sentence(f"party-{party}", language))


@lru_cache(maxsize=1)
def _sentences() -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return read
