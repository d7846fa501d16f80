"""docs/evaluator.md and evaluator.ja.md: every example gives the answer that is printed beside it."""

from __future__ import annotations

import doctest
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import lakehouse_iam.evaluator as evaluator
from lakehouse_iam.cli import main

_DOCS = Path(__file__).parents[3] / "docs"
_PAGES = ("evaluator.md", "evaluator.ja.md")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def _blocks(page: str, language: str) -> list[str]:
    text = (_DOCS / page).read_text(encoding="utf-8")
    return [body for found, body in _BLOCK.findall(text) if found == language]


@pytest.mark.parametrize("page", _PAGES)
def test_the_python_examples_print_what_the_page_says(page: str) -> None:
    examples = "\n".join(_blocks(page, "pycon"))
    test = doctest.DocTestParser().get_doctest(examples, {}, page, str(_DOCS / page), 0)
    said: list[str] = []
    result = doctest.DocTestRunner().run(test, out=said.append)
    assert not result.failed, "".join(said)
    assert result.attempted > 25


@pytest.mark.parametrize("page", _PAGES)
def test_the_cases_of_the_page_are_answered_as_the_page_says(page: str) -> None:
    cases, answers = _blocks(page, "json")
    result = CliRunner().invoke(main, ["simulate", "-", "--json"], input=cases)
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        json.loads(line) for line in answers.splitlines()
    ]
    assert result.exit_code == 2


def test_every_public_name_is_documented_and_the_list_of_them_is_in_order() -> None:
    for name in evaluator.__all__:
        value = getattr(evaluator, name)
        assert isinstance(value, str) or value.__doc__ or name in ("ContextValue", "Document"), name
    assert len(evaluator.__all__) == len(set(evaluator.__all__))


@pytest.mark.parametrize("page", _PAGES)
def test_every_name_in_code_on_the_page_that_looks_like_ours_exists(page: str) -> None:
    text = (_DOCS / page).read_text(encoding="utf-8")
    for name in (
        "case_of",
        "decide",
        "recreate_role",
        "is_public",
        "AssumeWithSaml",
        "AssumeWithWebIdentity",
        "World",
        "walk",
    ):
        assert f"`{name}`" in text
        assert name in evaluator.__all__
