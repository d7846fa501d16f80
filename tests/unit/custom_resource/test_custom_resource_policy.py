"""The policy of the function's role: exactly what the function calls, and what AWS calls in its name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lakehouse_iam.custom_resource import CustomResourceScope, WorkgroupScope, lambda_policy, lambda_trust
from lakehouse_iam.evaluator import Policies, PolicyKind, Request, evaluate, load_policy
from lakehouse_iam.policy import INLINE_POLICIES_SIZE, PolicyDocument, Statement
from tests.unit.custom_resource.fake_aws import INSTANCE_ID, MEMBER, FakeAws
from tests.unit.custom_resource.lives import LIVES, ROLE
from tests.unit.custom_resource.stack import FUNCTION, MARK_PATH, Stack
from tests.unit.custom_resource.transports import Stubbed

GOLDEN = Path(__file__).parents[2] / "golden" / "custom-resource" / "lambda-policy.json"
SCOPE = CustomResourceScope(
    partition="aws",
    region="us-east-1",
    account=MEMBER,
    instance_id=INSTANCE_ID,
    function_name="lakehouse-custom-resource",
    mark_path=MARK_PATH,
    workgroup=WorkgroupScope("studio", ROLE),
    lake_formation=True,
    shares=True,
    look_up=True,
    assignments=True,
)
PREFIXES = {"sso-admin": "sso", "emr": "elasticmapreduce"}


def _from_function(statement: Statement) -> bool:
    return any(one.key == "lambda:SourceFunctionArn" for one in statement.conditions)


def _actions(statements: tuple[Statement, ...]) -> set[str]:
    return {action for statement in statements for action in statement.actions}


def test_the_whole_policy() -> None:
    document = PolicyDocument(lambda_policy(SCOPE))
    assert document.to_json() == json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert document.size < INLINE_POLICIES_SIZE


def test_the_function_may_call_what_it_calls_and_nothing_else(stubbed: Stubbed) -> None:
    called: set[str] = set()
    for life in LIVES.values():
        stubbed.aws = FakeAws()
        life.prepare(stubbed.aws)
        stubbed.aws.calls.clear()
        stack = Stack(stubbed, life.resource_type)
        assert stack.create(life.created(stubbed.aws))
        for change in (life.updated, life.replaced):
            assert change is None or stack.update(change(stubbed.aws))
        stack.delete()
        called |= {f"{PREFIXES.get(service, service)}:{operation}" for service, operation, _ in stubbed.aws.calls}
    statements = tuple(one for one in lambda_policy(SCOPE) if _from_function(one))
    assert _actions(statements) - {"logs:CreateLogStream", "logs:PutLogEvents"} == called


def test_what_the_function_calls_itself_only_the_function_may_call() -> None:
    (arn,) = {
        value
        for statement in lambda_policy(SCOPE)
        for one in statement.conditions
        if one.key == "lambda:SourceFunctionArn"
        for value in one.values
    }
    assert arn == FUNCTION
    others = [one.sid for one in lambda_policy(SCOPE) if not _from_function(one)]
    assert others == [
        "PassExecutionRole",
        "ReadIdentityCenter",
        "UpdateApplication",
        "ShareConnection",
        "CreateApplication",
        "ManageApplications",
    ]


def test_a_star_stands_only_where_the_action_takes_no_resource() -> None:
    table = json.loads(
        (Path(__file__).parents[3] / "lib/lakehouse_iam/evaluator/service_actions.json").read_text(encoding="utf-8")
    )["services"]
    for statement in lambda_policy(SCOPE):
        for action in statement.actions:
            service, _, name = action.partition(":")
            if statement.resources == ("*",):
                assert table[service]["actions"][name] == [], action
            elif service in table:
                assert table[service]["actions"][name] != [], action
    assert "*" not in "".join(action for action in _actions(lambda_policy(SCOPE)))


@pytest.mark.parametrize(
    ("scope", "sids"),
    [
        ({}, []),
        ({"look_up": True}, ["ListApplications", "DescribeStudio"]),
        ({"assignments": True}, ["AssignUsers"]),
        (
            {"lake_formation": True},
            ["ManageLakeFormationConnection", "UpdateApplication", "CreateApplication", "ManageApplications"],
        ),
        (
            {"workgroup": WorkgroupScope("studio", ROLE)},
            ["ManageWorkgroup", "PassExecutionRole", "ReadIdentityCenter", "CreateApplication", "ManageApplications"],
        ),
    ],
)
def test_a_stack_gets_only_the_statements_of_what_it_has(scope: dict[str, object], sids: list[str]) -> None:
    small = CustomResourceScope("aws", "us-east-1", MEMBER, INSTANCE_ID, "function", MARK_PATH, **scope)  # type: ignore[arg-type]
    assert [one.sid for one in lambda_policy(small)] == ["WriteLogs", "KeepMarks", *sids]


def test_applications_are_named_in_any_account_of_the_one_instance_and_partition() -> None:
    scope = CustomResourceScope("aws-us-gov", "us-gov-west-1", MEMBER, INSTANCE_ID, "f", "/m", assignments=True)
    assert lambda_policy(scope)[-1].resources == (f"arn:aws-us-gov:sso::*:application/{INSTANCE_ID}/*",)


def test_lambda_alone_may_assume_the_role() -> None:
    assert PolicyDocument(lambda_trust()).to_json()["Statement"] == [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]


SESSION = f"arn:aws:sts::{MEMBER}:assumed-role/lakehouse-custom-resource/run"
# Of an account instance: an application of another account's instance is not IAM's alone to decide, so the evaluator refuses it.
APPLICATION = f"arn:aws:sso::{MEMBER}:application/{INSTANCE_ID}/apl-0000000000000001"
WORKGROUP_ARN = f"arn:aws:athena:us-east-1:{MEMBER}:workgroup/studio"
CALLS = (
    ("athena:CreateWorkGroup", WORKGROUP_ARN),
    ("lakeformation:DeleteLakeFormationIdentityCenterConfiguration", "*"),
    ("sso:CreateApplicationAssignment", APPLICATION),
    ("sso:ListApplications", "*"),
    ("ssm:PutParameter", f"arn:aws:ssm:us-east-1:{MEMBER}:parameter{MARK_PATH}/0123456789abcdef"),
    ("elasticmapreduce:DescribeStudio", f"arn:aws:elasticmapreduce:us-east-1:{MEMBER}:studio/es-ABC"),
)
OUTSIDE = (
    ("athena:CreateWorkGroup", WORKGROUP_ARN.replace("studio", "primary")),
    ("athena:StartQueryExecution", WORKGROUP_ARN),
    ("athena:GetWorkGroup", WORKGROUP_ARN.replace("us-east-1", "eu-west-1")),
    ("sso:CreateApplicationAssignment", APPLICATION.replace(INSTANCE_ID, "ssoins-7223ddddeeeeffff")),
    ("sso:CreateAccountAssignment", f"arn:aws:sso:::instance/{INSTANCE_ID}"),
    ("ssm:GetParameter", f"arn:aws:ssm:us-east-1:{MEMBER}:parameter/lakehouse-iam/studio-2/0123456789abcdef"),
    ("ssm:GetParameter", f"arn:aws:ssm:us-east-1:{MEMBER}:parameter/passwords/database"),
    ("lakeformation:GrantPermissions", "*"),
    ("iam:PassRole", f"arn:aws:iam::{MEMBER}:role/admin"),
    ("sts:AssumeRole", ROLE),
)


def _decided(action: str, resource: str, function: str | None = FUNCTION) -> str:
    document = PolicyDocument(lambda_policy(SCOPE)).to_json()
    policy = load_policy(document, PolicyKind.IDENTITY, "the function's role")
    context = {"lambda:SourceFunctionArn": function} if function else {}
    return evaluate(Request(SESSION, action, resource, MEMBER, context), Policies(identity=(policy,))).decision


@pytest.mark.parametrize(("action", "resource"), CALLS)
def test_the_function_may_what_nobody_with_its_credentials_may_elsewhere(action: str, resource: str) -> None:
    assert _decided(action, resource) == "allow"
    assert _decided(action, resource, None) == "implicit-deny"
    assert _decided(action, resource, FUNCTION.replace("lakehouse", "another")) == "implicit-deny"


@pytest.mark.parametrize(("action", "resource"), OUTSIDE)
def test_the_function_may_nothing_else(action: str, resource: str) -> None:
    assert _decided(action, resource) == "implicit-deny"


@pytest.mark.parametrize(
    ("service", "decision"), [("athena.amazonaws.com", "allow"), ("lambda.amazonaws.com", "implicit-deny")]
)
def test_the_execution_role_is_handed_to_athena_alone(service: str, decision: str) -> None:
    document = PolicyDocument(lambda_policy(SCOPE)).to_json()
    policy = load_policy(document, PolicyKind.IDENTITY, "the function's role")
    request = Request(SESSION, "iam:PassRole", ROLE, MEMBER, {"iam:PassedToService": service})
    assert evaluate(request, Policies(identity=(policy,))).decision == decision
