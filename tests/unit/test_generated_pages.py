"""The pages that follow from the code are as the code says now; in both languages, where the code has both."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse_iam.explain.known_errors import every_error
from tools.generate_pages import PAGES, pages

MADE = pages()


@pytest.mark.parametrize("page", MADE, ids=lambda page: page.name)
def test_a_page_is_what_the_code_says(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == MADE[page], "write it again with: python -m tools.generate_pages"


@pytest.mark.parametrize("name", ["errors.md", "errors.ja.md"])
def test_the_page_of_errors_has_every_error(name: str) -> None:
    text = MADE[PAGES / name]
    assert [error.slug for error in every_error() if error.phrase and f"({error.slug})" not in text] == []
