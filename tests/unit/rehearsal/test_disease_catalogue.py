"""The catalogue of diseases on snapshots: three patterns, both orders of accounts, every way to come by each disease.

The doctor must name exactly the disease that was brought about, first and on the right side, and its patch must make the probes
pass. `pytest -s` prints the table.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from lakehouse_iam.doctor import Diagnosis, after_patch, diagnose
from lakehouse_iam.doctor.diseases import catalogue
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.rehearsal.diseases import Healthy, Injected, every_injection, injection_named
from tests.unit.disease_setups import ABOVE, BELOW, PATTERNS, Deployment, deployments
from tests.unit.healthy_snapshots import as_snapshots, healthy

AT_LEAST = 60
"""Diseases that are brought about, by their names."""
NAMED_RIGHTLY = 0.95
_HIDDEN = 3


@dataclass(frozen=True)
class Tried:
    """One disease in one deployment, and what came of it."""

    deployment: Deployment
    injected: Injected
    found: Diagnosis
    mended: Diagnosis

    @property
    def is_named(self) -> bool:
        """Whether the doctor names it first, on the right side."""
        first = self.found.broken[0].finding if self.found.broken else None
        wanted = (self.injected.injection.slug, self.injected.side)
        return first is not None and (first.disease, first.account) == wanted

    @property
    def is_mended(self) -> bool:
        """Whether every probe passes with the patch; what the disease let in beside stays open, and is told."""
        if not self.injected.injection.mended:
            return True
        whole = self.mended.as_expected == self.mended.probes or bool(self.mended.beyond)
        return not self.mended.broken and whole

    @property
    def row(self) -> str:
        """A line of the table."""
        plan, slug = self.deployment.plan, self.injected.injection.slug
        named = self.found.broken[0].finding.disease if self.found.broken else "-"
        side = self.injected.side or "workspace"
        marks = f"{'named' if self.is_named else f'NO: {named}'}, {'mended' if self.is_mended else 'NOT MENDED'}"
        return f"{slug:48} {plan.pattern:20} {plan.setup:22} {self.deployment.order:22} {side:12} {marks}"


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tried, ...]:
    folder = tmp_path_factory.mktemp("setups")
    return tuple(one for deployment in deployments(folder) for one in _all_of(deployment))


def _all_of(deployment: Deployment) -> list[Tried]:
    plan = deployment.plan
    well = Healthy(plan, as_snapshots(healthy(plan)))
    return [_tried(deployment, well, case) for injection in every_injection() for case in injection.cases(well)]


def _tried(deployment: Deployment, well: Healthy, injected: Injected) -> Tried:
    snapshots = injected.into(well.snapshots)
    found = diagnose(deployment.plan, snapshots)
    mended = found
    for _ in range(_HIDDEN):
        if not mended.broken or not mended.broken[0].patch.changes:
            break
        snapshots = after_patch(snapshots, mended.broken[0].patch)
        mended = diagnose(deployment.plan, snapshots)
    return Tried(deployment, injected, found, mended)


def test_every_healthy_deployment_is_healthy(tmp_path: Path) -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for deployment in deployments(tmp_path):
        assert _sick(deployment.plan) == []
        seen[deployment.plan.pattern, deployment.order] += 1
    assert set(seen) == {(pattern, order) for pattern in PATTERNS for order in (BELOW, ABOVE)}


def _sick(plan: Plan) -> list[str]:
    found = diagnose(plan, as_snapshots(healthy(plan)))
    broken = [one.finding.disease for one in found.broken]
    return [*broken, *(one.what for one in found.beyond), *(one.change for one in found.drift if not one.harmless)]


def test_each_disease_is_named_first_on_the_right_side(tried: tuple[Tried, ...]) -> None:
    print("\n" + "\n".join(sorted(one.row for one in tried)))
    named = sum(one.is_named for one in tried)
    print(f"{named} of {len(tried)} named first, on the right side")
    assert len({one.injected.injection.slug for one in tried}) >= AT_LEAST
    assert named >= NAMED_RIGHTLY * len(tried), "\n".join(one.row for one in tried if not one.is_named)


def test_each_pattern_has_its_share_in_both_orders(tried: tuple[Tried, ...]) -> None:
    shares = Counter((one.deployment.plan.pattern, one.deployment.order) for one in tried)
    assert set(shares) == {(pattern, order) for pattern in PATTERNS for order in (BELOW, ABOVE)}
    assert min(shares.values()) >= AT_LEAST
    assert all(shares[pattern, BELOW] == shares[pattern, ABOVE] for pattern in PATTERNS)


def test_each_patch_makes_the_probes_pass(tried: tuple[Tried, ...]) -> None:
    assert [one.row for one in tried if not one.is_mended] == []


def test_injections_have_names_of_diseases_each_once() -> None:
    slugs = [one.slug for one in every_injection()]
    assert len(slugs) == len(set(slugs))
    assert set(slugs) <= {one.slug for one in catalogue()}


def test_a_disease_that_nobody_knows_is_refused_with_what_is_near() -> None:
    with pytest.raises(InvalidValue, match="did you mean trust-account-mistyped"):
        injection_named("trust-acount-mistyped")


def test_the_setup_decides_what_it_can_fall_ill_of(tmp_path: Path) -> None:
    for deployment in deployments(tmp_path):
        well = Healthy(deployment.plan, as_snapshots(healthy(deployment.plan)))
        has_key = any(True for _ in well.keys)
        assert bool(list(injection_named("key-disabled").cases(well))) is has_key
