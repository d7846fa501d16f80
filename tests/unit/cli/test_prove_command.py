"""`lakehouse-iam prove` and `simulate` as people type them: tables, reasons, and how they end."""

from __future__ import annotations

import json
from pathlib import Path
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
def test_a_bad_line_ends_the_stream_with_2_and_the_answers_before_it_stand(
    tmp_path: Path, line: str, message: str
) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(f"{json.dumps(CASE)}\n{line}\n{json.dumps(CASE)}\n", encoding="utf-8")
    result = run("simulate", file)
    assert result.exit_code == 2
    assert f"{file}:2: {message}" in result.output
    assert result.stdout.count('"decision"') == 1
    answers = run("simulate", file, "--json").stdout
    assert '"line": 2' in answers


@pytest.mark.parametrize(
    ("content", "message"), [(None, "the file cannot be read: "), (b"\xff\xfe", "the file is not text: ")]
)
def test_a_file_of_cases_that_cannot_be_read_is_said(tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "cases.jsonl"
    if content is not None:
        file.write_bytes(content)
    result = run("simulate", file)
    assert result.exit_code == 2
    assert f"{file}: {message}" in result.output
