"""Unity Catalog with the CDK: the stages say what the plain templates say, and the construct stands alone in any app."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Environment, PhysicalName, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from project import ROOT
from semantics import Stack as SynthesizedStack
from semantics import meaning, stacks_of

from lakehouse_iam.arns import EXTERNAL_ID_PATTERN
from lakehouse_iam.cdk import (
    Access,
    BucketAccess,
    BucketPolicyMode,
    ObjectOwnership,
    StorageCredentialRole,
    external_id_parameter,
)
from lakehouse_iam.cloudformation import templates
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import DATABRICKS_SHARDS
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.setups import load_setups, setups_from_text
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup
from stacks.unity_catalog import UnityCatalogStage

pytestmark = pytest.mark.synth

EXTERNAL_ID = "b0834ee0-0ead-4165-9d0a-6f081fdae9bc"
OTHER = "777788889999"

RICH: dict[str, Any] = {
    "setup": "rich-lake",
    "pattern": "unity-catalog-aws",
    "region": "us-west-2",
    "tags": {"team": "data"},
    "permissions_boundary": "limit",
    "bucket_owner": {"account": "444455556666", "role": "uc-rich-lake", "role_path": "/lakehouse/"},
    "databricks": {"host": "https://dbc-a1b2345c-d6e7.cloud.databricks.com"},
    "storage_credential": {"name": "rich", "external_ids": [EXTERNAL_ID, "another-one"]},
    "buckets": [
        {
            "name": "rich-plain",
            "access": "read-only",
            "kms_key": "arn:aws:kms:us-west-2:777788889999:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        },
        {"name": "rich-folders", "access": "read-write", "prefixes": ["a", "b/c"], "policy": "handoff"},
        {"name": "rich-managed", "access": "read-write", "policy": "managed"},
        {"name": "rich-created", "access": "read-write", "create": True},
        {"name": "rich-kept-elsewhere", "access": "read-only", "owner": OTHER, "policy": "managed"},
        {"name": "rich-created-elsewhere", "access": "read-write", "owner": OTHER, "create": True},
        {"name": "rich-handed-elsewhere", "access": "read-only", "owner": OTHER},
    ],
}
GOV: dict[str, Any] = {
    **RICH,
    "setup": "gov-lake",
    "region": "us-gov-west-1",
    "partition": "aws-us-gov",
    "databricks_shard": "gov-dod",
    "databricks": {"host": "https://example.cloud.databricks.mil"},
    "file_events": "managed",
    "buckets": [{"name": "gov-plain", "access": "read-write"}],
}


def _setups() -> list[UnityCatalogSetup]:
    found = [setup for file in sorted((ROOT / "examples").glob("unity-catalog-*.yaml")) for setup in load_setups(file)]
    found += [setup for content in (RICH, GOV) for setup in setups_from_text(json.dumps(content))]
    return [setup for setup in found if isinstance(setup, UnityCatalogSetup)]


SETUPS = {setup.name: setup for setup in _setups()}


@pytest.fixture(scope="module")
def assembly(new_app: Callable[[], App]) -> Path:
    app = new_app()
    for setup in SETUPS.values():
        UnityCatalogStage(app, setup)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return Path(app.synth().directory)


@pytest.fixture(scope="module")
def synthesized(assembly: Path) -> dict[str, SynthesizedStack]:
    return stacks_of(assembly)


def _stage(plan: Plan) -> str:
    return "".join(word.capitalize() for word in plan.setup.split("-"))


def _told(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template with the external id that somebody would give it."""
    parameters = {name: {**p, "Default": EXTERNAL_ID} for name, p in template.get("Parameters", {}).items()}
    return {**template, "Parameters": parameters}


@pytest.mark.parametrize("name", SETUPS)
def test_says_the_same_as_the_plain_templates(synthesized: dict[str, SynthesizedStack], name: str) -> None:
    plan = plan_setup(SETUPS[name])
    for id, plain in templates(plan).items():
        phase, stack = plan.phase(id), synthesized[f"{_stage(plan)}/{id}"]
        place = {"account": str(phase.account), "region": phase.region}
        assert meaning(_told(stack.template), **place) == meaning(_told(plain), **place)
        assert stack.template.get("Parameters") == plain.get("Parameters")
        assert (stack.name, stack.account, stack.region) == (phase.stack, str(phase.account), phase.region)
        assert stack.dependencies == tuple(f"{_stage(plan)}/{other}" for other in phase.after)


def test_examples_ask_for_the_external_id_and_have_no_default(synthesized: dict[str, SynthesizedStack]) -> None:
    for stage in ("SalesLake", "AzureReadsS3"):
        (parameter,) = synthesized[f"{stage}/StorageCredentialRole"].template["Parameters"].items()
        assert parameter[0] == "ExternalId"
        assert parameter[1]["AllowedPattern"] == EXTERNAL_ID_PATTERN
        assert "Default" not in parameter[1]


def test_an_account_with_nothing_to_deploy_has_no_stack_and_its_statements_are_shown(
    new_app: Callable[[], App],
) -> None:
    bucket = {"name": "sales-elsewhere", "access": "read-only", "owner": OTHER}
    (setup,) = setups_from_text(json.dumps({**RICH, "setup": "handed", "buckets": [bucket]}))
    assert isinstance(setup, UnityCatalogSetup)
    app = new_app()
    UnityCatalogStage(app, setup)
    (stack,) = stacks_of(Path(app.synth().directory)).values()
    assert '"BucketPolicyOf": "sales-elsewhere"' in json.dumps(stack.template["Metadata"])


def test_nothing_fails_the_checks_of_others(assembly: Path, synthesized: dict[str, SynthesizedStack]) -> None:
    report = json.loads((assembly / "validation-report.json").read_text())
    findings = [
        (violation["ruleName"], violation.get("violatingConstructs"))
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        if violation["severity"] in ("warning", "error", "fatal")
    ]
    assert findings == []
    for path, stack in synthesized.items():
        found = lint(json.dumps(stack.template), config=ManualArgs(regions=[stack.region]))
        assert [f"{path}: {match.rule.id} {match.message}" for match in found] == []


# ---------------------------------------------------------------- the construct by itself


def _stack(new_app: Callable[[], App], account: str | None = "444455556666", region: str | None = "us-west-2") -> Stack:
    return Stack(new_app(), "Stack", env=Environment(account=account, region=region))


def _external_ids(stack: Stack) -> list[Any]:
    (role,) = Template.from_stack(stack).find_resources("AWS::IAM::Role").values()
    statements = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    return [statement["Condition"]["StringEquals"]["sts:ExternalId"] for statement in statements]


def test_the_external_id_may_be_text_a_parameter_a_token_a_list_or_nothing(new_app: Callable[[], App]) -> None:
    text, several, given, token, nothing = (_stack(new_app) for _ in range(5))
    bucket = [BucketAccess("sales-bronze", Access.READ_ONLY)]
    StorageCredentialRole(text, "Role", role_name="uc", buckets=bucket, external_id="one-id")
    assert _external_ids(text) == ["one-id", "one-id"]
    StorageCredentialRole(several, "Role", role_name="uc", buckets=bucket, external_id=["one-id", "two-id"])
    assert _external_ids(several) == [["one-id", "two-id"], ["one-id", "two-id"]]
    parameter = external_id_parameter(given)
    StorageCredentialRole(given, "Role", role_name="uc", buckets=bucket, external_id=parameter)
    assert _external_ids(given) == [{"Ref": "ExternalId"}, {"Ref": "ExternalId"}]
    value = CfnParameter(token, "Mine").value_as_string
    StorageCredentialRole(token, "Role", role_name="uc", buckets=bucket, external_id=value)
    assert _external_ids(token) == [{"Ref": "Mine"}, {"Ref": "Mine"}]
    made = StorageCredentialRole(nothing, "Role", role_name="uc", buckets=bucket)
    assert made.external_id_parameter is not None
    id = nothing.get_logical_id(made.external_id_parameter)
    assert _external_ids(nothing) == [{"Ref": id}, {"Ref": id}]
    assert "Default" not in Template.from_stack(nothing).to_json()["Parameters"][id]


def test_account_and_region_may_be_known_at_deployment_only(new_app: Callable[[], App]) -> None:
    stack = _stack(new_app, account=None, region=None)
    buckets = [BucketAccess("sales-bronze", Access.READ_WRITE, policy=BucketPolicyMode.NONE)]
    StorageCredentialRole(
        stack, "Role", role_name="uc", path="/lake/", buckets=buckets, external_id="one-id", file_events=True
    )
    made = json.dumps(Template.from_stack(stack).to_json())
    own = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::", {"Ref": "AWS::AccountId"}, ":role/lake/uc"]]}
    assert made.count(json.dumps(own)) == 2
    assert '":sns:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}, ":csms-*"' in made
    assert "Token" not in made


def test_buckets_and_keys_of_the_app_get_their_half_and_others_come_out_as_a_hand_off(
    new_app: Callable[[], App],
) -> None:
    stack = _stack(new_app)
    key = kms.Key(stack, "Key")
    own = s3.Bucket(stack, "Bucket", encryption_key=key, encryption=s3.BucketEncryption.KMS)
    foreign = "arn:aws:kms:us-west-2:777788889999:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    role = StorageCredentialRole(
        stack,
        "Role",
        role_name="uc",
        external_id="one-id",
        buckets=[BucketAccess(own, Access.READ_WRITE), BucketAccess("sales-else", Access.READ_ONLY, kms_key=foreign)],
    )
    assert [(handoff.kind, handoff.target) for handoff in role.handoffs] == [
        ("BucketPolicyOf", "sales-else"),
        ("KeyPolicyOf", foreign),
    ]
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::S3::BucketPolicy", 1)
    (made_key,) = template.find_resources("AWS::KMS::Key").values()
    assert "kms:ViaService" in json.dumps(made_key["Properties"]["KeyPolicy"])


def test_a_master_role_of_ones_own_takes_the_place_of_the_published_one(new_app: Callable[[], App]) -> None:
    stack = _stack(new_app)
    arn = "arn:aws:iam::414351767826:role/another-master"
    buckets = [BucketAccess("sales-bronze", Access.READ_ONLY)]
    role = StorageCredentialRole(
        stack, "Role", role_name="uc", buckets=buckets, external_id="one-id", unity_catalog_iam_arn=arn
    )
    assert isinstance(role.role, iam.Role)
    made = json.dumps(Template.from_stack(stack).to_json())
    assert arn in made
    assert DATABRICKS_SHARDS["commercial"].unity_catalog_role not in made


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no bucket": ({"buckets": []}, "the role has no bucket"),
    "ACLs": (
        {
            "buckets": [
                BucketAccess("sales", Access.READ_WRITE, object_ownership=ObjectOwnership.OBJECT_WRITER),
            ]
        },
        "a bucket with ACLs is given to a storage credential",
    ),
    "placeholder": ({"external_id": "0000"}, "is the placeholder of the written guides"),
    "empty external id": ({"external_id": ""}, "the external id is empty"),
    "empty list of external ids": ({"external_id": []}, "lets somebody in without an external id"),
    "name left to the CDK": ({"role_name": PhysicalName.GENERATE_IF_NEEDED}, "the name of the role is left to the CDK"),
    "name too long": ({"role_name": "r" * 65}, "has 65 characters"),
    "a user": ({"unity_catalog_iam_arn": "arn:aws:iam::414351767826:user/x"}, "is not a role's ARN"),
    "another partition": ({"shard": DATABRICKS_SHARDS["gov"]}, "is in the partition aws-us-gov"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_aws_or_databricks_would_refuse_is_refused(new_app: Callable[[], App], case: str) -> None:
    given, message = WRONG[case]
    right = {"role_name": "uc", "buckets": [BucketAccess("sales", Access.READ_ONLY)], "external_id": "one-id"}
    with pytest.raises(InvalidValue, match=message):
        StorageCredentialRole(_stack(new_app), "Role", **{**right, **given})


def test_a_parameter_with_a_default_or_of_another_type_is_refused(new_app: Callable[[], App]) -> None:
    stack = _stack(new_app)
    buckets = [BucketAccess("sales", Access.READ_ONLY)]
    guess = CfnParameter(stack, "Guess", default="0000")
    with pytest.raises(InvalidValue, match="has a default"):
        StorageCredentialRole(stack, "One", role_name="uc", buckets=buckets, external_id=guess)
    several = CfnParameter(stack, "Several", type="CommaDelimitedList")
    with pytest.raises(InvalidValue, match="is of the type CommaDelimitedList"):
        StorageCredentialRole(stack, "Two", role_name="uc", buckets=buckets, external_id=several)
