"""`lakehouse-iam prove` of templates that somebody edited: what is beyond the setup, where, and what to remove."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lakehouse_iam.cli import main

Json = dict[str, Any]
EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.yaml"))
(WITH_HAND_OFF,) = (path for path in EXAMPLES if path.stem == "unity-catalog-aws")
EXAMPLE = next(file for file in EXAMPLES if file.stem == "instance-profile")
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(params=EXAMPLES, ids=lambda path: path.stem)
def example(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """The setup of an example and the folder of its templates."""
    return written(request.param, tmp_path)


def written(setup: Path, tmp_path: Path) -> tuple[Path, Path]:
    assert run("template", setup, "--out", tmp_path / "out").exit_code == 0
    return setup, tmp_path / "out"


def edit(folder: Path, change: Callable[[Any], object], ending: str = ".template.json") -> None:
    file = sorted(folder.rglob(f"*{ending}"))[0]
    body = json.loads(file.read_text(encoding="utf-8"))
    change(body)
    file.write_text(json.dumps(body), encoding="utf-8")


def add(body: Json, type_: str, properties: Json) -> None:
    body["Resources"]["Added"] = {"Type": type_, "Properties": properties}


def role(body: Json) -> Json:
    found: Json = next(one for one in body["Resources"].values() if one["Type"] == "AWS::IAM::Role")
    return found


def trusting(principal: Any) -> Callable[[Json], object]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return lambda body: role(body)["Properties"]["AssumeRolePolicyDocument"]["Statement"].append(statement)


def doing(action: str) -> Callable[[Json], object]:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
    policies = [{"PolicyName": "extra", "PolicyDocument": document}]
    return lambda body: role(body)["Properties"].__setitem__("Policies", policies)


def second_role(body: Json) -> None:
    principal = {"AWS": "arn:aws:iam::666677778888:root"}
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}],
    }
    administrator = ["arn:aws:iam::aws:policy/AdministratorAccess"]
    add(body, "AWS::IAM::Role", {"AssumeRolePolicyDocument": trust, "ManagedPolicyArns": administrator})


def opened_to_cloudfront(body: Json) -> None:
    identity = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E15MNIMTCFKK4C"
    statement = {"Effect": "Allow", "Principal": {"AWS": identity}, "Action": "s3:GetObject"}
    document = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": "arn:aws:s3:::some-bucket/*"}]}
    add(body, "AWS::S3::BucketPolicy", {"Bucket": "some-bucket", "PolicyDocument": document})


LOOP = ["Name", ["a"], {"R${Name}": {"Type": "AWS::IAM::Role"}}]
INCLUDE = {"Name": "AWS::Include", "Parameters": {"Location": "s3://attacker/x"}}


def entry(section: str, key: str, value: Any) -> Callable[[Json], object]:
    return lambda body: body.setdefault(section, {}).update({key: value})


ROWS: dict[str, tuple[Callable[[Json], object], str]] = {
    "CodeBuild in the trust": (trusting({"Service": "codebuild.amazonaws.com"}), "AssumeRolePolicyDocument"),
    "a role of an attacker in the trust": (trusting({"AWS": "arn:aws:iam::666677778888:role/attacker"}), "AssumeRole"),
    "secrets": (doing("secretsmanager:GetSecretValue"), "Policies[0].PolicyDocument"),
    "any role": (doing("sts:AssumeRole"), "Policies[0].PolicyDocument"),
    "key policies": (doing("kms:PutKeyPolicy"), "Policies[0].PolicyDocument"),
    "users": (doing("iam:CreateUser"), "Policies[0].PolicyDocument"),
    "a second role": (second_role, "Resources.Added"),
    "a user": (lambda body: add(body, "AWS::IAM::User", {}), "Resources.Added"),
    "an access key": (lambda body: add(body, "AWS::IAM::AccessKey", {"UserName": "x"}), "Resources.Added"),
    "an access point": (lambda body: add(body, "AWS::S3::AccessPoint", {"Bucket": "x"}), "Resources.Added"),
    "a longer session": (lambda body: role(body)["Properties"].update(MaxSessionDuration=43200), "MaxSessionDuration"),
    "a function": (lambda body: add(body, "AWS::Lambda::Function", {}), "Resources.Added"),
    "a nested stack": (
        lambda body: add(body, "AWS::CloudFormation::Stack", {"TemplateURL": "https://x"}),
        "Resources.Added",
    ),
    "a CloudFront origin access identity": (opened_to_cloudfront, "Resources.Added"),
    "a macro among the resources": (entry("Resources", "Fn::Transform", INCLUDE), "Resources.Fn::Transform"),
    "a loop among the resources": (entry("Resources", "Fn::ForEach::Roles", LOOP), "Resources.Fn::ForEach::Roles"),
    "a loop among the outputs": (entry("Outputs", "Fn::ForEach::Roles", LOOP), "Outputs.Fn::ForEach::Roles"),
    "a loop among the conditions": (entry("Conditions", "Fn::ForEach::Roles", LOOP), "Conditions.Fn::ForEach::Roles"),
    "a transform": (lambda body: body.update(Transform="Attacker::Macro"), "Transform"),
}


@pytest.mark.parametrize("row", ROWS)
def test_what_somebody_added_ends_with_1_and_its_place(example: tuple[Path, Path], row: str) -> None:
    setup, folder = example
    change, place = ROWS[row]
    edit(folder, change)
    for result in (run("prove", setup, "--templates", folder), run("prove", folder)):
        assert result.exit_code == 1, result.output
        assert "NO: beyond the setup: " in result.output
        assert place in result.output
        assert "finding" in result.output.splitlines()[-1]


def test_the_findings_are_in_the_json_with_the_request_as_evidence(tmp_path: Path) -> None:
    setup, folder = written(EXAMPLE, tmp_path)
    edit(folder, trusting({"Service": "lambda.amazonaws.com"}))
    (proof,) = json.loads(run("prove", setup, "--templates", folder, "--json").output)
    (found,) = proof["beyond"]
    assert proof["version"] == 1
    assert proof["holds"] is False
    assert found["where"]["logical_id"] == "DeploymentAccountRole"
    assert found["where"]["property"] == "AssumeRolePolicyDocument"
    assert found["where"]["statement"]
    assert found["remove"].startswith("remove ")
    assert (found["witness"]["principal"], found["witness"]["action"]) == ("lambda.amazonaws.com", "sts:AssumeRole")


def test_a_resource_that_carries_no_access_is_listed_as_not_read(tmp_path: Path) -> None:
    setup, folder = written(EXAMPLE, tmp_path)
    edit(folder, lambda body: add(body, "AWS::CloudWatch::Alarm", {"AlarmName": "x"}))
    result = run("prove", setup, "--templates", folder)
    assert result.exit_code == 0, result.output
    assert "not read: 1 resource of the types AWS::CloudWatch::Alarm" in result.output


def test_a_template_that_belongs_to_no_setup_of_the_folder_is_beyond_it(tmp_path: Path) -> None:
    setup, folder = written(EXAMPLE, tmp_path)
    body: Json = {"Resources": {}}
    second_role(body)
    (folder / "111122223333" / "innocent.template.json").write_text(json.dumps(body), encoding="utf-8")
    result = run("prove", setup, "--templates", folder)
    assert result.exit_code == 1
    assert "innocent.template.json: Resources.Added" in result.output


# ---------------------------------------------------------------- hand-off files


def test_a_hand_off_file_that_somebody_edited_is_beyond_the_setup(tmp_path: Path) -> None:
    setup, folder = written(WITH_HAND_OFF, tmp_path)
    edit(folder, lambda handoffs: handoffs[0]["Statements"][0].update(Principal="*"), ".handoff.json")
    for result in (run("prove", setup, "--templates", folder), run("prove", folder)):
        assert result.exit_code == 1, result.output
        assert ".handoff.json: [0].Statements" in result.output


def test_a_hand_off_file_that_asks_for_less_is_said_too(tmp_path: Path) -> None:
    setup, folder = written(WITH_HAND_OFF, tmp_path)
    edit(folder, lambda handoffs: handoffs[0]["Statements"][0].update(Action="kms:Decrypt"), ".handoff.json")
    result = run("prove", setup, "--templates", folder)
    assert result.exit_code == 1
    assert "what is handed off is not what the setup and its templates hand off" in result.output


# ---------------------------------------------------------------- the probes of a folder


def test_probes_that_are_fewer_than_the_setup_gives_are_said_and_all_of_them_are_asked(
    example: tuple[Path, Path],
) -> None:
    _, folder = example
    edit(folder, lambda document: document["probes"].clear(), ".probes.json")
    result = run("prove", folder)
    assert result.exit_code == 1
    assert "probes of the setup are missing here" in result.output
    assert "\n0 of 0 probes" not in result.output


def test_probes_that_are_others_than_the_setup_gives_are_said(tmp_path: Path) -> None:
    _, folder = written(EXAMPLE, tmp_path)
    edit(folder, lambda document: document["probes"][3].update(expected="allow"), ".probes.json")
    result = run("prove", folder)
    assert result.exit_code == 1
    assert "1 probes here are not of the setup" in result.output


def test_probes_that_do_not_say_which_setup_they_are_of_prove_nothing_beyond_themselves(tmp_path: Path) -> None:
    _, folder = written(EXAMPLE, tmp_path)
    edit(folder, lambda document: document.pop("definition"), ".probes.json")
    result = run("prove", folder)
    assert result.exit_code == 1
    assert "the probes do not hold the setup that they are of" in result.output


def file_of(folder: Path, ending: str) -> Path:
    return sorted(folder.rglob(f"*{ending}"))[0]


EDITED_PROBES: dict[str, tuple[Callable[[Path], object], str]] = {
    "none is left": (
        lambda folder: edit(folder, lambda document: document["probes"].clear(), ".probes.json"),
        "probes of the setup are missing here, first: ",
    ),
    "one is deleted": (
        lambda folder: edit(folder, lambda document: document["probes"].pop(), ".probes.json"),
        "1 of the ",
    ),
    "another setup is claimed": (
        lambda folder: edit(folder, lambda document: document.update(setup="innocent"), ".probes.json"),
        "setup is not what the setup gives",
    ),
    "the setup in them is another": (
        lambda folder: edit(folder, lambda document: document["definition"].update(name="innocent"), ".probes.json"),
        "definition is not what the setup gives",
    ),
    "the file is gone": (
        lambda folder: file_of(folder, ".probes.json").unlink(),
        "the template was written with the probes of its setup, and they are missing here (",
    ),
}


@pytest.mark.parametrize("how", EDITED_PROBES)
def test_probes_beside_templates_are_held_against_the_setup_that_is_given(example: tuple[Path, Path], how: str) -> None:
    setup, folder = example
    change, sentence = EDITED_PROBES[how]
    change(folder)
    result = run("prove", setup, "--templates", folder)
    assert result.exit_code == 1, result.output
    assert sentence in result.output
    assert "NO: beyond the setup: " in result.output


def test_a_hand_off_file_that_is_gone_is_said(tmp_path: Path) -> None:
    setup, folder = written(WITH_HAND_OFF, tmp_path)
    file_of(folder, ".handoff.json").unlink()
    for result in (run("prove", setup, "--templates", folder), run("prove", folder)):
        assert result.exit_code == 1, result.output
        name = "444455556666/sales-lake-storage-credential-role.handoff.json"
        assert f"the hand-offs of the setup are missing here ({name})" in result.output


def test_templates_that_somebody_else_wrote_need_no_probes_and_it_is_said(example: tuple[Path, Path]) -> None:
    setup, folder = example
    file_of(folder, ".probes.json").unlink()
    for file in folder.rglob("*.template.json"):
        body = json.loads(file.read_text(encoding="utf-8"))
        body["Description"] = "the platform team's stack"
        file.write_text(json.dumps(body), encoding="utf-8")
    result = run("prove", setup, "--templates", folder)
    assert result.exit_code == 0, result.output
    assert "assumed: no probes came with the templates, and nothing in the templates says that" in result.output


# ---------------------------------------------------------------- YAML


def test_templates_in_yaml_with_short_forms_are_read_like_those_in_json(tmp_path: Path) -> None:
    from ruamel.yaml import YAML

    setup, folder = written(EXAMPLE, tmp_path)
    for file in folder.rglob("*.template.json"):
        body = json.loads(file.read_text(encoding="utf-8"))
        with file.with_suffix(".yaml").open("w", encoding="utf-8") as stream:
            YAML().dump(body, stream)
        text = file.with_suffix(".yaml").read_text(encoding="utf-8")
        short = text.replace("Ref: DeploymentAccountRole", "!Ref DeploymentAccountRole")
        file.with_suffix(".yaml").write_text(short, encoding="utf-8")
        file.unlink()
    result = run("prove", setup, "--templates", folder)
    assert result.exit_code == 0, result.output
    assert "47 of 47 probes as expected" in result.output


# ---------------------------------------------------------------- how much is shown


def test_failed_shows_only_what_is_not_as_expected(tmp_path: Path) -> None:
    setup, folder = written(EXAMPLE, tmp_path)
    edit(folder, trusting({"Service": "lambda.amazonaws.com"}))
    output = run("prove", setup, "--templates", folder, "--failed").output
    assert "ok  " not in output
    assert "NO  deny      allow   Lambda hands a function the deployment role" in output


def total_of_the_examples() -> str:
    """The last line of `prove` of all examples: as many probes as their setups one by one have."""
    alone = [proof for setup in EXAMPLES for proof in json.loads(run("prove", setup, "--json").output)]
    probes = sum(len(proof["probes"]) for proof in alone)
    assert probes > 0
    return f"{probes} of {probes} probes as expected in {len(EXAMPLES)} setups"


def test_quiet_shows_the_total_alone_and_several_setups_have_one_total() -> None:
    quiet = run("prove", EXAMPLE.parent, "--quiet")
    assert quiet.output == f"{total_of_the_examples()}\n"
    assert run("prove", EXAMPLE.parent).output.splitlines()[-1] == quiet.output.strip()


def test_a_setup_comes_before_old_templates_in_a_folder_below_it(tmp_path: Path) -> None:
    (tmp_path / "setup.yaml").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    assert run("template", tmp_path / "setup.yaml", "--out", tmp_path / "templates").exit_code == 0
    broken = EXAMPLE.read_text(encoding="utf-8").replace("pattern: instance-profile", "pattern: nonsense")
    (tmp_path / "setup.yaml").write_text(broken, encoding="utf-8")
    assert run("prove", tmp_path).exit_code == 2


def test_escapes_of_a_hostile_folder_reach_no_terminal(tmp_path: Path) -> None:
    setup, folder = written(EXAMPLE, tmp_path)
    edit(folder, lambda body: body["Resources"].update({"\x1b[31m[/nope]": {"Type": "AWS::IAM::User\x1b[0m"}}))
    edit(folder, lambda document: document["probes"][0].update(question="\x1b[2J"), ".probes.json")
    for result in (run("prove", setup, "--templates", folder), run("prove", folder)):
        assert result.exit_code == 1, result.output
        assert "\x1b" not in result.output
        assert "[/nope]" in result.output


def test_a_template_that_hides_behind_probes_of_its_own_is_said(tmp_path: Path) -> None:
    setup, folder = written(EXAMPLE, tmp_path)
    body: Json = {"Resources": {}}
    second_role(body)
    (folder / "111122223333" / "innocent.template.json").write_text(json.dumps(body), encoding="utf-8")
    stacks = [{"stack": "innocent", "account": "111122223333", "region": "us-east-1"}]
    probes = {"setup": "innocent", "pattern": "instance-profile", "stacks": stacks, "probes": []}
    (folder / "innocent.probes.json").write_text(json.dumps(probes), encoding="utf-8")
    result = run("prove", setup, "--templates", folder)
    assert result.exit_code == 1
    assert "the template is of the setup innocent, which was not given" in result.output
    assert run("prove", folder).exit_code == 1


def test_setups_that_share_a_folder_of_templates_hold_together(tmp_path: Path) -> None:
    examples, total = EXAMPLE.parent, total_of_the_examples()
    assert run("template", examples, "--out", tmp_path / "out").exit_code == 0
    for result in (run("prove", examples, "--templates", tmp_path / "out"), run("prove", tmp_path / "out")):
        assert result.exit_code == 0, result.output
        assert total in result.output


def test_a_level_of_scps_that_allows_nothing_is_said_with_what_to_write(tmp_path: Path) -> None:
    everything = '{Version: "2012-10-17", Statement: {Effect: Allow, Action: "*", Resource: "*"}}'
    guardrail = '{Version: "2012-10-17", Statement: {Effect: Deny, Action: "organizations:*", Resource: "*"}}'
    apart = f"[{{FullAWSAccess: {everything}}}, {{Guardrail: {guardrail}}}]"
    together = f"[{{FullAWSAccess: {everything}, Guardrail: {guardrail}}}]"
    said = {}
    for name, levels in (("apart", apart), ("together", together)):
        world = tmp_path / f"{name}.yaml"
        world.write_text(f'accounts:\n  "444455556666":\n    service_control_policies: {levels}\n', encoding="utf-8")
        said[name] = run("prove", EXAMPLE, "--world", world)
    sentence = "no SCP of level 2 above 444455556666 allows anything"
    assert sentence in said["apart"].output
    assert said["apart"].exit_code == 1
    assert sentence not in said["together"].output
    assert said["together"].exit_code == 0, said["together"].output


def test_a_long_proof_tells_how_far_it_is() -> None:
    from lakehouse_iam.plan import plan_setup
    from lakehouse_iam.proof.prove import prove_plan
    from lakehouse_iam.setups import load_setups

    told: list[tuple[str, int, int]] = []
    prove_plan(plan_setup(load_setups(EXAMPLE)[0]), progress=lambda *so_far: told.append(so_far))
    assert told == [("partner-bucket", 0, 47)]


@pytest.mark.parametrize("role", ["databricks-cross-account-role", "deployment-acct-cross-account-s3-role"])
def test_what_one_setup_adds_to_a_role_of_another_or_of_nobody_is_beyond_it(role: str, tmp_path: Path) -> None:
    examples, out = EXAMPLE.parent, tmp_path / "out"
    assert run("template", examples, "--out", out).exit_code == 0
    file = out / "111122223333" / "okta-passthrough-meta-instance-profile.template.json"
    body = json.loads(file.read_text(encoding="utf-8"))
    properties = {"PolicyName": "more", "PolicyDocument": EVERYTHING, "Roles": [role]}
    body["Resources"]["More"] = {"Type": "AWS::IAM::Policy", "Properties": properties}
    file.write_text(json.dumps(body), encoding="utf-8")
    result = run("prove", out)
    assert result.exit_code == 1
    assert "okta-passthrough-meta-instance-profile.template.json: Resources.More" in result.output
