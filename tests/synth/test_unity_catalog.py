"""Unity Catalog with the CDK: the stages say what the plain templates say."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from project import ROOT
from semantics import Stack as SynthesizedStack
from semantics import meaning, stacks_of

from lakehouse_iam.arns import EXTERNAL_ID_PATTERN
from lakehouse_iam.cloudformation import templates
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
        UnityCatalogStage(app, plan_setup(setup))
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
    UnityCatalogStage(app, plan_setup(setup))
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
