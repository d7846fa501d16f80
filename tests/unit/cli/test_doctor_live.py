"""`lakehouse-iam doctor` where it reads itself: accounts by their profiles, the workspace, and again until it is healthy."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lakehouse_iam import aws_sessions
from lakehouse_iam.cli import main
from lakehouse_iam.databricks import clock
from lakehouse_iam.databricks.refusals import Unreachable
from tests.fake_clock import FakeClock
from tests.unit.doctor.injected import Contents, owner_trust, text_in
from tests.unit.healthy_snapshots import EXAMPLES, example_plan, healthy
from tests.unit.live_checks.live_accounts import LiveAccounts
from tests.unit.snapshot.answers_of_snapshot import answers_of
from tests.unit.stand_in_workspaces import ClientAsWorkspace, new_client

SETUP = EXAMPLES / "instance-profile.yaml"
WORKSPACE, OWNER = "111122223333", "444455556666"
BOTH = ("--profile", f"{WORKSPACE}=workspace", "--profile", f"{OWNER}=owner")
NOT_YET_MADE = text_in(owner_trust, f"{WORKSPACE}:role/deployment", f"{WORKSPACE}:role/not-deployment")


class Live:
    """Accounts and a workspace that are as snapshots have them."""

    def __init__(self) -> None:
        self.contents: Contents = healthy(example_plan("partner-bucket"))
        replies = answers_of(self.contents[WORKSPACE]) | answers_of(self.contents[OWNER])
        self.accounts = LiveAccounts(replies, signed_in={WORKSPACE: "workspace", OWNER: "owner"})
        self.clock = FakeClock()
        self.workspace_fails: Exception | None = None

    def log_in(self, setup: Any, clock: Any, *, host: str, profile: str) -> ClientAsWorkspace:
        if self.workspace_fails is not None:
            raise self.workspace_fails
        client, held = new_client(), self.contents["workspace"]
        for arn, registered in held["instance_profiles"].items():
            client.store.profiles[arn] = {"instance_profile_arn": arn, "iam_role_arn": registered["roles"][0]}
        client.store.lists["clusters"] = [
            {
                "cluster_id": id,
                "cluster_name": one["name"],
                "aws_attributes": {"instance_profile_arn": one["instance_profile"]},
                "spark_conf": one["spark_conf"],
                "data_security_mode": one["data_security_mode"],
            }
            for id, one in held["clusters"].items()
        ]
        return ClientAsWorkspace(client)

    def reads(self, account: str) -> int:
        """How often an account was read."""
        return sum(call[:2] == (account, "DescribeOrganization") for call in self.accounts.calls)

    def break_it(self, until: float = float("inf")) -> None:
        """The trust policy names a role that is not there, until the clock shows a time."""
        own = self.contents[OWNER]
        NOT_YET_MADE(self.contents)
        sick, well = own["roles"], healthy(example_plan("partner-bucket"))[OWNER]["roles"]
        described = self.accounts.replies[OWNER, "GetRole"]
        assert callable(described)

        def get_role(asked: dict[str, Any]) -> dict[str, Any]:
            own["roles"] = well if self.clock.now() >= until else sick
            answer: dict[str, Any] = described(asked)
            return answer

        self.accounts.replies[OWNER, "GetRole"] = get_role


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Live:
    """A healthy deployment; waiting takes no time."""
    found = Live()
    monkeypatch.setattr(aws_sessions, "_open_session", found.accounts.open)
    monkeypatch.setattr("lakehouse_iam.cli.snapshot_workspace.log_in_for", found.log_in)
    monkeypatch.setattr(clock, "SystemClock", lambda: found.clock)
    return found


def doctor(*arguments: str) -> Result:
    return CliRunner(env={"LC_ALL": "C"}).invoke(main, ["doctor", str(SETUP), *arguments])


def words(text: str) -> str:
    return " ".join(text.split())


# ---------------------------------------------------------------- healthy


def test_accounts_and_the_workspace_are_read_and_are_healthy(live: Live) -> None:
    result = doctor(*BOTH, "--workspace")
    assert result.exit_code == 0, result.output
    assert "47 of 47 probes" in result.stdout
    assert "healthy: no link is broken" in result.stdout
    assert {account for account, _, _ in live.accounts.calls} == {WORKSPACE, OWNER}


def test_what_is_wrong_in_a_live_account_is_named_with_its_patch(live: Live) -> None:
    live.break_it()
    result = doctor(*BOTH, "--workspace", "--json")
    assert result.exit_code == 1
    first = json.loads(result.stdout)["broken"][0]
    assert first["account"] == OWNER
    assert any("update-assume-role-policy" in command for command in first["patch"]["commands"])


# ---------------------------------------------------------------- whom nobody can read


def test_an_account_without_a_profile_is_not_decided_and_its_admin_gets_the_command(live: Live) -> None:
    result = doctor("--profile", f"{WORKSPACE}=workspace", "--workspace")
    assert result.exit_code == 1
    text = words(result.stdout)
    assert "no link is known to be broken, and not everything could be read" in text
    assert f"the admin of {OWNER}" in text
    assert f"lakehouse-iam snapshot {SETUP} --account {OWNER} --commands" in text
    assert live.reads(OWNER) == 0


def test_the_others_are_read_where_nobody_is_signed_in_to_one(live: Live) -> None:
    del live.accounts.signed_in[OWNER]
    result = doctor(*BOTH, "--workspace")
    assert result.exit_code == 1
    assert f"note: {OWNER} was not read: there are no AWS credentials: sign in" in result.stderr
    assert f"lakehouse-iam snapshot {SETUP} --account {OWNER} --commands" in words(result.stdout)
    answer = json.loads(doctor(*BOTH, "--json").stdout)
    assert answer["notes"][0].startswith(f"{OWNER} was not read: ")
    assert [one["ask"] for one in answer["not_decided"] if OWNER in one["ask"]]


def test_where_nobody_is_signed_in_anywhere_it_ends_with_3_and_says_it_once(live: Live) -> None:
    live.accounts.signed_in.clear()
    result = doctor(*BOTH)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.count("there are no AWS credentials: sign in with aws sso login") == 1
    as_json = doctor(*BOTH, "--json")
    assert (as_json.exit_code, list(json.loads(as_json.stdout))) == (3, ["error"])


@pytest.mark.parametrize("others", [(), BOTH[:2]])
def test_a_profile_of_another_account_ends_it_with_3_and_the_sentence(live: Live, others: tuple[str, ...]) -> None:
    result = doctor(*others, "--profile", f"{OWNER}=workspace")
    assert (result.exit_code, result.stdout) == (3, "")
    assert f"the credentials of the profile workspace are of the account {WORKSPACE}" in result.stderr
    assert f"not of {OWNER}: give --profile {OWNER}=PROFILE" in result.stderr


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("999999999999=other", "--profile names the account 999999999999, which is in none of the setups"),
        ("owner", "'owner' names no profile of an account"),
        ("4444=owner", "'4444' is not an AWS account id"),
    ],
)
def test_a_profile_that_means_nothing_ends_it_with_2_before_anything_is_read(
    live: Live, profile: str, said: str
) -> None:
    result = doctor("--profile", profile)
    assert result.exit_code == 2
    assert said in result.stderr
    assert live.accounts.calls == []


def test_a_workspace_that_does_not_answer_ends_it_with_3(live: Live) -> None:
    live.workspace_fails = Unreachable("https://dbc-a1b2345c-d6e7.cloud.databricks.com does not answer")
    result = doctor(*BOTH, "--workspace")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "does not answer" in result.stderr


# ---------------------------------------------------------------- again


def test_it_asks_again_until_it_is_healthy(live: Live) -> None:
    live.break_it(until=20)
    result = doctor(*BOTH, "--workspace", "--wait", "60")
    assert result.exit_code == 0, result.output
    assert "healthy: no link is broken" in result.stdout
    assert "not healthy yet, asking again in 10 s (60 s left)" in result.stderr
    assert "not healthy yet, asking again in 10 s (50 s left)" in result.stderr
    assert (live.clock.now(), live.reads(WORKSPACE), live.reads(OWNER)) == (20, 3, 3)


def test_it_gives_up_in_words_and_shows_the_last_reading(live: Live) -> None:
    live.break_it()
    result = doctor(*BOTH, "--workspace", "--wait", "25")
    assert result.exit_code == 1
    assert "still not healthy after 25 s of waiting" in result.stderr
    assert "asking again in 5 s (5 s left)" in result.stderr
    assert "The first broken link" in result.stdout
    assert (live.clock.now(), live.reads(OWNER)) == (25, 4)
    japanese = doctor(*BOTH, "--workspace", "--wait", "25", "--lang", "ja")
    assert "25 秒待ちましたが、解消しませんでした" in japanese.stderr


def test_whoever_signs_in_while_it_waits_is_let_in(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = live.accounts.signed_in.pop(OWNER)
    sleep = live.clock.sleep

    def sleep_and_sign_in(seconds: float) -> None:
        sleep(seconds)
        live.accounts.signed_in[OWNER] = profile

    monkeypatch.setattr(live.clock, "sleep", sleep_and_sign_in)
    result = doctor(*BOTH, "--workspace", "--wait", "60")
    assert result.exit_code == 0, result.output
    assert result.stderr.index(f"{OWNER} was not read") < result.stderr.index("asking again")
    assert live.clock.now() == 10


def test_a_machine_gets_one_document_and_no_words_while_it_waits(live: Live) -> None:
    live.break_it()
    result = doctor(*BOTH, "--wait", "20", "--json")
    assert (result.exit_code, result.stderr, live.clock.now()) == (1, "", 20)
    assert json.loads(result.stdout)["healthy"] is False


def test_a_healthy_setup_is_not_waited_for(live: Live) -> None:
    assert doctor(*BOTH, "--workspace", "--wait", "60").exit_code == 0
    assert live.clock.now() == 0


# ---------------------------------------------------------------- a file and a live reading of the same


def _file(folder: Path, taken: str, change: Callable[[Contents], object] = lambda _: None) -> str:
    contents = healthy(example_plan("partner-bucket"))
    change(contents)
    file = folder / "owner.json"
    file.write_text(json.dumps({**contents[OWNER], "taken": taken}), encoding="utf-8")
    return str(file)


def test_a_live_reading_counts_before_an_older_file_and_that_is_said(live: Live, tmp_path: Path) -> None:
    file = _file(tmp_path, "2026-11-01T04:00:00Z", NOT_YET_MADE)
    result = doctor(*BOTH, "--workspace", "--snapshot", file)
    assert result.exit_code == 0, result.output
    year = datetime.now(timezone.utc).year
    assert f"note: two snapshots are of {OWNER}: the newest counts, of {year}-" in result.stderr
    assert f"{file} is left out" in result.stderr


def test_a_file_that_is_newer_counts_before_a_live_reading_and_that_is_said(live: Live, tmp_path: Path) -> None:
    file = _file(tmp_path, "2999-01-01T00:00:00Z", NOT_YET_MADE)
    result = doctor(*BOTH, "--workspace", "--snapshot", file)
    assert result.exit_code == 1
    assert f"two snapshots are of {OWNER}: the newest counts, of 2999-01-01T00:00:00Z; that of " in result.stderr


def test_a_file_stands_for_an_account_that_is_not_read(live: Live, tmp_path: Path) -> None:
    file = _file(tmp_path, "2026-11-26T04:00:00Z")
    result = doctor("--profile", f"{WORKSPACE}=workspace", "--workspace", "--snapshot", file)
    assert result.exit_code == 0, result.output
    assert live.reads(OWNER) == 0
