"""Golden setups of the pattern saml-passthrough; see `golden_setups`."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from golden_setups import GOLDEN, cases, compared, expected, listed, orphans, setup_of, statements, templates_of

from lakehouse_iam.file_names import IDENTITY_PROVIDER_JSON_FILE, IDENTITY_PROVIDER_TEXT_FILE
from lakehouse_iam.plan.saml_passthrough_documents import documents

PATTERN = "saml-passthrough"
CASES = cases(PATTERN)
SEED = f"{PATTERN}/seed-002"
PROVIDER = "okta-databricks"
ROLE = "https://aws.amazon.com/SAML/Attributes/Role"


def policy(template: dict[str, Any], id: str, property: str = "PolicyDocument") -> dict[str, Any]:
    document: dict[str, Any] = template["Resources"][id]["Properties"][property]
    return document


def seed(title: str) -> Any:
    source = (GOLDEN / PATTERN / "seed-002.source.json").read_text(encoding="utf-8")
    for written, meant in (
        ("<accountID>", "111122223333"),
        (":xxx:", ":111122223333:"),
        ("<IdP-name>", PROVIDER),
        ("https://xxxxxx.", "https://dbc-a1b2345c-d6e7."),
        ("<s3-bucket-name>", "team-a-data"),
    ):
        source = source.replace(written, meant)
    return json.loads(source)[title]


@pytest.mark.parametrize("case", CASES)
def test_a_setup_becomes_exactly_these_templates(case: str) -> None:
    now, then = compared(case)
    assert now == then


def test_every_expected_file_has_its_setup() -> None:
    assert orphans(PATTERN) == set()


# ---------------------------------------------------------------- the seed, document by document


def test_the_trust_is_the_seeds() -> None:
    assert policy(templates_of(SEED)["Federation"], "RoleARole", "AssumeRolePolicyDocument") == seed("trust")


def test_the_data_policy_is_the_seeds_with_sids_the_location_and_a_condition_on_acls() -> None:
    listing, objects, acls = policy(templates_of(SEED)["Federation"], "RoleABucketAccess")["Statement"]
    seed_listing, seed_objects = seed("data policy")["Statement"]
    assert set(seed_listing["Action"]) <= set(listed(listing["Action"]))
    assert listed(listing["Resource"]) == seed_listing["Resource"]
    assert {*listed(objects["Action"]), *listed(acls["Action"])} == set(seed_objects["Action"])
    assert listed(objects["Resource"]) == listed(acls["Resource"]) == seed_objects["Resource"]
    assert acls["Condition"] == {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    assert "Condition" not in objects


def test_the_okta_expression_is_the_seeds_letter_by_letter() -> None:
    written = json.loads(documents(setup_of(SEED))[IDENTITY_PROVIDER_JSON_FILE])
    by_name = {
        statement["name"]: statement["values"]
        for statement in written["okta"]["settings"]["signOn"]["attributeStatements"]
    }
    assert by_name[ROLE] == [seed("Okta expression")]
    name = seed("Okta RoleSessionName")
    assert by_name[name["Name"]] == [name["Value"]]
    assert f"  Value:       {seed('Okta expression')}\n" in documents(setup_of(SEED))[IDENTITY_PROVIDER_TEXT_FILE]


def test_the_text_for_the_identity_providers_admin_is_exactly_this() -> None:
    now = documents(setup_of(SEED))[IDENTITY_PROVIDER_TEXT_FILE]
    file = GOLDEN / PATTERN / f"seed-002{IDENTITY_PROVIDER_TEXT_FILE}"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(now, encoding="utf-8")
    assert now == file.read_text(encoding="utf-8")


def test_a_session_lasts_eight_hours_unless_the_setup_says_otherwise() -> None:
    def hours(case: str) -> set[int]:
        resources = expected(f"{PATTERN}/{case}")["Federation"]["Resources"].values()
        return {
            resource["Properties"]["MaxSessionDuration"] // 3600
            for resource in resources
            if resource["Type"] == "AWS::IAM::Role"
        }

    assert hours("seed-002") == {8}
    assert hours("tags-and-source-identity") == {4}


# ---------------------------------------------------------------- rules that the expected files must keep


@pytest.mark.parametrize("case", CASES)
def test_a_provider_is_trusted_only_by_roles_of_its_own_account(case: str) -> None:
    for template in expected(case).values():
        account = [
            resource["Properties"]["Name"]
            for resource in template["Resources"].values()
            if resource["Type"] == "AWS::IAM::SAMLProvider"
        ]
        trusted = {
            statement["Principal"]["Federated"].rpartition("/")[2]
            for statement in statements(template)
            if "Federated" in (statement.get("Principal") or {})
        }
        assert trusted <= set(account)


@pytest.mark.parametrize("case", CASES)
def test_every_sign_in_is_held_to_the_address_of_the_workspace(case: str) -> None:
    signing_in = [s for s in statements(expected(case)) if "sts:AssumeRoleWithSAML" in listed(s["Action"])]
    assert signing_in
    for statement in signing_in:
        assert statement["Action"] == "sts:AssumeRoleWithSAML"
        (audience,) = listed(statement["Condition"]["StringEquals"]["SAML:aud"])
        assert audience.endswith("/saml/consume")


@pytest.mark.parametrize("case", [case for case in CASES if not case.endswith("tags-and-source-identity")])
def test_tags_and_source_identities_are_not_allowed_unasked(case: str) -> None:
    allowed = {action for s in statements(expected(case)) for action in listed(s["Action"])}
    assert allowed.isdisjoint({"sts:TagSession", "sts:SetSourceIdentity"})


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_allowed_with_a_wildcard_action_or_to_anyone(case: str) -> None:
    for statement in statements(expected(case)):
        if statement["Effect"] == "Allow":
            assert not any("*" in action for action in listed(statement["Action"]))
            assert statement.get("Principal") not in ("*", {"AWS": "*"})


def test_no_template_holds_a_private_key() -> None:
    written = (GOLDEN / PATTERN / "kms-and-boundary.json").read_text(encoding="utf-8")
    assert '"AssertionEncryptionMode": "Required"' in written
    assert "AddPrivateKey" not in written


def test_a_govcloud_setup_names_no_arn_of_another_partition() -> None:
    written = (GOLDEN / PATTERN / "gov.json").read_text(encoding="utf-8")
    assert "arn:aws-us-gov:" in written
    assert "arn:aws:" not in written
