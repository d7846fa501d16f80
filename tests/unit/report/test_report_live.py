"""The live state beside the intended one."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from lakehouse_iam.languages import Language
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.proof.prove import prove_plan
from lakehouse_iam.report.data import report_of
from lakehouse_iam.report.live import live_of
from lakehouse_iam.report.page import page
from lakehouse_iam.setups.schema import schema_text
from tests.unit.healthy_snapshots import as_snapshots, example_plan, example_plans, healthy

BUCKET = "ty-databricks-cross-account-bucket"


@pytest.mark.parametrize("plan", example_plans(), ids=lambda plan: plan.setup)
def test_a_healthy_deployment_is_as_intended(plan: Plan) -> None:
    live = live_of(plan, as_snapshots(healthy(plan)))
    assert live["as_expected"] == live["total"]
    assert live["differs"] == live["units"] == []


def test_a_bucket_policy_that_was_opened_is_wider_than_intended() -> None:
    plan = example_plan("partner-bucket")
    contents = healthy(plan)
    bucket = contents["444455556666"]["buckets"][BUCKET]
    stranger = {"AWS": "arn:aws:iam::999988887777:root"}
    bucket["policy"]["Statement"].append(
        {"Effect": "Allow", "Principal": stranger, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    )
    live = live_of(plan, as_snapshots(contents))
    (unit,) = live["units"]
    assert (unit["kind"], unit["change"]) == ("bucket", "widened")
    assert any("a role of another account reads" in one["question"] for one in live["differs"])


def test_what_is_not_there_and_what_nobody_read_are_two_lists() -> None:
    plan = example_plan("partner-bucket")
    contents = healthy(plan)
    contents["444455556666"]["buckets"][BUCKET] = None
    del contents["111122223333"]
    live = live_of(plan, as_snapshots(contents))
    assert [one["arn"] for one in live["absent"]] == [f"arn:aws:s3:::{BUCKET}"]
    assert {one["account"] for one in live["not_read"]} >= {"111122223333"}
    assert live["as_expected"] < live["total"]


def test_the_page_shows_the_live_state_and_keeps_its_shape() -> None:
    plan = example_plan("partner-bucket")
    contents = healthy(plan)
    contents["444455556666"]["buckets"][BUCKET] = None
    live = {plan.setup: live_of(plan, as_snapshots(contents))}
    report = report_of([(plan, prove_plan(plan))], written_at="", tool="", live=live)
    schema = json.loads(schema_text("report.schema.json"))
    assert list(Draft202012Validator(schema).iter_errors(report)) == []
    text = page(report, Language.ENGLISH)
    assert "Looked for and not there" in text
    assert "Live state: " in text
