"""`lakehouse-iam snapshot` for the side that somebody else reads: the script, what comes back, and the workspace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner

from lakehouse_iam.cli import main
from lakehouse_iam.rehearsal.workspace import StandInWorkspace, stand_in_workspace
from lakehouse_iam.snapshot.loading import read_snapshot
from tests.unit.stand_in_workspaces import CREDENTIALS, LOCATIONS, Client, FakeAccess

EXAMPLES = Path(__file__).parents[3] / "examples"
SETUP = str(EXAMPLES / "unity-catalog-aws.yaml")
ACCOUNT = "444455556666"
WITHOUT_HOST = """\
setup: partner
pattern: instance-profile
region: us-west-2
workspace: {account: "111122223333", role: clusters, instance_profile: machines}
bucket_owner: {account: "444455556666", role: owner}
buckets: [{name: partner-data, access: read-only}]
"""
ROLE = f"arn:aws:iam::{ACCOUNT}:role/uc-sales-lake"


def run(*arguments: str) -> Any:
    return CliRunner().invoke(main, ["snapshot", *arguments])


def test_the_script_is_printed_with_nothing_around_it() -> None:
    done = run(SETUP, "--account", ACCOUNT, "--commands")
    assert done.exit_code == 0
    assert done.stdout.startswith("#!/bin/sh\n")
    assert done.stdout.endswith("\nread_account\n")
    assert json.loads(run(SETUP, "--account", ACCOUNT, "--commands", "--json").stdout)["script"] == done.stdout


def test_the_script_goes_into_a_file_with_how_to_run_it(tmp_path: Path) -> None:
    file = tmp_path / "read-account.sh"
    done = run(SETUP, "--account", ACCOUNT, "--commands", "--out", str(file))
    assert done.exit_code == 0
    assert "the admin of 444455556666 runs it as: sh read-account.sh > account.json" in done.stdout
    assert file.read_text(encoding="utf-8").startswith("#!/bin/sh\n")


def test_what_iam_puts_out_becomes_a_snapshot(tmp_path: Path) -> None:
    role = {"RoleName": "uc-sales-lake", "Arn": ROLE, "AssumeRolePolicyDocument": {"Statement": []}}
    given = tmp_path / "details.json"
    given.write_text(json.dumps({"RoleDetailList": [role]}), encoding="utf-8")
    out = tmp_path / "out.json"
    done = run(SETUP, "--from", str(given), "--out", str(out))
    assert done.exit_code == 0, done.output
    assert "account 444455556666, 1 role" in done.stdout
    assert "not read:  buckets.sales-lake-bronze: s3:GetBucketLocation" in done.stdout
    snapshot = read_snapshot(out)
    assert snapshot.content["by"] == "account-authorization-details"
    assert run(SETUP, "--from", str(out), "--out", str(tmp_path / "again.json")).exit_code == 0
    assert (tmp_path / "again.json").read_bytes() == out.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((SETUP, "--out", "x"), "say what to read"),
        ((SETUP, "--account", ACCOUNT, "--workspace", "--out", "x"), "give --account or --workspace, not both"),
        ((SETUP, "--account", ACCOUNT, "--commands", "--permissions"), "give --permissions or --commands, not both"),
        ((SETUP, "--workspace", "--commands"), "--commands is about an AWS account"),
        ((SETUP, "--workspace", "--from", "x", "--out", "y"), "leave out --workspace"),
        ((SETUP, "--account", ACCOUNT, "--host", "https://x", "--out", "x"), "give --workspace"),
        ((SETUP, "--workspace"), "--out FILE is missing"),
        ((SETUP, "--from", "x"), "--out FILE is missing"),
        ((SETUP, "--from", "nowhere.json", "--out", "x"), "cannot be read"),
        ((SETUP, "--from", SETUP, "--out", "x"), "not JSON"),
        ((str(EXAMPLES / "emr-studio.yaml"), "--workspace", "--out", "x"), "a Databricks workspace holds nothing"),
    ],
)
def test_what_does_not_go_together_is_refused(
    arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    assert said in done.output
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------- the workspace, over HTTP


@pytest.fixture
def workspace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StandInWorkspace]:
    with stand_in_workspace(cast("Any", None), identities=cast("Any", object())) as running:
        running.metastore.access = cast("Any", FakeAccess())
        for name in ("DATABRICKS_HOST", "DATABRICKS_CONFIG_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("DATABRICKS_TOKEN", running.token)
        yield running


def test_the_workspace_is_read_into_a_file(workspace: StandInWorkspace, tmp_path: Path) -> None:
    client = Client(workspace.metastore, FakeAccess())
    client("POST", CREDENTIALS, {"name": "sales-lake", "aws_iam_role": {"role_arn": ROLE}})
    place = {"name": "sales-bronze", "url": "s3://sales-lake-bronze/raw", "credential_name": "sales-lake"}
    client("POST", LOCATIONS, place | {"enable_file_events": False})
    out = tmp_path / "workspace.json"
    done = run(SETUP, "--workspace", "--host", workspace.url, "--out", str(out))
    assert done.exit_code == 0, done.output
    assert "1 storage credential" in done.stdout
    snapshot = read_snapshot(out)
    assert snapshot.objects("storage_credentials")["sales-lake"]["role_arn"] == ROLE
    # It is reached at another address, and is the setup's workspace all the same.
    assert snapshot.workspace == "https://dbc-a1b2345c-d6e7.cloud.databricks.com"
    assert workspace.token not in out.read_text(encoding="utf-8")
    assert out.stat().st_mode & 0o077 == 0


def test_a_workspace_of_a_setup_that_names_none_is_read_at_its_host(
    workspace: StandInWorkspace, tmp_path: Path
) -> None:
    setup = tmp_path / "setup.yaml"
    setup.write_text(WITHOUT_HOST, encoding="utf-8")
    out = tmp_path / "workspace.json"
    done = run(str(setup), "--workspace", "--host", workspace.url, "--out", str(out), "--json")
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert answer["workspace"] == workspace.url
    assert answer["not_there"] == ["instance_profiles.arn:aws:iam::111122223333:instance-profile/machines"]
    nowhere = run(str(setup), "--workspace", "--out", str(out))
    assert nowhere.exit_code == 2
    assert "the setup names no workspace" in nowhere.output


def test_a_login_that_is_not_accepted_ends_with_3(
    workspace: StandInWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABRICKS_TOKEN", "wrong")
    done = run(SETUP, "--workspace", "--host", workspace.url, "--out", str(tmp_path / "x.json"))
    assert done.exit_code == 3, done.output
    assert not (tmp_path / "x.json").exists()
