"""Where a login may be sent, and what is said when there is none. Nothing here reaches a network."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from fake_clock import FakeClock

from lakehouse_iam.cli import main
from lakehouse_iam.databricks.login import SdkClock, address_of, log_in
from lakehouse_iam.databricks.refusals import NotLoggedIn
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.hosts import AWS, AZURE, WorkspaceHost

UNITY_CATALOG = """\
setup: lake
pattern: unity-catalog-aws
region: us-west-2
bucket_owner: {account: "444455556666", role: uc}
databricks: {host: "https://dbc-a1b2345c-d6e7.cloud.databricks.com"}
storage_credential: {name: lake}
buckets: [{name: lake-data, access: read-only}]
"""
INSTANCE_PROFILE = """\
setup: partner
pattern: instance-profile
region: us-west-2
databricks: {host: "https://dbc-a1b2345c-d6e7.cloud.databricks.com"}
workspace: {account: "111122223333", role: clusters}
bucket_owner: {account: "444455556666", role: owner}
buckets: [{name: partner-data, access: read-only}]
"""
HOST = "https://dbc-a1b2345c-d6e7.cloud.databricks.com"
NOWHERE = "http://127.0.0.1:9"


def _no_answer(*_: object, **__: object) -> None:
    raise ValueError("nobody answers")


@pytest.fixture(autouse=True)
def _no_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in [name for name in os.environ if name.startswith(("DATABRICKS_", "ARM_", "AZURE_", "GOOGLE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "databrickscfg"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    # The SDK asks a host about itself when it is configured, and goes on where there is no answer.
    monkeypatch.setattr("databricks.sdk.config.get_host_metadata", _no_answer)
    # Whether it answers at all is tested in test_reach.py.
    monkeypatch.setattr("lakehouse_iam.databricks.login.refuse_unreachable", lambda host, clock: None)


def test_no_address_is_a_question_of_the_setup() -> None:
    with pytest.raises(InvalidValue, match="the setup names no workspace"):
        address_of("", "", cloud=AWS)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://workspace.example.com", "plain http:// only to this machine"),
        ("https://accounts.cloud.databricks.com", "the Databricks account console"),
        ("https://x.example.com/path", "not an address that a login may be sent to"),
    ],
)
def test_another_address_is_encrypted_and_of_a_workspace(address: str, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        address_of(HOST, address, cloud=AWS)


SECRETS = ("hunter2", "dapi0123456789abcdef", "s3cr3t")
WITH_SECRETS = [
    "https://admin:hunter2@dbc-a1b2345c-d6e7.cloud.databricks.com",
    "https://dbc-a1b2345c-d6e7.cloud.databricks.com/?token=s3cr3t",
    "https://dbc-a1b2345c-d6e7.cloud.databricks.com?o=1&token=s3cr3t",
    "https://dbc-a1b2345c-d6e7.cloud.databricks.com/#s3cr3t",
    "https://dbc-a1b2345c-d6e7.cloud.databricks.com/dapi0123456789abcdef",
    "https://admin%40hunter2.cloud.databricks.com/x",
    "dapi0123456789abcdef",
]


@pytest.mark.parametrize("address", WITH_SECRETS)
def test_an_address_with_a_login_in_it_is_refused_without_being_printed(address: str, tmp_path: Path) -> None:
    (tmp_path / "setup.yaml").write_text(UNITY_CATALOG.replace(HOST, address))
    (tmp_path / "other.yaml").write_text(INSTANCE_PROFILE.replace(HOST, address))
    (tmp_path / "plain.yaml").write_text(UNITY_CATALOG)
    commands = [
        ["check", str(tmp_path / "setup.yaml")],
        ["check", str(tmp_path / "other.yaml")],
        ["connect", str(tmp_path / "setup.yaml"), "--json"],
        ["connect", str(tmp_path / "plain.yaml"), "--host", address],
        ["disconnect", str(tmp_path / "plain.yaml"), "--host", address, "--json"],
    ]
    for command in commands:
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 2, result.output
        assert not any(secret in result.output + result.stderr for secret in SECRETS)
        assert "address" in result.output


def test_a_login_in_the_environments_address_is_not_printed_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABRICKS_HOST", "https://admin:hunter2@other.cloud.databricks.com")
    with pytest.raises(InvalidValue, match=r"DATABRICKS_HOST names other\.cloud\.databricks\.com") as told:
        log_in(NOWHERE, FakeClock())
    assert "hunter2" not in str(told.value)


def test_a_host_name_that_only_sounds_like_a_login_is_taken() -> None:
    assert address_of(HOST, "https://secret-lake.example.com", cloud=AWS) == "https://secret-lake.example.com"


def test_each_pause_before_a_call_is_made_again_is_told() -> None:
    told: list[str] = []
    clock = FakeClock()
    SdkClock(clock, told.append).sleep(7.4)
    assert (told, clock.now()) == (["no usable answer from Databricks; asking again in 7 s"], 7.4)


def test_the_address_of_the_setup_or_another_of_the_same_workspace() -> None:
    assert address_of(HOST, "", cloud=AWS) == HOST
    assert address_of(HOST, "https://lake.example.com/", cloud=AWS) == "https://lake.example.com"
    assert address_of(HOST, "http://127.0.0.1:8080", cloud=AWS) == "http://127.0.0.1:8080"


def test_the_account_console_of_each_cloud_and_shard() -> None:
    consoles = {
        (AWS, HOST): "https://accounts.cloud.databricks.com",
        (AWS, "https://x.cloud.databricks.us"): "https://accounts.cloud.databricks.us",
        (AWS, "https://x.cloud.databricks.mil"): "https://accounts-dod.cloud.databricks.mil",
        (AZURE, "https://adb-1.2.azuredatabricks.net"): "https://accounts.azuredatabricks.net",
    }
    for (cloud, host), console in consoles.items():
        assert WorkspaceHost.parse(host, cloud=cloud).account_console == console


def test_nobody_logged_in_is_told_every_way_to_log_in() -> None:
    with pytest.raises(NotLoggedIn) as told:
        log_in(NOWHERE, FakeClock())
    text = str(told.value)
    assert f"databricks auth login --host {NOWHERE}" in text
    assert "DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET" in text
    assert "never write a token into a setup or onto a command line" in text
    assert "Config:" not in text


def test_a_login_to_another_workspace_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABRICKS_HOST", "https://other.cloud.databricks.com")
    monkeypatch.setenv("DATABRICKS_TOKEN", "dapi-secret")
    with pytest.raises(InvalidValue, match=r"DATABRICKS_HOST names other\.cloud\.databricks\.com") as told:
        log_in(NOWHERE, FakeClock())
    assert "dapi-secret" not in str(told.value)


def test_a_profile_of_another_workspace_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "databrickscfg").write_text("[work]\nhost = https://other.cloud.databricks.com\ntoken = dapi-secret\n")
    with pytest.raises(InvalidValue, match=r"the profile work names other\.cloud\.databricks\.com"):
        log_in(NOWHERE, FakeClock(), profile="work")


def test_the_profile_of_that_workspace_is_found(tmp_path: Path) -> None:
    (tmp_path / "databrickscfg").write_text(f"[work]\nhost = {NOWHERE}/\ntoken = dapi-secret\n")
    workspace = log_in(NOWHERE, FakeClock(), answer_within=0.1)
    assert workspace.host == NOWHERE


def test_the_command_without_a_host_or_a_login_ends_calmly(tmp_path: Path) -> None:
    setup = tmp_path / "setup.yaml"
    setup.write_text(
        "setup: partner\npattern: instance-profile\nregion: us-west-2\n"
        'workspace: {account: "111122223333", role: clusters}\n'
        'bucket_owner: {account: "444455556666", role: owner}\n'
        "buckets: [{name: partner-data, access: read-only}]\n"
    )
    result = CliRunner().invoke(main, ["connect", str(setup)])
    assert (result.exit_code, "the setup names no workspace" in result.stderr) == (2, True)
    result = CliRunner().invoke(main, ["connect", str(setup), "--host", NOWHERE])
    assert (result.exit_code, "nobody is logged in" in result.stderr) == (3, True)
    assert "Traceback" not in result.output


def test_an_account_console_for_a_workspace_call_is_refused_by_the_command(tmp_path: Path) -> None:
    setup = tmp_path / "setup.yaml"
    setup.write_text(
        "setup: lake\npattern: unity-catalog-aws\nregion: us-west-2\n"
        'bucket_owner: {account: "444455556666", role: uc}\n'
        'databricks: {host: "https://accounts.cloud.databricks.com"}\n'
        "storage_credential: {name: lake}\nbuckets: [{name: lake-data, access: read-only}]\n"
    )
    result = CliRunner().invoke(main, ["connect", str(setup)])
    assert result.exit_code == 2
    assert "setup.yaml:5: databricks.host: accounts.cloud.databricks.com is the address of the Databricks account" in (
        result.stderr
    )
