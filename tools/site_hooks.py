"""What mkdocs does to pages beyond its own: lines of Japanese are joined without the blank that a line's end becomes in HTML."""

from __future__ import annotations

import re
from typing import Any

_FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
# Kana, kanji and full-width marks.
_LETTER = "\u3000-\u30ff\u3400-\u9fff\uff00-\uffef"
_LINE_END = re.compile(rf"(?<=[{_LETTER}])\n *(?=[{_LETTER}])")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """The text of a page, before it becomes HTML."""
    if not page.file.src_uri.endswith(".ja.md"):
        return markdown
    # With the fence captured, every second part is a block of code.
    parts = _FENCED.split(markdown)
    return "".join(part if place % 2 else _LINE_END.sub("", part) for place, part in enumerate(parts))
