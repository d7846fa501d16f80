"""The Terraform stacks: against the plan, against the providers' schemas, and one engine against the other."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from project import ROOT
from terraform_json import (
    Json,
    dependencies,
    evaluated,
    everything_before,
    of_type,
    references,
    refused,
    resolved,
    resources,
)

from lakehouse_iam.plan import Plan, PlanError, PlanErrors, plan_setup, plan_setups
from lakehouse_iam.plan.unity_catalog import EXTERNAL_ID
from lakehouse_iam.resources import Bucket, BucketPolicy, InstanceProfile, ManagedPolicy, Role, RolePolicy
from lakehouse_iam.setups import Setup, load_setups
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup

pytestmark = pytest.mark.synth

ENGINES = ("cdktn", "cdktf")
# What Terraform cannot say has a test of its own.
REFUSED = ("assertion_encryption", "pattern: emr-studio")
FILES = [
    *(
        file
        for file in (
            *sorted((ROOT / "examples").glob("*.yaml")),
            *sorted((ROOT / "tests" / "golden").glob("*/*.yaml")),
        )
        if not any(text in file.read_text(encoding="utf-8") for text in REFUSED)
    ),
    Path(__file__).parent / "rich.yaml",
]

RICH_UNITY_CATALOG = r"""
setup: rich-catalog
pattern: unity-catalog-aws
region: us-west-2
tags: {CostCentre: "4711"}
permissions_boundary: lakehouse/boundary
bucket_owner: {account: "444455556666", role: uc-rich, role_path: /lakehouse/}
databricks: {host: "https://dbc-a1b2345c-d6e7.cloud.databricks.com"}
storage_credential:
  name: rich
  external_ids: [b0834ee0-0ead-4165-9d0a-6f081fdae9bc]
  isolation: isolated
  workspaces: ["1234567890123456"]
  comment: "for ${aws:username} and %{ everybody }, $${kept}"
  owner: lakehouse-admins
buckets:
  - {name: rich-created, access: read-write, create: true,
     kms_key: "arn:aws:kms:us-west-2:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"}
  - {name: rich-managed, access: read-only, prefixes: [raw/2026, curated], policy: managed}
  - {name: rich-handed-over, access: read-write, policy: handoff}
  - {name: rich-elsewhere, access: read-write, owner: "777788889999", policy: managed,
     kms_key: "arn:aws:kms:us-west-2:777788889999:key/2345bcde-12ab-34cd-56ef-1234567890ab"}
  - {name: rich-elsewhere-kept, access: read-only, owner: "777788889999"}
external_locations:
  - {name: rich-raw, url: "s3://rich-managed/raw/2026"}
  - {name: "rich#created", url: "s3://rich-created/data", comment: "100 %{ of it }"}
  - {name: "rich$created", url: "s3://rich-created/more"}
  - {name: rich-elsewhere, url: "s3://rich-elsewhere"}
---
setup: no-locations
pattern: unity-catalog-aws
region: us-gov-west-1
partition: aws-us-gov
databricks_shard: gov
bucket_owner: {account: "444455556666", role: uc-gov}
databricks: {host: "https://dbc-a1b2345c-d6e7.cloud.databricks.us"}
storage_credential: {name: gov}
buckets: [{name: gov-lake, access: read-write}]
"""


def written_into(folder: Path) -> list[Path]:
    """Every setup there is, each under a name of its own, in folders whose setups may be deployed side by side."""
    folders: list[Path] = []
    for number, file in enumerate(FILES):
        counter = iter(range(100))
        text = re.sub(
            r"^setup: .*$",
            lambda _, n=number, c=counter: f"setup: s{n}-{next(c)}",
            file.read_text(encoding="utf-8"),
            flags=re.MULTILINE,
        ).replace("metadata: ", f"metadata: {file.parent}/")
        _added(f"{number:03}-{file.name}", text, folder, folders)
    _added("rich-unity-catalog.yaml", RICH_UNITY_CATALOG, folder, folders)
    return folders


def _added(name: str, text: str, folder: Path, folders: list[Path]) -> None:
    for known in [*folders, folder / f"side-by-side-{len(folders)}"]:
        known.mkdir(exist_ok=True)
        (known / name).write_text(text, encoding="utf-8")
        try:
            plan_setups(load_setups(known))
        except (PlanError, PlanErrors):
            (known / name).unlink()
        else:
            folders[:] = sorted({*folders, known})
            return
    raise AssertionError(f"{name} conflicts with itself")


def app(engine: str, setups: Path | str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs the app as `make synth-terraform` does."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "CDKTF_"))}
    return subprocess.run(
        [sys.executable, "-m", "stacks.terraform.app", str(setups)],
        cwd=ROOT,
        env={**environment, "LAKEHOUSE_IAM_TERRAFORM": engine, "CDKTF_OUTDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def stacks_in(folder: Path) -> dict[str, Any]:
    return {file.parent.name: json.loads(file.read_text()) for file in sorted(folder.glob("stacks/*/cdk.tf.json"))}


@pytest.fixture(scope="module")
def setup_folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return written_into(tmp_path_factory.mktemp("setups"))


@pytest.fixture(scope="module")
def by_engine(setup_folders: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    made: dict[str, dict[str, Any]] = {}
    for engine in ENGINES:
        made[engine] = {}
        for setups_folder in setup_folders:
            folder = tmp_path_factory.mktemp(engine) / "below" / "out"
            run = app(engine, setups_folder, folder)
            assert (run.returncode, run.stdout, run.stderr) == (0, "", ""), run.stderr
            made[engine] |= stacks_in(folder)
    return made


@pytest.fixture(scope="module")
def setups(setup_folders: list[Path]) -> dict[str, Setup]:
    return {setup.name: setup for folder in setup_folders for setup in load_setups(folder)}


@pytest.fixture(scope="module")
def stacks(by_engine: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return by_engine["cdktn"]


@pytest.fixture
def sales_lake(setups: dict[str, Setup], stacks: dict[str, Any]) -> Json:
    """The stack of `examples/unity-catalog-aws.yaml`."""
    (name,) = (name for name, setup in setups.items() if _role_name(setup) == "uc-sales-lake" and setup.file_events)
    return deepcopy(stacks[name])


@pytest.fixture
def rich(stacks: dict[str, Any]) -> Json:
    return deepcopy(stacks["rich-catalog"])


def _role_name(setup: Setup) -> str:
    return str(setup.role.name) if isinstance(setup, UnityCatalogSetup) else ""


def only(stack: Json, type_: str) -> Any:
    (body,) = (body for kind, _, body in resources(stack) if kind == type_)
    return body


# ---------------------------------------------------------------- the app


def test_two_setups_that_claim_one_role_are_refused_as_check_refuses_them(tmp_path: Path) -> None:
    text = (ROOT / "examples" / "unity-catalog-aws.yaml").read_text()
    setups = tmp_path / "setups"
    setups.mkdir()
    (setups / "one.yaml").write_text(text)
    (setups / "two.yaml").write_text(text.replace("setup: sales-lake", "setup: other-lake"))
    run = app("cdktn", setups, tmp_path / "out")
    assert run.returncode == 2
    assert "the role uc-sales-lake in 444455556666 belongs to the setup" in run.stderr
    assert not list((tmp_path / "out").glob("stacks/*"))
    (setups / "two.yaml").unlink()
    assert app("cdktn", setups, tmp_path / "out").returncode == 0


# ---------------------------------------------------------------- the engines


def without_versions(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: without_versions(item)
            for key, item in value.items()
            if (key, "stackName" in value) != ("version", True)
        }
    return [without_versions(item) for item in value] if isinstance(value, list) else value


def test_each_engine_makes_a_stack_of_every_setup(
    setups: dict[str, Setup], by_engine: dict[str, dict[str, Any]]
) -> None:
    assert {engine: set(made) for engine, made in by_engine.items()} == {engine: set(setups) for engine in ENGINES}


def test_both_engines_write_the_same_but_for_their_own_version(by_engine: dict[str, dict[str, Any]]) -> None:
    assert by_engine["cdktn"] != by_engine["cdktf"]
    assert without_versions(by_engine["cdktn"]) == without_versions(by_engine["cdktf"])


@pytest.mark.parametrize("engine", ENGINES)
def test_twice_gives_the_same_bytes(engine: str, tmp_path: Path) -> None:
    files = []
    for number in (1, 2):
        folder = tmp_path / str(number)
        assert app(engine, "", folder).returncode == 0
        files.append({str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()})
    assert files[0] == files[1]
    assert len(files[0]) > 3


def test_wrong_setup_prints_its_problems_and_nothing_else(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text((ROOT / "examples" / "unity-catalog-aws.yaml").read_text().replace("read-only", "write"))
    run = app("cdktn", wrong, tmp_path / "out")
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    assert f"{wrong}:" in run.stderr
    assert "buckets[1].access" in run.stderr
    assert not stacks_in(tmp_path / "out")


@pytest.mark.parametrize("engine", ENGINES)
def test_emr_studio_is_refused_with_the_reason_and_other_setups_beside_it_are_written(
    engine: str, tmp_path: Path
) -> None:
    for name in ("emr-studio", "unity-catalog-aws"):
        shutil.copy(ROOT / "examples" / f"{name}.yaml", tmp_path)
    run = app(engine, tmp_path, tmp_path / "out")
    assert run.returncode == 2
    assert run.stderr.startswith("analytics-studio: it does not become a Terraform stack: no provider of ")
    assert "the CDK and plain CloudFormation can" in run.stderr
    assert list(stacks_in(tmp_path / "out")) == ["sales-lake"]


def test_of_the_examples_those_are_written_that_the_engine_can_make(tmp_path: Path) -> None:
    run = app("cdktn", "", tmp_path / "out")
    assert run.returncode == 0
    assert [line.partition(":")[0] for line in run.stderr.splitlines()] == ["shared-flights", "analytics-studio"]
    assert len(stacks_in(tmp_path / "out")) == 4


def test_unknown_engine_is_named_in_one_line(tmp_path: Path) -> None:
    run = app("pulumi", ROOT / "examples", tmp_path / "out")
    assert run.returncode == 2
    assert run.stderr == "LAKEHOUSE_IAM_TERRAFORM is 'pulumi': allowed: cdktn, cdktf, or nothing\n"


def test_the_list_of_stacks_is_calm(tmp_path: Path) -> None:
    assert app("cdktf", ROOT / "examples" / "instance-profile.yaml", tmp_path).returncode == 0
    done = subprocess.run(
        [sys.executable, "-m", "stacks.terraform.list_stacks", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"  partner-bucket  {tmp_path}/stacks/partner-bucket/cdk.tf.json\n"


# ---------------------------------------------------------------- the providers' schemas


def test_providers_take_everything_that_is_emitted(stacks: dict[str, Any]) -> None:
    assert {name: refused(stack) for name, stack in stacks.items() if refused(stack)} == {}


@pytest.mark.parametrize(
    ("type_", "attribute", "value", "problem"),
    [
        ("aws_iam_role", "assume_role_polcy", "{}", "assume_role_polcy is not known"),
        ("aws_iam_role", "arn", "arn:aws:iam::444455556666:role/x", "arn can only be read"),
        ("aws_iam_role", "tags", "none", "tags is no map of string"),
        ("aws_iam_role", "tags", {"number": 1}, "tags is no map of string"),
        ("time_sleep", "create_duration", 60, "create_duration is no string"),
        ("databricks_storage_credential", "skip_validation", "true", "skip_validation is no bool"),
        ("databricks_storage_credential", "aws_iam_role", "arn", "aws_iam_role is not a list of blocks"),
        ("databricks_storage_credential", "aws_iam_role", [{}], "aws_iam_role.role_arn is missing"),
        (
            "databricks_storage_credential",
            "aws_iam_role",
            [{"role_arn": "a"}, {"role_arn": "b"}],
            "aws_iam_role stands 2 times",
        ),
        (
            "databricks_storage_credential",
            "aws_iam_role",
            [{"role_arn": "a", "arn": "b"}],
            "aws_iam_role.arn is not known",
        ),
        ("databricks_storage_credential", "name", None, "name is missing"),
        ("aws_iam_role", "assume_role_policy", None, "assume_role_policy is missing"),
        (
            "time_sleep",
            "create_duration",
            "${aws_iam_role.Nobody.arn}",
            "aws_iam_role.Nobody is referred to and not there",
        ),
    ],
)
def test_what_a_provider_would_refuse_is_caught(
    sales_lake: Any, type_: str, attribute: str, value: Any, problem: str
) -> None:
    (body,) = sales_lake["resource"][type_].values()
    assert refused(sales_lake) == []
    if value is None:
        del body[attribute]
    else:
        body[attribute] = value
    (found,) = refused(sales_lake)
    assert problem in found


def test_unknown_types_and_references_to_unknown_attributes_are_caught(sales_lake: Any) -> None:
    role = sales_lake["resource"]["aws_iam_role"]
    only(sales_lake, "time_sleep")["triggers"]["role"] = f"${{aws_iam_role.{next(iter(role))}.unique}}"
    sales_lake["resource"]["aws_iam_rôle"] = {"x": {}}
    assert [problem.partition(".")[2] or problem for problem in refused(sales_lake)] == [
        "aws_iam_rôle is not a resource type of its provider",
        f"{next(iter(role))}.unique is referred to and not known",
    ]


# ---------------------------------------------------------------- the plan


def names_of(stack: Json, setup: Setup) -> dict[str, str]:
    """What each reference of a stack stands for once it is applied."""
    values = {f"var.aws_profile_{account}": "" for account in accounts_of(setup)}
    for type_, name, body in resources(stack):
        address, account = f"{type_}.{name}", body.get("provider", "").rpartition("_")[2]
        arn = f"arn:{setup.partition.name}:iam::{account}"
        path = body.get("path", "/")
        values |= {f"{address}.{key}": str(body[key]) for key in ("name", "bucket") if key in body}
        kind = {"aws_iam_policy": "policy", "aws_iam_role": "role", "aws_iam_instance_profile": "instance-profile"}
        if type_ in kind:
            values[f"{address}.arn"] = f"{arn}:{kind[type_]}{path}{body['name']}"
            values[f"{address}.unique_id"] = "AROAEXAMPLE"
        if type_ == "databricks_storage_credential" and isinstance(setup, UnityCatalogSetup):
            given = setup.storage_credential
            values[f"{address}.aws_iam_role[0].external_id"] = (given.external_ids or (EXTERNAL_ID.stand_in,))[0]
            values[f"{address}.aws_iam_role[0].unity_catalog_iam_arn"] = str(given.unity_catalog_role)
    return values


def accounts_of(setup: Setup) -> set[str]:
    return {str(phase.account) for phase in plan_setup(setup).phases}


def one_or_many(value: Any) -> Any:
    """A list without repetitions, one value for a list of one, as the documents have it."""
    if isinstance(value, dict):
        return {key: one_or_many(item) for key, item in value.items()}
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        unique = sorted(set(value))
        return unique[0] if len(unique) == 1 else unique
    return [one_or_many(item) for item in value] if isinstance(value, list) else value


def documents_in(stack: Json, setup: Setup) -> dict[tuple[str, ...], Any]:
    """Every policy that the stack would write, by what it is of."""
    values = names_of(stack, setup)
    found: dict[tuple[str, ...], Any] = {}
    for type_, _, body in resources(stack):
        told = resolved({key: value for key, value in body.items() if key != "//"}, values)
        account = body.get("provider", "").rpartition("_")[2]
        if type_ == "aws_iam_role":
            found["trust", account, told["path"], told["name"]] = json.loads(told["assume_role_policy"])
        if type_ == "aws_iam_policy":
            attached = [
                resolved(other["role"], values)
                for other_type, _, other in resources(stack)
                if other_type == "aws_iam_role_policy_attachment"
                and resolved(other["policy_arn"], values).endswith(f"::{account}:policy/{told['name']}")
            ]
            # Permissions for file events are a policy of their own here, and part of the other policies in a plan.
            name = re.sub(r"-FileEvents(\w*)-[0-9a-f]{8}$", r"-\1", told["name"]).rstrip("-")
            document = found.setdefault(
                ("managed", account, name, *attached), {"Version": "2012-10-17", "Statement": []}
            )
            document["Statement"] += json.loads(told["policy"])["Statement"]
        if type_ == "aws_iam_role_policy":
            found["inline", account, told["name"], told["role"]] = json.loads(told["policy"])
        if type_ == "aws_s3_bucket_policy":
            found["bucket", account, told["bucket"]] = json.loads(told["policy"])
    return one_or_many_of(found)


def documents_of(plan: Plan) -> dict[tuple[str, ...], Any]:
    """Every policy of a plan, by what it is of."""
    found: dict[tuple[str, ...], Any] = {}
    for phase in plan.phases:
        account = str(phase.account)
        for resource in phase.resources:
            if isinstance(resource, Role):
                found["trust", account, str(resource.arn.path), str(resource.arn.name)] = resource.trust.to_json()
            if isinstance(resource, ManagedPolicy):
                found["managed", account, resource.name, str(resource.role)] = resource.document.to_json()
            if isinstance(resource, RolePolicy):
                found["inline", account, resource.name, str(resource.role)] = resource.document.to_json()
            if isinstance(resource, BucketPolicy):
                found["bucket", account, str(resource.bucket)] = resource.document.to_json()
    return one_or_many_of(found)


def one_or_many_of(found: dict[tuple[str, ...], Any]) -> dict[tuple[str, ...], Any]:
    for (kind, *_), document in found.items():
        if kind == "managed":
            document["Statement"].sort(key=json.dumps)
    return {key: one_or_many(document) for key, document in found.items()}


def test_documents_are_those_of_the_plan(setups: dict[str, Setup], stacks: dict[str, Any]) -> None:
    for name, setup in setups.items():
        plan = plan_setup(setup)
        assert documents_in(stacks[name], setup) == documents_of(plan), name


def test_comparison_sees_one_lost_sid_action_or_account(setups: dict[str, Setup], rich: Any) -> None:
    setup = setups["rich-catalog"]
    whole = json.dumps(rich)
    assert documents_in(json.loads(whole), setup) == documents_of(plan_setup(setup))
    for part, other in (
        ("ListBuckets", "Other"),
        ("s3:GetObject", "s3:GetObjec"),
        ("aws.account_777788889999", "aws.account_444455556666"),
    ):
        assert part in whole
        assert documents_in(json.loads(whole.replace(part, other)), setup) != documents_of(plan_setup(setup))


def test_profiles_and_buckets_are_those_of_the_plan(setups: dict[str, Setup], stacks: dict[str, Any]) -> None:
    for name, setup in setups.items():
        stack, planned = stacks[name], [r for phase in plan_setup(setup).phases for r in phase.resources]
        made = sorted(body["bucket"] for type_, _, body in resources(stack) if type_ == "aws_s3_bucket")
        assert made == sorted(str(r.name) for r in planned if isinstance(r, Bucket)), name
        profiles = [(b["path"], b["name"]) for t, _, b in resources(stack) if t == "aws_iam_instance_profile"]
        assert profiles == [(str(r.path), str(r.name)) for r in planned if isinstance(r, InstanceProfile)], name


def test_a_bucket_that_is_made_is_closed_encrypted_and_kept(setups: dict[str, Setup], stacks: dict[str, Any]) -> None:
    seen = set()
    for name, setup in setups.items():
        values = names_of(stacks[name], setup)
        told = [(t, resolved(dict(b), values)) for t, _, b in resources(stacks[name]) if t.startswith("aws_s3_bucket")]
        for bucket in (r for phase in plan_setup(setup).phases for r in phase.resources if isinstance(r, Bucket)):
            of_it = {type_: body for type_, body in told if body["bucket"] == str(bucket.name)}
            assert {body["lifecycle"]["prevent_destroy"] for body in of_it.values()} == {True}
            (rule,) = of_it["aws_s3_bucket_server_side_encryption_configuration"]["rule"]
            (default,) = rule["apply_server_side_encryption_by_default"]
            assert default.get("kms_master_key_id") == (str(bucket.key) if bucket.key else None)
            assert default["sse_algorithm"] == ("aws:kms" if bucket.key else "AES256")
            closed = of_it["aws_s3_bucket_public_access_block"]
            assert [closed[key] for key in closed if key.endswith(("acls", "policy", "buckets"))] == [True] * 4
            (ownership,) = of_it["aws_s3_bucket_ownership_controls"]["rule"]
            seen.add(ownership["object_ownership"])
    assert seen == {"BucketOwnerEnforced", "BucketOwnerPreferred"}


def test_boundary_tags_and_outputs_are_those_of_the_plan(setups: dict[str, Setup], stacks: dict[str, Any]) -> None:
    for name, setup in setups.items():
        plan, stack = plan_setup(setup), stacks[name]
        boundaries = {
            str(r.arn.name): str(r.permissions_boundary) if r.permissions_boundary else None
            for phase in plan.phases
            for r in phase.resources
            if isinstance(r, Role)
        }
        roles = [body for type_, _, body in resources(stack) if type_ == "aws_iam_role"]
        assert {role["name"]: role.get("permissions_boundary") for role in roles} == boundaries, name
        tagged = [body["tags"] for type_, _, body in resources(stack) if type_ in TAGGED]
        assert tagged
        assert all(tags == dict(plan.tags) for tags in tagged), name
        planned = [output for phase in plan.phases for output in phase.outputs]
        outputs = resolved(stack["output"], names_of(stack, setup))
        shown = [output["value"] for key, output in outputs.items() if key not in OWN_OUTPUTS]
        assert sorted(shown) == sorted(output.value for output in planned), name
        handoffs = [handoff.to_json() for phase in plan.phases for handoff in phase.handoffs]
        assert outputs.get("HandOffs", {}).get("value", []) == handoffs, name


TAGGED = ("aws_iam_role", "aws_iam_policy", "aws_iam_instance_profile", "aws_s3_bucket")
OWN_OUTPUTS = ("HandOffs", "Notes", "ExternalId", "KeptBuckets")


def test_every_account_has_a_provider_that_works_there_only(setups: dict[str, Setup], stacks: dict[str, Any]) -> None:
    for name, setup in setups.items():
        stack = stacks[name]
        providers = {provider["alias"]: provider for provider in stack["provider"]["aws"]}
        accounts = sorted(alias.removeprefix("account_") for alias in providers)
        assert all(providers[f"account_{a}"]["allowed_account_ids"] == [a] for a in accounts)
        assert all(provider["region"] == setup.region for provider in providers.values())
        assert set(accounts) == accounts_of(setup), name
        assert sorted(stack["variable"]) == [f"aws_profile_{account}" for account in accounts]
        for type_, _, body in resources(stack):
            assert body.get("provider", "").startswith("aws.account_") == type_.startswith("aws_")


# ---------------------------------------------------------------- the order of one apply


def unity_catalog_stacks(setups: dict[str, Setup], stacks: dict[str, Any]) -> Iterator[tuple[str, Json]]:
    for name, setup in setups.items():
        if isinstance(setup, UnityCatalogSetup):
            yield name, stacks[name]


def test_nothing_waits_for_itself(stacks: dict[str, Any]) -> None:
    for stack in stacks.values():
        graph = dependencies(stack)
        assert set().union(*graph.values()) <= set(graph)
        for address in graph:
            everything_before(graph, address)


def test_the_peers_circle_would_be_seen(sales_lake: Any) -> None:
    (role,) = of_type(dependencies(sales_lake), "aws_iam_role")
    only(sales_lake, "databricks_storage_credential")["aws_iam_role"] = [{"role_arn": f"${{{role}.arn}}"}]
    with pytest.raises(ValueError, match=r"aws_iam_role\..* -> databricks_storage_credential\..* -> aws_iam_role\."):
        everything_before(dependencies(sales_lake), role)


def test_trust_refers_to_what_the_storage_credential_tells(setups: dict[str, Setup], stacks: dict[str, Any]) -> None:
    count = 0
    for name, stack in unity_catalog_stacks(setups, stacks):
        (credential,) = of_type(dependencies(stack), "databricks_storage_credential")
        trust = json.loads(only(stack, "aws_iam_role")["assume_role_policy"])
        own = f"${{{credential}.aws_iam_role[0].external_id}}"
        first, second = trust["Statement"]
        assert first["Principal"] == {"AWS": f"${{{credential}.aws_iam_role[0].unity_catalog_iam_arn}}"}, name
        for statement in (first, second):
            assert own in statement["Condition"]["StringEquals"]["sts:ExternalId"], name
        written = json.loads(json.dumps(only(stack, "databricks_storage_credential")))
        assert not list(references(written)), name
        assert written["aws_iam_role"][0]["role_arn"].startswith("arn:aws"), name
        assert written["skip_validation"] is True
        count += 1
    assert count >= 4


def test_locations_come_after_a_wait_that_comes_after_the_role_may_act(
    setups: dict[str, Setup], stacks: dict[str, Any]
) -> None:
    for name, stack in unity_catalog_stacks(setups, stacks):
        graph = dependencies(stack)
        locations = of_type(graph, "databricks_external_location")
        assert len(locations) == len(setups[name].external_locations)
        assert len(of_type(graph, "time_sleep")) == bool(locations), name
        for location in locations:
            assert of_type(graph[location], "time_sleep"), name
            before = everything_before(graph, location)
            for type_ in ("aws_iam_role", "aws_iam_policy", "aws_iam_role_policy_attachment", "aws_s3_bucket_policy"):
                assert of_type(before, type_) == of_type(graph, type_), name
            assert of_type(before, "aws_s3_bucket") == of_type(graph, "aws_s3_bucket")
        for type_, _, body in resources(stack):
            if type_ == "databricks_external_location":
                assert "skip_validation" not in body


def test_no_wait_is_without_an_attachment_before_it_and_a_role_that_repeats_it(stacks: dict[str, Any]) -> None:
    waits = 0
    for name, stack in stacks.items():
        graph = dependencies(stack)
        for sleep in of_type(graph, "time_sleep"):
            assert of_type(graph[sleep], "aws_iam_role_policy_attachment") == of_type(
                graph, "aws_iam_role_policy_attachment"
            ) - {a for a in graph if "BucketOwner" in a or "Federation" in a}, name
            triggers = stack["resource"]["time_sleep"][sleep.partition(".")[2]]["triggers"]
            (reference,) = references(triggers["role"])
            assert (reference.type, reference.attribute) == ("aws_iam_role", "unique_id")
            waits += 1
    assert waits > 3


def test_the_wait_is_repeated_when_permissions_change(tmp_path: Path, sales_lake: Json) -> None:
    text = (ROOT / "examples" / "unity-catalog-aws.yaml").read_text()
    file = tmp_path / "more.yaml"
    file.write_text(text.replace("prefixes: [currencies,", "prefixes: [currencies, rates,"))
    assert app("cdktn", file, tmp_path / "out").returncode == 0
    (more,) = stacks_in(tmp_path / "out").values()
    digests = [only(stack, "time_sleep")["triggers"]["permissions"] for stack in (sales_lake, more)]
    assert digests[0] != digests[1]


def test_bucket_policies_come_after_the_role_they_name(setups: dict[str, Setup], stacks: dict[str, Any]) -> None:
    count = 0
    for name, setup in setups.items():
        graph = dependencies(stacks[name])
        values = names_of(stacks[name], setup)
        roles = {values[f"{role}.arn"]: role for role in of_type(graph, "aws_iam_role")}
        for type_, id_, body in resources(stacks[name]):
            if type_ == "aws_s3_bucket_policy":
                document = json.loads(resolved(body["policy"], values))
                named = [s["Principal"]["AWS"] for s in document["Statement"] if isinstance(s["Principal"], dict)]
                assert {roles[arn] for arn in named} <= everything_before(graph, f"{type_}.{id_}"), name
                count += 1
    assert count > 5


def test_registration_comes_after_a_wait_for_the_profile_and_the_leave_to_pass(stacks: dict[str, Any]) -> None:
    count = 0
    for stack in stacks.values():
        graph = dependencies(stack)
        for registration in of_type(graph, "databricks_instance_profile"):
            (wait,) = of_type(graph[registration], "time_sleep")
            assert of_type(graph[wait], "aws_iam_instance_profile")
            assert of_type(graph[wait], "aws_iam_role_policy")
            count += 1
    assert count


# ---------------------------------------------------------------- Unity Catalog's own objects


def test_azure_only_reads(setups: dict[str, Setup], stacks: dict[str, Any]) -> None:
    names = [name for name, setup in setups.items() if setup.pattern == "unity-catalog-azure"]
    assert names
    for name in names:
        stack = stacks[name]
        assert only(stack, "databricks_storage_credential")["read_only"] is True
        for type_, _, body in resources(stack):
            if type_ == "databricks_external_location":
                assert (body["read_only"], body["enable_file_events"]) == (True, False)
                assert "file_event_queue" not in body
        assert "s3:PutObject" not in json.dumps(stack)
        assert ".azuredatabricks.net" in stack["provider"]["databricks"][0]["host"]


def test_file_events_are_said_either_way(sales_lake: Json, rich: Json) -> None:
    """On where the setup manages them and the bucket is written to; the second location's bucket is only read."""
    for stack, told in ((sales_lake, [True, False]), (rich, [False] * 4)):
        locations = [body for type_, _, body in resources(stack) if type_ == "databricks_external_location"]
        assert [body["enable_file_events"] for body in locations] == told
        queues = [[{"managed_sqs": [{}]}] if managed else None for managed in told]
        assert [body.get("file_event_queue") for body in locations] == queues


def test_isolation_bindings_owner_and_comments(rich: Json, sales_lake: Json) -> None:
    credential = only(rich, "databricks_storage_credential")
    assert credential["isolation_mode"] == "ISOLATION_MODE_ISOLATED"
    assert credential["owner"] == "lakehouse-admins"
    binding = only(rich, "databricks_workspace_binding")
    assert (binding["workspace_id"], binding["securable_type"]) == (1234567890123456, "storage_credential")
    assert binding["binding_type"] == "BINDING_TYPE_READ_WRITE"
    plain = only(sales_lake, "databricks_storage_credential")
    assert plain["isolation_mode"] == "ISOLATION_MODE_OPEN"
    assert not {"owner", "comment"} & set(plain)


def test_text_of_a_setup_is_never_evaluated(rich: Json) -> None:
    comment = only(rich, "databricks_storage_credential")["comment"]
    assert comment == "for $${aws:username} and %%{ everybody }, $$${kept}"
    assert evaluated(comment) == []
    assert evaluated("${aws:username}") == ["${aws:username}"]
    assert resolved(comment, {}) == "for ${aws:username} and %{ everybody }, $${kept}"


def test_names_that_differ_only_in_signs_are_two_locations(rich: Json) -> None:
    locations = [body["name"] for type_, _, body in resources(rich) if type_ == "databricks_external_location"]
    assert sorted(locations) == ["rich#created", "rich$created", "rich-elsewhere", "rich-raw"]


FIRST_ROLE = re.compile(r'\$\{terraform_data\.\w+\.output == "arn:[\w:/+=,.@-]+"\}')


def test_only_references_profiles_and_the_first_role_are_evaluated(stacks: dict[str, Any]) -> None:
    for stack in stacks.values():
        profiles = [provider.pop("profile") for provider in deepcopy(stack)["provider"]["aws"]]
        assert all(re.fullmatch(r'\$\{var\.(\w+) == "" \? null : var\.\1\}', profile) for profile in profiles)
        found = [text for text in evaluated([stack["resource"], stack["output"]]) if not FIRST_ROLE.fullmatch(text)]
        assert len(found) == len(list(references([stack["resource"], stack["output"]])))


def test_project_file_needs_no_downloads() -> None:
    project = json.loads((ROOT / "cdktf.json").read_text())
    assert project["language"] == "python"
    assert project["app"] == "python -m stacks.terraform.app"
    assert (project["terraformProviders"], project["terraformModules"]) == ([], [])
