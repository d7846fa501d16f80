"""Only one account can be read: the script for the other one, run by `sh` with the real AWS CLI against the local AWS."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from any_host_proxy import any_host_proxy

from lakehouse_iam.arns import AccountId
from lakehouse_iam.aws_sessions import AwsSessions
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan import Plan
from lakehouse_iam.proof.prove import Verdict, answer_probes
from lakehouse_iam.rehearsal.deployment import deploy
from lakehouse_iam.rehearsal.keys import with_local_keys
from lakehouse_iam.rehearsal.local_aws import LocalAws, local_aws
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


@dataclass(frozen=True)
class Deployed:
    """A setup on the local AWS.

    Args:
        aws: the local AWS.
        plan: the plan that is deployed.
        proxy: the variables with which clients reach it.
    """

    aws: LocalAws
    plan: Plan
    proxy: dict[str, str]

    def environment(self, account: str, folder: Path) -> dict[str, str]:
        """The variables with which an AWS client reaches an account."""
        folder.mkdir(exist_ok=True)
        config = folder / "config"
        # The local AWS has no name for each bucket.
        config.write_text("[default]\ns3 =\n    addressing_style = path\n", encoding="utf-8")
        kept = {"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder)}
        return kept | self.aws.environment(account) | {"AWS_CONFIG_FILE": str(config)} | self.proxy


@pytest.fixture(scope="module", params=setups(), ids=lambda setup: setup.name)
def deployed(request: pytest.FixtureRequest) -> Iterator[Deployed]:
    setup = request.param
    with local_aws(setup.region) as aws:
        local = with_local_keys(aws, setup)
        reference = pattern_named(setup.pattern).rehearse
        assert reference is not None
        with reference.load()(Ground(aws, deploy, silent), local) as prepared, any_host_proxy(aws) as proxy:
            yield Deployed(aws, prepared.plan, proxy)


def run(there: Deployed, account: str, text: str, folder: Path, shell: str = "sh") -> subprocess.CompletedProcess[str]:
    """Run a script as an admin of the account would."""
    variables = there.environment(account, folder)
    file = folder / "read-account.sh"
    file.write_text(text, encoding="utf-8")
    command = [shell, str(file)]
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=600, check=False)


def read_by_boto3(there: Deployed, subjects: Subjects, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Snapshot:
    """Read the account with our own reader."""
    for name, value in there.environment(subjects.account, folder).items():
        monkeypatch.setenv(name, value)
    session = AwsSessions(subjects.region, {}).of(AccountId.parse(subjects.account))
    return take_snapshot(subjects, session, NOW)


def comparable(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot without how it was made, when, and by whom."""
    content = dict(snapshot.content)
    for name in ("by", "taken"):
        del content[name]
    content["of"] = {key: value for key, value in content["of"].items() if key != "caller"}
    return content


def test_the_script_tells_what_the_reader_tells(
    deployed: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for account in accounts_of(deployed.plan):
        subjects = subjects_of(deployed.plan, account)
        ran = run(deployed, account, script(subjects), tmp_path / account)
        assert ran.returncode == 0, ran.stderr
        told = snapshot_from_output(read_command_output(json.loads(ran.stdout)), subjects)
        assert told.content["by"] == "commands"
        assert comparable(told) == comparable(read_by_boto3(deployed, subjects, tmp_path / account, monkeypatch))


def test_with_one_account_the_other_side_is_open_and_the_script_completes_it(
    deployed: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = deployed.plan
    accounts = {account: subjects_of(plan, account) for account in accounts_of(plan)}
    read = {
        account: read_by_boto3(deployed, subjects, tmp_path / account, monkeypatch)
        for account, subjects in accounts.items()
    }
    whole = verdicts(plan, list(read.values()))
    ours, *theirs = accounts
    if theirs:
        half = verdicts(plan, [read[ours]])
        assert {question for question, verdict in half.items() if verdict is Verdict.NOT_DECIDED}
        # Half of the world may leave a question open; it never gives another answer.
        assert {half[question] for question in half if half[question] is not whole[question]} <= {Verdict.NOT_DECIDED}
    told = [
        snapshot_from_output(
            read_command_output(
                json.loads(run(deployed, account, script(accounts[account]), tmp_path / account).stdout)
            ),
            accounts[account],
        )
        for account in theirs
    ]
    assert verdicts(plan, [read[ours], *told]) == whole


def verdicts(plan: Plan, snapshots: list[Snapshot]) -> dict[str, Verdict]:
    """The answer to each of a setup's probes by snapshots."""
    live = live_world(plan, snapshots)
    return {one.probe.question: one.verdict for one in answer_probes(live.deployed, live.probes)}


def test_what_iam_puts_out_in_one_call_is_what_the_reader_reads_of_its_roles(
    deployed: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for account in accounts_of(deployed.plan):
        variables = deployed.environment(account, tmp_path / account)
        command = ["aws", "iam", "get-account-authorization-details", "--output", "json"]
        ran = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120, check=True)
        file = tmp_path / f"{account}.json"
        file.write_text(ran.stdout, encoding="utf-8")
        told = read_any(deployed.plan, file)
        read = read_by_boto3(deployed, subjects_of(deployed.plan, account), tmp_path / account, monkeypatch)
        without = {
            name: None if role is None else {key: role[key] for key in role if key != "session_seconds"}
            for name, role in read.objects("roles").items()
        }
        assert told.objects("roles") == without
        assert told.objects("instance_profiles") == read.objects("instance_profiles")
        assert "buckets" not in told.content
