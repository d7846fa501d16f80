"""Every statement has a reason, in both languages, with the page that it comes from."""

from __future__ import annotations

import re
from datetime import date

import pytest

from lakehouse_iam.plan import plan_setup
from lakehouse_iam.report.policies import policies_of
from lakehouse_iam.statements.reasons import reasons
from tests.unit.golden_setups import cases, setup_of

EVERY_PATTERN = ("emr-studio", "instance-profile", "saml-passthrough", "unity-catalog-aws", "unity-catalog-azure")


@pytest.mark.parametrize("case", cases(*EVERY_PATTERN))
def test_every_statement_of_every_pattern_has_a_reason(case: str) -> None:
    used = {one["reason"] for policy in policies_of(plan_setup(setup_of(case))) for one in policy["statements"]}
    assert used - reasons().keys() == set()


def test_no_reason_is_left_over() -> None:
    policies = (policy for case in cases(*EVERY_PATTERN) for policy in policies_of(plan_setup(setup_of(case))))
    assert reasons().keys() == {one["reason"] for policy in policies for one in policy["statements"]}


@pytest.mark.parametrize("key", reasons())
def test_a_reason_is_said_in_both_languages_and_names_its_page(key: str) -> None:
    reason = reasons()[key]
    assert reason.en.endswith(".")
    assert reason.ja.endswith("。")
    assert re.search("[ぁ-んァ-ヶ]", reason.ja)
    assert reason.sources
    for page in reason.sources:
        assert page.title
        assert not page.read or date.fromisoformat(page.read)
