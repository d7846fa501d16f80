"""`lakehouse-iam report` and `diagram` as people call them: files, JSON, how they end, and bad input."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lakehouse_iam.cli import main
from tests.unit.healthy_snapshots import example_plan, healthy

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "instance-profile.yaml"
UNITY_CATALOG = ROOT / "examples" / "unity-catalog-aws.yaml"


def run(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], env=environment)


def test_the_page_is_written_and_its_answer_is_said(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    result = run("report", EXAMPLE, "-o", page)
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{page}: 47 of 47 checks as expected\n"
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_page_that_is_there_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("old", encoding="utf-8")
    assert run("report", EXAMPLE, "-o", page).exit_code == 0
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]
    assert page.read_text(encoding="utf-8") != "old"


def test_the_same_moment_gives_the_same_page(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert run("report", EXAMPLE, "-o", tmp_path / name, SOURCE_DATE_EPOCH="1795665600").exit_code == 0
    one, two = (tmp_path / name for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_the_json_is_the_data_of_the_page(tmp_path: Path) -> None:
    result = run("report", EXAMPLE, UNITY_CATALOG, "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert (report["kind"], report["version"]) == ("lakehouse-iam report", 1)
    assert [setup["setup"] for setup in report["setups"]] == ["partner-bucket", "sales-lake"]


def test_an_earlier_report_is_read_from_page_or_json_and_the_changes_are_said(tmp_path: Path) -> None:
    before, page, data = tmp_path / "before.yaml", tmp_path / "before.html", tmp_path / "before.json"
    before.write_text(EXAMPLE.read_text(encoding="utf-8").replace("read-write", "read-only"), encoding="utf-8")
    assert run("report", before, "-o", page).exit_code == 0
    data.write_text(run("report", before, "--json").stdout, encoding="utf-8")
    for old in (page, data):
        result = run("report", EXAMPLE, "-o", tmp_path / "report.html", "--against", old)
        assert result.exit_code == 0, result.output
        assert "changes, 2 allow more" in result.stdout


def test_templates_that_hold_more_than_the_setup_end_with_1_and_the_page_is_written(tmp_path: Path) -> None:
    assert run("template", EXAMPLE, "--out", tmp_path / "templates").exit_code == 0
    (template,) = (tmp_path / "templates" / "444455556666").glob("*.template.json")
    content: dict[str, Any] = json.loads(template.read_text(encoding="utf-8"))
    for resource in content["Resources"].values():
        if resource["Type"] == "AWS::S3::BucketPolicy":
            resource["Properties"]["PolicyDocument"]["Statement"][0]["Principal"] = "*"
    template.write_text(json.dumps(content), encoding="utf-8")
    page = tmp_path / "report.html"
    result = run("report", EXAMPLE, "--templates", tmp_path / "templates", "-o", page)
    assert result.exit_code == 1
    assert "beyond the setup: " in result.stdout
    assert "Not as expected" in page.read_text(encoding="utf-8")


def test_a_snapshot_is_shown_beside_what_is_intended(tmp_path: Path) -> None:
    files: list[str | Path] = []
    for name, content in healthy(example_plan("partner-bucket")).items():
        file = tmp_path / f"{name.replace('/', '_').replace(':', '_')}.json"
        file.write_text(json.dumps(content), encoding="utf-8")
        files += ["--snapshot", file]
    result = run("report", EXAMPLE, "--json", *files)
    assert result.exit_code == 0, result.output
    live = json.loads(result.stdout)["setups"][0]["live"]
    assert live["as_expected"] == live["total"] == 47


def test_a_snapshot_of_another_setup_is_refused(tmp_path: Path) -> None:
    content = healthy(example_plan("partner-bucket"))["444455556666"]
    (tmp_path / "snapshot.json").write_text(json.dumps(content), encoding="utf-8")
    result = run("report", UNITY_CATALOG, "--json", "--snapshot", tmp_path / "snapshot.json")
    assert result.exit_code == 2
    assert "this is a snapshot for the setup partner-bucket, not sales-lake" in result.output


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    "content", ["", "hello", "<html></html>", "{}", '{"kind": "lakehouse-iam report", "version": 99}']
)
def test_what_is_no_earlier_report_is_refused_before_anything_is_written(tmp_path: Path, content: str) -> None:
    old, page = tmp_path / "old.html", tmp_path / "report.html"
    old.write_text(content, encoding="utf-8")
    result = run("report", EXAMPLE, "-o", page, "--against", old)
    assert result.exit_code == 2
    assert str(old) in result.stderr
    assert not page.exists()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x00" * 100])
def test_bytes_that_are_no_text_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "old.html").write_bytes(content)
    result = run("report", EXAMPLE, "--json", "--against", tmp_path / "old.html")
    assert result.exit_code == 2
    assert "this is no report" in json.loads(result.stdout)["error"]


def test_an_earlier_report_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = run("report", EXAMPLE, "-o", tmp_path / "report.html", "--against", tmp_path / "none.html")
    assert result.exit_code == 2
    assert "the report cannot be read: No such file" in result.stderr


def test_an_earlier_report_of_another_setup_names_both(tmp_path: Path) -> None:
    assert run("report", UNITY_CATALOG, "-o", tmp_path / "old.html").exit_code == 0
    result = run("report", EXAMPLE, "-o", tmp_path / "report.html", "--against", tmp_path / "old.html")
    assert result.exit_code == 2
    assert "of sales-lake, and this one is of partner-bucket" in result.stderr
    assert not (tmp_path / "report.html").exists()


def test_an_earlier_report_with_a_policy_that_aws_would_refuse_is_refused_with_its_place(tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    report = json.loads(run("report", EXAMPLE, "--json").stdout)
    report["setups"][0]["policies"][0]["statements"][0]["statement"]["Effect"] = "Perhaps"
    old.write_text(json.dumps(report), encoding="utf-8")
    result = run("report", EXAMPLE, "-o", tmp_path / "report.html", "--against", old)
    assert result.exit_code == 2
    assert "old.json: policy-1" in result.stderr


def test_without_a_place_to_write_to_the_command_says_what_to_give() -> None:
    result = run("report", EXAMPLE)
    assert result.exit_code == 2
    assert "-o report.html" in result.stderr


def test_a_folder_is_no_place_for_a_page(tmp_path: Path) -> None:
    result = run("report", EXAMPLE, "-o", tmp_path)
    assert result.exit_code == 2
    assert "Is a directory" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_ends_with_3_and_leaves_the_old_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "report.html"
    page.write_text("old", encoding="utf-8")

    def full(self: Path, *arguments: Any, **options: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))

    monkeypatch.setattr(Path, "write_text", full)
    result = run("report", EXAMPLE, "-o", page)
    assert result.exit_code == 3
    assert "free some space" in result.stderr
    assert page.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize("command", ["report", "diagram"])
def test_faults_of_a_setup_are_told_as_by_other_commands(tmp_path: Path, command: str) -> None:
    (tmp_path / "setup.yaml").write_text("setup: x\npattern: nonsense\n", encoding="utf-8")
    result = run(command, tmp_path / "setup.yaml", "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "setup.yaml:2: pattern: " in result.stderr
    assert not (tmp_path / "out").exists()


# ---------------------------------------------------------------- diagram


def test_a_diagram_is_written_as_svg_or_printed_as_mermaid(tmp_path: Path) -> None:
    file = tmp_path / "diagram.svg"
    assert run("diagram", EXAMPLE, "-o", file).exit_code == 0
    assert "<svg" in file.read_text(encoding="utf-8")
    result = run("diagram", EXAMPLE, "--format", "mermaid", "--lang", "ja")
    assert result.stdout.startswith("flowchart LR\n")
    assert "ロール" in result.stdout


def test_the_boxes_and_arrows_of_a_diagram_are_there_as_json() -> None:
    drawn = json.loads(run("diagram", EXAMPLE, "--json").stdout)
    assert drawn["version"] == 1
    assert {edge["kind"] for edge in drawn["edges"]} >= {"assumes", "passes", "reads-and-writes"}


def test_a_diagram_is_of_one_setup(tmp_path: Path) -> None:
    result = run("diagram", ROOT / "examples")
    assert result.exit_code == 2
    assert "holds 6 setups" in result.stderr
