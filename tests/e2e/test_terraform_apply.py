"""A user's path with a real Terraform or OpenTofu and the real providers: apply, change, apply again, destroy.

Skipped where the machine has no Terraform or no providers; `tools/try_terraform.py` says what is missing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakehouse_iam.partitions import DATABRICKS_SHARDS
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.rehearsal.accounts import root_of
from lakehouse_iam.rehearsal.identities import Identities
from lakehouse_iam.rehearsal.local_aws import LocalAws, local_aws
from lakehouse_iam.rehearsal.workspace import WORKSPACE_ID
from lakehouse_iam.setups import load_setups
from lakehouse_iam.terraform_json.aws import AwsProvider
from lakehouse_iam.terraform_json.render import render
from tests.unit.terraform_json.rendered import as_json
from tools.try_terraform import CHANGES, NOTHING_TO_DO, Project, Run, found, missing, prepare, project

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(bool(missing()), reason=missing() or "nothing is missing")]

ROOT = Path(__file__).parents[2]
ACCOUNT = "444455556666"


def setup_text(name: str) -> str:
    """A setup whose names all begin with its own, so that many live in one local AWS."""
    return f"""
setup: {name}
pattern: unity-catalog-aws
region: us-west-2
bucket_owner: {{account: "{ACCOUNT}", role: uc-{name}}}
databricks: {{host: "https://dbc-a1b2345c-d6e7.cloud.databricks.com"}}
storage_credential: {{name: {name}}}
file_events: managed
buckets:
  - {{name: {name}-bronze, access: read-write}}
  - {{name: {name}-made, access: read-write, create: true}}
external_locations:
  - {{name: {name}-raw, url: "s3://{name}-bronze/raw"}}
  - {{name: {name}-made, url: "s3://{name}-made"}}
"""


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with local_aws("us-west-2") as running:
        yield running


@pytest.fixture(scope="module")
def identities(aws: LocalAws) -> Identities:
    made = Identities(aws)
    made.make_unrestricted_role(DATABRICKS_SHARDS["commercial"].unity_catalog_role)
    return made


@pytest.fixture
def applied(aws: LocalAws, identities: Identities, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    """A project whose setup, named after the test, is applied."""
    name = re.sub(r"[^a-z]+", "-", request.node.name.removeprefix("test_"))[:24].strip("-")
    file = tmp_path / "setup.yaml"
    file.write_text(setup_text(name))
    prepare(aws, load_setups(file)[0])
    with project(found(), aws, identities=identities) as tried:
        ended(tried.synthesize(setup_text(name)))
        ended(tried.apply())
        yield tried


def name_of(applied: Project) -> str:
    return applied.stacks()[0].name


def ended(run: Run, code: int = 0) -> str:
    assert run.code == code, run.text
    return run.text


def changed(applied: Project, *replaced: tuple[str, str]) -> str:
    """Change the setup's text, apply once, and see that nothing is left to do."""
    text = (applied.folder / "setup.yaml").read_text()
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    ended(applied.synthesize(text))
    said = ended(applied.apply())
    ended(applied.plan(), NOTHING_TO_DO)
    return said


def order(said: str, *patterns: str) -> list[int]:
    """Where the lines of an apply stand that match, each of which must be there."""
    found_at = [re.search(pattern, said) for pattern in patterns]
    assert all(found_at), said
    return [match.start() for match in found_at if match]


# ---------------------------------------------------------------- from nothing to nothing


@pytest.mark.parametrize("example", ["instance-profile", "unity-catalog-aws", "unity-catalog-azure"])
def test_an_example_is_valid_applied_in_one_go_and_destroyed(example: str) -> None:
    file = ROOT / "examples" / f"{example}.yaml"
    (setup,) = load_setups(file)
    with local_aws(setup.region) as own:
        prepare(own, setup)
        with project(found(), own, cloud="azure" if "azure" in example else "aws") as tried:
            ended(tried.synthesize(file.read_text()))
            assert "Success!" in ended(tried.validate())
            assert ended(tried.plan(), CHANGES)
            ended(tried.apply())
            ended(tried.plan(), NOTHING_TO_DO)
            assert tried.state()
            ended(tried.destroy())
            assert tried.state() == []
            left = tried.workspace.metastore.content()
            assert (left["credentials"], left["locations"], left["profiles"]) == ({}, {}, {})


def test_a_phase_rendered_without_an_engine_is_a_valid_module(aws: LocalAws, identities: Identities) -> None:
    (setup,) = load_setups(ROOT / "tests" / "golden" / "instance-profile" / "create-bucket.yaml")
    with project(found(), aws, identities=identities) as tried:
        for phase in plan_setup(setup).phases:
            module = tried.folder / phase.id
            module.mkdir()
            rendered = render(phase.resources, tags=(("team", "sales"),))
            required = {"aws": {"source": AwsProvider.SOURCE, "version": AwsProvider.VERSION}}
            content = {"terraform": {"required_providers": required}, "resource": as_json(rendered)}
            (module / "main.tf.json").write_text(json.dumps(content))
            ended(tried.terraform(module, "init", "-input=false"))
            assert "Success!" in ended(tried.terraform(module, "validate"))


# ---------------------------------------------------------------- names that change


def test_renaming_a_storage_credential_applies_in_one_go(applied: Project) -> None:
    name = name_of(applied)
    said = changed(applied, (f"{{name: {name}}}", f"{{name: {name}-renamed}}"))
    created, moved, deleted = order(
        said,
        r"databricks_storage_credential\.\S+: Creation complete",
        r"databricks_external_location\.\S+: Modifications complete",
        r"databricks_storage_credential\.\S+ ?\(?.*: Destroying",
    )
    assert created < moved < deleted
    content = applied.workspace.metastore.content()
    assert list(content["credentials"]) == [f"{name}-renamed"]
    assert {info["credential_name"] for info in content["locations"].values()} == {f"{name}-renamed"}


def test_an_isolated_storage_credential_is_bound_and_renamed(applied: Project) -> None:
    name = name_of(applied)
    isolated = f'{{name: {name}, isolation: isolated, workspaces: ["2222222222222222"]}}'
    changed(applied, (f"{{name: {name}}}", isolated))
    bound = applied.workspace.metastore.content()["bindings"]
    assert bound[f"storage_credential {name}"] == [WORKSPACE_ID, 2222222222222222]
    changed(applied, (f"{{name: {name},", f"{{name: {name}-renamed,"))
    bound = applied.workspace.metastore.content()["bindings"]
    assert bound == {f"storage_credential {name}-renamed": [WORKSPACE_ID, 2222222222222222]}


def test_renaming_an_external_location_applies_in_one_go(applied: Project) -> None:
    name = name_of(applied)
    changed(applied, (f"name: {name}-raw,", f"name: {name}-landing,"))
    locations = applied.workspace.metastore.content()["locations"]
    assert sorted(locations) == sorted([f"{name}-landing", f"{name}-made"])


def test_moving_an_external_location_under_its_name_is_one_change_in_place(applied: Project) -> None:
    name = name_of(applied)
    said = changed(applied, (f"s3://{name}-bronze/raw", f"s3://{name}-bronze/landing"))
    assert "Destroying" not in said
    assert applied.workspace.metastore.content()["locations"][f"{name}-raw"]["url"] == f"s3://{name}-bronze/landing"


def test_a_wider_location_takes_the_place_of_a_narrower_one(applied: Project) -> None:
    name = name_of(applied)
    changed(applied, (f'{name}-raw, url: "s3://{name}-bronze/raw"', f'{name}-all, url: "s3://{name}-bronze"'))
    assert applied.workspace.metastore.content()["locations"][f"{name}-all"]["url"] == f"s3://{name}-bronze"


# ---------------------------------------------------------------- another role


def test_another_role_under_the_same_credential_is_refused_before_anything_changes(applied: Project) -> None:
    name = name_of(applied)
    text = (applied.folder / "setup.yaml").read_text()
    ended(applied.synthesize(text.replace(f"role: uc-{name}", f"role: uc-{name}-other")))
    calls = len(applied.workspace.calls)
    said = " ".join(ended(applied.apply(), 1).replace("│", " ").split())
    assert f"The storage credential {name} is to name another role" in said
    assert "Give the storage credential another name too" in said
    assert {call.method for call in applied.workspace.calls[calls:]} == {"GET"}
    root_of(applied.aws, ACCOUNT).iam().get_role(RoleName=f"uc-{name}")


def test_another_role_with_another_credential_is_validated_before_the_old_one_goes(applied: Project) -> None:
    name = name_of(applied)
    said = changed(
        applied, (f"role: uc-{name}", f"role: uc-{name}-other"), (f"{{name: {name}}}", f"{{name: {name}-other}}")
    )
    role, moved, gone = order(
        said,
        r"aws_iam_role\.\S+: Creation complete",
        r"databricks_external_location\.\S+: Modifications complete",
        r"aws_iam_role\.\S+ ?\(?.*: Destroying",
    )
    assert role < moved < gone
    (credential,) = applied.workspace.metastore.content()["credentials"].values()
    assert credential["aws_iam_role"]["role_arn"] == f"arn:aws:iam::{ACCOUNT}:role/uc-{name}-other"


# ---------------------------------------------------------------- file events


def test_file_events_are_turned_off_in_databricks_before_the_role_loses_them(applied: Project) -> None:
    said = changed(applied, ("file_events: managed", "file_events: none"))
    told, taken = order(
        said,
        r"databricks_external_location\.\S+: Modifications complete",
        r"aws_iam_role_policy_attachment\.\S*FileEvents\S*: Destroying",
    )
    assert told < taken
    assert {info["enable_file_events"] for info in applied.workspace.metastore.content()["locations"].values()} == {
        False
    }
    said = changed(applied, ("file_events: none", "file_events: managed"))
    given, told = order(
        said,
        r"aws_iam_role_policy_attachment\.\S*FileEvents\S*: Creation complete",
        r"databricks_external_location\.\S+: Modifying",
    )
    assert given < told


def test_file_events_of_one_bucket_are_turned_off_in_the_same_order(applied: Project) -> None:
    name = name_of(applied)
    said = changed(
        applied, (f"{name}-bronze, access: read-write}}", f"{name}-bronze, access: read-write, file_events: none}}")
    )
    given, told, taken = order(
        said,
        r"aws_iam_role_policy_attachment\.\S*FileEvents\S*: Creation complete",
        r"databricks_external_location\.\S+: Modifications complete",
        r"aws_iam_role_policy_attachment\.\S*FileEvents\S* ?\(?.*: Destroying",
    )
    assert given < told < taken
    locations = applied.workspace.metastore.content()["locations"]
    assert [locations[f"{name}-{end}"]["enable_file_events"] for end in ("raw", "made")] == [False, True]


# ---------------------------------------------------------------- buckets that are kept


def test_a_created_bucket_and_everything_that_protects_it_is_kept(applied: Project) -> None:
    bucket = f"{name_of(applied)}-made"
    refused = ended(applied.destroy(), 1)
    assert "lifecycle.prevent_destroy" in refused
    (stack,) = applied.stacks()
    kept = json.loads(ended(applied.terraform(stack, "output", "-json", "KeptBuckets")))
    assert list(kept) == [bucket]
    ended(applied.terraform(stack, "state", "rm", *kept[bucket]))
    ended(applied.destroy())
    assert applied.state() == []
    s3 = root_of(applied.aws, ACCOUNT).s3()
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    (rule,) = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert rule["ObjectOwnership"] == "BucketOwnerEnforced"
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
