"""Snapshots as the world that probes are asked in."""

from __future__ import annotations

import json

import pytest

from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.proof.prove import Verdict, answer_probes
from lakehouse_iam.snapshot.live_world import live_world
from lakehouse_iam.snapshot.loading import snapshot_from_text
from tests.unit.healthy_snapshots import as_snapshots, example_plan, example_plans, healthy


@pytest.mark.parametrize("plan", example_plans(), ids=lambda plan: plan.setup)
def test_in_a_healthy_deployment_every_probe_is_answered_as_it_must_be(plan: Plan) -> None:
    live = live_world(plan, as_snapshots(healthy(plan)))
    wrong = [one.probe.question for one in answer_probes(live.deployed, live.probes) if not one.as_expected]
    assert wrong == []
    assert [one.path for one in live.not_read if one.decides] == []


def test_what_nobody_read_is_not_decided_and_says_whom_to_ask() -> None:
    plan = example_plan("partner-bucket")
    contents = healthy(plan)
    del contents["444455556666"]
    live = live_world(plan, as_snapshots(contents))
    answers = {one.probe.question: one for one in answer_probes(live.deployed, live.probes)}
    asked = answers["the deployment role assumes bucket-owner-acct-s3-access-role"]
    assert asked.verdict is Verdict.NOT_DECIDED
    assert "444455556666" in asked.because[0]
    assert answers["EC2 hands a cluster the deployment role"].as_expected


def test_what_is_not_there_refuses_everything() -> None:
    plan = example_plan("partner-bucket")
    contents = healthy(plan)
    contents["444455556666"]["buckets"]["ty-databricks-cross-account-bucket"] = None
    live = live_world(plan, as_snapshots(contents))
    assert live.absent == {"arn:aws:s3:::ty-databricks-cross-account-bucket": "444455556666"}
    answers = {one.probe.question: one for one in answer_probes(live.deployed, live.probes)}
    assert answers["read an object of ty-databricks-cross-account-bucket"].verdict is Verdict.DENY


@pytest.mark.parametrize("plan", example_plans(), ids=lambda plan: plan.setup)
def test_the_healthy_snapshots_of_these_tests_are_snapshots(plan: Plan) -> None:
    for content in healthy(plan).values():
        text = json.dumps(content)
        assert snapshot_from_text(text, "healthy.json").setup == plan.setup
