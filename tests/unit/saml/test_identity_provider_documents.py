"""What the identity provider is told, as text and as JSON, and as files beside the templates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import lakehouse_iam
from lakehouse_iam.cli import main
from lakehouse_iam.saml.identity_provider import (
    AssertionAttributes,
    GroupMapping,
    entra_app_role_id,
    entra_app_roles,
    entra_assignments,
    okta_expression,
    too_long_for_entra,
)
from lakehouse_iam.saml.identity_provider_text import identity_provider_json, identity_provider_text

ROOT = Path(lakehouse_iam.__file__).parents[2]
URL = "https://dbc-a1b2345c-d6e7.cloud.databricks.com/saml/consume"


def mapping(group: str, role: str, account: str = "111122223333", provider: str = "okta") -> GroupMapping:
    return GroupMapping(
        group, f"arn:aws:iam::{account}:role/{role}", f"arn:aws:iam::{account}:saml-provider/{provider}"
    )


A, B = mapping("GroupA", "role-a"), mapping("GroupB", "role-b")
ELSEWHERE = mapping("GroupA", "role-a", "444455556666")


def test_a_value_is_the_role_then_the_provider_without_a_space() -> None:
    assert A.value == "arn:aws:iam::111122223333:role/role-a,arn:aws:iam::111122223333:saml-provider/okta"


def test_the_okta_expression_goes_over_all_groups_and_all_accounts() -> None:
    assert okta_expression([A, ELSEWHERE, B]) == (
        f'Arrays.flatten(isMemberOfGroupName("GroupA") ? "{A.value}" : {{}}, '
        f'isMemberOfGroupName("GroupA") ? "{ELSEWHERE.value}" : {{}}, '
        f'isMemberOfGroupName("GroupB") ? "{B.value}" : {{}})'
    )


def test_two_groups_with_one_role_share_an_app_role_and_have_an_assignment_each() -> None:
    same = mapping("GroupC", "role-a")
    (role,) = entra_app_roles([A, same])
    assert role == {
        "id": entra_app_role_id(A.value),
        "displayName": "role-a",
        "description": "For GroupA, GroupC",
        "value": A.value,
        "allowedMemberTypes": ["User"],
        "isEnabled": True,
    }
    assert entra_assignments([A, same]) == [
        {"group": "GroupA", "appRoleId": role["id"]},
        {"group": "GroupC", "appRoleId": role["id"]},
    ]


def test_a_value_too_long_for_an_app_role_is_reported_with_what_to_do() -> None:
    long = mapping("GroupA", "role-a", provider="o" * 80)
    assert too_long_for_entra([A, long]) == (long.value,)
    text = identity_provider_text("s", URL, AssertionAttributes((long,)))
    assert f"Too long for an app role ({len(long.value)} characters, allowed 120): {long.value}\n" in text


def test_a_user_of_several_groups_is_told_how_many_roles_they_get() -> None:
    text = identity_provider_text("s", URL, AssertionAttributes((A, ELSEWHERE, B)))
    assert "is given the roles of all of them: with GroupA and GroupB, 3 values." in text
    assert "several groups" not in identity_provider_text("s", URL, AssertionAttributes((A,)))


def test_tags_and_the_source_identity_are_asked_for_only_where_the_setup_has_them() -> None:
    plain = identity_provider_json(URL, AssertionAttributes((A,)))
    asked = identity_provider_json(URL, AssertionAttributes((A,), ("CostCenter",), source_identity=True))

    def names(written: dict[str, object]) -> list[str]:
        statements = written["okta"]["settings"]["signOn"]["attributeStatements"]  # type: ignore[index]
        return [statement["name"].rpartition("/")[2] for statement in statements]

    assert names(plain) == ["RoleSessionName", "Role"]
    assert names(asked) == ["RoleSessionName", "Role", "PrincipalTag:CostCenter", "SourceIdentity"]
    assert [claim["source"] for claim in asked["entra"]["claims"]] == [
        "user.userprincipalname",
        "user.assignedroles",
        "user.costcenter",
        "user.userprincipalname",
    ]
    text = identity_provider_text("s", URL, AssertionAttributes((A,), ("CostCenter",), source_identity=True))
    assert "  Name:        https://aws.amazon.com/SAML/Attributes/PrincipalTag:CostCenter\n" in text


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    done = CliRunner().invoke(main, ["template", str(ROOT / "examples" / "saml-passthrough.yaml"), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert done.stdout.endswith(
        f"what the identity provider is told: {out}/okta-passthrough.identity-provider.txt\n"
        f"what the identity provider is told: {out}/okta-passthrough.identity-provider.json\n"
    )
    return out


def test_template_writes_both_beside_the_probes_and_a_second_run_replaces_them(templates: Path) -> None:
    written = json.loads((templates / "okta-passthrough.identity-provider.json").read_text(encoding="utf-8"))
    assert list(written["role_values_by_group"]) == ["GroupA", "GroupB"]
    assert written["single_sign_on_url"] == URL
    again = CliRunner().invoke(
        main, ["template", str(ROOT / "examples" / "saml-passthrough.yaml"), "--out", str(templates), "--json"]
    )
    assert again.exit_code == 0, again.output
    assert [Path(file).name for file in json.loads(again.output)["documents"]] == [
        "okta-passthrough.identity-provider.txt",
        "okta-passthrough.identity-provider.json",
    ]


def test_the_templates_alone_prove_the_same(templates: Path) -> None:
    done = CliRunner().invoke(main, ["prove", str(templates)])
    assert done.exit_code == 0, done.output
    assert done.stdout.endswith("120 of 120 probes as expected\n")
