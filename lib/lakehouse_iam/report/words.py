"""The words of the page and the diagram, one JSON file per language, and sentences of the library in both languages.

A sentence that has no Japanese one is shown in English, and marked as English for whoever listens to the page.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

from lakehouse_iam.languages import LANGUAGES, Language
from lakehouse_iam.phrases import translated
from lakehouse_iam.report.markup import Markup, element, joined, plain

_FOLDER = Path(__file__).parent


@lru_cache(maxsize=2)
def words_of(language: Language) -> dict[str, str]:
    """Every word of a language by its key."""
    read: dict[str, str] = json.loads((_FOLDER / f"words.{language.value}.json").read_text(encoding="utf-8"))
    return read


def word(key: str, language: Language, /, **values: object) -> str:
    """One word or sentence as text.

    Args:
        key: a key of the words' files.
        language: in which language.
        values: what stands in it.
    """
    return words_of(language)[key].format_map({name: str(value) for name, value in values.items()})


def both(key: str, /, **values: object) -> Markup:
    """One word or sentence in both languages, of which the page shows one.

    Args:
        key: a key of the words' files.
        values: what stands in it: foreign text is set apart and escaped, markup stays.
    """
    return in_both({language: _filled(words_of(language)[key], values) for language in LANGUAGES})


def in_both(texts: dict[Language, Markup]) -> Markup:
    """Two texts, of which the page shows the one in its reader's language."""
    return joined(element("span", texts[one], lang=one.value) for one in LANGUAGES)


def phrase(english: str) -> Markup:
    """A sentence of the library in both languages; in English alone where no Japanese is known."""
    japanese = translated(english)
    if japanese is None:
        return element("span", english, lang="en", class_="only")
    return in_both({Language.ENGLISH: plain(english), Language.JAPANESE: plain(japanese)})


_HOLE = re.compile(r"\{([a-z_]+)\}")


def _filled(template: str, values: dict[str, object]) -> Markup:
    """The template with values in it, `code` marked as such: text between the places is ours, and escaped all the same."""
    texts = template.split("`")
    if len(texts) > 1:
        return joined(
            element("code", one, class_="whole") if number % 2 else _filled(one, values)
            for number, one in enumerate(texts)
        )
    parts = _HOLE.split(template)
    return joined(_value(values[part]) if number % 2 else part for number, part in enumerate(parts))


def _value(value: object) -> Markup:
    if isinstance(value, Markup):
        return value
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return plain(text) if isinstance(value, int) else element("bdi", text)
