"""`--sarif` and `--junit` of check and prove: valid, complete, stable, and harmless whatever the setup is called."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft4Validator

from lakehouse_iam import __version__
from lakehouse_iam.cli import main
from lakehouse_iam.cli.ci_report import RULES, Case, CiReport, Finding, Level
from lakehouse_iam.cli.junit import junit_text
from lakehouse_iam.cli.sarif import ABOUT, sarif_text

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "node_modules" / "@microsoft" / "jest-sarif" / "lib" / "schemas" / "sarif-2.1.0-rtm.5.json"

SETUP = """\
setup: orders
pattern: instance-profile
region: us-west-2
workspace: {account: "210987654321", role: orders-cluster, cross_account_role: databricks}
bucket_owner: {account: "444455556666", role: orders-access}
buckets: [{name: acme-orders, access: read-only}]
"""


def run(*arguments: str | Path, input: str | None = None) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=input)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(SETUP)
    return tmp_path


def valid(text: str) -> dict[str, Any]:
    """The run of a SARIF log that the schema of the standard accepts."""
    assert SCHEMA.exists(), "make setup installs the schema of SARIF"
    log = json.loads(text)
    errors = [error.message for error in Draft4Validator(json.loads(SCHEMA.read_text())).iter_errors(log)]
    assert errors == []
    assert log["version"] == "2.1.0"
    (found,) = log["runs"]
    assert isinstance(found, dict)
    for result in found["results"]:
        assert found["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    return found


def _open_the_template(folder: Path) -> None:
    """Templates in which the owner's role lets in everybody."""
    assert run("template", "s.yaml", "--out", folder).exit_code == 0
    (template,) = folder.glob("444455556666/*.template.json")
    body = json.loads(template.read_text())
    role = next(one for one in body["Resources"].values() if one["Type"] == "AWS::IAM::Role")
    role["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = {"AWS": "*"}
    template.write_text(json.dumps(body))


# ---------------------------------------------------------------- SARIF


def test_a_placeholder_is_a_warning_on_its_line() -> None:
    result = run("check", "s.yaml", "--sarif", "-")
    assert result.exit_code == 0
    found = valid(result.stdout)
    assert found["tool"]["driver"]["version"] == __version__
    assert found["automationDetails"] == {"id": "lakehouse-iam/check/"}
    (warning,) = (one for one in found["results"] if one["ruleId"] == "placeholder")
    assert warning["level"] == "warning"
    (place,) = warning["locations"]
    assert place["physicalLocation"] == {"artifactLocation": {"uri": "s.yaml"}, "region": {"startLine": 5}}


def test_a_setup_that_is_wrong_is_reported_too_and_still_ends_with_2() -> None:
    Path("s.yaml").write_text(SETUP.replace("us-west-2", "tokyo").replace("acme-orders", "Acme"))
    result = run("check", "s.yaml", "--sarif", "check.sarif")
    assert result.exit_code == 2
    assert "s.yaml:3: region: 'tokyo' is not an AWS region" in result.stderr
    found = valid(Path("check.sarif").read_text())
    lines = [one["locations"][0]["physicalLocation"]["region"]["startLine"] for one in found["results"]]
    assert lines == [3, 6]
    assert {one["level"] for one in found["results"]} == {"error"}


def test_a_quota_is_reported_with_the_file() -> None:
    names = "".join(f"  - {{name: bucket-{'x' * 50}{number:04}, access: read-only}}\n" for number in range(1200))
    Path("s.yaml").write_text(SETUP.partition("buckets:")[0] + "buckets:\n" + names)
    assert run("check", "s.yaml", "--sarif", "check.sarif").exit_code == 2
    (result,) = valid(Path("check.sarif").read_text())["results"]
    assert (result["ruleId"], result["level"]) == ("quota", "error")
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "s.yaml"}


def test_what_a_proof_finds_is_an_error_with_the_reason() -> None:
    _open_the_template(Path("t"))
    result = run("prove", "s.yaml", "--templates", "t", "--sarif", "prove.sarif", "--quiet")
    assert result.exit_code == 1
    found = valid(Path("prove.sarif").read_text())
    assert found["automationDetails"] == {"id": "lakehouse-iam/prove/"}
    assert {one["ruleId"] for one in found["results"]} >= {"probe", "beyond"}
    probe = next(one for one in found["results"] if one["ruleId"] == "probe")
    assert "the answer is allow, and must be deny" in probe["message"]["text"]
    assert probe["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "s.yaml"}
    beyond = next(one for one in found["results"] if one["ruleId"] == "beyond")
    assert beyond["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith(".template.json")


def test_a_proof_that_holds_is_a_run_without_errors() -> None:
    result = run("prove", "s.yaml", "--sarif", "-")
    assert result.exit_code == 0
    assert [one for one in valid(result.stdout)["results"] if one["level"] == "error"] == []


def test_a_finding_keeps_its_fingerprint_when_lines_come_and_go() -> None:
    def prints() -> list[str]:
        found = valid(run("check", "s.yaml", "--sarif", "-").stdout)
        return [one["partialFingerprints"]["finding/v1"] for one in found["results"]]

    before = prints()
    Path("s.yaml").write_text(f"# one more line\n{SETUP}")
    assert prints() == before


def test_a_file_below_this_folder_is_named_from_here_and_another_by_its_address(here: Path) -> None:
    def uri(file: str) -> str:
        report = CiReport("check", (Case("s", "x", (Finding("note", Level.NOTE, "m", file, 1),)),))
        (result,) = valid(sarif_text(report))["results"]
        named: str = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        return named

    assert uri(str(here / "s.yaml")) == "s.yaml"
    assert uri("a folder/s%.yaml") == "a%20folder/s%25.yaml"
    assert uri("/elsewhere/s.yaml") == "file:///elsewhere/s.yaml"


def test_the_address_in_the_report_is_the_project_s() -> None:
    assert f'Homepage = "{ABOUT}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


# ---------------------------------------------------------------- JUnit


def test_every_probe_is_a_test_case() -> None:
    assert run("prove", "s.yaml", "--junit", "prove.xml", "--quiet").exit_code == 0
    root = ElementTree.parse("prove.xml").getroot()
    (suite,) = root
    assert (root.tag, suite.tag, suite.get("name")) == ("testsuites", "testsuite", "orders")
    (proof,) = json.loads(run("prove", "s.yaml", "--json").stdout)
    assert [case.get("name") for case in suite][: len(proof["probes"])] == [one["question"] for one in proof["probes"]]
    assert (suite.get("tests"), suite.get("failures")) == (str(len(suite)), "0")


def test_what_is_not_as_expected_is_a_failure_with_its_reasons() -> None:
    _open_the_template(Path("t"))
    result = run("prove", "s.yaml", "--templates", "t", "--junit", "-")
    assert result.exit_code == 1
    root = ElementTree.fromstring(result.stdout)
    failures = root.findall("testsuite/testcase/failure")
    assert str(len(failures)) == root.get("failures")
    assert "beyond" in {failure.get("type") for failure in failures}
    assert any("must be deny" in (failure.text or "") for failure in failures)


def test_a_setup_that_is_wrong_is_a_failing_case() -> None:
    result = run("check", "-", "--junit", "check.xml", input="setup: x\n")
    assert result.exit_code == 2
    root = ElementTree.parse("check.xml").getroot()
    (failure,) = root.findall("testsuite/testcase/failure")
    assert failure.text == f"-:1: {failure.get('message')}"


def test_warnings_are_shown_and_fail_nothing() -> None:
    root = ElementTree.fromstring(run("check", "s.yaml", "--junit", "-").stdout)
    (said,) = root.findall("testsuite/testcase/system-out")
    assert "warning: s.yaml:5: bucket_owner.account: 444455556666 is an account id from examples" in (said.text or "")
    assert root.get("failures") == "0"


# ---------------------------------------------------------------- both

NASTY = "a]]>&<b>\x1b[31m\u202e'\"\x00\udcff\ufffe日本"


@pytest.mark.parametrize("text_of", [sarif_text, junit_text])
def test_whatever_something_is_called_the_report_can_be_read_and_acts_on_no_terminal(
    text_of: Callable[[CiReport], str],
) -> None:
    finding = Finding("beyond", Level.ERROR, NASTY, NASTY, 3)
    text = text_of(CiReport("prove", (Case(NASTY, NASTY, (finding,)), Case(NASTY, NASTY))))
    assert text.isascii()
    assert all(character.isprintable() or character == "\n" for character in text)
    if text_of is sarif_text:
        valid(text)
    else:
        assert ElementTree.fromstring(text).get("tests") == "2"


def test_every_rule_has_words_that_fit_on_a_line() -> None:
    assert all(len(words) <= 60 for words in RULES.values())


def test_both_reports_are_written_in_one_run_and_the_answer_is_printed_as_ever() -> None:
    plain = run("check", "s.yaml").stdout
    result = run("check", "s.yaml", "--sarif", "a.sarif", "--junit", "a.xml")
    assert result.stdout == plain
    assert Path("a.sarif").exists()
    assert Path("a.xml").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--sarif", "-", "--junit", "-"), "--sarif - and --junit - both write to standard output"),
        (("--sarif", "-", "--json"), "--json and --sarif - both write to standard output"),
        (("--sarif", "x", "--junit", "x"), "--sarif and --junit both write to x"),
    ],
)
@pytest.mark.parametrize("command", ["check", "prove"])
def test_two_answers_in_one_place_are_refused(command: str, arguments: tuple[str, ...], said: str) -> None:
    result = run(command, "s.yaml", *arguments)
    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.parametrize("command", ["check", "prove"])
def test_a_report_that_cannot_be_written_is_said_and_ends_with_2(command: str) -> None:
    Path("a").write_text("a file stands where the folder should be")
    result = run(command, "s.yaml", "--sarif", "a/b.sarif")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr
