"""The plan of `emr-studio`: the order of events, whose part is whose, and what each tells the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from emr_studio_texts import (
    CREATED,
    CROSS_ACCOUNT,
    GROUP,
    OTHER_IDENTITY_CENTER,
    REGULAR,
    USER,
    VALID,
    changed,
    setup_of,
)

from lakehouse_iam.cloudformation import templates
from lakehouse_iam.cloudformation.rendering import referred_to
from lakehouse_iam.plan import Phase, Plan, PlanError, PlanErrors, plan_setup, plan_setups
from lakehouse_iam.resources import Role
from lakehouse_iam.setups import setups_from_text
from lakehouse_iam.setups.emr_studio import EmrStudioSetup

FULL = ("  name: analytics\n", "  name: analytics\n  use: full\n")
LOCATIONS = ("lake_formation:\n", "lake_formation:\n  locations: [{url: s3://example-data/flightdata}]\n")
NARROWED = (
    f"    - {{group: {GROUP}}}\n",
    f"    - {{group: {GROUP}, name: analysts, session: query}}\n    - {{user: {USER}}}\n",
)
SETUPS = {
    "one account": setup_of(*CREATED, LOCATIONS, NARROWED),
    "two accounts": setup_of(*CREATED, CROSS_ACCOUNT, NARROWED),
    "three accounts": setup_of(CROSS_ACCOUNT, OTHER_IDENTITY_CENTER),
    "a regular workgroup": setup_of(*CREATED[:1], REGULAR, LOCATIONS),
    "workspaces": setup_of(FULL, LOCATIONS),
}


@pytest.fixture(params=SETUPS)
def setup(request: pytest.FixtureRequest) -> EmrStudioSetup:
    return SETUPS[request.param]


# ---------------------------------------------------------------- the order of events


def _first(resources: dict[str, Any]) -> dict[str, set[str]]:
    """What CloudFormation makes before each resource: what it depends on or refers to, and so on."""
    direct = {
        id: {*resource.get("DependsOn", []), *referred_to(resource["Properties"])} & set(resources)
        for id, resource in resources.items()
    }

    def reach(id: str, path: tuple[str, ...] = ()) -> Iterator[str]:
        assert id not in path, f"{id} waits for itself: {path}"
        for other in direct[id]:
            yield other
            yield from reach(other, (*path, id))

    return {id: set(reach(id)) for id in resources}


def test_resources_stand_in_the_order_in_which_they_are_made(setup: EmrStudioSetup) -> None:
    for template in templates(plan_setup(setup)).values():
        order = list(template["Resources"])
        for id, before in _first(template["Resources"]).items():
            assert all(order.index(other) < order.index(id) for other in before), id


def test_whatever_is_given_a_role_comes_after_the_role_and_its_policies(setup: EmrStudioSetup) -> None:
    for template in templates(plan_setup(setup)).values():
        resources, first = template["Resources"], _first(template["Resources"])
        policies: dict[str, set[str]] = {}
        for id, resource in resources.items():
            if resource["Type"] == "AWS::IAM::ManagedPolicy":
                for role in resource["Properties"].get("Roles", []):
                    policies.setdefault(role["Ref"], set()).add(id)
        given = [
            (id, role)
            for id, resource in resources.items()
            if not resource["Type"].startswith("AWS::IAM::")
            for role in policies
            if role in referred_to(resource["Properties"])
        ]
        assert given or set(resources) == set(templates(plan_setup(setup))["StudioUsers"]["Resources"])
        for id, role in given:
            assert policies[role] <= first[id], f"{id} is given {role} without its policies"


def test_no_arn_of_a_role_of_the_stack_is_written_out_where_a_reference_would_make_it_wait(
    setup: EmrStudioSetup,
) -> None:
    plan = plan_setup(setup)
    for phase in plan.phases:
        own = {str(resource.arn): resource.id for resource in phase.resources if isinstance(resource, Role)}
        template = templates(plan).get(phase.id, {"Resources": {}})
        first = _first(template["Resources"])
        for id, resource in template["Resources"].items():
            if resource["Type"].startswith("AWS::IAM::"):
                continue
            written = [role for arn, role in own.items() if f'"{arn}"' in json.dumps(resource["Properties"])]
            assert all(role in first[id] for role in written), id


def test_lake_formation_is_connected_before_any_grant_and_before_the_workgroup() -> None:
    for setup in SETUPS.values():
        for template in templates(plan_setup(setup)).values():
            first = _first(template["Resources"])
            for id, resource in template["Resources"].items():
                if resource["Type"] in (
                    "AWS::LakeFormation::PrincipalPermissions",
                    "Custom::AthenaIdentityCenterWorkGroup",
                ):
                    assert "LakeFormationConnection" in first[id]


def test_grants_come_after_locations_and_links(setup: EmrStudioSetup) -> None:
    for template in templates(plan_setup(setup)).values():
        resources, first = template["Resources"], _first(template["Resources"])
        needed = {
            id
            for id, resource in resources.items()
            if resource["Type"] in ("AWS::LakeFormation::Resource", "AWS::Glue::Database")
        }
        for id, resource in resources.items():
            if resource["Type"] == "AWS::LakeFormation::PrincipalPermissions":
                assert needed <= first[id]


@pytest.mark.parametrize("name", ["two accounts", "three accounts"])
def test_a_catalog_of_another_account_is_granted_shared_accepted_linked_and_granted_again_in_that_order(
    name: str,
) -> None:
    plan = plan_setup(SETUPS[name])
    made = {phase.id: template["Resources"] for phase, template in _stacks(plan)}

    # The grant to the account, with the right to grant on, is what Lake Formation shares through RAM by itself.
    owner, grants = made["CatalogOwner"], "AWS::LakeFormation::PrincipalPermissions"
    shared = {id: one["Properties"] for id, one in owner.items() if one["Type"] == grants}
    assert shared
    for id, properties in shared.items():
        assert properties["Principal"] == {"DataLakePrincipalIdentifier": "111122223333"}
        assert properties["PermissionsWithGrantOption"] == properties["Permissions"]
        locations = {other for other, one in owner.items() if one["Type"] == "AWS::LakeFormation::Resource"}
        assert {"LakeFormationConnection", *locations} <= _first(owner)[id]
    assert not [id for template in made.values() for id, one in template.items() if "::RAM::" in one["Type"]]

    # The invitation is accepted by hand, in the Studio's account, before its stack.
    assert "CatalogOwner" in plan.phase("StudioOwner").after
    (told,) = [one for one in plan.phase("StudioOwner").is_told if one.name == "resource share"]
    assert "accept it before the Studio's stack is deployed" in told.why
    assert "aws ram accept-resource-share-invitation" in told.why

    # Then the link, then a grant on the link, and one on what it leads to.
    studio, first = made["StudioOwner"], _first(made["StudioOwner"])
    (link,) = [id for id, one in studio.items() if one["Type"] == "AWS::Glue::Database"]
    catalogs = set()
    for id, one in studio.items():
        if one["Type"] == grants:
            assert link in first[id]
            resource = one["Properties"]["Resource"]
            catalogs.add(next(iter(resource.values()))["CatalogId"])
    assert catalogs == {"111122223333", "444455556666"}


def _stacks(plan: Plan) -> Iterator[tuple[Phase, dict[str, Any]]]:
    written = templates(plan)
    for phase in plan.phases:
        if phase.has_stack:
            yield phase, written[phase.id]


def test_a_workgroup_with_identity_center_finds_its_grants_of_results() -> None:
    template = templates(plan_setup(SETUPS["one account"]))["StudioOwner"]["Resources"]
    grants = {id for id, resource in template.items() if resource["Type"] == "AWS::S3::AccessGrant"}
    assert len(grants) == 2
    assert grants <= _first(template)["Workgroup"]


def test_an_assignment_names_an_application_that_is_there_and_custom_resources_go_before_their_function(
    setup: EmrStudioSetup,
) -> None:
    for template in templates(plan_setup(setup)).values():
        first = _first(template["Resources"])
        for id, resource in template["Resources"].items():
            if resource["Type"] == "Custom::IdentityCenterAssignment":
                assert resource["Properties"]["ApplicationArn"]["Fn::GetAtt"][0] in first[id]
            if resource["Type"].startswith("Custom::") and "IdentityCenterFunction" in template["Resources"]:
                assert {"IdentityCenterFunction", "FunctionRolePermissions"} <= first[id]


# ---------------------------------------------------------------- whose part is whose


def test_one_account_has_two_stacks_because_only_a_deployed_studio_has_an_application() -> None:
    plan = plan_setup(SETUPS["one account"])
    assert [(phase.id, str(phase.account), phase.after) for phase in plan.phases] == [
        ("StudioOwner", "111122223333", ()),
        ("StudioUsers", "111122223333", ("StudioOwner",)),
    ]
    assert [parameter.id for parameter in plan.phase("StudioUsers").parameters] == ["StudioId"]
    assert plan.phase("StudioOwner").outputs[0].id == "StudioId"


def test_three_accounts_have_three_admins_and_each_says_what_the_others_need() -> None:
    plan = plan_setup(SETUPS["three accounts"])
    assert [(phase.id, str(phase.account), phase.after) for phase in plan.phases] == [
        ("IdentityCenter", "777788889999", ()),
        ("CatalogOwner", "444455556666", ()),
        ("StudioOwner", "111122223333", ("CatalogOwner",)),
        ("StudioUsers", "111122223333", ("StudioOwner",)),
    ]
    center, catalog = plan.phase("IdentityCenter"), plan.phase("CatalogOwner")
    assert not center.has_stack
    assert [told.name for told in center.hands_over] == ["instance", "users and groups"]
    assert [told.name for told in catalog.hands_over] == ["resource share"]
    assert {told.name for phase in plan.phases for told in phase.is_told} == {
        "applications",
        "AWSLakeFormationCrossAccountManager",
        "Lake Formation administrator",
        "StudioId",
        "resource share",
    }


def test_a_network_without_the_tag_is_handed_to_its_owner_with_the_command() -> None:
    told = {one.name: one for one in plan_setup(setup_of(FULL)).phase("StudioOwner").hands_over}
    tag = told["the tag for-use-with-amazon-emr-managed-policies=true"]
    assert tag.value == "vpc-0123456789abcdef0, subnet-0123456789abcdef0"
    assert "aws ec2 create-tags --resources vpc-0123456789abcdef0 subnet-0123456789abcdef0" in tag.why


@pytest.mark.parametrize(
    "change", [(), (FULL, ("  name: analytics\n", "  name: analytics\n  network_tags: present\n"))]
)
def test_a_network_that_needs_no_tag_is_handed_to_nobody(change: tuple[tuple[str, str], ...]) -> None:
    assert [one.name for one in plan_setup(setup_of(*change)).phase("StudioOwner").hands_over] == ["StudioId"]


def test_the_share_recipients_of_the_catalog_hold_the_studios_account() -> None:
    def recipients(phase: str) -> Any:
        template = templates(plan_setup(SETUPS["two accounts"]))[phase]["Resources"]
        return template["LakeFormationConnection"]["Properties"].get("ShareRecipients")

    assert recipients("CatalogOwner") == ["111122223333"]
    assert recipients("StudioOwner") is None


# ---------------------------------------------------------------- setups side by side


def _two(*replacements: tuple[str, str]) -> str:
    return f"{VALID}---\n{changed(('analytics-studio', 'other-studio'), *replacements)}"


OTHERS = (
    ("workgroup:\n  name: analytics", "workgroup:\n  name: other"),
    ("lake_formation:", "access_grants: {instance: exists}\nlake_formation:"),
)


def test_two_studios_of_one_name_are_refused() -> None:
    with pytest.raises(PlanError) as refused:
        plan_setups(setups_from_text(_two(*OTHERS)))
    assert str(refused.value) == (
        "other-studio: the EMR Studio analytics in 111122223333, ap-northeast-1 belongs to the setup analytics-studio too: "
        "allowed is each name once in a region of an account: give the Studio a name of its own"
    )


def test_two_studios_of_two_names_are_not() -> None:
    named = ("studio:\n  name: analytics", "studio:\n  name: other")
    assert len(plan_setups(setups_from_text(_two(named, *OTHERS)))) == 2


def test_a_second_access_grants_instance_and_a_second_workgroup_of_one_name_are_refused() -> None:
    with pytest.raises(PlanErrors) as refused:
        plan_setups(setups_from_text(_two(("studio:\n  name: analytics", "studio:\n  name: other"))))
    assert "the S3 Access Grants instance default in 111122223333, ap-northeast-1 belongs" in str(refused.value)
    assert "write access_grants: {instance: exists} into one of the two" in str(refused.value)
    assert "the workgroup analytics in 111122223333, ap-northeast-1 belongs" in str(refused.value)


def test_more_grants_than_a_stack_holds_are_refused_with_what_to_do() -> None:
    people = ", ".join(f"{{user: {number:08x}-12ab-34cd-56ef-abcdef123456}}" for number in range(500))
    with pytest.raises(PlanError, match="grant and assign groups instead of their members"):
        plan_setup(setup_of((f"      to: [{{group: {GROUP}}}]", f"      to: [{people}]")))
