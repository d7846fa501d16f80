"""Why each statement is there, and the page it comes from, in English and Japanese: data, a reason a statement.

A statement names its reason itself (`Statement.reason_key`): usually its Sid. The report and every other text that explains
statements read the same file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

Json = dict[str, Any]

_FILE = Path(__file__).parent / "reasons.json"


@dataclass(frozen=True)
class Page:
    """A page that a statement comes from.

    Args:
        title: whose page, and its title.
        read: the day on which it was read; empty where it was written from memory and not checked against the page.
    """

    title: str
    read: str

    def to_json(self) -> Json:
        """The page for machines."""
        return {"page": self.title, "read": self.read}


@dataclass(frozen=True)
class Reason:
    """Why a statement is there.

    Args:
        en: in English.
        ja: in Japanese.
        sources: where that is written.
    """

    en: str
    ja: str
    sources: tuple[Page, ...]

    def to_json(self) -> Json:
        """The reason for machines."""
        return {"en": self.en, "ja": self.ja, "sources": [page.to_json() for page in self.sources]}


@lru_cache(maxsize=1)
def reasons() -> dict[str, Reason]:
    """Every reason by its key."""
    read = json.loads(_FILE.read_text(encoding="utf-8"))
    return {
        key: Reason(one["en"], one["ja"], tuple(Page(page["page"], page["read"]) for page in one["sources"]))
        for key, one in read.items()
    }
