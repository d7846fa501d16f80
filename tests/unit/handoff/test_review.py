"""The page that a reviewer signs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lakehouse_iam.handoff.runbook.parts import Person, Side
from lakehouse_iam.handoff.runbook.review import review
from lakehouse_iam.languages import Language
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.setups import load_setups, setups_from_text
from tests.unit.handoff.runbooks import ROOT, SETUPS, codes, named, plan_of, reviews, tokens

OWNER = Person(Side.ACCOUNT, "444455556666")
EVERY_SETUP = pytest.mark.parametrize("path", SETUPS, ids=named)


@EVERY_SETUP
def test_every_statement_stands_there_with_its_reason_and_page(path: Path) -> None:
    plan = plan_of(path)
    for person, language, text in reviews(path):
        statements = [
            statement
            for phase in plan.phases
            if str(phase.account) == person.account
            for resource in phase.resources
            for name in ("trust", "document")
            if hasattr(resource, name)
            for statement in getattr(resource, name).statements
        ]
        statements += [
            statement
            for phase in plan.phases
            if str(phase.account) == person.account
            for handoff in phase.handoffs
            for statement in handoff.statements
        ]
        why, page = ("  - Why: ", "  - Page: ") if language is Language.ENGLISH else ("  - 理由: ", "  - 出典: ")
        assert text.count(why) == len(statements)
        assert text.count(page) >= len(statements)
        shown = set(codes(text))
        for statement in statements:
            assert set(statement.actions) <= shown


@EVERY_SETUP
def test_both_languages_say_the_same_of_the_same(path: Path) -> None:
    found: dict[Person, list[str]] = {}
    for person, _, text in reviews(path):
        found.setdefault(person, []).append(text)
    for english, japanese in found.values():
        shapes = [
            [token.type for token in tokens(text) if token.type.startswith(("list_item", "heading", "tr_"))]
            for text in (english, japanese)
        ]
        assert shapes[0] == shapes[1]


@EVERY_SETUP
def test_nothing_is_html_and_every_line_is_printable(path: Path) -> None:
    for _, _, text in reviews(path):
        assert not [token for token in tokens(text) if token.type.startswith("html")]
        assert all(line.isprintable() for line in text.split("\n"))


def test_what_is_not_granted_is_read_off_the_statements() -> None:
    text = review(plan_of(ROOT / "examples" / "unity-catalog-azure.yaml"), OWNER, Language.ENGLISH)
    assert "- Writing or deleting objects." in text
    writing = review(plan_of(ROOT / "examples" / "instance-profile.yaml"), OWNER, Language.ENGLISH)
    assert "- Writing or deleting objects." not in writing
    passing = review(
        plan_of(ROOT / "examples" / "instance-profile.yaml"), Person(Side.ACCOUNT, "111122223333"), Language.ENGLISH
    )
    assert "- Passing a role to a service." not in passing


def test_open_values_sizes_and_refusals_are_listed() -> None:
    text = review(plan_of(ROOT / "examples" / "unity-catalog-aws.yaml"), OWNER, Language.ENGLISH)
    assert "- `<ExternalId>`: " in text
    assert re.search(r"Who may assume it \([0-9]+ of 2048 characters\)", text)
    assert "40 of 105 are listed" in text


def test_a_raised_quota_is_the_one_that_is_named() -> None:
    source = (ROOT / "examples" / "instance-profile.yaml").read_text(encoding="utf-8")
    (setup,) = setups_from_text(f"{source}\nquotas: {{trust_policy_size: 4096}}\n")
    assert "of 4096 characters" in review(plan_setup(setup), OWNER, Language.ENGLISH)


def test_an_account_with_nothing_to_deploy_has_a_page_too() -> None:
    (setup,) = load_setups(ROOT / "examples" / "emr-studio-cross-account.yaml")
    text = review(plan_setup(setup), Person(Side.ACCOUNT, "777788889999"), Language.ENGLISH)
    assert "| Roles that are created | 0 |" in text
