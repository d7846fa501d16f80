"""The page for reviewers says what the code does: each statement, each type, each number, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lakehouse_iam import custom_resource
from lakehouse_iam.custom_resource import handler, inline_source, lambda_policy
from tests.unit.custom_resource.test_custom_resource_policy import SCOPE
from tests.unit.custom_resource.test_custom_resource_types import WHOLE

DOCS = Path(__file__).parents[3] / "docs"
PAGES = {name: (DOCS / name).read_text(encoding="utf-8") for name in ("custom-resource.md", "custom-resource.ja.md")}
ROW = re.compile(r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \|", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_the_page_has_each_statement_with_its_actions_and_its_condition_and_no_other(page: str) -> None:
    rows = {
        sid: (re.findall(r"`([^`]+)`", actions), condition) for sid, actions, _, condition in ROW.findall(PAGES[page])
    }
    function = "`<function>`" if page == "custom-resource.md" else "`<関数>`"
    assert {sid: (actions, condition == function) for sid, (actions, condition) in rows.items()} == {
        one.sid: (
            sorted(one.actions),
            any(condition.key == "lambda:SourceFunctionArn" for condition in one.conditions),
        )
        for one in lambda_policy(SCOPE)
    }


@pytest.mark.parametrize("page", PAGES)
def test_the_page_says_star_where_the_policy_does(page: str) -> None:
    stars = {sid for sid, _, resources, _ in ROW.findall(PAGES[page]) if resources.startswith("`*`")}
    assert stars == {one.sid for one in lambda_policy(SCOPE) if one.resources == ("*",)}


@pytest.mark.parametrize("page", PAGES)
def test_the_page_names_the_types_and_the_numbers_of_the_code(page: str) -> None:
    text = PAGES[page]
    assert {name for name in WHOLE if f"`{name}`" not in text} == set()
    for number in (
        custom_resource.TIMEOUT_SECONDS,
        custom_resource.SERVICE_TIMEOUT_SECONDS,
        custom_resource.MEMORY_MB,
        handler.ANSWER_SIZE,
        handler.PATIENCE_SECONDS,
        handler.LONGEST_WAIT,
        handler.CALL_SECONDS,
        handler.ANSWER_SECONDS,
        handler.CALL_SECONDS + handler.ANSWER_SECONDS,
        round(len(inline_source()) / 1000),
    ):
        assert re.search(rf"(?<![\d,]){number:,}(?![\d,])", text), number
    assert f"`{custom_resource.RUNTIME}`" in text
