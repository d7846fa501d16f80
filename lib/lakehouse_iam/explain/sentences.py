"""What is said of a text beside a setup, in English and Japanese."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from lakehouse_iam.explain.known_errors import Language

_FILE = Path(__file__).parent / "sentences.json"


def sentence(key: str, language: Language, /, **values: str) -> str:
    """The sentence of that key.

    Args:
        key: one of the keys of `sentences.json`.
        language: in which language.
        values: what stands in it.
    """
    return _sentences()[key][language.value].format(**values)


@lru_cache(maxsize=1)
def _sentences() -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return read
