"""Each disease, injected into a healthy deployment, is named first and on the right side, and its patch mends it."""

from __future__ import annotations

import pytest

from lakehouse_iam.doctor import Diagnosis, after_patch, diagnose
from tests.unit.doctor.injected import INJECTED, Injected
from tests.unit.healthy_snapshots import as_snapshots, example_plan, healthy


@pytest.mark.parametrize("case", INJECTED, ids=lambda case: case.id)
def test_the_disease_is_named_first_on_the_right_side_and_its_patch_mends_it(case: Injected) -> None:
    plan = example_plan(case.setup)
    contents = healthy(plan)
    case.inject(contents)
    snapshots = as_snapshots(contents)
    found = diagnose(plan, snapshots)
    assert not found.healthy
    assert [one.finding.disease for one in found.broken][:1] == [case.disease], _told(found)
    first = found.broken[0]
    assert first.finding.account == case.side
    assert all(first.here(language) and "?" not in first.here(language) for language in first.disease.words)
    if not case.patched:
        return
    for _ in range(3):
        snapshots = after_patch(snapshots, found.broken[0].patch)
        assert found.broken[0].patch.changes, "no patch"
        found = diagnose(plan, snapshots)
        if found.as_expected == found.probes and not found.broken:
            break
        # A second disease that the first one hid, such as the ids in another policy, may come after it, but not the same.
        assert found.broken[0].finding != first.finding, _told(found)
    assert not found.broken, _told(found)
    assert found.as_expected == found.probes


def _told(found: Diagnosis) -> str:
    return "\n".join(
        f"{one.finding.disease} {one.finding.at} {one.finding.values} {one.finding.because}" for one in found.broken
    )
