"""`lakehouse-iam snapshot` as far as it goes without an account: its arguments, its permissions, and no credentials."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lakehouse_iam.cli import main

ROOT = Path(__file__).parents[3]
EXAMPLE = str(ROOT / "examples" / "instance-profile.yaml")


def run(*arguments: str) -> Any:
    return CliRunner().invoke(main, ["snapshot", *arguments])


@pytest.fixture(autouse=True)
def no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which nobody is signed in."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_the_permissions_are_one_policy_that_can_go_straight_into_a_file() -> None:
    done = run(EXAMPLE, "--account", "444455556666", "--permissions")
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    resources = json.dumps(document)
    assert "arn:aws:s3:::ty-databricks-cross-account-bucket" in resources
    assert "bucket-owner-acct-s3-access-role" in resources
    assert "deployment-acct" not in resources
    answer = json.loads(run(EXAMPLE, "--account", "444455556666", "--permissions", "--json").stdout)
    assert answer["policies"] == [{"name": "lakehouse-iam-snapshot", "document": document}]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--account", "999999999999", "--out", "x"), 2, "takes no part in the setup partner-bucket: allowed are 1111"),
        (("--account", "4444", "--out", "x"), 2, "'4444' is not an AWS account id"),
        (("--account", "444455556666"), 2, "--out FILE is missing"),
        (("--out", "x"), 2, "say what to read: --account ID or --workspace"),
        (("--account", "444455556666", "--out", "x"), 3, "there are no AWS credentials"),
        (("--account", "444455556666", "--out", "x", "--profile", "nobody"), 3, "there is no profile nobody"),
        (("--account", "444455556666", "--out", "x", "--profile", "44445=x"), 2, "'44445' is not an AWS account id"),
        (("--account", "444455556666", "--out", "x", "--setup", "other"), 2, "there is no setup 'other' in it"),
    ],
)
def test_what_is_wrong_is_a_sentence(arguments: tuple[str, ...], code: int, said: str) -> None:
    done = run(EXAMPLE, *arguments)
    assert done.exit_code == code, done.output
    assert said in done.output
    assert not Path("x").exists()


def test_of_several_setups_one_must_be_named(tmp_path: Path) -> None:
    text = Path(EXAMPLE).read_text(encoding="utf-8")
    several = tmp_path / "several.yaml"
    several.write_text(f"{text}\n---\n{text.replace('setup: partner-bucket', 'setup: second')}", encoding="utf-8")
    refused = run(str(several), "--account", "444455556666", "--permissions")
    assert refused.exit_code == 2
    assert "holds 2 setups: allowed is one of partner-bucket, second: name one with --setup NAME" in refused.output
    named = run(str(several), "--account", "444455556666", "--permissions", "--setup", "second")
    assert named.exit_code == 0


def test_a_setup_that_is_wrong_is_refused_with_its_problems(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("setup: x\npattern: nothing\n", encoding="utf-8")
    done = run(str(file), "--account", "444455556666", "--permissions", "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["problems"]
