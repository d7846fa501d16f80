"""The table of what each role of `emr-studio` needs: every line is asked in some setup, and of real actions only."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse_iam.evaluator.service_actions import is_known
from lakehouse_iam.probes.emr_studio_needs import _table, needs
from lakehouse_iam.probes.probe import Expected
from lakehouse_iam.setups import load_setups
from lakehouse_iam.setups.emr_studio import EmrStudioSetup

GOLDEN = Path(__file__).parents[2] / "golden" / "emr-studio"
SETUPS = [setup for file in sorted(GOLDEN.glob("*.yaml")) for setup in load_setups(file)]


@pytest.fixture(scope="module")
def asked() -> list[str]:
    return [probe.question for setup in SETUPS if isinstance(setup, EmrStudioSetup) for probe in needs(setup)]


@pytest.mark.parametrize("need", _table(), ids=lambda need: f"{need['role']}: {need['does']}")
def test_every_line_is_asked_in_some_setup(need: dict[str, object], asked: list[str]) -> None:
    assert any(question.startswith(str(need["does"])) for question in asked)


def test_no_question_is_asked_twice_and_each_must_be_allowed() -> None:
    for setup in SETUPS:
        assert isinstance(setup, EmrStudioSetup)
        found = list(needs(setup))
        assert len({(probe.principal, probe.question) for probe in found}) == len(found)
        assert {probe.expected for probe in found} == {Expected.ALLOW}
        assert not any("{" in probe.resource or "{" in probe.question for probe in found)
