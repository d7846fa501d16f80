"""Values of X-Databricks-PassThrough-Error, in English and Japanese, whatever stands around them."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from lakehouse_iam.cli import main
from lakehouse_iam.explain import passthrough
from lakehouse_iam.explain.finding import Rule
from lakehouse_iam.explain.header import explain_header

CASES = {
    "ValidationError": "validation-error",
    "InvalidIdentityToken": "invalid-identity-token",
    "AccessDenied": "access-denied",
    "Malformed role name attribute": "malformed-role-attribute",
    "ロール名属性の形式が正しくありません": "malformed-role-attribute",
    "ロール名属性の形式が正しくありません。": "malformed-role-attribute",
    "検証エラー": "validation-error",
    "アクセスが拒否されました": "access-denied",
    "無効なIDトークン": "invalid-identity-token",
    "X-Databricks-PassThrough-Error: ValidationError": "validation-error",
    "x-databricks-passthrough-error\uff1a \uff21ccess\uff24enied": "access-denied",
    '"invalid identity token"\r\n': "invalid-identity-token",
    "MALFORMED_ROLE_NAME_ATTRIBUTE": "malformed-role-attribute",
}


@pytest.mark.parametrize("said", CASES)
def test_a_value_is_explained(said: str) -> None:
    explanation = explain_header(said)
    assert explanation is not None
    assert explanation.findings[0].rule.slug == CASES[said]


@pytest.mark.parametrize("said", ["", "Error", "エラー", "403 Forbidden"])
def test_any_other_value_is_not_guessed(said: str) -> None:
    assert explain_header(said) is None


def test_the_answer_for_machines_has_what_the_design_promises() -> None:
    done = CliRunner().invoke(main, ["explain", "AccessDenied", "--json"])
    answer = json.loads(done.output)
    assert done.exit_code == 0
    assert {key: answer[key] for key in ("version", "known", "rule", "link", "who", "source")} == {
        "version": 1,
        "known": True,
        "rule": "access-denied",
        "link": "IAM > Roles: the trust relationship of the role",
        "who": "admin of the AWS account of the role",
        "source": 'Databricks "Access S3 with IAM credential passthrough with SAML 2.0 federation" (retired), read 2026-11-24',
    }
    assert answer["means"].startswith("the role did not let the user in")
    assert len(answer["do"]) == 2


def test_a_text_that_is_not_known_ends_with_2_and_says_what_is() -> None:
    done = CliRunner().invoke(main, ["explain", "Teapot!"])
    assert done.exit_code == 2
    assert (
        "this is neither XML nor base64: allowed is a SAML response as the browser posts it, or its XML" in done.output
    )


def test_every_rule_has_a_slug_of_its_own_and_says_where_who_and_what_to_do() -> None:
    rules = [value for value in vars(passthrough).values() if isinstance(value, Rule)]
    slugs = [rule.slug for rule in rules]
    assert len(rules) > 25
    assert len(set(slugs)) == len(slugs)
    for rule in rules:
        assert rule.means
        assert rule.link
        assert rule.who
        assert rule.do
        assert rule.source
