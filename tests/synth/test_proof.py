"""The proof at synthesis and of what was synthesized: of the examples, and of apps that only import the constructs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from aws_cdk import App, CfnStack, Environment, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from click.testing import CliRunner
from project import ROOT, CommandRun

from lakehouse_iam.cdk import Access, BucketAccess, BucketOwnerRole, DeploymentAccountRole, StorageCredentialRole
from lakehouse_iam.cdk.proof_validation import SWITCH
from lakehouse_iam.cli import main
from lakehouse_iam.setups import load_setups

pytestmark = pytest.mark.synth

NewApp = Callable[[], App]
OWNER_ROLE = "arn:aws:iam::444455556666:role/databricks-bucket-access"


def foreign_app(
    app: App, *, may_assume: bool = True, denies: bool = False, lets_in: bool = False, own_role: bool = False
) -> App:
    """An app of somebody's own: both sides of a chain, with one thing broken or none."""
    workspace = Stack(app, "Workspace", env=Environment(account="111122223333", region="us-west-2"))
    assumed = [OWNER_ROLE] if may_assume else []
    trusted = (
        iam.Role(workspace, "Own", role_name="own", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        if own_role
        else DeploymentAccountRole(workspace, "Deployment", role_name="access", bucket_owner_roles=assumed).role
    )
    owner = Stack(app, "Owner", env=Environment(account="444455556666", region="us-west-2"))
    lake = s3.Bucket(owner, "Lake", enforce_ssl=True)
    BucketOwnerRole(
        owner,
        "BucketOwnerRole",
        role_name="databricks-bucket-access",
        trusted_role=trusted,
        buckets=[BucketAccess(lake, Access.READ_ONLY, prefixes=("raw",))],
    )
    objects = {"actions": ["s3:GetObject"], "resources": [lake.arn_for_objects("*")]}
    if denies:
        everyone = iam.PolicyStatement(effect=iam.Effect.DENY, principals=[iam.AnyPrincipal()], **objects)
        lake.add_to_resource_policy(everyone)
    if lets_in:
        lake.add_to_resource_policy(iam.PolicyStatement(principals=[iam.AccountPrincipal("999988887777")], **objects))
    return app


def error_of(app: App) -> str:
    with pytest.raises(RuntimeError) as caught:
        app.synth()
    return str(caught.value)


def test_an_app_that_keeps_its_promises_is_synthesized(new_app: NewApp) -> None:
    assert foreign_app(new_app()).synth().stacks


def test_a_role_that_may_not_assume_fails_with_the_path_of_the_role_it_cannot_reach(new_app: NewApp) -> None:
    error = error_of(foreign_app(new_app(), may_assume=False))
    assert "access assumes databricks-bucket-access: it must be allowed and is denied" in error
    assert "no identity policy of arn:aws:iam::111122223333:role/access in 111122223333 allows sts:AssumeRole" in error
    assert "Owner/BucketOwnerRole/Role/Resource" in error
    assert f'add "{OWNER_ROLE}" to bucket_owner_roles of the DeploymentAccountRole that makes access' in error
    assert "reads an object" not in error


def test_a_bucket_policy_that_denies_what_was_granted_fails(new_app: NewApp) -> None:
    error = error_of(foreign_app(new_app(), denies=True))
    assert "databricks-bucket-access reads an object of " in error
    assert "denies s3:GetObject" in error
    assert "Owner/BucketOwnerRole/Role/Resource" in error


@pytest.mark.parametrize("broken", [{"lets_in": True}, {"own_role": True}])
def test_what_an_app_decides_for_itself_is_a_warning(new_app: NewApp, broken: dict[str, bool]) -> None:
    assembly = foreign_app(new_app(), **broken).synth()
    report = (Path(assembly.directory) / "validation-report.json").read_text(encoding="utf-8")
    assert "lakehouse-iam-proof" in report
    assert '"severity": "warning"' in report


def test_a_policy_that_cannot_be_read_is_said_and_does_not_hide_that_nothing_was_proved(new_app: NewApp) -> None:
    app = foreign_app(new_app())
    stack = Stack(app, "Odd", env=Environment(account="444455556666", region="us-west-2"))
    odd = {"Version": "2012-10-17", "Statement": [{"Effect": "Perhaps", "Action": "s3:*", "Resource": "*"}]}
    iam.CfnManagedPolicy(stack, "Policy", policy_document=odd, roles=["somebody"])
    # The CDK's own rules refuse this policy too; ours says what follows from it.
    error = error_of(app)
    assert "WARNING nothing was proved: " in error
    assert "Odd/Policy" in error


def proof_report(app: App) -> list[dict[str, Any]]:
    """What our plugin found, errors or not."""
    assembly = app.synth()
    report = json.loads((Path(assembly.directory) / "validation-report.json").read_text(encoding="utf-8"))
    reports = [one for one in report["pluginReports"] if one["pluginName"] == "lakehouse-iam-proof"]
    return [violation for report in reports for violation in report["violations"]]


def test_a_nested_stack_that_is_not_there_is_said_and_the_rest_is_proved(new_app: NewApp) -> None:
    app = foreign_app(new_app(), lets_in=True)
    owner = app.node.find_child("Owner")
    CfnStack(owner, "Elsewhere", template_url="https://elsewhere.s3.amazonaws.com/template.json")
    found = proof_report(app)
    (missing,) = (one for one in found if "not everything was proved: " in one["description"])
    assert missing["severity"] == "warning"
    assert "the template of this nested stack is not in the folder" in missing["description"]
    assert "Owner/Elsewhere" in json.dumps(missing)
    assert any(one["ruleName"] == "Beyond" for one in found)


def test_an_assembly_that_cannot_be_read_is_said(new_app: NewApp) -> None:
    app = foreign_app(new_app())
    owner = app.node.find_child("Owner")
    owner.node.add_metadata("lakehouse-iam:probes", cast("Any", {"setup": "x"}))
    (found,) = proof_report(app)
    assert found["severity"] == "warning"
    assert "nothing was proved: " in found["description"]
    assert "this is not a document of probes" in found["description"]


def test_the_proof_can_be_switched_off_for_one_synthesis(new_app: NewApp) -> None:
    app = new_app()
    app.node.set_context(SWITCH, "false")
    assert foreign_app(app, may_assume=False).synth().stacks


@pytest.mark.parametrize(("may_assume", "code"), [(True, 0), (False, 1)])
def test_the_command_proves_an_app_that_has_no_setup(new_app: NewApp, may_assume: bool, code: int) -> None:
    app = new_app()
    app.node.set_context(SWITCH, "false")
    assembly = foreign_app(app, may_assume=may_assume).synth()
    result = CliRunner().invoke(main, ["prove", assembly.directory])
    assert result.exit_code == code, result.output
    assert "constructs of the app" in result.output
    assert "databricks-bucket-access lists owner-lake" in result.output


# ---------------------------------------------------------------- the examples


def test_what_make_synth_leaves_is_proved_for_every_example(cdk: Callable[..., CommandRun], tmp_path: Path) -> None:
    out = str(tmp_path / "cdk.out")
    assert cdk("synth", "--quiet", "--output", out).code == 0
    alone = CliRunner().invoke(main, ["prove", out, "--json"])
    assert alone.exit_code == 0, alone.output
    names = [setup.name for setup in load_setups(ROOT / "examples")]
    assert [proof["setup"] for proof in json.loads(alone.stdout)] == names
    assert CliRunner().invoke(main, ["prove", str(ROOT / "examples"), "--templates", out]).exit_code == 0


def test_a_synthesized_template_that_somebody_edits_is_noticed(cdk: Callable[..., CommandRun], tmp_path: Path) -> None:
    out = tmp_path / "cdk.out"
    assert cdk("synth", "--quiet", "--output", str(out), "-c", "setup=examples/instance-profile.yaml").code == 0
    (file,) = out.rglob("*BucketOwner*.template.json")
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"s3:DeleteObject"', '"s3:*"'), encoding="utf-8")
    result = CliRunner().invoke(main, ["prove", str(out)])
    assert result.exit_code == 1
    assert "NO: delete a version of an object of ty-databricks-cross-account-bucket" in result.output


def beyond_warnings(app: App) -> list[str]:
    return [one["description"] for one in proof_report(app) if one["ruleName"] == "Beyond"]


def test_an_account_that_an_app_lets_into_a_bucket_of_a_construct_is_a_warning_with_the_request(
    new_app: NewApp,
) -> None:
    app = foreign_app(new_app())
    lake = app.node.find_child("Owner").node.find_child("Lake")
    assert isinstance(lake, s3.Bucket)
    lake.grant_read_write(iam.AccountPrincipal("666677778888"))
    (first, *_) = beyond_warnings(app)
    assert " lets in arn:aws:iam::666677778888:root: s3:" in first


def lake_of(app: App) -> s3.Bucket:
    lake = app.node.find_child("Owner").node.find_child("Lake")
    assert isinstance(lake, s3.Bucket)
    return lake


def role_of_construct(app: App) -> BucketOwnerRole:
    made = app.node.find_child("Owner").node.find_child("BucketOwnerRole")
    assert isinstance(made, BucketOwnerRole)
    return made


def owner_of(app: App) -> Stack:
    owner = app.node.find_child("Owner")
    assert isinstance(owner, Stack)
    return owner


def secrets() -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=["*"])


def trust(app: App, *principals: iam.IPrincipal) -> None:
    policy = role_of_construct(app).role.assume_role_policy
    assert policy is not None
    policy.add_statements(iam.PolicyStatement(actions=["sts:AssumeRole"], principals=list(principals)))


def cfn_lake(app: App) -> s3.CfnBucket:
    lake = lake_of(app).node.default_child
    assert isinstance(lake, s3.CfnBucket)
    return lake


def open_to_all(lake: s3.CfnBucket) -> None:
    lake.add_property_override("AccessControl", "PublicRead")
    lake.add_property_override("OwnershipControls", {"Rules": [{"ObjectOwnership": "ObjectWriter"}]})


COPIES = {"Account": "666677778888", "Bucket": "arn:aws:s3:::attacker"}
ADMINISTRATOR = "AdministratorAccess"
ATTACKS: dict[str, tuple[Callable[[App], object], str, str]] = {
    "a stranger reads and writes": (
        lambda app: lake_of(app).grant_read_write(iam.AccountPrincipal("666677778888")),
        "arn:aws:iam::666677778888:root",
        "Owner/Lake/Policy",
    ),
    "a stranger in the trust policy": (
        lambda app: trust(app, iam.ArnPrincipal("arn:aws:iam::666677778888:role/attacker")),
        "arn:aws:iam::666677778888:role/attacker",
        "Owner/BucketOwnerRole/Role",
    ),
    "a service in the trust policy": (
        lambda app: trust(app, iam.ServicePrincipal("lambda.amazonaws.com")),
        "lambda.amazonaws.com",
        "Owner/BucketOwnerRole/Role",
    ),
    "a provider of another account in the trust policy": (
        lambda app: trust(app, iam.FederatedPrincipal("arn:aws:iam::666677778888:saml-provider/attacker")),
        "saml-provider/attacker",
        "Owner/BucketOwnerRole/Role",
    ),
    "one more statement for the role": (
        lambda app: role_of_construct(app).role.add_to_policy(secrets()),
        "secretsmanager:GetSecretValue",
        "Owner/BucketOwnerRole/Role/DefaultPolicy",
    ),
    "a policy of its own for the role": (
        lambda app: iam.Policy(owner_of(app), "More", statements=[secrets()], roles=[role_of_construct(app).role]),
        "secretsmanager:GetSecretValue",
        "Owner/More",
    ),
    "a policy of AWS for the role": (
        lambda app: role_of_construct(app).role.add_managed_policy(
            iam.ManagedPolicy.from_aws_managed_policy_name(ADMINISTRATOR)
        ),
        ADMINISTRATOR,
        "Owner/BucketOwnerRole/Role",
    ),
    "an access point": (
        lambda app: s3.CfnAccessPoint(owner_of(app), "Point", bucket=lake_of(app).bucket_name),
        "AWS::S3::AccessPoint of ",
        "Owner/Point",
    ),
    "an ACL": (
        lambda app: open_to_all(cfn_lake(app)),
        "the ACL PublicRead",
        "Owner/Lake/Resource",
    ),
    "copies for another account": (
        lambda app: cfn_lake(app).add_property_override(
            "ReplicationConfiguration",
            {"Role": OWNER_ROLE, "Rules": [{"Status": "Enabled", "Destination": COPIES}]},
        ),
        "are copied to the account 666677778888",
        "Owner/Lake/Resource",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_an_app_adds_to_what_a_construct_made_is_a_warning_with_its_place(new_app: NewApp, attack: str) -> None:
    app = foreign_app(new_app())
    add, what, place = ATTACKS[attack]
    add(app)
    found = [one for one in proof_report(app) if one["ruleName"] == "Beyond" and what in one["description"]]
    assert found
    assert all(one["severity"] == "warning" for one in found)
    assert any(place in json.dumps(one) for one in found)


def test_permissions_for_a_role_that_a_construct_gives_none_are_a_warning_too(new_app: NewApp) -> None:
    app = new_app()
    stack = Stack(app, "Workspace", env=Environment(account="111122223333", region="us-west-2"))
    DeploymentAccountRole(stack, "Deployment", role_name="access").role.add_to_policy(secrets())
    (found,) = beyond_warnings(app)
    assert "secretsmanager:GetSecretValue" in found


def test_what_the_constructs_grant_themselves_is_no_warning(new_app: NewApp) -> None:
    app = foreign_app(new_app())
    owner, workspace = owner_of(app), app.node.find_child("Workspace")
    role_of_construct(app).grant_read_write(s3.Bucket(owner, "Second"))
    role_of_construct(app).grant_read("a-bucket-of-another-team")
    deployment = workspace.node.find_child("Deployment")
    assert isinstance(deployment, DeploymentAccountRole)
    deployment.grant_assume("arn:aws:iam::777788889999:role/of-somebody-else")
    StorageCredentialRole(
        owner,
        "StorageCredential",
        role_name="credential",
        external_id="0f1e2d3c-0000-4000-8000-000000000000",
        buckets=[BucketAccess(s3.Bucket(owner, "Third"), Access.READ_WRITE)],
    )
    report = Path(app.synth().directory) / "validation-report.json"
    assert not report.exists() or "Beyond" not in report.read_text(encoding="utf-8")


def test_an_app_that_lets_nobody_else_in_has_no_such_warning(new_app: NewApp) -> None:
    app = foreign_app(new_app())
    owner = app.node.find_child("Owner")
    assert isinstance(owner, Stack)
    s3.Bucket(owner, "Logs").add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.AccountPrincipal("666677778888")], actions=["s3:GetObject"], resources=["*"]
        )
    )
    report = Path(app.synth().directory) / "validation-report.json"
    assert not report.exists() or "Beyond" not in report.read_text(encoding="utf-8")


# ---------------------------------------------------------------- beyond the setup


@pytest.fixture(scope="module", params=["bootstrapless", "default"])
def synthesized(
    request: pytest.FixtureRequest, cdk: Callable[..., CommandRun], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The examples, synthesized with either synthesizer."""
    out = tmp_path_factory.mktemp("beyond") / "cdk.out"
    assert cdk("synth", "--quiet", "--output", str(out), "-c", f"synthesizer={request.param}").code == 0
    return out


def test_unchanged_examples_hold_nothing_beyond_their_setups_with_either_synthesizer(synthesized: Path) -> None:
    result = CliRunner().invoke(main, ["prove", str(synthesized), "--json"])
    assert result.exit_code == 0
    for proof in json.loads(result.stdout):
        assert (proof["beyond"], proof["warnings"], proof["not_read"]) == ([], [], [])


Body = dict[str, Any]


def add_to(body: Body, type_: str, **properties: Any) -> None:
    body["Resources"]["Added"] = {"Type": type_, "Properties": properties}


def role_of(body: Body) -> Body:
    """The properties of the first role; of a stack without one, properties that nobody reads."""
    roles = (one["Properties"] for one in body["Resources"].values() if one["Type"] == "AWS::IAM::Role")
    found: Body = next(roles, {"AssumeRolePolicyDocument": {"Statement": []}})
    return found


EVERYBODY = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
EDITS: dict[str, Callable[[Body], object]] = {
    "AssumeRolePolicyDocument": lambda body: role_of(body)["AssumeRolePolicyDocument"]["Statement"].append(EVERYBODY),
    "MaxSessionDuration": lambda body: role_of(body).update(MaxSessionDuration=43_200),
    "ManagedPolicyArns": lambda body: role_of(body).update(
        ManagedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]
    ),
    "AWS::IAM::User": lambda body: add_to(body, "AWS::IAM::User"),
    "AWS::S3::AccessPoint": lambda body: add_to(body, "AWS::S3::AccessPoint", Bucket="some"),
    "AWS::CloudFormation::Stack": lambda body: add_to(
        body, "AWS::CloudFormation::Stack", TemplateURL="https://elsewhere"
    ),
    "Transform": lambda body: body.update(Transform="Attacker::Macro"),
}


@pytest.mark.parametrize("place", EDITS)
def test_what_somebody_added_to_a_synthesized_stack_ends_with_1_and_its_place(
    synthesized: Path, place: str, tmp_path: Path
) -> None:
    out = tmp_path / "cdk.out"
    shutil.copytree(synthesized, out)
    for file in out.rglob("*.template.json"):
        body = json.loads(file.read_text(encoding="utf-8"))
        EDITS[place](body)
        file.write_text(json.dumps(body), encoding="utf-8")
    result = CliRunner().invoke(main, ["prove", str(out), "--json"])
    assert result.exit_code == 1
    proofs = json.loads(result.stdout)
    assert len(proofs) == len(load_setups(ROOT / "examples"))
    for proof in proofs:
        assert any(place in f"{one['where']['property']} {one['what']}" for one in proof["beyond"]), proof["setup"]
