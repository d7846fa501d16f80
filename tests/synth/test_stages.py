"""The stages against the plain templates, and the assembly that the command line deploys."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App
from project import ROOT
from semantics import Stack, meaning, stacks_of

from lakehouse_iam.cloudformation import templates
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.setups import load_setups, setups_from_text
from stacks.instance_profile import InstanceProfileStage

pytestmark = pytest.mark.synth

RICH = Path(__file__).parent / "rich.yaml"
FILES = [
    *sorted((ROOT / "examples").glob("instance-profile*.yaml")),
    *sorted((ROOT / "tests" / "golden" / "instance-profile").glob("*.yaml")),
    RICH,
]
CASES = [
    pytest.param(file, index, id=f"{file.stem}-{setup.name}")
    for file in FILES
    for index, setup in enumerate(load_setups(file))
]


def stage_id(file: Path, index: int) -> str:
    return f"{file.parent.name.capitalize()}-{file.stem}-{index}"


@pytest.fixture(scope="module")
def synthesized(new_app: Callable[[], App]) -> dict[str, Stack]:
    app = new_app()
    for file in FILES:
        for index, setup in enumerate(load_setups(file)):
            InstanceProfileStage(app, plan_setup(setup), id=stage_id(file, index))
    return stacks_of(Path(app.synth().directory))


def plan_of(file: Path, index: int) -> Plan:
    return plan_setup(load_setups(file)[index])


@pytest.mark.parametrize(("file", "index"), CASES)
def test_says_the_same_as_the_plain_templates(synthesized: dict[str, Stack], file: Path, index: int) -> None:
    plan = plan_of(file, index)
    plain = templates(plan)
    for phase in plan.phases:
        stack = synthesized[f"{stage_id(file, index)}/{phase.id}"]
        assert meaning(stack.template, account=stack.account, region=stack.region) == meaning(
            plain[phase.id], account=str(phase.account), region=phase.region
        )


@pytest.mark.parametrize(("file", "index"), CASES)
def test_stacks_have_the_names_places_and_order_of_the_plan(
    synthesized: dict[str, Stack], file: Path, index: int
) -> None:
    plan = plan_of(file, index)
    stage = stage_id(file, index)
    for phase in plan.phases:
        stack = synthesized[f"{stage}/{phase.id}"]
        assert (stack.name, stack.account, stack.region) == (phase.stack, str(phase.account), phase.region)
        assert stack.dependencies == tuple(f"{stage}/{other}" for other in phase.after)


def test_packs_many_buckets_into_the_same_policies(new_app: Callable[[], App]) -> None:
    buckets = [
        {"name": f"lake-of-the-data-platform-{number:03}", "access": "read-write", "policy": "none"}
        for number in range(200)
    ]
    content = {
        "setup": "many-buckets",
        "pattern": "instance-profile",
        "region": "eu-west-1",
        "workspace": {"account": "111122223333", "role": "clusters"},
        "bucket_owner": {"account": "444455556666", "role": "owner"},
        "buckets": buckets,
    }
    (setup,) = setups_from_text(json.dumps(content))
    app = new_app()
    InstanceProfileStage(app, plan_setup(setup))
    made = stacks_of(Path(app.synth().directory))["ManyBuckets/BucketOwner"].template
    plain = templates(plan_setup(setup))["BucketOwner"]
    place = {"account": "444455556666", "region": "eu-west-1"}
    policies = [name for name in meaning(plain, **place)["Resources"] if name.startswith("AWS::IAM::ManagedPolicy")]
    assert len(policies) > 2
    assert meaning(made, **place) == meaning(plain, **place)


def test_comparison_sees_one_lost_sid_action_or_condition() -> None:
    plan = plan_of(RICH, 0)
    place = {"account": "444455556666", "region": "ap-northeast-1"}
    whole = json.dumps(templates(plan)["BucketOwner444455556666"])
    for part, other in (
        ('"Sid": "ListBuckets"', '"Sid": "Other"'),
        ('"s3:GetObject"', '"s3:GetObjec"'),
        ("false", "true"),
    ):
        assert part in whole
        assert meaning(json.loads(whole), **place) != meaning(json.loads(whole.replace(part, other)), **place)


def test_needs_no_bootstrap(synthesized: dict[str, Stack]) -> None:
    for stack in synthesized.values():
        assert "Parameters" not in stack.template
        assert "Rules" not in stack.template
        assert not stack.assets


def test_every_role_and_bucket_carries_the_tags(synthesized: dict[str, Stack]) -> None:
    wanted = {"lakehouse-iam:setup": "rich-lake", "CostCentre": "4711", "team": "data platform"}
    tagged = [
        {tag["Key"]: tag["Value"] for tag in resource["Properties"]["Tags"]}
        for path, stack in synthesized.items()
        if path.startswith(stage_id(RICH, 0))
        for resource in stack.template["Resources"].values()
        if resource["Type"] in ("AWS::IAM::Role", "AWS::S3::Bucket")
    ]
    assert tagged == [wanted] * 5


def test_stage_is_named_after_the_setup(new_app: Callable[[], App]) -> None:
    (setup,) = load_setups(ROOT / "examples" / "instance-profile.yaml")
    assert InstanceProfileStage(new_app(), plan_setup(setup)).node.id == "PartnerBucket"


def test_stages_that_a_file_system_would_take_for_one_are_refused(new_app: Callable[[], App]) -> None:
    text = RICH.read_text()
    app = new_app()
    for name in ("rich-lake", "richlake"):
        (setup,) = setups_from_text(text.replace("setup: rich-lake", f"setup: {name}"))
        if name == "rich-lake":
            InstanceProfileStage(app, plan_setup(setup))
            continue
        with pytest.raises(InvalidValue, match="'richlake' differs from another's only in its hyphens"):
            InstanceProfileStage(app, plan_setup(setup))


# ---------------------------------------------------------------- the same again


def files_of(assembly: Path) -> dict[str, bytes]:
    """Every file of an assembly but the report, which names the folder it was written to."""
    return {
        str(file.relative_to(assembly)): file.read_bytes()
        for file in sorted(assembly.rglob("*"))
        if file.is_file() and file.name != "validation-report.json"
    }


def reversed_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reversed_keys(item) for key, item in reversed(list(value.items()))}
    return [reversed_keys(item) for item in value] if isinstance(value, list) else value


def test_twice_gives_the_same_bytes_and_so_does_another_order_of_keys(
    new_app: Callable[[], App], rich_as_json: dict[str, Any]
) -> None:
    made = []
    for content in (rich_as_json, rich_as_json, reversed_keys(rich_as_json)):
        app = new_app()
        (setup,) = setups_from_text(json.dumps(content))
        InstanceProfileStage(app, plan_setup(setup))
        made.append(files_of(Path(app.synth().directory)))
    first, again, reordered = made
    assert "assembly-RichLake/manifest.json" in first
    assert first == again
    assert first == reordered


@pytest.fixture(scope="module")
def rich_as_json() -> dict[str, Any]:
    from ruamel.yaml import YAML

    content: dict[str, Any] = YAML(typ="safe").load(RICH.read_text())
    return content
