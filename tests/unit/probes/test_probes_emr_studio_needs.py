"""The table of what each role of `emr-studio` needs: every line is asked in some setup, and of real actions only."""

from __future__ import annotations

from pathlib import Path

import pytest
from emr_studio_texts import REGULAR, setup_of

from lakehouse_iam.evaluator.service_actions import service_actions
from lakehouse_iam.probes.emr_studio_needs import _table, needs
from lakehouse_iam.probes.probe import Expected
from lakehouse_iam.setups import load_setups
from lakehouse_iam.setups.emr_studio import EmrStudioSetup

GOLDEN = Path(__file__).parents[2] / "golden" / "emr-studio"
KEY = "arn:aws:kms:ap-northeast-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
REGULAR_WITH_KEY = setup_of(
    REGULAR,
    (
        "  results: s3://example-results/athena\n",
        f"  results: s3://example-results/athena\n  results_bucket: {{name: example-results, kms_key: '{KEY}'}}\n",
    ),
)
SETUPS = [*(setup for file in sorted(GOLDEN.glob("*.yaml")) for setup in load_setups(file)), REGULAR_WITH_KEY]


@pytest.fixture(scope="module")
def asked() -> list[str]:
    return [probe.question for setup in SETUPS if isinstance(setup, EmrStudioSetup) for probe in needs(setup)]


@pytest.mark.parametrize("need", _table(), ids=lambda need: f"{need['role']}: {need['does']}")
def test_every_line_is_asked_in_some_setup(need: dict[str, object], asked: list[str]) -> None:
    assert any(question.startswith(str(need["does"])) for question in asked)


@pytest.mark.parametrize("need", _table(), ids=lambda need: f"{need['role']}: {need['does']}")
def test_every_action_is_one_of_its_service(need: dict[str, list[str]]) -> None:
    for action in need["actions"]:
        service = service_actions(action.partition(":")[0])
        assert service is None or service.named(action.partition(":")[2]) == action.partition(":")[2], action


def test_no_question_is_asked_twice_and_each_must_be_allowed() -> None:
    for setup in SETUPS:
        assert isinstance(setup, EmrStudioSetup)
        found = list(needs(setup))
        assert len({(probe.principal, probe.question) for probe in found}) == len(found)
        assert {probe.expected for probe in found} == {Expected.ALLOW}
        assert not any("{" in probe.resource or "{" in probe.question for probe in found)
