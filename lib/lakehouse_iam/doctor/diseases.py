"""The catalogue of diseases: one data file each in `diseases/`, with what to say in English and Japanese."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from lakehouse_iam.languages import LANGUAGES, Language

DISEASES = Path(__file__).parent / "diseases"
SCHEMA = Path(__file__).parent / "disease.schema.json"


@dataclass(frozen=True)
class Words:
    """What is said of a disease in one language.

    Args:
        title: its name in words.
        means: why access fails by it.
        here: a sentence with `{…}` for what is wrong in a case.
        who: who fixes it, with `{account}` where it is an account's admin.
        do: what to do, a step each.
    """

    title: str
    means: str
    here: str
    who: str
    do: tuple[str, ...]


@dataclass(frozen=True)
class Disease:
    """A disease that has a name.

    Args:
        slug: its name, which stays.
        subject: what it is a disease of, such as `trust policy`.
        words: by language.
        source: where the rule is documented or was reported, and when that was read.
    """

    slug: str
    subject: str
    words: Mapping[Language, Words]
    source: str


def disease(slug: str) -> Disease:
    """The disease of that name.

    Raises:
        FileNotFoundError: there is none.
    """
    return _read(DISEASES / f"{slug}.json")


def catalogue() -> tuple[Disease, ...]:
    """All diseases, by subject and name."""
    found = [_read(path) for path in DISEASES.glob("*.json")]
    return tuple(sorted(found, key=lambda one: (one.subject, one.slug)))


def sentence(template: str, values: Mapping[str, str]) -> str:
    """A sentence with values in it; what nobody told stays out."""
    return template.format_map(_Told(values))


class _Told(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


@lru_cache(maxsize=512)
def _read(path: Path) -> Disease:
    written = json.loads(path.read_text(encoding="utf-8"))
    words = {language: _words(written[language.value]) for language in LANGUAGES}
    return Disease(written["disease"], written["subject"], words, written["source"])


def _words(written: Mapping[str, Any]) -> Words:
    return Words(written["title"], written["means"], written["here"], written["who"], tuple(written["do"]))
