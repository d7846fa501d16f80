"""`lakehouse-iam compare` as people, pull requests and hooks call it: words, JSON, how it ends, and bad input."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from ruamel.yaml import YAML
from setup_texts import VALID

from lakehouse_iam.cli import main

ROOT = Path(__file__).parents[3]
UNITY_CATALOG = ROOT / "examples" / "unity-catalog-aws.yaml"
OWNER = "arn:aws:iam::444455556666:role/bucket-owner-acct-s3-access-role"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def versions(tmp_path: Path) -> tuple[Path, Path]:
    """The same templates twice."""
    example = ROOT / "examples" / "instance-profile.yaml"
    assert run("template", example, "--out", tmp_path / "before").exit_code == 0
    shutil.copytree(tmp_path / "before", tmp_path / "after")
    return tmp_path / "before", tmp_path / "after"


def edit(folder: Path, name: str, change: Any) -> None:
    """Change the resources of a template of a folder, as somebody would by hand."""
    (file,) = folder.rglob(f"*{name}.template.json")
    body = json.loads(file.read_text(encoding="utf-8"))
    change(body["Resources"])
    file.write_text(json.dumps(body, indent=2), encoding="utf-8")


def role_of(resources: dict[str, Any]) -> dict[str, Any]:
    (role,) = (one for one in resources.values() if one["Type"] == "AWS::IAM::Role")
    properties: dict[str, Any] = role["Properties"]
    return properties


def trusts_lambda(resources: dict[str, Any]) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role_of(resources)["AssumeRolePolicyDocument"]["Statement"].append(statement)


def test_the_same_templates_are_unchanged_and_end_with_0(versions: tuple[Path, Path]) -> None:
    result = run("compare", *versions)
    assert result.exit_code == 0
    assert result.output.splitlines()[-1] == "7 unchanged: nothing is allowed that was refused before"


def test_a_widened_trust_is_told_with_who_gets_in_and_ends_with_1(versions: tuple[Path, Path]) -> None:
    edit(versions[1], "bucket-owner", trusts_lambda)
    result = run("compare", *versions)
    assert result.exit_code == 1
    assert f"widened       who may become {OWNER}" in result.output
    assert f"now allowed: lambda.amazonaws.com: sts:AssumeRole on {OWNER}" in result.output
    assert f"by statement 1 of the trust policy of {OWNER}" in result.output


def test_the_other_way_round_it_is_narrowed_and_ends_with_0(versions: tuple[Path, Path]) -> None:
    edit(versions[1], "bucket-owner", trusts_lambda)
    result = run("compare", *reversed(versions))
    assert result.exit_code == 0
    assert f"no longer allowed: lambda.amazonaws.com: sts:AssumeRole on {OWNER}" in result.output


@pytest.mark.parametrize(("fail_on", "code"), [("widened", 0), ("changed", 1), ("never", 0)])
def test_a_narrowing_fails_only_on_changed(versions: tuple[Path, Path], fail_on: str, code: int) -> None:
    edit(versions[0], "bucket-owner", trusts_lambda)
    assert run("compare", *versions, "--fail-on", fail_on).exit_code == code


def test_never_ends_with_0_whatever_is_widened(versions: tuple[Path, Path]) -> None:
    edit(versions[1], "bucket-owner", trusts_lambda)
    assert run("compare", *versions, "--fail-on", "never").exit_code == 0


def test_json_has_the_witness_and_nothing_else_is_printed(versions: tuple[Path, Path]) -> None:
    edit(versions[1], "bucket-owner", trusts_lambda)
    answer = json.loads(run("compare", *versions, "--json").output)
    (unit,) = answer["units"]
    assert (answer["widened"], answer["decided"], answer["unchanged"]) == (True, True, 6)
    assert (unit["kind"], unit["arn"], unit["change"], unit["narrower"]) == ("trust", OWNER, "widened", [])
    (witness,) = unit["wider"]
    assert {key: witness[key] for key in ("principal", "action", "resource", "context", "statement")} == {
        "principal": "lambda.amazonaws.com",
        "action": "sts:AssumeRole",
        "resource": OWNER,
        "context": {},
        "statement": "statement 1",
    }


def test_markdown_is_a_table_that_no_name_breaks(versions: tuple[Path, Path]) -> None:
    edit(versions[1], "bucket-owner", trusts_lambda)
    lines = run("compare", *versions, "--markdown").output.splitlines()
    assert lines[0].startswith("### Access: ")
    assert lines[2:4] == ["| change | of | request |", "|---|---|---|"]
    assert lines[4].count(" | ") == 2
    assert f"now allowed: `lambda.amazonaws.com: sts:AssumeRole on {OWNER}`" in lines[4]


def test_more_actions_are_told_with_an_action_that_exists_and_the_way_to_it(versions: tuple[Path, Path]) -> None:
    for file in versions[1].rglob("*bucket-owner.template.json"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace('"s3:GetObject"', '"s3:Get*"'), encoding="utf-8")
    answer = json.loads(run("compare", *versions, "--json").output)
    role = next(unit for unit in answer["units"] if unit["kind"] == "role")
    (witness,) = role["wider"]
    deployment = "arn:aws:iam::111122223333:role/deployment-acct-cross-account-s3-role"
    assert witness["chain"] == [deployment, OWNER]
    assert witness["action"].startswith("s3:Get")
    assert witness["statement"] == 'statement "ReadWriteObjects"'


def test_a_replaced_role_is_told_with_who_loses_access_and_that_its_name_stands_in_the_way(
    versions: tuple[Path, Path],
) -> None:
    edit(versions[1], "deployment-account", lambda resources: role_of(resources).update(Path="/team/"))
    result = run("compare", *versions)
    deployment = "arn:aws:iam::111122223333:role/{}deployment-acct-cross-account-s3-role"
    assert result.exit_code == 1
    assert f"because Path changes: {deployment.format('')} -> {deployment.format('team/')}" in result.output
    assert f"loses access: ec2.amazonaws.com can no longer assume {deployment.format('')}" in result.output
    assert "loses access: the trust policy of" in result.output
    assert "refused: CloudFormation cannot replace a resource that keeps its name" in result.output


@pytest.mark.parametrize(
    ("properties", "said", "code"),
    [
        ({"MaxSessionDuration": 43200}, "widened       .*: sessions last up to 43200 s, before 3600 s", 1),
        ({"Description": "another one"}, "7 unchanged", 0),
    ],
)
def test_what_changes_beside_the_policies_is_told_where_it_matters(
    versions: tuple[Path, Path], properties: dict[str, Any], said: str, code: int
) -> None:
    edit(versions[1], "bucket-owner", lambda resources: role_of(resources).update(properties))
    result = run("compare", *versions)
    assert re.search(said, result.output)
    assert result.exit_code == code


@pytest.mark.parametrize("type_", ["AWS::IAM::User", "AWS::S3::AccessPoint", "AWS::Lambda::Function"])
def test_a_new_resource_that_is_not_read_and_can_carry_access_is_not_decided_and_fails(
    versions: tuple[Path, Path], type_: str
) -> None:
    edit(versions[1], "bucket-owner", lambda resources: resources.update(Extra={"Type": type_, "Properties": {}}))
    result = run("compare", *versions)
    assert f"Resources.Extra is added: what a resource of the type {type_} lets in is not read" in result.output
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("", "Transform", "Attacker::Macro"),
        ("Resources", "Fn::ForEach::Roles", ["Name", ["a"], {"R${Name}": {"Type": "AWS::IAM::Role"}}]),
        ("Outputs", "Fn::Transform", {"Name": "AWS::Include"}),
    ],
)
def test_a_template_that_is_rewritten_while_it_is_deployed_is_not_decided_and_fails(
    versions: tuple[Path, Path], section: str, key: str, value: Any
) -> None:
    (file,) = versions[1].rglob("*bucket-owner.template.json")
    body = json.loads(file.read_text(encoding="utf-8"))
    (body[section] if section else body)[key] = value
    file.write_text(json.dumps(body), encoding="utf-8")
    result = run("compare", *versions)
    assert result.exit_code == 1, result.output
    assert key in result.output
    assert "not decided" in result.output


def test_a_new_resource_that_carries_no_access_is_listed_and_does_not_fail(versions: tuple[Path, Path]) -> None:
    edit(versions[1], "bucket-owner", lambda resources: resources.update(P={"Type": "AWS::SSM::Parameter"}))
    result = run("compare", *versions)
    assert "not read, for they carry no access: AWS::SSM::Parameter (1)" in result.output
    assert result.exit_code == 0


# ---------------------------------------------------------------- git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose last commit has the templates of a setup."""
    folder = tmp_path / "repository"
    example = ROOT / "examples" / "instance-profile.yaml"
    assert run("template", example, "--out", folder / "templates").exit_code == 0
    for command in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "-A"),
        ("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "Templates"),
    ):
        subprocess.run(["git", "-C", str(folder), *command], check=True)
    return folder


def test_a_folder_is_compared_with_what_it_was_at_a_revision(repository: Path) -> None:
    folder = repository / "templates"
    assert run("compare", folder, "--git", "main").exit_code == 0
    edit(folder, "bucket-owner", trusts_lambda)
    result = run("compare", folder, "--git", "main")
    assert result.exit_code == 1
    assert f"now allowed: lambda.amazonaws.com: sts:AssumeRole on {OWNER}" in result.output


@pytest.mark.parametrize("revision", ["no-such-branch", "--output=/tmp/x", "HEAD~1"])
def test_a_revision_that_does_not_exist_is_said(repository: Path, revision: str) -> None:
    result = run("compare", repository / "templates", f"--git={revision}")
    assert result.exit_code == 2
    assert result.output.startswith(f"the revision {revision!r} does not exist in ")


def test_a_folder_that_the_revision_does_not_have_is_said(repository: Path) -> None:
    shutil.copytree(repository / "templates", repository / "others")
    result = run("compare", repository / "others", "--git", "HEAD")
    assert result.exit_code == 2
    assert result.output.startswith("the revision 'HEAD' has no others")


def test_a_folder_outside_a_repository_is_said(versions: tuple[Path, Path]) -> None:
    result = run("compare", versions[1], "--git", "HEAD")
    assert result.exit_code == 2
    assert result.output.startswith(f"{versions[1]} is in no git repository")


def _environment(folder: Path) -> dict[str, str]:
    installed = str(Path(shutil.which("lakehouse-iam") or "").parent)
    return {**os.environ, "PATH": f"{installed}:{os.environ['PATH']}", "HOME": str(folder)}


@pytest.mark.parametrize(("widened", "code"), [(False, 0), (True, 1)])
def test_the_pre_commit_hook_refuses_a_commit_that_widens(repository: Path, widened: bool, code: int) -> None:
    hooks = YAML(typ="safe").load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (hook,) = (hook for hook in hooks if hook["id"] == "lakehouse-iam-compare")
    if widened:
        edit(repository / "templates", "bucket-owner", trusts_lambda)
    command = [*shlex.split(hook["entry"]), *hook["args"]]
    done = subprocess.run(
        command, cwd=repository, env=_environment(repository), capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    template = next((repository / "templates").rglob("*.template.json")).relative_to(repository)
    assert re.search(hook["files"], str(template))
    assert not hook["pass_filenames"]


@pytest.mark.parametrize(("widened", "code"), [(False, 0), (True, 1)])
def test_the_steps_of_the_github_action_compare_and_write_the_summary(
    repository: Path, tmp_path: Path, widened: bool, code: int
) -> None:
    action = YAML(typ="safe").load((ROOT / "action.yml").read_text(encoding="utf-8"))
    if widened:
        edit(repository / "templates", "bucket-owner", trusts_lambda)
    summary = tmp_path / "summary.md"
    given = {"COMPARED": "templates", "BEFORE": "main", "FAIL_ON": action["inputs"]["fail-on"]["default"]}
    files = {"GITHUB_STEP_SUMMARY": str(summary), "RUNNER_TEMP": str(tmp_path), "GITHUB_ACTION_PATH": str(ROOT)}
    codes = []
    for step in (step for step in action["runs"]["steps"] if step["name"] in ("Install lakehouse-iam", "Compare")):
        assert set(step.get("env", {})) <= set(given)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=repository,
            env={**_environment(repository), **files, **given},
            capture_output=True,
            text=True,
            check=False,
        )
        codes.append(done.returncode)
    assert codes == [0, code]
    assert summary.read_text(encoding="utf-8").startswith("### Access: ")


# ---------------------------------------------------------------- bad input


def test_folders_of_different_setups_are_said_with_both_names(versions: tuple[Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    assert run("template", UNITY_CATALOG, "--out", other).exit_code == 0
    result = run("compare", versions[0], other)
    assert result.exit_code == 2
    assert result.output.startswith(f"{versions[0]} is of partner-bucket, and {other} is of sales-lake")


def test_a_folder_without_templates_is_said(versions: tuple[Path, Path], tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    result = run("compare", versions[0], empty)
    assert result.exit_code == 2
    assert result.output.startswith(f"{empty}: the folder holds no template")


def test_a_nested_stack_whose_template_is_not_there_is_not_decided(versions: tuple[Path, Path]) -> None:
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://example.com/other.json"}}
    edit(versions[1], "bucket-owner", lambda resources: resources.update(Nested=nested))
    result = run("compare", *versions)
    assert "Resources.Nested is added: what a resource of the type AWS::CloudFormation::Stack" in result.output
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("one",), "1 path is given: allowed is two paths, BEFORE and AFTER, or one path with --git REV"),
        (("one", "two", "three"), "3 paths are given: allowed is two paths, BEFORE and AFTER"),
        (("one", "two", "--git", "main"), "2 paths are given: allowed is with --git one path"),
    ],
)
def test_too_few_or_too_many_paths_are_said(arguments: tuple[str, ...], said: str) -> None:
    result = run("compare", *arguments)
    assert result.exit_code == 2
    assert said in result.output


def test_a_setup_is_no_version_and_is_told_what_is(tmp_path: Path) -> None:
    setup = tmp_path / "setup.yaml"
    setup.write_text(VALID, encoding="utf-8")
    result = run("compare", setup, setup)
    assert result.exit_code == 2
    assert "the folder is a file: allowed is what lakehouse-iam template writes" in result.output
