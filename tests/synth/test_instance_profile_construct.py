"""`InstanceProfile` by itself in an app that we never saw."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template
from foreign_app import ELSEWHERE, assert_refused

from lakehouse_iam.cdk import DeploymentAccountRole, InstanceProfile

pytestmark = pytest.mark.synth


def test_instance_profile_of_any_role(stack: Stack) -> None:
    profile = InstanceProfile(
        stack, "Profile", role=iam.Role.from_role_name(stack, "R", "clusters"), instance_profile_name="clusters"
    )
    assert stack.resolve(profile.role_arn) == "arn:aws:iam::444455556666:role/clusters"
    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::InstanceProfile", {"InstanceProfileName": "clusters", "Path": "/", "Roles": ["clusters"]}
    )
    assert "InstanceProfile" in json.dumps(stack.resolve(profile.instance_profile_arn))


def test_instance_profile_of_a_construct_with_a_role(stack: Stack) -> None:
    clusters = DeploymentAccountRole(stack, "Clusters")
    assert stack.resolve(InstanceProfile(stack, "Profile", role=clusters).role_arn) == stack.resolve(clusters.role_arn)


# ---------------------------------------------------------------- what is refused

REFUSED: dict[str, tuple[Callable[[Stack], object], tuple[str, ...]]] = {
    "an ARN for a role": (
        lambda s: InstanceProfile(s, "X", role="arn:aws:iam::444455556666:role/a"),
        ("role of Foreign/X: it is the text", "import a role that exists with iam.Role.from_role_name"),
    ),
    "instance profile name": (
        lambda s: InstanceProfile(s, "X", role=DeploymentAccountRole(s, "R").role, instance_profile_name="a/b"),
        ("instance-profile name 'a/b' contains '/'", "letters, digits"),
    ),
    "role of another account in a profile": (
        lambda s: InstanceProfile(s, "X", role=iam.Role.from_role_arn(s, "R", ELSEWHERE)),
        ("a role of the account 777788889999", "put the construct into a stack of 777788889999"),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_words_that_help(stack: Stack, case: str) -> None:
    make, words = REFUSED[case]
    assert_refused(lambda: make(stack), words)
