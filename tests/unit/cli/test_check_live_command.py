"""`lakehouse-iam check --live`: what it shows, and how it ends."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lakehouse_iam import aws_sessions
from lakehouse_iam.cli import main
from tests.unit.live_checks.live_accounts import LiveAccounts
from tests.unit.live_checks.test_live_expected import ALL_RIGHT, KEY, OWNER, REGION, SETUP, WORKSPACE, key

ANSWERS = "arn:aws:sts::{}:assumed-role/Admin/me"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "setup.yaml").write_text(SETUP, encoding="utf-8")
    return tmp_path / "setup.yaml"


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch) -> LiveAccounts:
    """Two accounts, a profile for each, and nobody signed in without one."""
    live = LiveAccounts(dict(ALL_RIGHT), signed_in={WORKSPACE: "workspace", OWNER: "owner"})
    monkeypatch.setattr(aws_sessions, "_open_session", live.open)
    return live


BOTH = ("--profile", f"{WORKSPACE}=workspace", "--profile", f"{OWNER}=owner")


def check(file: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", str(file), "--live", *arguments])


def test_without_it_nobody_is_asked(file: Path, accounts: LiveAccounts) -> None:
    result = CliRunner().invoke(main, ["check", str(file)])
    assert result.exit_code == 0
    assert "live" not in result.stdout
    assert accounts.calls == []


def test_everything_is_as_the_setup_says(file: Path, accounts: LiveAccounts) -> None:
    result = check(file, *BOTH)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert f"  live  {WORKSPACE}  asked as {ANSWERS.format(WORKSPACE)}" in lines
    assert "    right        role databricks-role: exists" in lines
    assert f"    right        key {KEY}: exists and is enabled" in lines
    assert lines[-1] == "ok: 1 setup"


def test_something_wrong_ends_with_1_and_says_what_to_do(file: Path, accounts: LiveAccounts) -> None:
    del accounts.replies[WORKSPACE, "GetRole"]
    result = check(file, *BOTH)
    assert result.exit_code == 1
    said = f"role databricks-role: is not in the account {WORKSPACE}; make it first, or correct its name in the setup"
    assert f"    wrong        {said}" in result.stdout.splitlines()
    assert result.stderr.splitlines()[-1] == "1 thing is wrong in the accounts"


def test_an_account_without_credentials_is_said_and_the_other_is_checked(file: Path, accounts: LiveAccounts) -> None:
    result = check(file, *BOTH[:2])
    assert result.exit_code == 0
    assert f"  live  {OWNER}  not checked: there are no AWS credentials: " in result.stdout
    assert "    right        role databricks-role: exists" in result.stdout.splitlines()


def test_a_profile_of_the_other_account_is_said_and_nothing_is_asked_with_it(
    file: Path, accounts: LiveAccounts
) -> None:
    result = check(file, *BOTH[:2], "--profile", f"{OWNER}=workspace")
    assert f"  live  {OWNER}  not checked: the credentials of the profile workspace are of the account {WORKSPACE}" in (
        result.stdout
    )
    assert {account for account, _, _ in accounts.calls} == {WORKSPACE}


def test_where_no_account_could_be_read_it_ends_with_3(file: Path, accounts: LiveAccounts) -> None:
    result = check(file)
    assert result.exit_code == 3
    assert result.stdout.count("not checked: there are no AWS credentials") == 2
    assert result.stderr.splitlines()[-1] == "no account could be read"
    assert "Traceback" not in result.output


def test_machines_are_told_the_same(file: Path, accounts: LiveAccounts) -> None:
    accounts.replies[OWNER, "DescribeKey"] = key(KeyState="Disabled")
    result = check(file, *BOTH, "--json")
    assert result.exit_code == 1
    (summary,) = json.loads(result.stdout)
    owner = next(one for one in summary["live"] if one["account"] == OWNER)
    assert (owner["caller"], owner["not_reached"]) == (ANSWERS.format(OWNER), "")
    assert {
        "verdict": "wrong",
        "what": f"key {KEY}",
        "says": "is Disabled",
        "next_step": f"aws kms enable-key --key-id {KEY}, or use another key",
    } in owner["answers"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--live", "--profile", "data"], "'data' names no profile of an account: allowed is ACCOUNT=PROFILE"),
        (
            ["--live", "--profile", "999999999999=data"],
            f"--profile names the account 999999999999, which is in none of the setups: allowed are {WORKSPACE}, {OWNER}",
        ),
        (["--profile", f"{OWNER}=data"], "--profile is for --live, which asks the accounts"),
    ],
)
def test_profiles_that_mean_nothing_are_wrong_input(
    file: Path, accounts: LiveAccounts, arguments: list[str], said: str
) -> None:
    result = CliRunner().invoke(main, ["check", str(file), *arguments])
    assert (result.exit_code, said in result.stderr) == (2, True), result.output
    assert accounts.calls == []


def test_what_foreign_names_say_cannot_act_on_the_terminal(file: Path, accounts: LiveAccounts) -> None:
    state = {"StackStatus": "ROLLBACK_COMPLETE", "CreationTime": datetime(2026, 11, 26, tzinfo=timezone.utc)}
    accounts.replies[WORKSPACE, "DescribeStacks"] = {"Stacks": [{"StackName": "partner", **state}]}
    accounts.replies[OWNER, "HeadBucket"] = {"BucketRegion": REGION[:4] + "\x1b[31m"}
    result = check(file, *BOTH)
    assert "\x1b" not in result.stdout
    assert r"is in ap-n\x1b[31m" in result.stdout


def test_reports_for_ci_hold_what_the_accounts_say(file: Path, accounts: LiveAccounts, tmp_path: Path) -> None:
    accounts.replies[OWNER, "DescribeKey"] = key(KeyState="Disabled")
    report = tmp_path / "check.sarif"
    assert check(file, *BOTH, "--sarif", str(report)).exit_code == 1
    (run,) = json.loads(report.read_text())["runs"]
    (wrong,) = (one for one in run["results"] if one["ruleId"] == "live")
    assert wrong["level"] == "error"
    assert wrong["message"]["text"].startswith(f"account {OWNER}: key {KEY}: is Disabled: aws kms enable-key ")
