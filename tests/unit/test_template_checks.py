"""What AWS would refuse in a set of stacks is found, and what it accepts is left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lakehouse_iam.intrinsics import Deployment
from lakehouse_iam.template_checks import (
    COUNT_RULE,
    NAME_RULE,
    PRINCIPAL_RULE,
    SIZE_RULE,
    Certainty,
    Stack,
    Violation,
    violations,
)

A, B = "111122223333", "444455556666"
ROLE_ARN = f"arn:aws:iam::{A}:role/reader"
ROLE = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "reader"}}


def _stack(id: str, account: str, *after: str, **resources: Any) -> Stack:
    return Stack(id, Deployment({"Resources": resources}, account, "us-west-2"), after)


def _document(size: int) -> dict[str, Any]:
    """A document of exactly that size as AWS counts it."""
    empty = '{"Statement":[{"Effect":"Allow","Resource":""}]}'
    return {"Statement": [{"Effect": "Allow", "Resource": "x" * (size - len(empty))}]}


def _trusting(principal: Any, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [statement]}}, **more}


def _bucket_policy(principal: Any, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "s3:*", "Resource": "*"}
    return {"Type": "AWS::S3::BucketPolicy", "Properties": {"PolicyDocument": {"Statement": statement}}, **more}


# ---------------------------------------------------------------- sizes


@pytest.mark.parametrize(
    ("type_", "property_", "most"),
    [
        ("AWS::IAM::ManagedPolicy", "PolicyDocument", 6_144),
        ("AWS::IAM::Role", "AssumeRolePolicyDocument", 2_048),
        ("AWS::S3::BucketPolicy", "PolicyDocument", 20_480),
        ("AWS::KMS::Key", "KeyPolicy", 32_768),
    ],
)
def test_a_document_may_have_its_last_character_and_not_one_more(type_: str, property_: str, most: int) -> None:
    def check(size: int) -> tuple[Violation, ...]:
        return violations([_stack("S", A, It={"Type": type_, "Properties": {property_: _document(size)}})])

    assert check(most) == ()
    (found,) = check(most + 1)
    assert (found.rule, found.stack, found.logical_id, found.location) == (SIZE_RULE, "S", "It", property_)
    assert found.what == f"the policy takes {most + 1:,} characters of {most:,}"


def test_a_size_that_only_the_deployment_knows_is_at_least_so_large() -> None:
    document = _document(6_145)
    document["Statement"].append({"Resource": {"Fn::ImportValue": "x"}})
    (found,) = violations(
        [_stack("S", A, P={"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}})]
    )
    assert found.what.startswith("the policy takes at least 6,")


@pytest.mark.parametrize("reference", [{"Ref": "Role"}, "reader"])
def test_the_inline_policies_of_a_role_count_together_wherever_they_are_written(reference: Any) -> None:
    inline = {"RoleName": "reader", "Policies": [{"PolicyDocument": _document(5_120)}]}
    own = {"Type": "AWS::IAM::Role", "Properties": inline}

    def check(size: int) -> tuple[Violation, ...]:
        added = {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": _document(size), "Roles": [reference]}}
        return violations([_stack("S", A, Role=own, Added=added)])

    assert check(5_120) == ()
    (found,) = check(5_121)
    assert found.logical_id == "Added"
    assert found.what == "the inline policies of the role Role take 10,241 characters of 10,240"


def test_the_inline_policies_of_users_and_groups_are_no_roles() -> None:
    def of_users(size: int) -> dict[str, Any]:
        return {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": _document(size), "Users": ["u"]}}

    assert violations([_stack("S", A, One=of_users(9_000), Two=of_users(9_000))]) == ()


def test_a_role_policy_of_its_own_type_counts_too() -> None:
    policy = {
        "Type": "AWS::IAM::RolePolicy",
        "Properties": {"PolicyDocument": _document(10_241), "RoleName": {"Ref": "R"}},
    }
    (found,) = violations([_stack("S", A, P=policy)])
    assert found.what.startswith("the inline policies of the role R take 10,241")


# ---------------------------------------------------------------- counts


@pytest.mark.parametrize("reference", [{"Ref": "Role"}, "reader"])
def test_a_role_may_have_25_managed_policies_where_the_quota_is_raised_and_never_26(reference: Any) -> None:
    def check(count: int) -> tuple[Violation, ...]:
        role = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "reader", "ManagedPolicyArns": ["arn:x"]}}
        policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {}, "Roles": [reference]}}
        return violations([_stack("S", A, Role=role, **{f"P{n}": policy for n in range(count - 1)})])

    assert check(25) == ()
    (found,) = check(26)
    assert (found.rule, found.logical_id) == (COUNT_RULE, "Role")
    assert found.what == (
        "26 managed policies are attached to the role Role; IAM allows 20, or 25 where the quota is raised"
    )


# ---------------------------------------------------------------- principals


def _problems(*stacks: Stack) -> list[str]:
    found = violations(stacks)
    assert {violation.rule for violation in found} <= {PRINCIPAL_RULE}
    return [violation.what for violation in found]


def test_a_role_of_an_earlier_stack_may_be_named() -> None:
    assert _problems(_stack("First", A, Reader=ROLE), _stack("Second", B, "First", Owner=_trusting(ROLE_ARN))) == []


def test_a_role_of_a_stack_that_is_not_waited_for_may_not() -> None:
    (problem,) = _problems(_stack("First", A, Reader=ROLE), _stack("Second", B, Owner=_trusting(ROLE_ARN)))
    assert problem == (
        f"it names the principal {ROLE_ARN}, which the stack First makes, and this stack does not wait for it"
    )


def test_names_of_roles_are_the_same_whatever_their_case() -> None:
    arn = ROLE_ARN.replace("reader", "READER")
    assert _problems(_stack("First", A, Reader=ROLE), _stack("Second", B, "First", Owner=_trusting(arn))) == []


def test_a_role_that_no_stack_makes_in_an_account_of_the_app_is_missing() -> None:
    (problem,) = _problems(_stack("First", A), _stack("Second", B, "First", Owner=_trusting(ROLE_ARN)))
    assert problem == f"it names the principal {ROLE_ARN}, and no stack of this app makes that role in {A}"


def test_a_role_of_an_account_that_the_app_does_not_deploy_to_is_somebody_elses_matter() -> None:
    assert _problems(_stack("Second", B, Owner=_trusting(ROLE_ARN))) == []


@pytest.mark.parametrize("principal", [f"arn:aws:iam::{A}:root", A, "*", {"Fn::ImportValue": "x"}])
def test_a_principal_that_is_no_role_by_arn_needs_no_order(principal: Any) -> None:
    assert _problems(_stack("First", A), _stack("Second", B, Owner=_trusting(principal))) == []


def test_a_role_cannot_trust_itself_by_its_arn() -> None:
    own = _trusting(ROLE_ARN)
    own["Properties"]["RoleName"] = "reader"
    (problem,) = _problems(_stack("Only", A, Own=own))
    assert problem == "the role reader names itself as principal, and it does not exist while it is being made"


_BY_TEXT = [
    ROLE_ARN,
    {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, f":iam::{A}:role/reader"]]},
    {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/reader"},
]


@pytest.mark.parametrize("principal", _BY_TEXT)
def test_within_a_stack_the_text_of_an_arn_makes_nobody_wait(principal: Any) -> None:
    (problem,) = _problems(_stack("Only", A, Reader=ROLE, Policy=_bucket_policy(principal)))
    assert problem == f"it names the principal {ROLE_ARN} by text, and nothing makes CloudFormation create Reader first"


@pytest.mark.parametrize("principal", _BY_TEXT)
@pytest.mark.parametrize("depends", ["Reader", ["Reader"]])
def test_within_a_stack_depends_on_makes_it_wait(principal: Any, depends: Any) -> None:
    assert _problems(_stack("Only", A, Reader=ROLE, Policy=_bucket_policy(principal, DependsOn=depends))) == []


@pytest.mark.parametrize("principal", [{"Fn::GetAtt": ["Reader", "Arn"]}, {"Fn::Sub": "${Reader.Arn}"}])
def test_within_a_stack_a_reference_makes_it_wait(principal: Any) -> None:
    assert _problems(_stack("Only", A, Reader=ROLE, Policy=_bucket_policy([principal]))) == []


# ---------------------------------------------------------------- roles that the CDK deploys with


def test_a_role_that_the_cdk_deploys_with_exists_and_any_other_of_that_account_may_not() -> None:
    bootstrap = f"arn:aws:iam::{B}:role/cdk-hnb659fds-deploy-role-{B}-us-west-2"
    deployed = replace(
        _stack("Lake", B),
        deployment_roles=(f"arn:${{AWS::Partition}}:iam::{B}:role/cdk-hnb659fds-deploy-role-{B}-us-west-2",),
    )
    assert violations([_stack("Pipeline", A, Policy=_bucket_policy(bootstrap)), deployed]) == ()
    other = bootstrap.replace("deploy-role", "another-role")
    (found,) = violations([_stack("Pipeline", A, Policy=_bucket_policy(other)), deployed])
    assert (found.rule, found.certainty) == (PRINCIPAL_RULE, Certainty.UNLESS_MADE_ELSEWHERE)


# ---------------------------------------------------------------- names


def _named_role(name: str, **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::IAM::Role", "Properties": {"RoleName": name}, **more}


def test_a_role_name_is_taken_once_in_an_account_whatever_its_case() -> None:
    first, second = _stack("First", A, One=_named_role("reader")), _stack("Second", A, Two=_named_role("Reader"))
    (found,) = violations([first, second])
    assert (found.rule, found.stack, found.logical_id, found.location) == (NAME_RULE, "Second", "Two", "RoleName")
    assert found.what == (
        f"the role Reader of the account {A} is made by the stack First too, written reader; "
        "case does not tell names apart"
    )
    assert found.certainty is Certainty.CERTAIN


def test_a_name_taken_twice_in_one_template_and_that_of_an_instance_profile_are_found_too() -> None:
    profile = {"Type": "AWS::IAM::InstanceProfile", "Properties": {"InstanceProfileName": "p"}}
    found = violations([_stack("S", A, One=_named_role("r"), Two=_named_role("r"), P=profile, Q=profile)])
    assert [(one.logical_id, one.what) for one in found] == [
        ("Two", f"the role r of the account {A} is made by One of the same stack too"),
        ("Q", f"the instance profile p of the account {A} is made by P of the same stack too"),
    ]


@pytest.mark.parametrize(
    "others",
    [
        [_stack("Second", B, Two=_named_role("reader"))],
        [Stack("Second", Deployment({"Resources": {"Two": _named_role("reader")}}, A, "us-gov-west-1"))],
        [_stack("Second", A, Two=_named_role("writer"))],
        [_stack("Second", A, Two={"Type": "AWS::IAM::Role", "Properties": {}})],
        [_stack("Second", A, Two=_named_role("reader", Condition="Sometimes"))],
    ],
    ids=["another account", "another partition", "another name", "no name", "a condition"],
)
def test_what_cannot_be_taken_twice_is_left_alone(others: list[Stack]) -> None:
    assert violations([_stack("First", A, One=_named_role("reader")), *others]) == ()


def test_accounts_that_only_the_deployment_knows_may_differ() -> None:
    assert (
        violations([_stack("First", "", One=_named_role("reader")), _stack("Second", "", Two=_named_role("reader"))])
        == ()
    )


def test_stages_may_be_alternatives_of_each_other() -> None:
    one, two = _stack("Dev/S", A, One=_named_role("reader")), _stack("Prod/S", A, Two=_named_role("reader"))
    (found,) = violations([replace(one, stage="dev"), replace(two, stage="prod")])
    assert found.certainty is Certainty.IF_BOTH_ARE_DEPLOYED
