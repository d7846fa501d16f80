"""The languages of every text for people, and files of sentences that have each sentence in all of them."""

from __future__ import annotations

import json
from enum import Enum
from functools import cached_property
from pathlib import Path


class Language(Enum):
    """A language; the value is its short name in files and options."""

    ENGLISH = "en"
    JAPANESE = "ja"


LANGUAGES = tuple(Language)


class Sentences:
    """A JSON file of sentences: by key, then by the short name of a language. It is read when the first one is asked for.

    Args:
        file: the file.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def sentence(self, key: str, language: Language, /, **values: str) -> str:
        """The sentence of a key.

        Args:
            key: one of the keys of the file.
            language: in which language.
            values: what takes the places in it.

        Raises:
            KeyError: the file has no such key, or the sentence a place without a value.
        """
        return self._read[key][language.value].format(**values)

    @cached_property
    def _read(self) -> dict[str, dict[str, str]]:
        read: dict[str, dict[str, str]] = json.loads(self._file.read_text(encoding="utf-8"))
        return read
