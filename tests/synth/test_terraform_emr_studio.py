"""The pattern `emr-studio` as a Terraform stack: what stands in it, in which order it is made, and what is refused."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from project import ROOT
from terraform_json import Json, dependencies, everything_before, of_type, references, refused, resources
from terraform_runs import app, stacks_in

from lakehouse_iam.plan import plan_setup
from lakehouse_iam.resources import ManagedPolicy, Role
from lakehouse_iam.setups import load_setups
from lakehouse_iam.terraform_json.aws_emr_studio import IdentityCenterAwsProvider
from lakehouse_iam.terraform_json.awscc import AwsccProvider

pytestmark = pytest.mark.synth

EXAMPLES, SETUPS = ROOT / "examples", ROOT / "tests" / "golden" / "emr-studio"
GOLDEN = ROOT / "tests" / "fixtures" / "terraform" / "emr-studio-seed-003.cdk.tf.json"
ONE_ACCOUNT = ("seed-003", "regular-workgroup", "workspaces-and-keys")
GROUP = "Group12345678901234abcd12ab34cd56ef1234567890ab"
STUDIO = "awscc_emr_studio.Studio"
WORKGROUP = "aws_athena_workgroup.Workgroup"
CONNECTION = "aws_lakeformation_identity_center_configuration.LakeFormationConnection"
# Whatever is given a role, and is refused where IAM has not yet made it known.
GIVEN_ROLES = (
    "aws_athena_workgroup",
    "aws_s3control_access_grants_location",
    "aws_lakeformation_resource",
    "awscc_emr_studio",
)


def written(setup: Path, folder: Path) -> Any:
    run = app("cdktn", setup, folder)
    assert (run.returncode, run.stderr) == (0, "")
    (stack,) = stacks_in(folder).values()
    return stack


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {name: written(SETUPS / f"{name}.yaml", tmp_path_factory.mktemp(name)) for name in ONE_ACCOUNT}


@pytest.fixture
def seed(stacks: dict[str, Any]) -> Json:
    stack: Json = stacks["seed-003"]
    return stack


def body(stack: Json, address: str) -> Any:
    type_, name = address.split(".")
    return stack["resource"][type_][name]


def without_comments(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_comments(item) for key, item in value.items() if key != "//"}
    return [without_comments(item) for item in value] if isinstance(value, list) else value


# ---------------------------------------------------------------- what stands in it


def test_the_stack_of_the_tutorials_case_is_the_golden_one(seed: Json) -> None:
    made = without_comments(seed)
    # A path on this machine.
    del made["terraform"]["backend"]
    assert made == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_the_providers_take_everything(stacks: dict[str, Any]) -> None:
    assert {name: refused(stack) for name, stack in stacks.items()} == {name: [] for name in ONE_ACCOUNT}


@pytest.mark.parametrize(
    ("address", "attribute", "value", "problem"),
    [
        (STUDIO, "idc_instance", "x", f"{STUDIO}.idc_instance is not known"),
        (STUDIO, "tags", {"key": "k"}, f"{STUDIO}.tags is not a list of blocks"),
        (WORKGROUP, "identity_center_configuration", [], f"{WORKGROUP}.identity_center_configuration is not known"),
    ],
)
def test_what_the_providers_would_not_take_is_noticed(
    seed: Json, address: str, attribute: str, value: Any, problem: str
) -> None:
    changed = json.loads(json.dumps(seed))
    body(changed, address)[attribute] = value
    assert refused(changed) == [problem]


def test_a_grant_whose_principal_is_a_list_is_noticed(seed: Json) -> None:
    changed = json.loads(json.dumps(seed))
    ((name, grant),) = changed["resource"]["awscc_lakeformation_principal_permissions"].items()
    grant["principal"] = [grant["principal"]]
    assert refused(changed) == [f"awscc_lakeformation_principal_permissions.{name}.principal is not an object"]


@pytest.mark.parametrize("name", ONE_ACCOUNT)
def test_roles_and_policies_are_the_plans_without_the_function(name: str, stacks: dict[str, Any]) -> None:
    plan = plan_setup(load_setups(SETUPS / f"{name}.yaml")[0])
    planned = [one for phase in plan.phases for one in phase.resources]
    trusts = {str(one.arn.name): one.trust.to_json() for one in planned if isinstance(one, Role)}
    policies = {one.name: one.document.to_json() for one in planned if isinstance(one, ManagedPolicy)}
    function = {one for one in [*trusts, *policies] if "identity-center" in one}

    def document(text: str) -> Any:
        return json.loads(text.replace("$${", "${"))

    made = stacks[name]["resource"]
    assert {one["name"]: document(one["assume_role_policy"]) for one in made["aws_iam_role"].values()} == {
        role: trust for role, trust in trusts.items() if role not in function
    }
    found = {one["name"]: document(one["policy"]) for one in made["aws_iam_policy"].values()}
    assert {policy: found.get(policy) for policy in policies if policy not in function} == {
        policy: content for policy, content in policies.items() if policy not in function
    }
    assert "aws_lambda_function" not in made
    assert not [one for one in found if "identity-center" in one]


def test_the_providers_are_those_whose_schemas_were_read(seed: Json) -> None:
    needed = seed["terraform"]["required_providers"]
    assert needed["aws"] == {"source": "hashicorp/aws", "version": IdentityCenterAwsProvider.VERSION}
    assert needed["awscc"] == {"source": "hashicorp/awscc", "version": AwsccProvider.VERSION}
    assert seed["provider"]["awscc"][0]["profile"] == seed["provider"]["aws"][0]["profile"]
    for type_, _, resource in resources(seed):
        if type_ != "time_sleep":
            assert resource["provider"] == f"{type_.split('_')[0]}.account_111122223333"


def test_a_regular_workgroup_has_neither_identity_center_nor_access_grants(stacks: dict[str, Any]) -> None:
    stack = stacks["regular-workgroup"]
    (configuration,) = body(stack, WORKGROUP)["configuration"]
    assert "identity_center_configuration" not in configuration
    assert "execution_role" not in configuration
    assert not [type_ for type_, _, _ in resources(stack) if type_.startswith("aws_s3control")]
    assert "workgroup_application_arn" not in stack["variable"]


# ---------------------------------------------------------------- the order of events


@pytest.mark.parametrize("name", ONE_ACCOUNT)
def test_nothing_is_made_before_what_it_needs(name: str, stacks: dict[str, Any]) -> None:
    stack = stacks[name]
    graph = dependencies(stack)
    assert {one for needed in graph.values() for one in needed} <= set(graph)
    before = {address: everything_before(graph, address) for address in graph}
    (wait,) = of_type(graph, "time_sleep")
    iam = of_type(graph, "aws_iam_role") | of_type(graph, "aws_iam_role_policy_attachment")
    assert iam <= before[wait]
    for type_ in GIVEN_ROLES:
        for address in of_type(graph, type_):
            # A regular workgroup has no role.
            assert wait in before[address] or (name, address) == ("regular-workgroup", WORKGROUP)
    for address in of_type(graph, "awscc_lakeformation_principal_permissions"):
        assert {CONNECTION, *of_type(graph, "aws_lakeformation_resource")} <= before[address]
    assert of_type(graph, "aws_security_group") <= before[STUDIO]
    assert of_type(graph, "aws_s3_bucket") <= before[STUDIO] & before[WORKGROUP]
    for address in of_type(graph, "aws_emr_studio_session_mapping"):
        assert {STUDIO, *of_type(graph, "aws_ssoadmin_application_assignment")} & before[address]
    for address in of_type(graph, "aws_ssoadmin_application_assignment"):
        assert (STUDIO if ".Studio" in address else WORKGROUP) in before[address]


def test_the_workgroup_comes_after_the_connection_and_the_access_grants_of_its_results(seed: Json) -> None:
    before = everything_before(dependencies(seed), WORKGROUP)
    grants = {
        "aws_s3control_access_grants_instance.AccessGrantsInstance",
        "aws_s3control_access_grants_location.ResultsLocation",
        f"aws_s3control_access_grant.ResultsOf{GROUP}",
    }
    assert {CONNECTION, *grants} <= before
    assert (
        "aws_s3control_access_grants_instance.AccessGrantsInstance"
        in dependencies(seed)["aws_s3control_access_grants_location.ResultsLocation"]
    )


def test_who_is_given_a_role_refers_to_it(seed: Json) -> None:
    referred = {one.address for one in references(body(seed, STUDIO))}
    assert {"aws_iam_role.RoleServiceRole", "aws_iam_role.RoleUserRole"} <= referred
    assert {one.address for one in references(body(seed, WORKGROUP))} == {"aws_iam_role.RoleExecutionRole"}


# ---------------------------------------------------------------- the applications


@pytest.mark.parametrize(
    ("to", "variable"), [("Studio", "studio_application_arn"), ("Workgroup", "workgroup_application_arn")]
)
def test_nobody_is_assigned_until_the_application_is_told(seed: Json, to: str, variable: str) -> None:
    assignment = body(seed, f"aws_ssoadmin_application_assignment.{to}Assignment{GROUP}")
    assert assignment["count"] == f'${{var.{variable} == "" ? 0 : 1}}'
    assert assignment["application_arn"] == f"${{var.{variable}}}"
    told = seed["variable"][variable]
    assert told["default"] == ""
    assert "apply once, read it, and apply again with it" in told["description"]
    assert variable in " ".join(seed["output"]["Notes"]["value"])


def test_only_the_arn_of_an_application_is_taken(seed: Json) -> None:
    (validation,) = seed["variable"]["studio_application_arn"]["validation"]
    found = re.search(r'regex\((".*"), var', validation["condition"])
    assert found
    pattern = re.compile(json.loads(found[1]))
    assert pattern.fullmatch("arn:aws:sso::111122223333:application/ssoins-0123456789abcdef/apl-0123456789abcdef")
    assert not pattern.fullmatch("arn:aws:sso:::instance/ssoins-0123456789abcdef")


def test_an_application_that_the_setup_knows_is_the_default(tmp_path: Path) -> None:
    arn = "arn:aws:sso::111122223333:application/ssoins-0123456789abcdef/apl-0123456789abcdef"
    text = (SETUPS / "seed-003.yaml").read_text(encoding="utf-8")
    assert "\nstudio:\n" in text
    (tmp_path / "setup.yaml").write_text(text.replace("\nstudio:\n", f"\nstudio:\n  application_arn: {arn}\n"))
    stack = written(tmp_path / "setup.yaml", tmp_path / "out")
    assert stack["variable"]["studio_application_arn"]["default"] == arn


def test_the_page_names_the_variables_and_the_commands_that_show_their_values(seed: Json) -> None:
    page = " ".join((ROOT / "docs" / "terraform.md").read_text(encoding="utf-8").replace("\\\n", " ").split())
    for variable in ("studio_application_arn", "workgroup_application_arn"):
        assert f"-var {variable}=" in page
        (command,) = re.findall(
            r"aws (?:sso-admin|athena) .*?(?= lists it| shows it)", seed["variable"][variable]["description"]
        )
        assert command in page


# ---------------------------------------------------------------- what is refused


def test_cdktf_refuses_with_the_reason_and_writes_the_other_setups(tmp_path: Path) -> None:
    for name in ("emr-studio", "unity-catalog-aws"):
        shutil.copy(EXAMPLES / f"{name}.yaml", tmp_path)
    run = app("cdktf", tmp_path, tmp_path / "out")
    assert run.returncode == 2
    assert run.stderr.startswith(
        "analytics-studio: it does not become a Terraform stack: no provider of the archived CDKTF makes a Studio"
    )
    assert "CDK Terrain, the CDK and plain CloudFormation can" in run.stderr
    assert list(stacks_in(tmp_path / "out")) == ["sales-lake"]


def test_a_catalog_of_another_account_is_refused_for_its_share_recipients(tmp_path: Path) -> None:
    run = app("cdktn", EXAMPLES / "emr-studio-cross-account.yaml", tmp_path / "out")
    assert run.returncode == 2
    assert run.stderr.startswith(
        "shared-flights: it does not become a Terraform stack: no provider of CDK Terrain makes "
    )
    assert "recipients of shares in Lake Formation's connection" in run.stderr
    assert stacks_in(tmp_path / "out") == {}


@pytest.mark.parametrize(
    ("engine", "refused_setups", "count"),
    [("cdktn", ["shared-flights"], 5), ("cdktf", ["shared-flights", "analytics-studio"], 4)],
)
def test_of_the_examples_those_are_written_that_the_engine_can_make(
    engine: str, refused_setups: list[str], count: int, tmp_path: Path
) -> None:
    run = app(engine, "", tmp_path / "out")
    assert run.returncode == 0
    assert [line.partition(":")[0] for line in run.stderr.splitlines()] == refused_setups
    assert len(stacks_in(tmp_path / "out")) == count
