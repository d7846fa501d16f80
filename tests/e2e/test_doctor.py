"""The doctor on a local AWS: what our own templates deployed is read and found healthy, and a trust is mended.

Databricks' side is made from the plan, because no workspace is there; so are IAM's times, which make a role look new.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lakehouse_iam.doctor import Diagnosis, diagnose
from lakehouse_iam.rehearsal.accounts import root_of
from lakehouse_iam.snapshot.document import Snapshot
from lakehouse_iam.snapshot.subjects import accounts_of
from tests.e2e.test_snapshot import SETUPS, Deployed, deployed, read
from tests.unit.healthy_snapshots import as_snapshots, healthy

pytestmark = pytest.mark.e2e

NAMES = ("instance-profile", "unity-catalog-aws", "unity-catalog-azure", "saml-passthrough")
OWNER, ROLE = "444455556666", "bucket-owner-acct-s3-access-role"


def snapshots(there: Deployed, monkeypatch: pytest.MonkeyPatch) -> tuple[Snapshot, ...]:
    """What is read of each account, and a workspace that has what the setup says."""
    taken = tuple(_settled(read(there, account, monkeypatch)) for account in accounts_of(there.plan))
    contents = healthy(there.plan)
    return (*taken, *as_snapshots({"workspace": contents["workspace"]} if "workspace" in contents else {}))


def _settled(taken: Snapshot) -> Snapshot:
    """A snapshot of roles that are not new."""
    roles: dict[str, Any] = {
        name: role if role is None else {**role, "created": "2026-11-01T00:00:00Z"}
        for name, role in taken.objects("roles").items()
    }
    return replace(taken, content={**taken.content, "roles": roles})


@pytest.mark.parametrize("name", NAMES)
def test_what_our_templates_deployed_is_healthy(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(SETUPS[name], tmp_path) as there:
        found = diagnose(there.plan, snapshots(there, monkeypatch))
    assert [one.finding.disease for one in found.broken] == [], told(found)
    assert found.beyond == ()
    assert found.as_expected == found.probes


def test_the_printed_command_mends_a_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(SETUPS["instance-profile"], tmp_path) as there:
        iam = root_of(there.aws, OWNER).iam()
        mistyped = {"Effect": "Allow", "Principal": {"AWS": "111122223334"}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [mistyped]})
        iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=trust)
        found = diagnose(there.plan, snapshots(there, monkeypatch))
        first = found.broken[0]
        assert (first.finding.disease, first.finding.account) == ("trust-account-mistyped", OWNER), told(found)
        environment = {**there.environment(OWNER), "PATH": "/usr/bin:/bin", "AWS_DEFAULT_REGION": there.setup.region}
        for command in first.patch.commands:
            _run(str(command), environment)
        after = diagnose(there.plan, snapshots(there, monkeypatch))
    assert after.broken == (), told(after)
    assert after.as_expected == after.probes


def _run(command: str, environment: dict[str, str]) -> None:
    aws = Path(__file__).parents[2] / ".venv" / "bin"
    path = {**environment, "PATH": f"{aws}:{environment['PATH']}"}
    done = subprocess.run(["sh", "-c", command], env=path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def told(found: Diagnosis) -> str:
    return "\n".join(f"{one.finding.disease} {one.finding.at} {one.finding.values}" for one in found.broken)
