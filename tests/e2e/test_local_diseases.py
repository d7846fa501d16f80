"""Diseases on a local AWS: injected through boto3, named by the doctor, and mended by the patch's own commands.

The commands are run by `sh` with the real AWS CLI, with the credentials of the account that the doctor names and of no other.
Each disease is tried once, the three patterns in turn; all combinations are tried on snapshots, in
`tests/unit/rehearsal/test_disease_catalogue.py`.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lakehouse_iam.aws_sessions import AccountSession
from lakehouse_iam.cli import main
from lakehouse_iam.doctor import Diagnosis, diagnose
from lakehouse_iam.doctor.diagnosis import Broken
from lakehouse_iam.doctor.finding import Change
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan import Plan
from lakehouse_iam.rehearsal.deployment import deploy
from lakehouse_iam.rehearsal.diseases import Healthy, Injected, every_injection
from lakehouse_iam.rehearsal.diseases.local import held_by_local_aws, put_on_local_aws, write_to_local_aws
from lakehouse_iam.rehearsal.keys import with_local_keys
from lakehouse_iam.rehearsal.local_aws import LocalAws, local_aws
from lakehouse_iam.rehearsal.local_snapshots import take_local_snapshots
from lakehouse_iam.rehearsal.preparation import Ground
from lakehouse_iam.snapshot.document import Snapshot
from tests.unit.disease_setups import ABOVE, BELOW, PATTERNS, Deployment, example
from tests.unit.healthy_snapshots import EXAMPLES, as_snapshots, healthy

pytestmark = pytest.mark.e2e

SETTLED = datetime(2036, 11, 26, tzinfo=timezone.utc)
"""Long after the roles were made, so that none looks new."""
ORDERS = dict(zip(PATTERNS, (BELOW, ABOVE, BELOW), strict=True))
AT_LEAST = 55
_HIDDEN = 3
"""How many patches may be needed: one disease may hide another, as a deleted role hides its empty instance profile."""


def silent(_: str) -> None:
    """Progress that nobody reads."""


@dataclass
class Patient:
    """A setup on the local AWS.

    Args:
        aws: where.
        plan: what is deployed.
        config: a configuration file for the AWS CLI: the local AWS has no name for each bucket.
    """

    aws: LocalAws
    plan: Plan
    config: Path
    _sessions: dict[str, AccountSession] = field(default_factory=dict)

    def snapshots(self) -> tuple[Snapshot, ...]:
        """What is there now; Databricks' side is what the setup says, because no workspace is there."""
        workspace = [one for one in as_snapshots(healthy(self.plan)) if one.workspace]
        return (*take_local_snapshots(self.aws, self.plan, SETTLED, self._sessions), *workspace)

    def diagnosis(self) -> Diagnosis:
        return diagnose(self.plan, self.snapshots())

    def run(self, broken: Broken) -> None:
        """Run what the patch prints, as the admin whom the doctor names."""
        text = "\n".join(str(command) for command in broken.patch.commands)
        environment = {
            **self.aws.environment(broken.finding.account),
            "AWS_CONFIG_FILE": str(self.config),
            "PATH": f"{Path(__file__).parents[2] / '.venv' / 'bin'}:/usr/bin:/bin",
        }
        done = subprocess.run(
            ["sh", "-e", "-c", text], env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, f"{broken.finding.disease}: {done.stderr}\n{text}"


@contextmanager
def deployed(deployment: Deployment, folder: Path) -> Iterator[Patient]:
    setup = deployment.plan.source
    config = folder / "config"
    config.write_text("[default]\ns3 =\n    addressing_style = path\n", encoding="utf-8")
    reference = pattern_named(setup.pattern).rehearse
    assert reference is not None
    with local_aws(setup.region) as aws:
        local = with_local_keys(aws, setup)
        with reference.load()(Ground(aws, deploy, silent), local) as prepared:
            yield Patient(aws, prepared.plan, config)


@cache
def tried(folder: Path) -> dict[str, tuple[str, ...]]:
    """Which diseases are tried with each pattern: each with one of those that can have it, in turn."""
    patients = {
        pattern: Healthy(plan := example(pattern, ORDERS[pattern], folder).plan, as_snapshots(healthy(plan)))
        for pattern in PATTERNS
    }
    found: dict[str, list[str]] = {pattern: [] for pattern in PATTERNS}
    for injection in every_injection():
        able = [
            pattern
            for pattern, patient in patients.items()
            if any(held_by_local_aws(one) for one in injection.cases(patient))
        ]
        if able:
            fewest = min(able, key=lambda pattern: len(found[pattern]))
            found[fewest].append(injection.slug)
    return {pattern: tuple(slugs) for pattern, slugs in found.items()}


def test_the_local_aws_can_hold_most_diseases(tmp_path: Path) -> None:
    assert sum(len(slugs) for slugs in tried(tmp_path).values()) >= AT_LEAST


@pytest.mark.parametrize("pattern", PATTERNS)
def test_each_disease_is_named_and_its_own_commands_mend_it(pattern: str, tmp_path: Path) -> None:
    rows: list[str] = []
    with deployed(example(pattern, ORDERS[pattern], tmp_path), tmp_path) as patient:
        well = Healthy(patient.plan, patient.snapshots())
        assert_well(patient.diagnosis())
        for injected in _cases(well, tried(tmp_path)[pattern]):
            write_to_local_aws(patient.aws, injected)
            found = patient.diagnosis()
            rows.append(_row(pattern, injected, found))
            _mend(patient, found)
            _tidy(patient.aws, well, injected)
            assert_well(patient.diagnosis())
    print("\n".join(rows))
    assert [row for row in rows if row.endswith("NO")] == []


def test_the_command_breaks_it_and_the_doctor_names_it() -> None:
    setup = str(EXAMPLES / "instance-profile.yaml")
    ran = CliRunner().invoke(main, ["rehearse", setup, "--break", "trust-account-mistyped", "--lang", "en"])
    assert ran.exit_code == 0, ran.output
    assert "[trust-account-mistyped]" in ran.stdout
    assert "probes fail:" in ran.stdout
    assert "aws iam update-assume-role-policy" in ran.stdout
    assert ran.stdout.endswith("the doctor names trust-account-mistyped first, on the right side\n")


def test_what_the_local_aws_cannot_hold_is_brought_about_in_its_snapshots() -> None:
    setup = str(EXAMPLES / "unity-catalog-azure.yaml")
    ran = CliRunner().invoke(main, ["rehearse", setup, "--break", "scp-denies", "--json"])
    assert ran.exit_code == 0, ran.output
    (answer,) = json.loads(ran.stdout)
    assert answer["break"]["on_local_aws"] is False
    assert answer["probes"] == []
    assert answer["diagnosis"]["broken"][0]["disease"] == "scp-denies"


def test_a_setup_that_has_no_such_thing_is_told_so() -> None:
    setup = str(EXAMPLES / "instance-profile.yaml")
    ran = CliRunner().invoke(main, ["rehearse", setup, "--break", "key-disabled"])
    assert ran.exit_code == 2
    assert "has nothing that key-disabled could break" in ran.output


def assert_well(found: Diagnosis) -> None:
    """Nothing is broken, nothing is open, and every probe is answered as it must be."""
    assert [one.finding.disease for one in found.broken] == [], told(found)
    assert [one.what for one in found.beyond] == []
    assert found.as_expected == found.probes


def _cases(well: Healthy, slugs: tuple[str, ...]) -> Iterator[Injected]:
    for injection in every_injection():
        if injection.slug in slugs:
            yield next(one for one in injection.cases(well) if held_by_local_aws(one))


def _row(pattern: str, injected: Injected, found: Diagnosis) -> str:
    first = found.broken[0].finding if found.broken else None
    named = (first.disease, first.account) if first is not None else ("", "")
    is_right = named == (injected.injection.slug, injected.side)
    return f"{pattern:22} {injected.injection.slug:48} {named[0]:48} {named[1]:12} {'ok' if is_right else 'NO'}"


def _mend(patient: Patient, found: Diagnosis) -> None:
    for _ in range(_HIDDEN):
        if not found.broken:
            break
        assert found.broken[0].patch.commands, told(found)
        patient.run(found.broken[0])
        found = patient.diagnosis()
    assert found.broken == (), told(found)
    assert found.as_expected == found.probes or found.beyond


def _tidy(aws: LocalAws, well: Healthy, injected: Injected) -> None:
    """What a disease let in beside is told as open, and no patch of a broken link closes it: put back what was there."""
    for change in injected.changes:
        value: Any = well.contents[change.of]
        for step in change.path:
            value = value.get(step) if isinstance(value, dict) else None
        parts = value.items() if change.value is None and isinstance(value, dict) else [(None, value)]
        for key, part in parts:
            path = change.path if key is None else (*change.path, key)
            if part is not None:
                put_on_local_aws(aws, Change(change.of, path, part))


def told(found: Diagnosis) -> str:
    return "\n".join(f"{one.finding.disease} {one.finding.at} {one.finding.values}" for one in found.broken)
