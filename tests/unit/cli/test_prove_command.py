"""`lakehouse-iam prove` and `simulate` as people type them: tables, reasons, and how they end."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from setup_texts import OWNER, VALID

from lakehouse_iam.cli import main

EXAMPLE = Path(__file__).parents[3] / "examples" / "instance-profile.yaml"
BOUNDARY = "arn:aws:iam::{}:policy/team-boundary"


def run(*arguments: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)


def written(tmp_path: Path, text: str = VALID) -> tuple[Path, Path]:
    """A setup, and the folder of its templates."""
    setup = tmp_path / "setup.yaml"
    setup.write_text(text, encoding="utf-8")
    assert run("template", setup, "--out", tmp_path / "out").exit_code == 0
    return setup, tmp_path / "out"


def edit(folder: Path, name: str, old: str, new: str) -> Path:
    (file,) = folder.rglob(f"*{name}.template.json")
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


def test_a_setup_that_holds_ends_with_0_and_says_of_how_many() -> None:
    result = run("prove", EXAMPLE)
    assert result.exit_code == 0, result.output
    assert "ok  allow     allow   read an object of ty-databricks-cross-account-bucket" in result.output
    assert "47 of 47 probes as expected" in result.output
    assert "NO" not in result.output


def test_a_folder_of_templates_is_proved_by_itself_and_against_its_setup(tmp_path: Path) -> None:
    setup, folder = written(tmp_path)
    alone, against = run("prove", folder), run("prove", setup, "--templates", folder)
    assert (alone.exit_code, against.exit_code) == (0, 0), alone.output + against.output
    assert alone.output == against.output


def test_templates_that_somebody_has_edited_end_with_1_and_the_reason_under_every_probe_it_decides(
    tmp_path: Path,
) -> None:
    setup, folder = written(tmp_path)
    edit(folder, "bucket-owner", '"Action": "sts:AssumeRole"', '"Action": "sts:TagSession"')
    for result in (run("prove", folder), run("prove", setup, "--templates", folder)):
        assert result.exit_code == 1
        assert "NO  allow     deny         the deployment role assumes owner-role" in result.output
        assert "NO  allow     not reached  read an object of partner-data" in result.output
        reason = (
            f"the trust policy of arn:aws:iam::{OWNER}:role/owner-role has no statement that allows sts:AssumeRole to "
        )
        assert result.output.count(f"    {reason}") == 2
        assert "Traceback" not in result.output


def test_the_setup_itself_still_holds_when_its_templates_do_not(tmp_path: Path) -> None:
    setup, folder = written(tmp_path)
    edit(folder, "bucket-owner", '"Action": "sts:AssumeRole"', '"Action": "sts:TagSession"')
    assert run("prove", setup).exit_code == 0


def test_machines_get_every_answer_with_its_reason(tmp_path: Path) -> None:
    _, folder = written(tmp_path)
    (proof,) = json.loads(run("prove", folder, "--json").stdout)
    assert proof["holds"] is True
    (read,) = [probe for probe in proof["probes"] if probe["question"] == "read an object of partner-data"]
    assert (read["expected"], read["answer"], read["as_expected"]) == ("allow", "allow", True)
    assert read["because"][0].startswith('statement "ReadWriteObjects" of ')
    assert any("exists already" in sentence for sentence in proof["taken_as_given"])


def test_what_only_the_deployment_knows_ends_with_1_and_the_path_of_it(tmp_path: Path) -> None:
    _, folder = written(tmp_path)
    file = edit(
        folder,
        "bucket-owner",
        '"Action": "sts:AssumeRole"',
        '"Action": {"Fn::If": ["Live", "sts:AssumeRole", "sts:*"]}',
    )
    result = run("prove", folder)
    assert result.exit_code == 1
    assert "NO  allow     not decided  the deployment role assumes owner-role" in result.output
    place = f"{file}: Resources.BucketOwnerRole.Properties.AssumeRolePolicyDocument.Statement[0].Action"
    assert f"    {place} is not known: it waits for Fn::If" in result.output


def test_a_boundary_is_asked_for_and_told_with_world(tmp_path: Path) -> None:
    setup, _ = written(tmp_path, f"{VALID}permissions_boundary: team-boundary\n")
    alone = run("prove", setup)
    assert alone.exit_code == 1
    assert "give it under policies in --world" in alone.output
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    world = tmp_path / "world.json"
    world.write_text(json.dumps({"policies": {BOUNDARY.format(id): everything for id in ("111122223333", OWNER)}}))
    assert run("prove", setup, "--world", world).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.yaml"], "nothing.yaml: there is no such file"),
        (["empty"], "empty: the folder holds no setup and no template: allowed is what lakehouse-iam template writes"),
        (["setup.yaml", "--templates", "empty"], "empty: the folder holds no template: allowed is what lakehouse-iam"),
        (["setup.yaml", "--templates", "nowhere"], "nowhere: the folder does not exist: allowed is"),
        (["setup.yaml", "--world", "nothing.yaml"], "nothing.yaml: it cannot be read: No such file or directory"),
        (["setup.yaml", "--world", "world.yaml"], "world.yaml:2: acounts: the key 'acounts' is not known here"),
        (
            ["broken"],
            "a.template.json:1: this is not JSON: Expecting property name enclosed in double quotes at column 2",
        ),
        (["foreign"], "foreign: the templates carry no probes: allowed is a folder with *.probes.json beside them"),
    ],
)
def test_wrong_input_ends_with_2_and_says_what_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("setup.yaml").write_text(VALID, encoding="utf-8")
    Path("world.yaml").write_text("# what is known\nacounts: {}\n", encoding="utf-8")
    for folder, text in (("broken", "{"), ("foreign", '{"Resources": {"R": {"Type": "AWS::IAM::Role"}}}')):
        (tmp_path / folder / OWNER).mkdir(parents=True)
        (tmp_path / folder / OWNER / "a.template.json").write_text(text, encoding="utf-8")
    Path("empty").mkdir()
    result = run("prove", *arguments)
    assert result.exit_code == 2, result.output
    assert message in result.output
    assert "Traceback" not in result.output
    as_json = run("prove", *arguments, "--json")
    assert as_json.exit_code == 2
    assert message.split(": ")[0] in json.loads(as_json.stdout)["error"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"Effect": "Allow"',
            '"Efect": "Allow"',
            "Resources.BucketOwnerRole.Properties.AssumeRolePolicyDocument.Statement[0]: AWS would refuse this policy: "
            "'Efect' is no element here; the nearest is 'Effect'",
        ),
        (
            '"Action": "sts:AssumeRole"',
            f'"Action": "sts:AssumeRole", "Condition": {{"StringEquals": {{"aws:SourceIdentity": "{"x" * 9000}"}}}}',
            "Resources.BucketOwnerRole.Properties.AssumeRolePolicyDocument: the policy takes 9,",
        ),
    ],
)
def test_a_policy_that_aws_would_refuse_ends_with_2(tmp_path: Path, old: str, new: str, message: str) -> None:
    _, folder = written(tmp_path)
    edit(folder, "bucket-owner", old, new)
    result = run("prove", folder)
    assert result.exit_code == 2
    assert message in result.output


# ---------------------------------------------------------------- simulate

CASE: dict[str, Any] = {
    "id": "one",
    "request": {
        "principal": f"arn:aws:iam::{OWNER}:role/reader",
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::lake/k",
        "resource_account": OWNER,
    },
    "identity_policies": [
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    ],
}


def test_each_case_is_answered_on_a_line_of_its_own(tmp_path: Path) -> None:
    refused = {**CASE, "id": "two", "identity_policies": []}
    text = f"{json.dumps(CASE)}\n\n{json.dumps(refused)}\n"
    file = tmp_path / "cases.jsonl"
    file.write_text(text, encoding="utf-8")
    for result in (run("simulate", file), run("simulate", "-", stdin=text)):
        assert result.exit_code == 0
        answers = [json.loads(line) for line in result.stdout.splitlines()]
        assert [(one["id"], one["decision"]) for one in answers] == [("one", "allow"), ("two", "implicit-deny")]
        assert all(one["because"] for one in answers)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": 1', "column 9: not JSON: Expecting ',' delimiter"),
        ("[]", "must be a JSON object"),
        (json.dumps({"id": "x"}), "request: the field is missing; it has principal, action and resource"),
        (
            json.dumps({**CASE, "identity_policy": []}),
            "identity_policy: no such field; the nearest is 'identity_policies'",
        ),
        (
            json.dumps({**CASE, "identity_policies": [{"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}]}),
            "identity policy 1: Statement[0]: ",
        ),
    ],
)
def test_a_line_that_is_no_case_is_answered_with_its_error_and_the_others_are_decided(
    tmp_path: Path, line: str, message: str
) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(f"{json.dumps(CASE)}\n{line}\n{json.dumps(CASE)}\n", encoding="utf-8")
    result = run("simulate", file)
    assert result.exit_code == 2
    answers = [json.loads(answer) for answer in result.stdout.splitlines()]
    assert [answer.get("decision") for answer in answers] == ["allow", None, "allow"]
    assert answers[1]["line"] == 2
    where, error = answers[1]["where"], answers[1]["error"]
    assert (f"{where}: {error}" if where else error).startswith(message)
    assert result.stderr.startswith(f"{file}:2: {message}")
    in_json = run("simulate", file, "--json")
    assert (in_json.stdout, in_json.stderr, in_json.exit_code) == (result.stdout, "", 2)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "x", "id": "y"}', "'id' is given twice in one object"),
        (
            json.dumps({**CASE, "id": "x"}).replace(
                '"Resource": "*"',
                '"Resource": "*", "Condition": {"StringEquals": {"aws:a": "1"}, "StringEquals": {"aws:b": "2"}}',
            ),
            "'StringEquals' is given twice in one object",
        ),
        ('{"id": NaN}', "NaN is no JSON number"),
        ('{"id": -Infinity}', "-Infinity is no JSON number"),
        ('{"id": 1e999}', "the number 1e999 is too large"),
        ('{"id": ' + "9" * 5000 + "}", "a number of 5000 characters"),
        ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 70 + "1" + "}" * 70, "nested too deeply"),
        (json.dumps({**CASE, "id": "\ud800"}), "a string holds half a surrogate pair"),
        ("\u2028", "not JSON"),
    ],
)
def test_hostile_json_is_answered_with_an_error_and_never_with_a_traceback(line: str, message: str) -> None:
    result = run("simulate", "-", stdin=f"{line}\n{json.dumps(CASE)}\n")
    bad, good = [json.loads(answer) for answer in result.stdout.splitlines()]
    assert result.exit_code == 2
    assert bad["error"].startswith(message)
    assert good["decision"] == "allow"


def test_the_error_of_a_case_carries_its_id(tmp_path: Path) -> None:
    result = run("simulate", "-", stdin=json.dumps({**CASE, "id": "mine", "more": 1}) + "\n")
    answer = json.loads(result.stdout)
    assert answer == {
        "id": "mine",
        "line": 1,
        "where": "more",
        "error": "no such field; allowed are " + answer["error"].partition("allowed are ")[2],
    }


def test_a_line_that_is_not_text_is_an_error_of_that_line_only(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(CASE).encode() + b"\n\xff\xfe\n" + json.dumps(CASE).encode())
    result = run("simulate", file)
    answers = [json.loads(answer) for answer in result.stdout.splitlines()]
    assert [answer.get("decision") for answer in answers] == ["allow", None, "allow"]
    assert answers[1] == {"id": None, "line": 2, "where": "byte 1", "error": "not text: allowed is UTF-8"}


def test_a_line_that_is_too_long_is_an_error_of_that_line_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lakehouse_iam.cli.simulate.LONGEST_LINE", 2_000)
    result = run("simulate", "-", stdin="x" * 9_000 + "\n" + json.dumps(CASE) + "\n")
    answers = [json.loads(answer) for answer in result.stdout.splitlines()]
    assert answers[0]["error"] == "the line is longer than 2000 bytes"
    assert answers[1]["decision"] == "allow"


def test_answers_are_ascii_so_that_any_console_takes_them() -> None:
    case = {**CASE, "id": "読む"}
    result = run("simulate", "-", stdin=json.dumps(case, ensure_ascii=False) + "\n")
    assert result.stdout.isascii()
    assert json.loads(result.stdout)["id"] == "読む"


def test_a_file_of_cases_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    result = run("simulate", tmp_path / "cases.jsonl")
    assert result.exit_code == 2
    assert "cases.jsonl: the file cannot be read: " in result.output


@pytest.mark.parametrize("watched", [True, False])
def test_a_proof_that_takes_long_shows_how_far_it_is_where_somebody_watches(
    watched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lakehouse_iam.cli.proofs._BEFORE_PROGRESS", -1.0)
    monkeypatch.setattr("lakehouse_iam.cli.proofs.sys", SimpleNamespace(stderr=SimpleNamespace(isatty=lambda: watched)))
    result = run("prove", EXAMPLE, "--quiet")
    lines = result.stderr.split("\r")
    assert any(re.fullmatch(r"  partner-bucket: \d+ of \d+ probes *", line) for line in lines) == watched
    assert lines[-1].strip() == ""
    assert "\r" not in result.stdout


def test_what_was_read_without_certainty_stands_under_answers_that_are_as_expected(tmp_path: Path) -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    guardrail = {**deny, "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}
    document = {"Version": "2012-10-17", "Statement": guardrail}
    world = {"accounts": {"444455556666": {"resource_control_policies": [{"Network": document}]}}}
    file = tmp_path / "world.json"
    file.write_text(json.dumps(world), encoding="utf-8")
    example = Path(__file__).parents[3] / "examples" / "instance-profile.yaml"
    result = run("prove", example, "--world", file)
    assert result.exit_code == 0, result.output
    note = "the request gives aws:SourceVpc no value; read as absent"
    assert "\nok, with a note: locate ty-databricks-cross-account-bucket; list " in result.output
    assert result.output.count(note) == 1
    (proof,) = json.loads(run("prove", example, "--world", file, "--json").output)
    asked = [one for one in proof["probes"] if one["action"] == "s3:GetObject"]
    assert asked
    assert all(any(note in text for text in one["notes"]) for one in asked)
    assert note not in run("prove", example, "--world", file, "--failed").output
