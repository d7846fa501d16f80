"""`PassRoleGrant` by itself in an app that we never saw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template
from foreign_app import ELSEWHERE, PROFILE, assert_refused

from lakehouse_iam.cdk import DeploymentAccountRole, PassRoleGrant

pytestmark = pytest.mark.synth


@pytest.mark.parametrize(
    "given",
    [
        "databricks-cross-account-role",
        "arn:aws:iam::444455556666:role/path/databricks-cross-account-role",
        lambda stack: iam.Role.from_role_name(stack, "Existing", "databricks-cross-account-role"),
        lambda stack: iam.Role.from_role_arn(
            stack, "Existing", "arn:aws:iam::444455556666:role/databricks-cross-account-role", mutable=False
        ),
    ],
)
def test_pass_role_grant(stack: Stack, given: Any) -> None:
    role = given(stack) if callable(given) else given
    passed = DeploymentAccountRole(stack, "Clusters")
    grant = PassRoleGrant(stack, "Grant", role=passed.role, cross_account_role=role, policy_name="pass-clusters")
    assert grant.cross_account_role.role_name == "databricks-cross-account-role"
    arn = {"Fn::GetAtt": [stack.get_logical_id(passed.role.node.default_child), "Arn"]}
    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyName": "pass-clusters",
            "Roles": ["databricks-cross-account-role"],
            "PolicyDocument": {
                "Statement": [
                    {
                        "Sid": "PassRoleToEc2",
                        "Effect": "Allow",
                        "Action": "iam:PassRole",
                        "Resource": arn,
                        "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
                    }
                ]
            },
        },
    )


# ---------------------------------------------------------------- what is refused

REFUSED: dict[str, tuple[Callable[[Stack], object], tuple[str, ...]]] = {
    "profile to pass": (
        lambda s: PassRoleGrant(s, "X", role=PROFILE, cross_account_role="databricks"),
        ("is the ARN of an instance profile", ":role/"),
    ),
    "role of another account to pass": (
        lambda s: PassRoleGrant(s, "X", role=ELSEWHERE, cross_account_role="databricks"),
        ("the role to pass is a role of the account 777788889999", "nor passes roles across accounts"),
    ),
    "cross-account role of another account": (
        lambda s: PassRoleGrant(
            s,
            "X",
            role="arn:aws:iam::444455556666:role/a",
            cross_account_role=iam.Role.from_role_arn(s, "R", ELSEWHERE),
        ),
        ("the cross-account role is a role of the account 777788889999", "444455556666"),
    ),
    "cross-account role's ARN of another account": (
        lambda s: PassRoleGrant(s, "X", role="arn:aws:iam::444455556666:role/a", cross_account_role=ELSEWHERE),
        ("the cross-account role is a role of the account 777788889999", "444455556666"),
    ),
    "name of the cross-account role": (
        lambda s: PassRoleGrant(s, "X", role="arn:aws:iam::444455556666:role/a", cross_account_role="a role"),
        ("the role name 'a role'", "no spaces"),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_words_that_help(stack: Stack, case: str) -> None:
    make, words = REFUSED[case]
    assert_refused(lambda: make(stack), words)
