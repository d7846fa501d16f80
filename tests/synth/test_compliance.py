"""What others check: cfn-lint, the CDK's own template validation, and cdk-nag's AwsSolutions pack."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from project import ROOT
from semantics import Stack, stacks_of

from lakehouse_iam.plan import plan_setup
from lakehouse_iam.setups import load_setups
from stacks import acknowledgements
from stacks.instance_profile import InstanceProfileStage

pytestmark = pytest.mark.synth

SETUPS = (*sorted((ROOT / "examples").glob("instance-profile*.yaml")), Path(__file__).parent / "rich.yaml")


@dataclass(frozen=True)
class Checked:
    """A synthesized app with the report of its validations."""

    stacks: dict[str, Stack]
    report: list[dict[str, Any]]

    def of(self, plugin: str) -> list[dict[str, Any]]:
        return [report for report in self.report if report["pluginName"] == plugin]


@pytest.fixture(scope="module")
def checked(new_app: Callable[[], App]) -> Checked:
    app = new_app()
    for file in SETUPS:
        for setup in load_setups(file):
            InstanceProfileStage(app, plan_setup(setup))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    directory = Path(app.synth().directory)
    report = json.loads((directory / "validation-report.json").read_text())
    return Checked(stacks_of(directory), report["pluginReports"])


def test_nothing_fails(checked: Checked) -> None:
    assert [report for report in checked.report if report["conclusion"] != "success"] == []
    assert [violation for report in checked.report for violation in report["violations"] if is_finding(violation)] == []


def is_finding(violation: dict[str, Any]) -> bool:
    return violation["severity"] in ("warning", "error", "fatal")


def test_cdk_checks_templates_as_errors(new_app: Callable[[], App]) -> None:
    assert new_app().node.try_get_context("@aws-cdk/core:validateAgainstDefaultRules") is True


def test_cfn_lint_finds_nothing(checked: Checked) -> None:
    for path, stack in checked.stacks.items():
        found = lint(json.dumps(stack.template), config=ManualArgs(regions=[stack.region]))
        assert [f"{path}: {match.rule.id} {match.message}" for match in found] == []


def test_each_acknowledgement_is_granular_and_has_one_of_our_reasons(checked: Checked) -> None:
    (nag,) = checked.of("AwsSolutions")
    reasons = {
        "AwsSolutions::AwsSolutions-IAM5": acknowledgements.OBJECTS,
        "AwsSolutions::AwsSolutions-S1": acknowledgements.ACCESS_LOGS,
        "AwsSolutions::AwsSolutions-S10": acknowledgements.TLS,
    }
    accepted = [(violation["acknowledgedId"], violation["reason"]) for violation in nag["suppressedViolations"]]
    assert {id.partition("[")[0] for id, _ in accepted} == set(reasons)
    for id, reason in accepted:
        rule, _, resource = id.partition("[")
        assert reason == reasons[rule]
        assert rule != "AwsSolutions::AwsSolutions-IAM5" or resource.startswith("Resource::arn:aws:s3:::")


def test_only_what_a_setup_names_is_acknowledged(checked: Checked) -> None:
    (nag,) = checked.of("AwsSolutions")
    wildcards = {
        violation["acknowledgedId"].removeprefix("AwsSolutions::AwsSolutions-IAM5[Resource::arn:aws:s3:::").rstrip("]")
        for violation in nag["suppressedViolations"]
        if "IAM5" in violation["acknowledgedId"]
    }
    assert wildcards == {
        "ty-databricks-cross-account-bucket/*",
        "rich-handed-over/curated/*",
        "rich-handed-over/raw/2026/*",
        "rich-managed/*",
        "rich-plain/*",
        "rich-created/*",
        "rich-created-without-policy/*",
        "rich-folders/a/*",
        "rich-folders/b/c/*",
    }
