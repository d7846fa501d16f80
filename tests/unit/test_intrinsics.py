"""Intrinsics: what a template and its account tell is resolved, and nothing is guessed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse_iam.intrinsics import Deployment, Unresolved, is_resolved, names_resource, plain

TEMPLATE: dict[str, Any] = {
    "Parameters": {"Given": {"Type": "String", "Default": "abc"}, "Asked": {"Type": "String"}},
    "Resources": {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "reader", "Path": "/lake/"}},
        "Nameless": {"Type": "AWS::IAM::Role", "Properties": {}},
        "OddPath": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "odd", "Path": {"Ref": "Asked"}}},
        "Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"InstanceProfileName": "p"}},
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Fn::Sub": "lake-${AWS::Region}"}}},
        "Key": {"Type": "AWS::KMS::Key", "Properties": {}},
    },
}
HERE = Deployment(TEMPLATE, "111122223333", "us-gov-west-1")
NOWHERE = Deployment(TEMPLATE)


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ({"Ref": "AWS::AccountId"}, "111122223333"),
        ({"Ref": "AWS::Region"}, "us-gov-west-1"),
        ({"Ref": "AWS::Partition"}, "aws-us-gov"),
        ({"Ref": "AWS::URLSuffix"}, "amazonaws.com"),
        ({"Ref": "Given"}, "abc"),
        ({"Ref": "Role"}, "reader"),
        ({"Ref": "Bucket"}, "lake-us-gov-west-1"),
        ({"Fn::GetAtt": ["Role", "Arn"]}, "arn:aws-us-gov:iam::111122223333:role/lake/reader"),
        ({"Fn::GetAtt": "Role.Arn"}, "arn:aws-us-gov:iam::111122223333:role/lake/reader"),
        ({"Fn::GetAtt": ["Profile", "Arn"]}, "arn:aws-us-gov:iam::111122223333:instance-profile/p"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "arn:aws-us-gov:s3:::lake-us-gov-west-1"),
        ({"Fn::Join": ["/", [{"Ref": "Role"}, "x", 1]]}, "reader/x/1"),
        (
            {"Fn::Sub": "${Role}-${!Role}-${Role.Arn}"},
            "reader-${Role}-arn:aws-us-gov:iam::111122223333:role/lake/reader",
        ),
        ({"Fn::Sub": ["${It}-${Role}", {"It": {"Ref": "Given"}}]}, "abc-reader"),
        ({"Fn::Join": ["", {"Fn::Split": [",", "a,b"]}]}, "ab"),
        ({"Fn::Select": [1, {"Fn::Split": ["/", {"Fn::GetAtt": ["Role", "Arn"]}]}]}, "lake"),
        ([{"a": {"Ref": "Role"}}, 1, None], [{"a": "reader"}, 1, None]),
        ("${Role}", "${Role}"),
    ],
)
def test_what_the_template_tells_is_resolved(value: Any, resolved: Any) -> None:
    assert HERE.resolve(value) == resolved
    assert is_resolved(HERE.resolve(value))


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "Asked"},
        {"Ref": "Nobody"},
        {"Ref": "Nameless"},
        {"Ref": "Key"},
        {"Fn::GetAtt": ["Nameless", "Arn"]},
        {"Fn::GetAtt": ["OddPath", "Arn"]},
        {"Fn::GetAtt": ["Key", "Arn"]},
        {"Fn::GetAtt": ["Role", "RoleId"]},
        {"Fn::ImportValue": "x"},
        {"Fn::If": ["c", "a", "b"]},
        {"Fn::Join": ["", ["a", {"Ref": "Asked"}]]},
        {"Fn::Join": ["", {"Fn::Split": [",", {"Ref": "Asked"}]}]},
        {"Fn::Select": [3, {"Fn::Split": [",", "a,b"]}]},
        {"Fn::ImportValue": "lake-role"},
        {"Fn::GetStackOutput": {"StackName": "lake", "OutputName": "Role"}},
        {"Fn::Sub": "${Asked}"},
        {"Fn::Sub": "${Key.Arn}"},
    ],
)
def test_what_only_the_deployment_knows_stays_unresolved(value: Any) -> None:
    assert isinstance(HERE.resolve(value), Unresolved)
    assert not is_resolved(HERE.resolve([{"in": value}]))


@pytest.mark.parametrize("name", ["AccountId", "Region", "Partition", "URLSuffix"])
def test_without_an_account_and_region_none_is_assumed(name: str) -> None:
    assert NOWHERE.resolve({"Ref": f"AWS::{name}"}) == Unresolved(f"Ref AWS::{name}")
    assert isinstance(NOWHERE.resolve({"Fn::GetAtt": ["Role", "Arn"]}), Unresolved)


def test_an_unresolved_value_counts_as_the_shortest_there_is() -> None:
    assert plain({"a": [Unresolved("x"), "b"]}) == {"a": ["", "b"]}


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "Role"},
        {"Fn::GetAtt": ["Role", "Arn"]},
        {"Fn::GetAtt": "Role.Arn"},
        {"Fn::Sub": "${Role.Arn}"},
        {"Fn::Sub": ["${It}", {"It": {"Ref": "Role"}}]},
        {"Fn::Join": ["", ["arn:", {"Ref": "Role"}]]},
    ],
)
def test_a_value_that_refers_to_a_resource_is_known_to(value: Any) -> None:
    assert names_resource(value, "Role")
    assert not names_resource(value, "Bucket")


@pytest.mark.parametrize(
    "value", ["Role", {"Fn::Sub": "${!Role}"}, {"Fn::Sub": ["${Role}", {"Role": "x"}]}, {"Ref": "R"}]
)
def test_the_mere_name_of_a_resource_is_no_reference(value: Any) -> None:
    assert not names_resource(value, "Role")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "Statement"]), inner, max_size=3)
    ),
)


@given(_JSON)
def test_what_holds_no_intrinsic_is_resolved_to_itself(value: Any) -> None:
    assert HERE.resolve(value) == value
    assert plain(HERE.resolve(value)) == value
    assert is_resolved(value)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("Ref Asked", {"Ref": "Asked"}),
        ("Ref Given", {"Ref": "Given"}),
        ("Ref Nameless", {"Ref": "Nameless"}),
        ("GetAtt Key.Arn", {"Fn::GetAtt": ["Key", "Arn"]}),
        ("GetAtt Inner.Outputs.Role", {"Fn::GetAtt": "Inner.Outputs.Role"}),
        ("ImportValue lake-us-gov-west-1", {"Fn::ImportValue": {"Fn::Sub": "lake-${AWS::Region}"}}),
        ("GetStackOutput lake.Role", {"Fn::GetStackOutput": {"StackName": "lake", "OutputName": "Role"}}),
    ],
)
def test_what_somebody_else_tells_is_taken_and_wins_over_a_default(expression: str, value: Any) -> None:
    told = Deployment(TEMPLATE, "111122223333", "us-gov-west-1", {expression: "told"})
    assert told.resolve(value) == "told"
    assert HERE.resolve(value) != "told"


def test_a_whole_that_waits_names_what_it_waits_for() -> None:
    for whole in ({"Fn::Join": ["/", ["a", {"Ref": "Asked"}]]}, {"Fn::Sub": "a/${Asked}"}):
        assert HERE.resolve(whole) == Unresolved("Ref Asked")


@pytest.mark.parametrize(
    "value",
    [
        "{{resolve:ssm:/somebody}}",
        {"Fn::Sub": "arn:aws:iam::{{resolve:ssm:/x}}:root"},
        {"Fn::Join": ["", ["{{resolve:", "ssm:/x}}"]]},
    ],
)
def test_a_dynamic_reference_is_known_at_deployment_only(value: object) -> None:
    assert isinstance(Deployment({}, "111122223333", "us-west-2").resolve(value), Unresolved)
