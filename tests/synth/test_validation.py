"""The validation fails the synthesis of what AWS would refuse, names the construct, and leaves alone what is right."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Acknowledgment, App, CfnOutput, Environment, NestedStack, Stack, Stage, Validations, pipelines
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from project import CommandRun

from lakehouse_iam.cdk import (
    Access,
    BucketAccess,
    BucketOwnerRole,
    BucketPolicyMode,
    DeploymentAccountRole,
    LakehouseIamValidation,
    TrustBy,
)

pytestmark = pytest.mark.synth

WORKSPACE = Environment(account="111122223333", region="us-west-2")
OWNER = Environment(account="444455556666", region="us-west-2")
MISSING = "arn:aws:iam::444455556666:role/missing"


@pytest.fixture(scope="module")
def new_app(cdk_context: Mapping[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Callable[[], App]:
    """Apps with the validation and nothing else of ours."""

    def make() -> App:
        app = App(context=dict(cdk_context), outdir=str(tmp_path_factory.mktemp("cdk.out")))
        LakehouseIamValidation.add_to(app)
        return app

    return make


@dataclass(frozen=True)
class Finding:
    """One finding of ours in the CDK's report."""

    rule: str
    path: str
    severity: str
    description: str
    fix: str
    property: str


@dataclass(frozen=True)
class Outcome:
    """How a synthesis ended: the error it raised, empty if none, and what our validation reported."""

    error: str
    findings: tuple[Finding, ...]
    suppressed: tuple[dict[str, Any], ...]


def synth(app: App) -> Outcome:
    # Under pytest the CDK raises an error that carries its report; a command-line run prints it and exits with 1.
    try:
        app.synth()
        error = ""
    except RuntimeError as raised:
        error = str(raised)
    report = json.loads((Path(app.outdir) / "validation-report.json").read_text())
    ours = [plugin for plugin in report["pluginReports"] if plugin["pluginName"] == "lakehouse-iam"]
    assert len(ours) <= 1
    return Outcome(
        error,
        tuple(
            Finding(
                violation["ruleName"],
                construct["constructPath"],
                violation["severity"],
                violation["description"],
                violation["suggestedFix"],
                construct["cloudFormationResource"]["propertyPaths"][0],
            )
            for plugin in ours
            for violation in plugin["violations"]
            for construct in violation["violatingConstructs"]
        ),
        tuple(violation for plugin in ours for violation in plugin.get("suppressedViolations", ())),
    )


def role(scope: Stack, id: str = "Role", **options: Any) -> iam.Role:
    return iam.Role(scope, id, **{"assumed_by": iam.ServicePrincipal("ec2.amazonaws.com"), **options})


def statement(number: int, characters: int = 0) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=f"Statement{number:03}",
        actions=["s3:GetObject"],
        resources=[f"arn:aws:s3:::bucket-{number:03}/{'a' * characters}"],
    )


# Each case builds something around a limit: `wrong` chooses the side.


def managed_policy(app: App, wrong: bool) -> None:
    stack = Stack(app, "Sizes", env=OWNER)
    count = 70 if wrong else 55
    statements = [statement(number) for number in range(count)]
    iam.ManagedPolicy(stack, "Policy", statements=statements, roles=[role(stack)])


def inline_policies(app: App, wrong: bool) -> None:
    stack = Stack(app, "Sizes", env=OWNER)
    made = role(stack)
    # Facts D3: the CDK's own splitter leaves the default policy over the limit.
    for number in range(120 if wrong else 60):
        made.add_to_policy(
            iam.PolicyStatement(
                sid=f"Statement{number:03}",
                actions=["s3:GetObject"],
                resources=[f"arn:aws:s3:::bucket-number-{number:03}/*"],
            )
        )


def trust_policy(app: App, wrong: bool) -> None:
    stack = Stack(app, "Sizes", env=OWNER)
    count = 60 if wrong else 20
    principals = [
        iam.ArnPrincipal(f"arn:aws:iam::121212121212:role/role-number-{number:03}") for number in range(count)
    ]
    role(stack, assumed_by=iam.CompositePrincipal(*principals))


def bucket_policy(app: App, wrong: bool) -> None:
    stack = Stack(app, "Sizes", env=OWNER)
    bucket = s3.Bucket(stack, "Bucket", bucket_name="a-bucket")
    for number in range(200 if wrong else 100):
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid=f"Statement{number:03}",
                actions=["s3:GetObject"],
                resources=[f"arn:aws:s3:::a-bucket/folder-{number:03}/*"],
                principals=[iam.AccountPrincipal("121212121212")],
            )
        )


def number_of_managed_policies(app: App, wrong: bool) -> None:
    stack = Stack(app, "Sizes", env=OWNER)
    made = role(stack)
    for number in range(26 if wrong else 25):
        iam.ManagedPolicy(stack, f"Policy{number}", statements=[statement(number)], roles=[made])


def principal_that_nobody_makes(app: App, wrong: bool) -> None:
    stack = Stack(app, "Order", env=OWNER)
    # The positive twin names a role of an account that this app has no stack in: nobody here can tell.
    BucketOwnerRole(stack, "Owner", trusted_role=MISSING if wrong else MISSING.replace("444455556666", "121212121212"))


def principal_of_a_stack_not_waited_for(app: App, wrong: bool) -> None:
    workspace, owner = Stack(app, "Workspace", env=WORKSPACE), Stack(app, "Order", env=OWNER)
    role(workspace, role_name="clusters")
    role(owner, assumed_by=iam.ArnPrincipal("arn:aws:iam::111122223333:role/clusters"))
    if not wrong:
        between = Stack(app, "Between", env=OWNER)
        role(between)
        between.add_stack_dependency(workspace)
        owner.add_stack_dependency(between)


def principal_of_the_same_stack_by_text(app: App, wrong: bool) -> None:
    stack = Stack(app, "Order", env=OWNER)
    first = role(stack, "First", role_name="first")
    second = role(stack, assumed_by=iam.ArnPrincipal("arn:aws:iam::444455556666:role/first"))
    if not wrong:
        second.node.add_dependency(first)


OWNER_ROLE = "arn:aws:iam::444455556666:role/owner"


def principal_itself(app: App, wrong: bool) -> None:
    stack = Stack(app, "Order", env=OWNER)
    arn = "arn:aws:iam::444455556666:role/self"
    owner = BucketOwnerRole(
        stack, "Owner", role_name="self", trusted_role=arn, trust=TrustBy.ROLE if wrong else TrustBy.ACCOUNT
    )
    owner.role.add_to_policy(iam.PolicyStatement(actions=["sts:AssumeRole"], resources=[arn]))


def principal_of_another_stage(app: App, wrong: bool) -> None:
    workspace = Stage(app, "One")
    clusters = DeploymentAccountRole(
        Stack(workspace, "Workspace", env=WORKSPACE), "Clusters", role_name="clusters", bucket_owner_roles=[OWNER_ROLE]
    )
    owner = Stack(Stage(app, "Two") if wrong else workspace, "Order", env=OWNER)
    BucketOwnerRole(owner, "Owner", role_name="owner", trusted_role=clusters.role)


def nested(app: App, wrong: bool) -> None:
    stack = NestedStack(Stack(app, "Parent", env=OWNER), "Nested")
    statements = [statement(number) for number in range(70 if wrong else 55)]
    iam.ManagedPolicy(stack, "Policy", statements=statements, roles=[role(stack)])


def role_name_of_another_stack(app: App, wrong: bool) -> None:
    role(Stack(app, "First", env=OWNER), role_name="reader")
    role(Stack(app, "Second", env=OWNER), role_name="reader" if wrong else "writer")


def bucket_policy_of_another_stack(app: App, wrong: bool) -> None:
    for id in ("First", "Second"):
        name = "lake-data" if wrong else f"lake-{id.lower()}"
        BucketOwnerRole(
            Stack(app, id, env=OWNER),
            "Owner",
            trusted_role="arn:aws:iam::121212121212:role/clusters",
            role_name=f"owner-{id}",
            buckets=[BucketAccess(name, Access.READ_ONLY, policy=BucketPolicyMode.MANAGED)],
        )


Build = Callable[[App, bool], None]
# The rule, the construct that must be named, the property, and words of the description.
CASES: dict[Build, tuple[str, str, str, str]] = {
    managed_policy: ("PolicySize", "Sizes/Policy/Resource", "PolicyDocument", "characters of 6,144"),
    inline_policies: ("PolicySize", "Sizes/Role/", "PolicyDocument", "characters of"),
    trust_policy: ("PolicySize", "Sizes/Role/Resource", "AssumeRolePolicyDocument", "characters of 2,048"),
    bucket_policy: ("PolicySize", "Sizes/Bucket/Policy/Resource", "PolicyDocument", "of 20,480"),
    number_of_managed_policies: (
        "ManagedPoliciesPerRole",
        "Sizes/Role/Resource",
        "ManagedPolicyArns",
        "26 managed policies",
    ),
    principal_that_nobody_makes: (
        "PrincipalExists",
        "Order/Owner/Role/Resource",
        "AssumeRolePolicyDocument",
        "no stack of this app makes that role",
    ),
    principal_of_a_stack_not_waited_for: (
        "PrincipalExists",
        "Order/Role/Resource",
        "AssumeRolePolicyDocument",
        "which the stack Workspace makes, and this stack does not wait for it",
    ),
    principal_of_the_same_stack_by_text: (
        "PrincipalExists",
        "Order/Role/Resource",
        "AssumeRolePolicyDocument",
        "nothing makes CloudFormation create",
    ),
    principal_itself: (
        "PrincipalExists",
        "Order/Owner/Role/Resource",
        "AssumeRolePolicyDocument",
        "names itself as principal",
    ),
    principal_of_another_stage: (
        "PrincipalExists",
        "Two/Order/Owner/Role/Resource",
        "AssumeRolePolicyDocument",
        "which the stack One/Workspace makes",
    ),
    role_name_of_another_stack: (
        "UniqueName",
        "Second/Role/Resource",
        "RoleName",
        "the role reader of the account 444455556666 is made by the stack First too",
    ),
    bucket_policy_of_another_stack: (
        "UniqueName",
        "Second/Owner/BucketPolicy-lake-data",
        "Bucket",
        "the policy of the bucket lake-data of the account 444455556666 is made by the stack First too",
    ),
    nested: ("PolicySize", "Parent/Nested/Policy/Resource", "PolicyDocument", "characters of 6,144"),
}


@pytest.mark.parametrize("build", CASES)
def test_fails_and_names_the_construct(new_app: Callable[[], App], build: Build) -> None:
    rule, path, property_, words = CASES[build]
    app = new_app()
    build(app, True)
    outcome = synth(app)
    assert outcome.findings
    for finding in outcome.findings:
        assert finding.rule == rule
        assert finding.path.startswith(path)
        assert finding.severity == "error"
        assert finding.property == f"Properties.{property_}"
        assert words in finding.description
        assert finding.fix
        assert finding.path in outcome.error


@pytest.mark.parametrize("build", CASES)
def test_lets_its_positive_twin_through(new_app: Callable[[], App], build: Build) -> None:
    app = new_app()
    build(app, False)
    assert synth(app) == Outcome("", (), ())


def test_own_constructs_stay_within_the_limits_at_any_size(new_app: Callable[[], App]) -> None:
    app = new_app()
    stack = Stack(app, "Lake", env=OWNER)
    names = [f"a-bucket-of-the-data-lake-{number:03}" for number in range(250)]
    BucketOwnerRole(
        stack,
        "Owner",
        trusted_role="arn:aws:iam::121212121212:role/clusters",
        role_name="owner",
        buckets=[BucketAccess(name, Access.READ_WRITE, policy=BucketPolicyMode.NONE) for name in names],
    )
    assert synth(app) == Outcome("", (), ())


def test_grants_stay_within_the_limits_when_the_cdk_splits_them(new_app: Callable[[], App]) -> None:
    app = new_app()
    made = BucketOwnerRole(
        Stack(app, "Lake", env=OWNER), "Owner", trusted_role="arn:aws:iam::121212121212:role/clusters"
    )
    for number in range(120):
        made.grant(
            BucketAccess(f"a-bucket-of-the-data-lake-{number:03}", Access.READ_WRITE, policy=BucketPolicyMode.NONE)
        )
    assert synth(app) == Outcome("", (), ())


def test_stages_that_are_alternatives_of_each_other(new_app: Callable[[], App]) -> None:
    app = new_app()
    for name in ("Development", "Production"):
        stage = Stage(app, name)
        clusters = DeploymentAccountRole(
            Stack(stage, "Workspace", env=WORKSPACE), "Clusters", role_name="clusters", bucket_owner_roles=[OWNER_ROLE]
        )
        owner = Stack(stage, "Owner", env=OWNER)
        BucketOwnerRole(owner, "Role", role_name="owner", trusted_role=clusters.role)
    outcome = synth(app)
    assert outcome.error == ""
    assert {(finding.rule, finding.severity) for finding in outcome.findings} == {("UniqueName", "warning")}


def test_role_that_may_exist_is_a_warning_outside_our_constructs(new_app: Callable[[], App]) -> None:
    app = new_app()
    stack = Stack(app, "Foreign", env=OWNER)
    role(stack, assumed_by=iam.ArnPrincipal(MISSING))
    BucketOwnerRole(stack, "Ours", trusted_role="arn:aws:iam::121212121212:role/clusters")
    outcome = synth(app)
    assert outcome.error == ""
    assert [(finding.path, finding.severity) for finding in outcome.findings] == [("Foreign/Role/Resource", "warning")]


def test_pipeline_that_deploys_our_constructs_gets_no_warning(new_app: Callable[[], App]) -> None:
    app = new_app()
    tools = Stack(app, "Pipeline", env=Environment(account="888888888888", region="us-west-2"))
    source = pipelines.CodePipelineSource.s3(
        s3.Bucket.from_bucket_name(tools, "Source", "source-of-the-app"), "app.zip"
    )
    synth_step = pipelines.ShellStep("Synth", input=source, commands=["cdk synth"])
    pipeline = pipelines.CodePipeline(tools, "Pipeline", synth=synth_step, cross_account_keys=True)
    stage = Stage(app, "Production")
    clusters = DeploymentAccountRole(
        Stack(stage, "Workspace", env=WORKSPACE), "Clusters", role_name="clusters", bucket_owner_roles=[OWNER_ROLE]
    )
    BucketOwnerRole(Stack(stage, "Owner", env=OWNER), "Owner", role_name="owner", trusted_role=clusters)
    pipeline.add_stage(stage)
    # The artifact bucket and its key name the deployment roles that `cdk bootstrap` made in the other accounts.
    assert synth(app) == Outcome("", (), ())
    template = json.loads((Path(app.outdir) / "Pipeline.template.json").read_text())
    policies = [found for found in template["Resources"].values() if found["Type"] == "AWS::S3::BucketPolicy"]
    assert "cdk-hnb659fds-deploy-role-444455556666-us-west-2" in json.dumps(policies)


def test_role_name_that_two_stages_take_is_a_warning(new_app: Callable[[], App]) -> None:
    app = new_app()
    for name in ("Development", "Production"):
        role(Stack(Stage(app, name), "Lake", env=OWNER), role_name="owner")
    outcome = synth(app)
    assert outcome.error == ""
    (finding,) = outcome.findings
    assert (finding.rule, finding.severity) == ("UniqueName", "warning")
    assert finding.path == "Production/Lake/Role/Resource"
    assert finding.description == (
        "the role owner of the account 444455556666 is made by the stack Development/Lake too"
    )


# ---------------------------------------------------------------- acknowledgements


@pytest.mark.parametrize("at", ["Order", "Order/Owner", "Order/Owner/Role/Resource"])
def test_acknowledged_with_a_reason(new_app: Callable[[], App], at: str) -> None:
    app = new_app()
    principal_that_nobody_makes(app, True)
    construct = next(construct for construct in app.node.find_all() if construct.node.path == at)
    reason = "the platform team makes it"
    Validations.of(construct).acknowledge(Acknowledgment(id="lakehouse-iam::PrincipalExists", reason=reason))
    outcome = synth(app)
    assert (outcome.error, outcome.findings) == ("", ())
    assert [(found["acknowledgedId"], found["reason"]) for found in outcome.suppressed] == [
        ("lakehouse-iam::PrincipalExists", reason)
    ]


@pytest.mark.parametrize("id", ["PrincipalExists", "lakehouse-iam::PolicySize"])
def test_acknowledgement_of_another_rule_changes_nothing(new_app: Callable[[], App], id: str) -> None:
    app = new_app()
    principal_that_nobody_makes(app, True)
    Validations.of(app).acknowledge(Acknowledgment(id=id, reason="beside the point"))
    assert [finding.rule for finding in synth(app).findings] == ["PrincipalExists"]


def test_acknowledgement_elsewhere_changes_nothing(new_app: Callable[[], App]) -> None:
    app = new_app()
    principal_that_nobody_makes(app, True)
    other = Stack(app, "Elsewhere", env=OWNER)
    role(other)
    Validations.of(other).acknowledge(Acknowledgment(id="lakehouse-iam::PrincipalExists", reason="not here"))
    assert [finding.rule for finding in synth(app).findings] == ["PrincipalExists"]


# ---------------------------------------------------------------- registration


def test_registered_once_however_many_constructs_and_stages(new_app: Callable[[], App]) -> None:
    app = new_app()
    for name in ("One", "Two"):
        stage = Stage(app, name)
        for count in range(3):
            stack = Stack(stage, f"Stack{count}", env=OWNER)
            DeploymentAccountRole(stack, "Clusters")
            BucketOwnerRole(stack, "Owner", trusted_role=MISSING, trust=TrustBy.ACCOUNT)
    BucketOwnerRole(Stack(Stage(app, "Three"), "Order", env=OWNER), "Owner", trusted_role=MISSING)
    # `synth` itself asserts that the report holds our validation once.
    assert [finding.path for finding in synth(app).findings] == ["Three/Order/Owner/Role/Resource"]


def test_takes_no_noticeable_time(new_app: Callable[[], App], monkeypatch: pytest.MonkeyPatch) -> None:
    spent = []
    validate = LakehouseIamValidation.validate

    def timed(self: LakehouseIamValidation, context: Any) -> Any:
        start = time.perf_counter()
        report = validate(self, context)
        spent.append(time.perf_counter() - start)
        return report

    monkeypatch.setattr(LakehouseIamValidation, "validate", timed)
    app = new_app()
    for number in range(20):
        stack = Stack(app, f"Stack{number}", env=OWNER)
        for output in range(20):
            CfnOutput(stack, f"Output{output}", value="text")
        BucketOwnerRole(
            stack,
            "Owner",
            trusted_role="arn:aws:iam::121212121212:role/clusters",
            role_name=f"owner-{number}",
            buckets=[BucketAccess(f"lake-{number}-{bucket}", Access.READ_WRITE) for bucket in range(10)],
        )
    start = time.perf_counter()
    assert synth(app).error == ""
    assert len(spent) == 1
    assert spent[0] < 0.15 * (time.perf_counter() - start)


# ---------------------------------------------------------------- the real command line

APP = """
from aws_cdk import App, Environment, Stack
from lakehouse_iam.cdk import BucketOwnerRole

app = App()
stack = Stack(app, "Lake", env=Environment(account="444455556666", region="us-west-2"))
BucketOwnerRole(stack, "Owner", trusted_role="arn:aws:iam::444455556666:role/missing")
app.synth()
"""


def test_command_line_fails_and_prints_the_construct(cdk: Callable[..., CommandRun], tmp_path: Path) -> None:
    program = tmp_path / "app.py"
    program.write_text(APP)
    run = cdk("synth", "--app", f"{sys.executable} {program}", "--output", str(tmp_path / "out"))
    assert run.code == 1
    assert "Lake/Owner/Role/Resource" in run.text
    assert "no stack of this app makes that role in 444455556666" in run.text
    assert "lakehouse-iam::PrincipalExists" in run.text
    assert "Traceback" not in run.text
