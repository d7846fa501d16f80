"""A rehearsal of EMR Studio: what the local AWS knows is deployed and tried, and the rest is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse_iam.rehearsal.attempts import Happened
from lakehouse_iam.rehearsal.limits import OTHER_SERVICE, PASS_ROLE, SENT_BY_A_SERVICE, SERVICES
from lakehouse_iam.rehearsal.run import rehearse
from lakehouse_iam.setups import load_setups

pytestmark = pytest.mark.e2e

GOLDEN = Path(__file__).parents[1] / "golden" / "emr-studio"


@pytest.mark.parametrize(("case", "least"), [("seed-003", 30), ("regular-workgroup", 20), ("three-accounts", 50)])
def test_what_the_local_aws_knows_is_tried_and_what_it_does_not_is_said(case: str, least: int) -> None:
    (setup,) = load_setups(GOLDEN / f"{case}.yaml")
    said: list[str] = []
    rehearsal = rehearse(setup, said.append)
    assert rehearsal.passed, [attempt.probe.question for attempt in rehearsal.wrong]
    assert len(rehearsal.judged) >= least
    reasons = {attempt.detail for attempt in rehearsal.not_judged}
    assert {OTHER_SERVICE, PASS_ROLE, SERVICES} <= reasons
    # A regular workgroup keeps results with the user role, which needs no service in between.
    assert (SENT_BY_A_SERVICE in reasons) is (case != "regular-workgroup")
    assert all(attempt.happened is Happened.NOT_JUDGED for attempt in rehearsal.not_judged)
    left_out = [line for line in said if "because the local AWS has no such thing" in line]
    assert any("EmrStudio" in line for line in left_out)
    assert any("CustomResource" in line for line in left_out)
    assert any(line.startswith("deploy analytics-studio-studio-owner") for line in said)
