"""Golden setups of the pattern emr-studio; see `golden_setups`.

The function's code is the same in every template and is tested by itself, so the expected files say only that it is there.
"""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from golden_setups import GOLDEN, Json, cases, listed, orphans, statements, templates_of

from lakehouse_iam.cloudformation import text
from lakehouse_iam.custom_resource import inline_source

PATTERN = "emr-studio"
CASES = cases(PATTERN)
CODE = "what lakehouse_iam.custom_resource.inline_source returns"


def now(case: str) -> Json:
    made = templates_of(case)
    for template in made.values():
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Lambda::Function":
                assert resource["Properties"]["Code"] == {"ZipFile": inline_source()}
                resource["Properties"]["Code"] = CODE
    return made


@pytest.mark.parametrize("case", CASES)
def test_a_setup_becomes_exactly_these_templates(case: str) -> None:
    file, made = GOLDEN / f"{case}.json", text(now(case))
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(made, encoding="utf-8")
    assert made == file.read_text(encoding="utf-8")


def test_every_expected_file_has_its_setup() -> None:
    assert orphans(PATTERN) == {"aws-samples.source"}


def resources_of(case: str, type: str) -> list[Json]:
    return [
        resource
        for template in json.loads((GOLDEN / f"{PATTERN}/{case}.json").read_text(encoding="utf-8")).values()
        for resource in template["Resources"].values()
        if resource["Type"] == type
    ]


# ---------------------------------------------------------------- the tutorial's traps, each by what avoids it


def test_the_studio_authenticates_with_identity_center_propagates_identities_and_asks_for_assignments() -> None:
    (studio,) = resources_of("seed-003", "AWS::EMR::Studio")
    assert studio["Properties"]["AuthMode"] == "SSO"
    assert studio["Properties"]["TrustedIdentityPropagationEnabled"] is True
    assert studio["Properties"]["IdcUserAssignment"] == "REQUIRED"


def test_service_role_and_user_role_are_two_and_only_the_second_may_be_given_an_identity() -> None:
    template = templates_of(f"{PATTERN}/seed-003")["StudioOwner"]["Resources"]

    def trusted(id: str) -> set[str]:
        document = template[id]["Properties"]["AssumeRolePolicyDocument"]
        return {action for s in document["Statement"] for action in listed(s["Action"])}

    assert template["Studio"]["Properties"]["ServiceRole"] == {"Fn::GetAtt": ["ServiceRole", "Arn"]}
    assert template["Studio"]["Properties"]["UserRole"] == {"Fn::GetAtt": ["UserRole", "Arn"]}
    assert trusted("ServiceRole") == {"sts:AssumeRole"}
    assert trusted("UserRole") == {"sts:AssumeRole", "sts:SetContext"}


def test_whoever_is_under_assigned_is_assigned_to_the_workgroup_and_to_the_studio() -> None:
    assignments = resources_of("seed-003", "Custom::IdentityCenterAssignment")
    applications = [assignment["Properties"]["ApplicationArn"] for assignment in assignments]
    assert applications == [
        {"Fn::GetAtt": ["Workgroup", "ApplicationArn"]},
        {"Fn::GetAtt": ["StudioApplication", "ApplicationArn"]},
    ]


def test_the_results_go_through_access_grants_of_the_same_identity_center() -> None:
    (instance,) = resources_of("seed-003", "AWS::S3::AccessGrantsInstance")
    (location,) = resources_of("seed-003", "AWS::S3::AccessGrantsLocation")
    (grant,) = resources_of("seed-003", "AWS::S3::AccessGrant")
    (workgroup,) = resources_of("seed-003", "Custom::AthenaIdentityCenterWorkGroup")
    (studio,) = resources_of("seed-003", "AWS::EMR::Studio")
    center = instance["Properties"]["IdentityCenterArn"]
    assert center == workgroup["Properties"]["IdentityCenterInstanceArn"] == studio["Properties"]["IdcInstanceArn"]
    assert location["Properties"]["LocationScope"] == "s3://example-results/athena"
    assert workgroup["Properties"]["ResultsLocation"] == "s3://example-results/athena/"
    assert grant["Properties"]["Grantee"]["GranteeType"] == "DIRECTORY_GROUP"


def test_the_tutorials_grant_is_made_on_its_table() -> None:
    (grant,) = resources_of("seed-003", "AWS::LakeFormation::PrincipalPermissions")
    assert grant["Properties"]["Resource"] == {
        "Table": {"CatalogId": "111122223333", "DatabaseName": "flightdata_db", "Name": "flightdata"}
    }
    assert grant["Properties"]["Permissions"] == ["DESCRIBE", "SELECT"]


def test_databases_of_another_account_are_granted_to_the_account_and_then_on_link_and_target() -> None:
    share, on_link, on_target = resources_of("three-accounts", "AWS::LakeFormation::PrincipalPermissions")
    assert share["Properties"]["Principal"] == {"DataLakePrincipalIdentifier": "111122223333"}
    assert (
        share["Properties"]["PermissionsWithGrantOption"]
        == share["Properties"]["Permissions"]
        == ["DESCRIBE", "SELECT"]
    )
    assert on_link["Properties"]["Resource"] == {"Database": {"CatalogId": "111122223333", "Name": "flightdata_db"}}
    assert on_target["Properties"]["Resource"]["Table"]["CatalogId"] == "444455556666"
    (link,) = resources_of("three-accounts", "AWS::Glue::Database")
    assert link["Properties"]["DatabaseInput"]["TargetDatabase"]["CatalogId"] == "444455556666"


def test_a_regular_workgroup_is_native_and_needs_neither_access_grants_nor_an_execution_role() -> None:
    types = {
        resource["Type"]
        for template in templates_of(f"{PATTERN}/regular-workgroup").values()
        for resource in template["Resources"].values()
    }
    assert "AWS::Athena::WorkGroup" in types
    assert not any("AccessGrant" in type or type == "Custom::AthenaIdentityCenterWorkGroup" for type in types)


# ---------------------------------------------------------------- rules that the expected files must keep


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_allowed_with_a_wildcard_action_or_to_anyone(case: str) -> None:
    for statement in statements(now(case)):
        if statement["Effect"] == "Allow":
            assert not any("*" in action for action in listed(statement["Action"]))
            assert statement.get("Principal") not in ("*", {"AWS": "*"})


@pytest.mark.parametrize("case", CASES)
def test_security_groups_have_the_documented_rules_and_no_others(case: str) -> None:
    template = now(case)["StudioOwner"]["Resources"]
    rules: list[tuple[str, Any, int]] = []
    for resource in template.values():
        if resource["Type"] in ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"):
            properties = resource["Properties"]
            peer = next(
                properties[key]
                for key in ("SourceSecurityGroupId", "DestinationSecurityGroupId", "CidrIp")
                if key in properties
            )
            assert properties["FromPort"] == properties["ToPort"]
            rules.append((properties["GroupId"]["Fn::GetAtt"][0], peer, properties["FromPort"]))
    assert rules == [
        ("EngineSecurityGroup", {"Fn::GetAtt": ["WorkspaceSecurityGroup", "GroupId"]}, 18888),
        ("WorkspaceSecurityGroup", {"Fn::GetAtt": ["EngineSecurityGroup", "GroupId"]}, 18888),
        ("WorkspaceSecurityGroup", "0.0.0.0/0", 443),
    ]
    for id in ("EngineSecurityGroup", "WorkspaceSecurityGroup"):
        tags = {tag["Key"]: tag["Value"] for tag in template[id]["Properties"]["Tags"]}
        assert tags["for-use-with-amazon-emr-managed-policies"] == "true"
        assert "SecurityGroupIngress" not in template[id]["Properties"]
