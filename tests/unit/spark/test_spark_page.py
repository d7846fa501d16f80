"""docs/spark.md and its Japanese page: their Python runs, and they agree."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / name).read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("name", ["spark.md", "spark.ja.md"])
def test_every_block_of_python_runs(name: str) -> None:
    for block in blocks(name, "python"):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block, name, "exec"), {})
        assert "arn:aws:iam::444455556666:role/" in printed.getvalue()


def test_both_pages_have_the_same_headings_and_python() -> None:
    assert blocks("spark.md", "python") == blocks("spark.ja.md", "python")
    levels = [
        re.findall(r"^#+(?= )", (DOCS / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
        for name in ("spark.md", "spark.ja.md")
    ]
    assert levels[0] == levels[1]
