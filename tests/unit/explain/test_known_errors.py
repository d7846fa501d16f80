"""Every error's data file: its form, and its real texts, which it must recognise before any other does."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from lakehouse_iam.explain import passthrough
from lakehouse_iam.explain.finding import Rule
from lakehouse_iam.explain.known_errors import ERRORS, SCHEMA, known_error, recognised
from lakehouse_iam.explain.passthrough_words import JAPANESE
from lakehouse_iam.explain.text import explain_text
from lakehouse_iam.languages import Language

NOW = datetime(2026, 11, 26, tzinfo=timezone.utc)
FILES = sorted(ERRORS.glob("*.json"))
READ: dict[str, dict[str, Any]] = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FILES}
TEXTS = [
    pytest.param(slug, text["text"], id=f"{slug}-{number}")
    for slug, error in READ.items()
    if slug != "unknown-text"
    for number, text in enumerate(error["texts"])
]

# Rows of the collection of reports without an error text: wishes, silent faults, and lessons for templates.
WITHOUT_TEXT = {
    "databricks-7.3": "a question: both halves are needed",
    "databricks-7.9": "an output that was missing",
    "databricks-7.15": "an argument that was missing",
    "databricks-7.16": "silent: the value is ignored and the object stays open",
    "databricks-7.28": "a review of a policy that is too wide",
    "databricks-7.29": "an ordinary refusal of s3:PutObject or s3:AbortMultipartUpload",
    "databricks-7.30": "an argument that was missing",
    "databricks-7.31": "silent: the value is ignored",
    "databricks-7.36": "silent: two names of one place",
    "databricks-7.37": "silent: roles are not created",
    "databricks-7.41": "no text in the report",
    "databricks-7.47": "two resources confused",
    "databricks-7.48": "a wish for an API",
    "databricks-7.49": "a wish",
    "databricks-7.50": "a wish",
    "databricks-7.51": "a wish",
    "databricks-7.54": "a policy that is too wide",
    "databricks-7.55": "an argument that was missing",
    "databricks-7.56": "a way of working",
    "databricks-7.57": "a wait that does not wait",
    "aws-F.3": "a fix that trusts a whole account",
    "aws-F.6": "a policy that lands in the wrong account, silently",
    "aws-F.16": "an outage without an error text",
    "aws-F.18": "a gap of CloudFormation",
    "aws-F.19": "a gap of the provider",
    "aws-F.20": "a time-out of Terraform; no text in the collection",
    "aws-F.23": "a property of a template language",
    "aws-F.24": "a name copied wrongly",
    "aws-F.25": "a plan that is never empty",
    "aws-F.28": "findings of a linter",
    "aws-F.31": "a role that CDK creates",
}


@pytest.mark.parametrize("slug", READ)
def test_a_file_has_the_form_of_the_schema_and_the_name_of_its_rule(slug: str) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(READ[slug])] == []
    assert READ[slug]["rule"] == slug


@pytest.mark.parametrize("slug", READ)
def test_a_file_speaks_both_languages(slug: str) -> None:
    japanese = READ[slug]["ja"]
    for words in (japanese["means"], japanese["link"], japanese["who"], *japanese["do"]):
        assert re.search("[\u3040-\u30ff\u4e00-\u9fff]|ARN|Spark|AWS", words), words
    english = READ[slug]["en"]
    for words in (english["means"], english["link"], english["who"], *english["do"]):
        assert not re.search("[\u3040-\u30ff\u4e00-\u9fff]", words), words
        assert not words.endswith(".")


@pytest.mark.parametrize(("slug", "text"), TEXTS)
def test_a_real_text_is_explained_by_its_own_rule_first(slug: str, text: str) -> None:
    for language in Language:
        explanation = explain_text(text.encode(), (), NOW, language)
        assert explanation.known
        assert explanation.findings[0].rule.slug == slug
        assert explanation.findings[0].rule == _rule_but_for_the_account(
            slug, language, explanation.findings[0].rule.who
        )


def _rule_but_for_the_account(slug: str, language: Language, who: str) -> Any:
    rule = known_error(slug).rule(language)
    assert who.startswith(rule.who)
    return replace(rule, who=who)


@pytest.mark.parametrize(("slug", "text"), TEXTS)
def test_a_real_text_is_recognised_in_a_terminal_in_full_width_and_within_a_string(slug: str, text: str) -> None:
    if text.startswith("{"):
        return
    boxed = "╷\n" + "\n".join(f"│ {line}" for line in text.split("\n")) + "\n╵"
    for shape in (boxed, json.dumps({"message": text})[1:-1], text.replace(" ", "\n    "), text.upper() + "\n" + text):
        slugs = [finding.rule.slug for finding in explain_text(shape.encode(), (), NOW).findings]
        assert slug in slugs, (slugs, shape)


def test_every_report_of_the_collection_is_explained_or_has_no_text() -> None:
    covered = {row for error in READ.values() for row in error.get("rows", ())}
    wanted = {f"databricks-7.{row}" for row in range(1, 58)} | {f"aws-F.{row}" for row in range(1, 34)}
    assert covered | set(WITHOUT_TEXT) == wanted
    assert covered & set(WITHOUT_TEXT) == set()


def test_no_text_names_an_account_that_is_not_an_example() -> None:
    examples = {"111122223333", "444455556666", "123456789012", "777788889999", "414351767826"}
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"(?<![0-9a-f-])[0-9]{12}(?![0-9a-f])", text)) <= examples, path.name


def test_the_longest_sign_comes_first() -> None:
    text = READ["read-only-location-empty"]["texts"][0]["text"]
    assert [error.slug for error in recognised(text)] == ["read-only-location-empty", "location-not-readable"]


def test_the_rules_of_sign_ins_speak_japanese_too_and_share_no_name_with_an_error() -> None:
    rules = {value.slug: value for value in vars(passthrough).values() if isinstance(value, Rule)}
    words = json.loads(JAPANESE.read_text(encoding="utf-8"))
    assert set(words) == set(rules)
    assert {slug: len(said["do"]) for slug, said in words.items()} == {
        slug: len(rule.do) for slug, rule in rules.items()
    }
    assert not set(rules) & set(READ)
    found = explain_text("ロール名属性の形式が正しくありません".encode(), (), NOW, Language.JAPANESE)
    assert found.findings[0].sentence.startswith("Databricks がロール属性を解釈できません")


@pytest.mark.parametrize(("page", "words"), [("explain.md", "| {} errors of "), ("explain.ja.md", " {} 種のエラー")])
def test_the_page_counts_the_errors(page: str, words: str) -> None:
    others = {"unknown-text", "event-allowed", "event-denied", "event-failed-otherwise"}
    text = (Path(__file__).parents[3] / "docs" / page).read_text(encoding="utf-8")
    assert words.format(len(set(READ) - others)) in text
