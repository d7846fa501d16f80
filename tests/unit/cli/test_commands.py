"""The commands as people type them: what they print, what they write, and how they end."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lakehouse_iam.cli import main
from lakehouse_iam.setups import load_setups

EXAMPLE = Path(__file__).parents[3] / "examples" / "instance-profile.yaml"
SETUP = """\
setup: least
pattern: instance-profile
region: us-east-1
workspace: {account: "111122223333", role: deploy}
bucket_owner: {account: "444455556666", role: owner}
buckets: [{name: only-bucket, access: read-only}]
"""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def files_in(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_check_says_what_a_setup_would_become() -> None:
    result = run("check", EXAMPLE)
    assert result.exit_code == 0
    assert re.sub(r"\d+ probes", "N probes", result.output) == (
        "partner-bucket: instance-profile, N probes\n"
        "  1  111122223333  partner-bucket-deployment-account  4 resources\n"
        "  2  444455556666  partner-bucket-bucket-owner        3 resources\n"
        "  warning: the bucket ty-databricks-cross-account-bucket must exist already, and policy: managed replaces the whole "
        "policy that it has: keep what others put there with policy: handoff; aws s3api get-bucket-policy --bucket "
        "ty-databricks-cross-account-bucket shows it\n"
        f"  warning: {EXAMPLE}:9: workspace.account: 111122223333 is an account id from examples: find yours with "
        "aws sts get-caller-identity --query Account, with credentials of that account\n"
        f"  warning: {EXAMPLE}:13: bucket_owner.account: 444455556666 is an account id from examples: find yours with "
        "aws sts get-caller-identity --query Account, with credentials of that account\n"
        f"  warning: {EXAMPLE}:17: buckets[0].name: ty-databricks-cross-account-bucket is a bucket name from this project's "
        "examples: find yours with aws s3api list-buckets --query 'Buckets[].Name', in the account that owns the bucket\n"
        f"  warning: {EXAMPLE}:21: databricks.host: dbc-a1b2345c-d6e7 is a workspace address from examples: copy yours from "
        "the address bar of your browser, when you are logged in to the workspace\n"
        "ok: 1 setup\n"
        f"next: replace the 4 values of examples, then lakehouse-iam check {EXAMPLE}\n"
    )


def test_check_answers_machines_in_json() -> None:
    (answer,) = json.loads(run("check", EXAMPLE, "--json").output)
    assert answer["setup"] == "partner-bucket"
    assert [stack["account"] for stack in answer["stacks"]] == ["111122223333", "444455556666"]


def test_check_reads_several_files_and_standard_input(tmp_path: Path) -> None:
    second = tmp_path / "second.yaml"
    second.write_text(SETUP.replace("least", "second").replace("role: ", "role: second-"))
    result = CliRunner().invoke(main, ["check", str(EXAMPLE), "-", str(second), "--json"], input=SETUP)
    assert [answer["setup"] for answer in json.loads(result.stdout)] == ["partner-bucket", "least", "second"]


def test_check_names_standard_input_as_the_file(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["check", "-"], input=SETUP.replace("us-east-1", "tokyo"))
    assert result.exit_code == 2
    assert result.stderr.startswith("-:3: region: 'tokyo' is not an AWS region")


@pytest.mark.parametrize("command", ["check", "connect", "disconnect", "prove", "rehearse", "template"])
def test_every_command_says_what_lay_beside_the_setups_and_was_not_read(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lakehouse_iam.cli.rehearse.require_extras", _not_installed)
    monkeypatch.setattr("lakehouse_iam.cli.databricks_access.require_extras", _not_installed)
    folder = tmp_path / "setups"
    (folder / "team").mkdir(parents=True)
    for file in ("s.yaml", "team/t.yaml", "least.exchange.json"):
        (folder / file).write_text(SETUP)
    out = ["--out", tmp_path / "out"] if command == "template" else []
    result = run(command, folder, *out)
    assert result.exit_code == (3 if command in ("connect", "disconnect", "rehearse") else 0)
    assert [line for line in result.stderr.splitlines() if line.startswith("not read")] == [
        f"not read: the subfolder {folder / 'team'}; name it to read it too",
        f"not read: {folder / 'least.exchange.json'}, which lakehouse-iam wrote",
    ]
    assert "not read" not in result.stdout


def _not_installed(*extras: str, **_: object) -> None:
    raise SystemExit(3)


def test_check_warns_in_json_too() -> None:
    (answer,) = json.loads(run("check", EXAMPLE, "--json").output)
    (warning,) = answer["warnings"]
    assert "policy: managed replaces the whole policy" in warning


def test_check_names_file_line_path_and_what_is_allowed_for_every_fault(tmp_path: Path) -> None:
    setup = tmp_path / "s.yaml"
    setup.write_text(SETUP.replace("only-bucket", "Only.Bucket").replace("region: us-east-1", "regoin: us-east-1"))
    result = run("check", setup)
    assert result.exit_code == 2
    assert f"{setup}:3: regoin: the key 'regoin' is not known here" in result.output
    assert "did you mean 'region'?" in result.output
    assert f"{setup}:6: buckets[0].name: the bucket name 'Only.Bucket' has upper-case letters" in result.output
    assert "Traceback" not in result.output


def test_check_lists_the_problems_in_json(tmp_path: Path) -> None:
    setup = tmp_path / "s.yaml"
    setup.write_text(SETUP.replace("read-only", "read_only"))
    result = run("check", setup, "--json")
    assert result.exit_code == 2
    (problem,) = json.loads(result.output)["problems"]
    assert problem["line"] == 6
    assert problem["path"] == "buckets[0].access"
    assert problem["allowed"] == "allowed: read-only, read-write; did you mean read-only?"


def test_a_file_that_is_not_there_is_said_without_a_traceback(tmp_path: Path) -> None:
    result = run("check", tmp_path / "nothing.yaml")
    assert result.exit_code == 2
    assert "there is no such file" in result.output


def test_a_setup_over_a_quota_says_how_many_buckets_fit(tmp_path: Path) -> None:
    names = "\n".join(f"  - {{name: bucket-{'x' * 50}{number:04}, access: read-only}}" for number in range(1200))
    setup = tmp_path / "s.yaml"
    setup.write_text(SETUP.split("buckets:")[0] + "buckets:\n" + names + "\n")
    result = run("template", setup, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "of 1,200 buckets" in result.output
    assert "quotas.managed_policies_per_role" in result.output
    assert not (tmp_path / "out").exists()


def test_template_writes_one_file_per_account_and_stack(tmp_path: Path) -> None:
    result = run("template", EXAMPLE, "--out", tmp_path)
    assert result.exit_code == 0
    assert files_in(tmp_path) == [
        "111122223333/partner-bucket-deployment-account.template.json",
        "444455556666/partner-bucket-bucket-owner.template.json",
        "partner-bucket.probes.json",
    ]
    assert (
        "aws cloudformation deploy --region ap-northeast-1 --stack-name partner-bucket-deployment-account"
        in result.output
    )
    assert result.output.index("111122223333") < result.output.index("444455556666")


def test_template_writes_hand_offs_beside_the_template(tmp_path: Path) -> None:
    setup = tmp_path / "s.yaml"
    setup.write_text(SETUP)
    out = tmp_path / "out"
    assert run("template", setup, "--out", out).exit_code == 0
    assert files_in(out) == [
        "111122223333/least-deployment-account.handoff.json",
        "111122223333/least-deployment-account.template.json",
        "444455556666/least-bucket-owner.handoff.json",
        "444455556666/least-bucket-owner.template.json",
        "least.probes.json",
    ]
    (handed,) = json.loads((out / "444455556666" / "least-bucket-owner.handoff.json").read_text())
    assert handed["BucketPolicyOf"] == "only-bucket"
    assert all(statement["Effect"] == "Allow" for statement in handed["Statements"])


def test_template_twice_writes_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        run("template", EXAMPLE, "--out", tmp_path / folder)
    for file in files_in(tmp_path / "one"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_template_writes_nothing_when_a_setup_is_wrong(tmp_path: Path) -> None:
    setup = tmp_path / "s.yaml"
    setup.write_text(SETUP.replace('"444455556666"', "044455556666"))
    result = run("template", setup, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert 'write "044455556666"' in result.output
    assert not (tmp_path / "out").exists()


def test_template_into_a_folder_that_cannot_be_made_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file stands where the folder should be")
    result = run("template", EXAMPLE, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "cannot be written" in result.output
    assert files_in(tmp_path) == ["out"]


def test_template_leaves_nothing_behind_when_the_second_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "444455556666").write_text("in the way")
    result = run("template", EXAMPLE, "--out", tmp_path)
    assert result.exit_code == 2
    assert files_in(tmp_path) == ["444455556666"]


def test_init_writes_a_setup_that_check_accepts(tmp_path: Path) -> None:
    setup = tmp_path / "new.yaml"
    assert run("init", "instance-profile", "--out", setup).exit_code == 0
    assert run("check", setup).exit_code == 0
    assert load_setups(setup)[0].pattern == "instance-profile"


def test_init_leaves_a_file_that_exists_alone(tmp_path: Path) -> None:
    setup = tmp_path / "mine.yaml"
    setup.write_text("mine")
    result = run("init", "instance-profile", "--out", setup)
    assert result.exit_code == 2
    assert setup.read_text() == "mine"
    assert "exists already" in result.output


def test_init_names_the_nearest_pattern() -> None:
    result = run("init", "instance-profil")
    assert result.exit_code == 2
    assert "did you mean instance-profile?" in result.output


def test_schema_writes_what_an_editor_needs(tmp_path: Path) -> None:
    result = run("schema", "--out", tmp_path)
    assert result.exit_code == 0
    assert "setup.schema.json" in files_in(tmp_path)
    assert "# yaml-language-server: $schema=" in result.output


def test_a_missing_option_ends_with_2() -> None:
    result = run("template", EXAMPLE)
    assert result.exit_code == 2
    assert "--out" in result.output


def _with_managed_buckets(number: int) -> str:
    names = "\n".join(f"  - {{name: bucket-{n:04}, access: read-only, policy: managed}}" for n in range(number))
    return f"{SETUP.split('buckets:')[0]}buckets:\n{names}\n"


def test_a_template_that_a_request_does_not_hold_is_deployed_from_a_bucket(tmp_path: Path) -> None:
    setup = tmp_path / "s.yaml"
    setup.write_text(_with_managed_buckets(100))
    out = tmp_path / "out"
    shown = run("template", setup, "--out", out).output
    file = out / "444455556666" / "least-bucket-owner.template.json"
    assert (
        f"   the template takes {file.stat().st_size:,} bytes, and CloudFormation takes 51,200 as text: larger ones from a "
        "bucket of this account and region, any one\n"
        "   if there is none: aws s3 mb s3://cfn-templates-444455556666-us-east-1 --region us-east-1\n"
        "   aws cloudformation deploy --region us-east-1 --stack-name least-bucket-owner \\\n"
        f"     --template-file {file} --s3-bucket cfn-templates-444455556666-us-east-1 --capabilities CAPABILITY_NAMED_IAM\n"
    ) in shown
    assert shown.count("--s3-bucket") == 1
    (small, large) = json.loads(run("template", setup, "--out", out, "--json").output)["stacks"]
    assert "upload_to" not in small
    assert (large["bytes"], large["upload_to"]) == (file.stat().st_size, "cfn-templates-444455556666-us-east-1")


def test_fifty_managed_buckets_are_deployed_without_a_bucket_for_templates(tmp_path: Path) -> None:
    setup = tmp_path / "s.yaml"
    setup.write_text(_with_managed_buckets(50))
    shown = run("template", setup, "--out", tmp_path / "out").output
    assert "--s3-bucket" not in shown
    assert (tmp_path / "out" / "444455556666" / "least-bucket-owner.template.json").stat().st_size <= 51_200


def test_the_printed_command_holds_a_folder_with_a_space(tmp_path: Path) -> None:
    shown = run("template", EXAMPLE, "--out", tmp_path / "my templates").output
    assert (
        f"--template-file '{tmp_path}/my templates/111122223333/partner-bucket-deployment-account.template.json'"
        in shown
    )
