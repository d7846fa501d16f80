"""The value of the header X-Databricks-PassThrough-Error, whatever stands around it."""

from __future__ import annotations

import re
import unicodedata

from lakehouse_iam.explain.finding import Explanation, Finding
from lakehouse_iam.explain.passthrough import HEADER, HEADER_VALUES

_LONGEST = 1_000
_NOT_LETTERS = re.compile(r"[\W_]+")


def explain_header(text: str) -> Explanation | None:
    """What a value of the header means; `None` where it is no value that is known.

    Args:
        text: the value, or the whole line of the header, in English or Japanese.
    """
    said = _plain(text)
    for value, rule in HEADER_VALUES.items():
        if _plain(value) in said:
            return Explanation(f"the header {HEADER}: {value}", (Finding(rule),))
    return None


def is_header(text: str) -> bool:
    """Whether a text is the header or nothing but a value of it: longer errors hold the same words and mean others."""
    if len(text) >= _LONGEST:
        return False
    said = _plain(text)
    return _plain(HEADER) in said or any(said == _plain(value) for value in HEADER_VALUES)


def _plain(text: str) -> str:
    """Letters only, in one case and one width, so that colons, quotes and full-width forms make no difference."""
    return _NOT_LETTERS.sub("", unicodedata.normalize("NFKC", text)).lower()
