"""The stage of saml-passthrough against the plain templates, and what others check of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from aws_cdk import App, Environment, Validations
from aws_cdk import Stack as CdkStack
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from project import ROOT
from semantics import Stack, meaning, stacks_of

from lakehouse_iam.cdk import Access, BucketAccess, SamlFederatedRole
from lakehouse_iam.cloudformation import templates
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.setups import load_setups
from stacks import acknowledgements
from stacks.saml_passthrough import SamlPassthroughStage

pytestmark = pytest.mark.synth

FILES = [
    ROOT / "examples" / "saml-passthrough.yaml",
    *sorted((ROOT / "tests" / "golden" / "saml-passthrough").glob("*.yaml")),
]
URL = "https://dbc-a1b2345c-d6e7.cloud.databricks.com/saml/consume"
PROVIDER = "arn:aws:iam::111122223333:saml-provider/okta"


@dataclass(frozen=True)
class Synthesized:
    """All setups in one app, with the report of the validations."""

    stacks: dict[str, Stack]
    report: list[dict[str, Any]]


def stage_id(file: Path) -> str:
    return f"S-{file.parent.name}-{file.stem}"


def plan_of(file: Path) -> Plan:
    (setup,) = load_setups(file)
    return plan_setup(setup)


@pytest.fixture(scope="module")
def synthesized(new_app: Callable[[], App]) -> Synthesized:
    apps = []
    for file in FILES:
        app = new_app()
        SamlPassthroughStage(app, plan_of(file), id=stage_id(file))
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        apps.append(Path(app.synth().directory))
    found: dict[str, Stack] = {}
    report: list[dict[str, Any]] = []
    for directory in apps:
        found |= stacks_of(directory)
        report += json.loads((directory / "validation-report.json").read_text())["pluginReports"]
    return Synthesized(found, report)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_stage_says_the_same_as_the_plain_templates(synthesized: Synthesized, file: Path) -> None:
    plan = plan_of(file)
    plain = templates(plan)
    for phase in plan.phases:
        if not phase.has_stack:
            continue
        stack = synthesized.stacks[f"{stage_id(file)}/{phase.id}"]
        assert meaning(stack.template, account=stack.account, region=stack.region) == meaning(
            plain[phase.id], account=str(phase.account), region=phase.region
        )
        assert (stack.name, stack.account, stack.region) == (phase.stack, str(phase.account), phase.region)
        assert stack.dependencies == tuple(f"{stage_id(file)}/{other}" for other in phase.after)


def test_cfn_lint_finds_nothing(synthesized: Synthesized) -> None:
    for path, stack in synthesized.stacks.items():
        found = lint(json.dumps(stack.template), config=ManualArgs(regions=[stack.region]))
        assert [f"{path}: {match.rule.id} {match.message}" for match in found] == []


def test_no_validation_and_no_rule_of_cdk_nag_finds_anything(synthesized: Synthesized) -> None:
    assert [report for report in synthesized.report if report["conclusion"] != "success"] == []
    found = [violation for report in synthesized.report for violation in report["violations"]]
    assert [violation for violation in found if violation["severity"] in ("warning", "error", "fatal")] == []


def test_each_acknowledgement_has_one_of_our_reasons(synthesized: Synthesized) -> None:
    accepted = [
        (violation["acknowledgedId"].partition("[")[0], violation["reason"])
        for report in synthesized.report
        if report["pluginName"] == "AwsSolutions"
        for violation in report["suppressedViolations"]
    ]
    assert set(accepted) == {
        ("AwsSolutions::AwsSolutions-IAM5", acknowledgements.OBJECTS),
        ("AwsSolutions::AwsSolutions-S1", acknowledgements.ACCESS_LOGS),
    }


def test_the_provider_is_the_cdks_own_construct_unless_encryption_is_asked_for(new_app: Callable[[], App]) -> None:
    for stem, own in (("seed-002", True), ("kms-and-boundary", False)):
        stage = SamlPassthroughStage(
            new_app(), plan_of(ROOT / "tests" / "golden" / "saml-passthrough" / f"{stem}.yaml")
        )
        provider = stage.federation[0].node.find_child("IdentityProvider")
        assert isinstance(provider, iam.SamlProvider) is own


# ---------------------------------------------------------------- the construct in somebody's app


@pytest.fixture
def stack(new_foreign_app: Callable[[], App]) -> CdkStack:
    return CdkStack(new_foreign_app(), "Federation", env=Environment(account="111122223333", region="us-west-2"))


def federated(stack: CdkStack, **more: Any) -> SamlFederatedRole:
    arguments: dict[str, Any] = {
        "saml_provider": PROVIDER,
        "saml_url": URL,
        "role_name": "role-a",
        "buckets": [BucketAccess("team-a-data", Access.READ_ONLY)],
        **more,
    }
    return SamlFederatedRole(stack, "GroupA", **arguments)


def trust(stack: CdkStack) -> Any:
    (role,) = Template.from_stack(stack).find_resources("AWS::IAM::Role").values()
    return role["Properties"]["AssumeRolePolicyDocument"]["Statement"]


def test_it_trusts_the_provider_for_one_address_and_nothing_else(stack: CdkStack) -> None:
    federated(stack)
    (statement,) = trust(stack)
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithSAML",
        "Condition": {"StringEquals": {"SAML:aud": URL}},
    }


def test_tags_source_identity_and_jobs_are_trusted_where_they_are_asked_for(stack: CdkStack) -> None:
    meta = "arn:aws:iam::444455556666:role/clusters"
    federated(stack, session_tags=["Team"], source_identity=True, meta_role=meta)
    _, tags, identity, jobs = trust(stack)
    assert (tags["Action"], tags["Condition"]) == (
        "sts:TagSession",
        {"ForAllValues:StringEquals": {"aws:TagKeys": "Team"}},
    )
    assert identity["Action"] == "sts:SetSourceIdentity"
    assert jobs["Condition"] == {"ArnEquals": {"aws:PrincipalArn": meta}}


def test_it_takes_a_provider_of_the_same_app(stack: CdkStack) -> None:
    metadata = iam.SamlMetadataDocument.from_file(str(ROOT / "examples" / "okta-metadata.xml"))
    provider = iam.SamlProvider(stack, "Okta", name="okta", metadata_document=metadata)
    role = federated(stack, saml_provider=provider)
    logical_id = stack.get_logical_id(cast("iam.CfnSAMLProvider", provider.node.default_child))
    assert trust(stack)[0]["Principal"] == {"Federated": {"Ref": logical_id}}
    assert role.role_and_provider.startswith("arn:aws:iam::111122223333:role/role-a,")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"saml_provider": "arn:aws:iam::444455556666:saml-provider/okta"},
            "saml_provider of Federation/GroupA: the SAML provider is one of the account 444455556666, and this stack is "
            "deployed to 111122223333: allowed is a SAML provider of the stack's own account: IAM lets a role trust no other: "
            "make one in 111122223333 from the same metadata",
        ),
        (
            {"saml_provider": "arn:aws-cn:iam::111122223333:saml-provider/okta"},
            "saml_provider of Federation/GroupA: the SAML provider arn:aws-cn:iam::111122223333:saml-provider/okta is in the "
            "partition aws-cn, and this stack is deployed to aws: allowed is the partition aws; no request crosses from one "
            "partition into another",
        ),
        (
            {"saml_provider": 7},
            "saml_provider of Federation/GroupA: it is the int 7: allowed are iam.SamlProvider, iam.CfnSAMLProvider, and the ARN "
            "of a SAML provider as text",
        ),
        (
            {"saml_url": "https://signin.aws.amazon.com/saml"},
            "saml_url of Federation/GroupA: 'https://signin.aws.amazon.com/saml' does not end in /saml/consume: allowed is "
            "https://<workspace>.cloud.databricks.com/saml/consume, as the workspace's settings show it: the role trusts "
            "exactly this text, so a slash too many keeps everybody out",
        ),
        ({"session_hours": 13}, "session_hours of Federation/GroupA: it is 13: allowed are 1 to 12 hours"),
        (
            {"session_tags": "Team"},
            "session_tags of Federation/GroupA: session_tags='Team' is text: allowed is a list: write session_tags=['Team']",
        ),
    ],
    ids=["another account", "another partition", "a number", "the console", "13 hours", "text for a list"],
)
def test_a_wrong_argument_is_named_with_what_is_allowed(stack: CdkStack, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        federated(stack, **changed)
    assert str(refused.value) == message
