"""EMR Studio with the CDK: the stages say what the plain templates say, and cfn-lint and cdk-nag find nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from project import ROOT
from semantics import Stack, stacks_of

from lakehouse_iam.cloudformation import templates
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.setups import load_setups
from stacks import acknowledgements
from stacks.emr_studio import EmrStudioStage

pytestmark = pytest.mark.synth

FILES = [
    *sorted((ROOT / "examples").glob("emr-studio*.yaml")),
    *sorted((ROOT / "tests" / "golden" / "emr-studio").glob("*.yaml")),
]
PLANS = {f"{file.parent.name.capitalize()}-{file.stem}": file for file in FILES}


def plan_of(name: str) -> Plan:
    (setup,) = load_setups(PLANS[name])
    return plan_setup(setup)


@pytest.fixture(scope="module")
def assembly(new_app: Callable[[], App]) -> Path:
    app = new_app()
    for name in PLANS:
        EmrStudioStage(app, plan_of(name), id=name)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return Path(app.synth().directory)


@pytest.fixture(scope="module")
def stacks(assembly: Path) -> dict[str, Stack]:
    return stacks_of(assembly)


def resources(template: Any) -> dict[str, Any]:
    """The resources, with tags and dependencies in an order of their own, and without what the CDK notes on each."""

    def plain(resource: Any) -> Any:
        properties = {
            key: sorted(value, key=lambda tag: tag["Key"]) if key == "Tags" else value
            for key, value in resource["Properties"].items()
        }
        after = sorted(
            [resource["DependsOn"]] if isinstance(resource.get("DependsOn"), str) else resource.get("DependsOn", [])
        )
        kept = {key: value for key, value in resource.items() if key not in ("Metadata", "DependsOn")}
        return {**kept, "Properties": properties, "DependsOn": after}

    return {id: plain(resource) for id, resource in template["Resources"].items() if id != "CDKMetadata"}


@pytest.mark.parametrize("name", PLANS)
def test_says_the_same_as_the_plain_templates(stacks: dict[str, Stack], name: str) -> None:
    plan = plan_of(name)
    plain = templates(plan)
    for phase in plan.phases:
        if phase.has_stack:
            stack = stacks[f"{name}/{phase.id}"]
            assert (stack.name, stack.account, stack.region) == (phase.stack, str(phase.account), phase.region)
            assert resources(stack.template) == resources(plain[phase.id])
            assert not stack.assets


def test_stacks_wait_for_those_before_them(stacks: dict[str, Stack]) -> None:
    waits = {path.rpartition("/")[2]: stack.dependencies for path, stack in stacks.items() if "three-accounts" in path}
    assert set(waits) == {"CatalogOwner", "StudioOwner", "StudioUsers"}
    assert [bool(waits[id]) for id in ("CatalogOwner", "StudioOwner", "StudioUsers")] == [False, True, True]


def test_cdk_nag_and_the_cdks_own_rules_find_nothing_and_each_acknowledgement_has_a_reason(assembly: Path) -> None:
    report = json.loads((assembly / "validation-report.json").read_text())["pluginReports"]
    assert [one["pluginName"] for one in report if one["conclusion"] != "success"] == []
    (nag,) = [one for one in report if one["pluginName"] == "AwsSolutions"]
    ours = {value for key, value in vars(acknowledgements).items() if key.isupper() and isinstance(value, str)}
    reasons = {violation["reason"] for violation in nag["suppressedViolations"]}
    assert reasons
    assert reasons <= ours


def test_cfn_lint_finds_nothing(stacks: dict[str, Stack]) -> None:
    for path, stack in stacks.items():
        found = lint(json.dumps(stack.template), config=ManualArgs(regions=[stack.region]))
        assert [f"{path}: {match.rule.id} {match.message}" for match in found] == []
