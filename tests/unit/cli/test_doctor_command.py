"""`lakehouse-iam doctor` as people call it: words at 80 columns, Markdown, JSON, how it ends, and bad input."""

from __future__ import annotations

import json
from pathlib import Path
from unicodedata import east_asian_width

import pytest
from click.testing import CliRunner, Result

from lakehouse_iam.cli import main
from tests.unit.doctor.injected import Contents, add, bucket_policy, deny, owner_trust, text_in
from tests.unit.healthy_snapshots import EXAMPLES, example_plan, healthy

SETUP = EXAMPLES / "instance-profile.yaml"


def run(*arguments: str | Path) -> Result:
    return CliRunner(env={"LC_ALL": "C"}).invoke(main, ["doctor", *(str(argument) for argument in arguments)])


def files_of(folder: Path, contents: Contents) -> list[str]:
    """The options that give snapshots as files."""
    given = []
    for name, content in contents.items():
        file = folder / f"{name}.json"
        file.write_text(json.dumps(content), encoding="utf-8")
        given += ["--snapshot", str(file)]
    return given


@pytest.fixture
def sick(tmp_path: Path) -> list[str]:
    """A trust that names a role that was deleted, a bucket policy that denies, and no snapshot of the workspace."""
    contents = healthy(example_plan("partner-bucket"))
    del contents["workspace"]
    text_in(
        owner_trust, "arn:aws:iam::111122223333:role/deployment-acct-cross-account-s3-role", "AROAEXAMPLEIDEXAMPLE1"
    )(contents)
    add(bucket_policy, deny({"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}, "s3:*", Principal="*"))(contents)
    return files_of(tmp_path, contents)


def width(line: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in line)


def test_a_healthy_deployment_ends_with_0(tmp_path: Path) -> None:
    result = run(SETUP, *files_of(tmp_path, healthy(example_plan("partner-bucket"))))
    assert result.exit_code == 0, result.output
    assert "47 of 47 probes" in result.stdout
    assert "healthy: no link is broken" in result.stdout


def test_the_first_broken_link_comes_whole_and_the_rest_in_short(sick: list[str]) -> None:
    result = run(SETUP, *sick)
    assert result.exit_code == 1
    text = result.stdout
    assert text.index("trust-names-deleted-principal") < text.index("bucket-denies-outside-vpc")
    assert "aws iam update-assume-role-policy" in text
    assert "aws s3api put-bucket-policy" not in text
    assert "give them: lakehouse-iam snapshot" in " ".join(text.split())


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_lines_keep_to_80_columns_but_for_words_that_are_longer(sick: list[str], lang: str) -> None:
    result = run(SETUP, *sick, "--lang", lang)
    long = [line for line in result.stdout.split("\n") if width(line) > 80 and len(line.split()) > 3]
    assert [line for line in long if not line.lstrip().startswith(('"', "{"))] == []


def test_it_answers_in_japanese(sick: list[str]) -> None:
    result = run(SETUP, *sick, "--lang", "ja")
    assert "最初に切れている箇所" in result.stdout
    assert "バケット所有者のアカウント" in result.stdout
    assert "bucket-owner-acct-s3-access-role: 縮小" in result.stdout
    ticket = run(SETUP, *sick, "--lang", "ja", "--markdown")
    assert "のポリシーのステートメント " in ticket.stdout


def test_the_ticket_has_every_patch(sick: list[str]) -> None:
    result = run(SETUP, *sick, "--markdown")
    assert result.exit_code == 1
    assert "aws iam update-assume-role-policy" in result.stdout
    assert "aws s3api put-bucket-policy" in result.stdout
    assert result.stdout.count("```") % 2 == 0


def test_json_is_json_and_has_the_version(sick: list[str]) -> None:
    result = run(SETUP, *sick, "--json")
    answer = json.loads(result.stdout)
    assert answer["version"] == 1
    assert answer["healthy"] is False
    assert [one["disease"] for one in answer["broken"]] == [
        "trust-names-deleted-principal",
        "bucket-denies-outside-vpc",
    ]


def test_without_any_snapshot_everything_is_not_decided(tmp_path: Path) -> None:
    result = run(SETUP)
    assert result.exit_code == 1
    assert "no link is known to be broken" in result.stdout
    assert "--commands" in result.stdout


def test_a_snapshot_that_is_none_ends_with_2(tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_text("{", encoding="utf-8")
    result = run(SETUP, "--snapshot", file)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_what_is_foreign_is_escaped(tmp_path: Path) -> None:
    contents = healthy(example_plan("partner-bucket"))
    text_in(owner_trust, "role/deployment", "role/\x1b[31mdeployment")(contents)
    result = run(SETUP, *files_of(tmp_path, contents))
    assert "\x1b[31m" not in result.output


@pytest.mark.parametrize("wrong", [["--markdown", "--json"], ["--wait", "5"]])
def test_options_that_contradict_each_other_end_with_2(wrong: list[str]) -> None:
    assert run(SETUP, *wrong).exit_code == 2
