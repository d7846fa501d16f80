"""`DeploymentAccountRole` by itself in an app that we never saw."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from aws_cdk import App, CfnParameter, Environment, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match, Template
from foreign_app import ELSEWHERE, OWNER, PROFILE, WORKSPACE, assert_refused

from lakehouse_iam.cdk import BucketOwnerRole, DeploymentAccountRole, HandOffKind, TrustBy
from lakehouse_iam.cloudformation import HANDOFF_METADATA
from lakehouse_iam.partitions import DATABRICKS_SHARDS

pytestmark = pytest.mark.synth


def test_deployment_account_role_by_itself(stack: Stack) -> None:
    other = CfnParameter(stack, "OtherRole").value_as_string
    role = DeploymentAccountRole(
        stack,
        "Clusters",
        role_name="clusters",
        path="/lake/",
        bucket_owner_roles=["arn:aws:iam::777788889999:role/owner", other],
        serverless_workspace_ids=["1234567890123456"],
    )
    template = Template.from_stack(stack)
    assert role.handoffs == ()
    assert stack.resolve(role.role_arn) == {"Fn::GetAtt": [stack.get_logical_id(role.role.node.default_child), "Arn"]}
    template.has_resource_properties(
        "AWS::IAM::ManagedPolicy",
        {
            "ManagedPolicyName": "clusters-assume-role",
            "PolicyDocument": {
                "Statement": [
                    {
                        "Sid": "AssumeRoles",
                        "Effect": "Allow",
                        "Action": "sts:AssumeRole",
                        "Resource": Match.array_with(["arn:aws:iam::777788889999:role/owner"]),
                    }
                ]
            },
        },
    )
    template.has_resource_properties(
        "AWS::IAM::Role",
        {
            "RoleName": "clusters",
            "Path": "/lake/",
            "AssumeRolePolicyDocument": {
                "Statement": [
                    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}},
                    {
                        "Effect": "Allow",
                        "Action": "sts:AssumeRole",
                        "Principal": {"AWS": DATABRICKS_SHARDS["commercial"].serverless_role},
                        "Condition": {"StringEquals": {"sts:ExternalId": "databricks-serverless-1234567890123456"}},
                    },
                ]
            },
        },
    )


def test_a_shard_is_given_by_its_name(stack: Stack) -> None:
    DeploymentAccountRole(stack, "Clusters", serverless_workspace_ids=["1234567890123456"], shard="commercial")
    arn = DATABRICKS_SHARDS["commercial"].serverless_role
    assert arn in json.dumps(Template.from_stack(stack).to_json())


def test_bucket_owner_roles_are_constructs_or_roles_or_arns(new_foreign_app: Callable[[], App]) -> None:
    app = new_foreign_app()
    workspace, owner = Stack(app, "W", env=WORKSPACE), Stack(app, "O", env=OWNER)
    clusters = "arn:aws:iam::111122223333:role/clusters"
    other = BucketOwnerRole(owner, "Owner", role_name="owner", trusted_role=clusters, trust=TrustBy.ACCOUNT)
    DeploymentAccountRole(workspace, "Clusters", role_name="clusters", bucket_owner_roles=[other, ELSEWHERE])
    (policy,) = Template.from_stack(workspace).find_resources("AWS::IAM::ManagedPolicy").values()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Resource"] == ["arn:aws:iam::444455556666:role/owner", ELSEWHERE]


def test_role_that_may_assume_nothing_has_no_policy(stack: Stack) -> None:
    DeploymentAccountRole(stack, "Clusters")
    template = Template.from_stack(stack).to_json()
    assert [resource["Type"] for resource in template["Resources"].values()] == ["AWS::IAM::Role"]


def test_grant_assume_of_a_text_hands_off_the_trust(stack: Stack) -> None:
    role = DeploymentAccountRole(stack, "Clusters", role_name="clusters")
    target = "arn:aws:iam::777788889999:role/owner"
    assert role.grant_assume(target).success
    (handed,) = role.handoffs
    assert (handed.kind, handed.target) == (HandOffKind.TRUST_POLICY, target)
    metadata = Template.from_stack(stack).to_json()["Metadata"][f"{HANDOFF_METADATA}:Foreign/Clusters"]
    clusters = {"Fn::GetAtt": [stack.get_logical_id(role.role.node.default_child), "Arn"]}
    assert metadata[0]["Statements"] == [
        {"Effect": "Allow", "Principal": {"AWS": clusters}, "Action": "sts:AssumeRole"}
    ]
    found = Annotations.from_stack(stack).find_info(
        "/Foreign/Clusters", Match.string_like_regexp("the trust policy of")
    )
    assert len(found) == 1


def test_grant_assume_of_a_role_of_the_app_extends_its_trust(new_foreign_app: Callable[[], App]) -> None:
    app = new_foreign_app()
    workspace, owner = Stack(app, "W", env=WORKSPACE), Stack(app, "O", env=OWNER)
    clusters = DeploymentAccountRole(workspace, "Clusters", role_name="clusters")
    target = iam.Role(owner, "Target", assumed_by=iam.AccountRootPrincipal(), role_name="target")
    clusters.grant_assume(target)
    assert clusters.handoffs == ()
    trusted = Template.from_stack(owner).find_resources("AWS::IAM::Role")
    (role,) = trusted.values()
    principals = [s["Principal"]["AWS"] for s in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]]
    assert "arn:aws:iam::111122223333:role/clusters" in json.dumps(principals)
    assert [stack.node.path for stack in owner.dependencies] == ["W"]


@pytest.mark.parametrize("trust", list(TrustBy))
@pytest.mark.parametrize("by_text", [False, True])
@pytest.mark.parametrize("env", [WORKSPACE, OWNER], ids=["two accounts", "one account"])
def test_grant_assume_of_a_role_that_trusts_it_already_changes_nothing_there(
    new_foreign_app: Callable[[], App], env: Environment, by_text: bool, trust: TrustBy
) -> None:
    app = new_foreign_app()
    workspace, owner = Stack(app, "W", env=env), Stack(app, "O", env=OWNER)
    clusters = DeploymentAccountRole(workspace, "Clusters", role_name="clusters")
    trusted = f"arn:aws:iam::{env.account}:role/clusters" if by_text else clusters
    target = BucketOwnerRole(owner, "Owner", role_name="owner", trusted_role=trusted, trust=trust)
    owner.add_stack_dependency(workspace)
    for granted in (clusters.grant_assume(target), clusters.grant_assume(target.role)):
        assert granted.success
    assert clusters.handoffs == ()
    (role,) = Template.from_stack(owner).find_resources("AWS::IAM::Role").values()
    assert len(role["Properties"]["AssumeRolePolicyDocument"]["Statement"]) == 1
    (policy,) = Template.from_stack(workspace).find_resources("AWS::IAM::Policy").values()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Resource"] == "arn:aws:iam::444455556666:role/owner"


def test_grant_assume_within_an_account_but_across_stacks_hands_off(new_foreign_app: Callable[[], App]) -> None:
    app = new_foreign_app()
    clusters = DeploymentAccountRole(Stack(app, "W", env=OWNER), "Clusters")
    target = iam.Role(Stack(app, "O", env=OWNER), "Target", assumed_by=iam.AccountRootPrincipal())
    clusters.grant_assume(target)
    assert [handoff.kind for handoff in clusters.handoffs] == [HandOffKind.TRUST_POLICY]
    assert app.synth().stacks


# ---------------------------------------------------------------- what is refused

REFUSED: dict[str, tuple[Callable[[Stack], object], tuple[str, ...]]] = {
    "role name with a space": (lambda s: DeploymentAccountRole(s, "X", role_name="a b"), ("'a b'", "no spaces")),
    "roles as text": (
        lambda s: DeploymentAccountRole(s, "X", bucket_owner_roles=ELSEWHERE),
        ("is text", f"write bucket_owner_roles=['{ELSEWHERE}']"),
    ),
    "profile as bucket owner's role": (
        lambda s: DeploymentAccountRole(s, "X", bucket_owner_roles=[PROFILE]),
        ("is the ARN of an instance profile", ":role/"),
    ),
    "profile to assume": (
        lambda s: DeploymentAccountRole(s, "X").grant_assume(PROFILE),
        ("instance profile", ":role/"),
    ),
    "a number for a workspace id": (
        lambda s: DeploymentAccountRole(s, "X", serverless_workspace_ids=[123]),
        (
            "serverless_workspace_ids of Foreign/X: it is the int 123",
            "allowed is text: a workspace id of digits",
            'write "123"',
        ),
    ),
    "an unknown shard": (
        lambda s: DeploymentAccountRole(s, "X", shard="government"),
        ("shard of Foreign/X: it is the text 'government'", "allowed are the names commercial, gov, gov-dod"),
    ),
    "no shard": (lambda s: DeploymentAccountRole(s, "X", shard=None), ("shard of Foreign/X: it is None",)),
    "a bucket for a role": (
        lambda s: DeploymentAccountRole(s, "X", bucket_owner_roles=[s3.Bucket(s, "Lake")]),
        ("bucket_owner_roles[0] of Foreign/X: it is the construct Foreign/Lake", "a role's ARN as text"),
    ),
    "one role for the list": (
        lambda s: DeploymentAccountRole(s, "X", bucket_owner_roles=iam.Role.from_role_name(s, "R", "owner")),
        ("bucket_owner_roles of Foreign/X: bucket_owner_roles is the construct Foreign/R", "allowed is a list"),
    ),
    "workspace id": (
        lambda s: DeploymentAccountRole(s, "X", serverless_workspace_ids=["ws-1"]),
        ("'ws-1' is not a Databricks workspace id", "digits"),
    ),
    "serverless in Gov": (
        lambda s: DeploymentAccountRole(s, "X", serverless_workspace_ids=["1"], shard=DATABRICKS_SHARDS["gov"]),
        ("not known for the shard gov", "ask Databricks"),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_words_that_help(stack: Stack, case: str) -> None:
    make, words = REFUSED[case]
    assert_refused(lambda: make(stack), words)
