"""Only one account can be read: the script for the other one, run by `sh` with the real AWS CLI against the local AWS."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from any_host_proxy import any_host_proxy

from lakehouse_iam.arns import AccountId
from lakehouse_iam.aws_sessions import AwsSessions
from lakehouse_iam.doctor import Diagnosis, diagnose
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan import Plan
from lakehouse_iam.proof.prove import Verdict, answer_probes
from lakehouse_iam.rehearsal.deployment import deploy
from lakehouse_iam.rehearsal.keys import with_local_keys
from lakehouse_iam.rehearsal.local_aws import LocalAws, local_aws
from lakehouse_iam.rehearsal.local_snapshots import meant_workspace
from lakehouse_iam.rehearsal.preparation import Ground
from lakehouse_iam.setups import load_setups
from lakehouse_iam.setups.setup import Setup
from lakehouse_iam.snapshot.any_file import read_any
from lakehouse_iam.snapshot.command_output import read_command_output, snapshot_from_output
from lakehouse_iam.snapshot.commands import script
from lakehouse_iam.snapshot.document import Snapshot
from lakehouse_iam.snapshot.live_world import live_world
from lakehouse_iam.snapshot.reading import take_snapshot
from lakehouse_iam.snapshot.subjects import Subjects, accounts_of, subjects_of

pytestmark = pytest.mark.e2e

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
NOW = datetime(2026, 11, 26, tzinfo=timezone.utc)


def silent(_: str) -> None:
    """Progress that nobody reads."""


def setups() -> list[Setup]:
    rich = load_setups(HERE / "rich.yaml")
    return [
        rich[0],
        *load_setups(EXAMPLES / "unity-catalog-aws.yaml"),
        *load_setups(EXAMPLES / "saml-passthrough.yaml"),
    ]


@dataclass
class Deployed:
    """A setup on the local AWS.

    Args:
        aws: the local AWS.
        plan: the plan that is deployed.
        proxy: the variables with which clients reach it.
        folder: a folder for the files of its accounts.
    """

    aws: LocalAws
    plan: Plan
    proxy: dict[str, str]
    folder: Path

    @cached_property
    def subjects(self) -> dict[str, Subjects]:
        """What each account holds of the setup."""
        return {account: subjects_of(self.plan, account) for account in accounts_of(self.plan)}

    @cached_property
    def told(self) -> dict[str, Snapshot]:
        """What the admin of each account sends: the output of the script, run once."""
        return {account: self._told(subjects) for account, subjects in self.subjects.items()}

    def _told(self, subjects: Subjects) -> Snapshot:
        file = self.folder / "read-account.sh"
        file.write_text(script(subjects), encoding="utf-8")
        ran = self.run(subjects.account, "sh", str(file))
        assert ran.returncode == 0, ran.stderr
        return snapshot_from_output(read_command_output(json.loads(ran.stdout)), subjects)

    @cached_property
    def read(self) -> dict[str, Snapshot]:
        """What our own reader reads of each account."""
        return {account: self._read(subjects) for account, subjects in self.subjects.items()}

    def _read(self, subjects: Subjects) -> Snapshot:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment(subjects.account).items():
                patch.setenv(name, value)
            session = AwsSessions(subjects.region, {}).of(AccountId.parse(subjects.account))
            return take_snapshot(subjects, session, NOW)

    def run(self, account: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as an admin of an account."""
        variables = self.environment(account)
        return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=600, check=False)

    def environment(self, account: str) -> dict[str, str]:
        """The variables with which an AWS client reaches an account."""
        config = self.folder / "config"
        # The local AWS has no name for each bucket.
        config.write_text("[default]\ns3 =\n    addressing_style = path\n", encoding="utf-8")
        kept = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "TMPDIR": str(self.folder)}
        return kept | self.aws.environment(account) | {"AWS_CONFIG_FILE": str(config)} | self.proxy


@pytest.fixture(scope="module", params=setups(), ids=lambda setup: setup.name)
def deployed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    setup = request.param
    with local_aws(setup.region) as aws:
        local = with_local_keys(aws, setup)
        reference = pattern_named(setup.pattern).rehearse
        assert reference is not None
        with reference.load()(Ground(aws, deploy, silent), local) as prepared, any_host_proxy(aws) as proxy:
            yield Deployed(aws, prepared.plan, proxy, tmp_path_factory.mktemp(setup.name))


def comparable(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot without how it was made, when, and by whom."""
    content = dict(snapshot.content)
    for name in ("by", "taken"):
        del content[name]
    content["of"] = {key: value for key, value in content["of"].items() if key != "caller"}
    return content


def test_the_script_tells_what_the_reader_tells(deployed: Deployed) -> None:
    for account, told in deployed.told.items():
        assert told.content["by"] == "commands"
        assert comparable(told) == comparable(deployed.read[account])
        # The local AWS has neither of the two.
        unread = {one.what.partition(".")[0] for one in told.not_read}
        assert unread <= {"organization", "account_block_public_access"}


def test_with_one_account_the_other_side_is_open_and_the_script_completes_it(deployed: Deployed) -> None:
    read = deployed.read
    whole = verdicts(deployed.plan, list(read.values()))
    ours, *theirs = read
    if theirs:
        half = verdicts(deployed.plan, [read[ours]])
        # Half of the world leaves questions open; it never gives another answer.
        changed = {half[question] for question in half if half[question] is not whole[question]}
        assert changed == {Verdict.NOT_DECIDED}
    assert verdicts(deployed.plan, [read[ours], *(deployed.told[account] for account in theirs)]) == whole


def test_the_doctor_says_whom_to_ask_and_decides_once_they_have_answered(deployed: Deployed) -> None:
    ours, *theirs = deployed.read
    before = diagnosis(deployed, [deployed.read[ours]])
    commands = {one.command for one in before.not_decided if one.decides}
    assert commands >= {f"lakehouse-iam snapshot setup.yaml --account {account} --commands" for account in theirs}
    # What nobody read is sick of nothing.
    assert {one.finding.account for one in before.broken}.isdisjoint(theirs)
    assert before.healthy is False
    after = diagnosis(deployed, [deployed.read[ours], *(deployed.told[account] for account in theirs)])
    assert [one for one in after.not_decided if one.decides and one.command] == []
    whole = diagnosis(deployed, list(deployed.read.values()))
    assert places(after) == places(whole)
    assert after.as_expected == whole.as_expected
    assert after.as_expected > before.as_expected or not theirs


def places(found: Diagnosis) -> list[tuple[str, str]]:
    """What is sick where; that a role is new hangs on the second in which it was asked."""
    named = [(one.finding.disease, one.finding.at) for one in found.broken]
    return [(disease, at) for disease, at in named if disease != "not-propagated-yet"]


def diagnosis(deployed: Deployed, snapshots: list[Snapshot]) -> Diagnosis:
    """What the doctor says, the Databricks workspace being as the setup says."""
    workspace = meant_workspace(deployed.plan, NOW)
    known = [*snapshots, *([workspace] if workspace is not None else [])]
    return diagnose(deployed.plan, known, setup_file="setup.yaml")


def verdicts(plan: Plan, snapshots: list[Snapshot]) -> dict[str, Verdict]:
    """The answer to each of a setup's probes by snapshots."""
    live = live_world(plan, snapshots)
    return {one.probe.question: one.verdict for one in answer_probes(live.deployed, live.probes)}


def test_what_iam_puts_out_in_one_call_is_what_the_reader_reads_of_its_roles(
    deployed: Deployed, tmp_path: Path
) -> None:
    # AWS does not put out the session length, and the local AWS no last use either.
    kept = ("arn", "id", "created", "trust", "inline", "attached", "boundary", "tags")
    for account, read in deployed.read.items():
        ran = deployed.run(account, "aws", "iam", "get-account-authorization-details", "--output", "json")
        assert ran.returncode == 0, ran.stderr
        file = tmp_path / f"{account}.json"
        file.write_text(ran.stdout, encoding="utf-8")
        told = read_any(deployed.plan, file)
        assert told.objects("roles") == {
            name: None if role is None else {key: role[key] for key in kept}
            for name, role in read.objects("roles").items()
        }
        assert told.objects("instance_profiles") == read.objects("instance_profiles")
        assert "buckets" not in told.content
