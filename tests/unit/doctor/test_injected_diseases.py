"""Each disease, injected into a healthy deployment, is named first and on the right side, and its patch fixes it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from lakehouse_iam.doctor import Diagnosis, after_patch, diagnose
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.snapshot.document import Snapshot
from tests.unit.doctor.injected import INJECTED, Injected, plans_in
from tests.unit.healthy_snapshots import as_snapshots, healthy


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Plan]:
    return plans_in(tmp_path_factory.mktemp("setups"))


@pytest.mark.parametrize("case", INJECTED, ids=lambda case: case.id)
def test_the_disease_is_named_first_on_the_right_side_and_its_patch_mends_it(
    case: Injected, plans: dict[str, Plan]
) -> None:
    plan = plans[case.setup]
    contents = healthy(plan)
    case.inject(contents)
    snapshots = as_snapshots(contents)
    found = diagnose(plan, snapshots)
    assert not found.healthy
    assert [one.finding.disease for one in found.broken][:1] == [case.disease], _told(found)
    first = found.broken[0]
    assert first.finding.account == case.side
    for words in first.disease.words.values():
        assert set(re.findall(r"\{(\w+)\}", words.here)) <= set(first.finding.values)
    if case.patched:
        mended = _mended(plan, snapshots, found)
        assert not mended.broken, _told(mended)
        # What the disease let in beside is told as open, and no patch of a broken link closes it.
        assert mended.as_expected == mended.probes or mended.beyond


def _mended(plan: Plan, snapshots: Sequence[Snapshot], found: Diagnosis) -> Diagnosis:
    """The diagnosis after the first patch, and after those of diseases that the first one hid."""
    for _ in range(_HIDDEN):
        assert found.broken[0].patch.changes, "no patch"
        snapshots = after_patch(snapshots, found.broken[0].patch)
        before, found = found, diagnose(plan, snapshots)
        if not found.broken:
            break
        assert found.broken[0].finding != before.broken[0].finding, _told(found)
    return found


_HIDDEN = 3


def _told(found: Diagnosis) -> str:
    return "\n".join(
        f"{one.finding.disease} {one.finding.at} {one.finding.values} {one.finding.because}" for one in found.broken
    )
