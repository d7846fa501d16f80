"""`lakehouse-iam compare` on plans of Terraform, as `terraform show -json` writes them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from lakehouse_iam.cli import main

Json = dict[str, Any]
ACCOUNT = "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/owner"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["compare", *(str(argument) for argument in arguments)])


def document(*statements: Json) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def resource(
    address: str, values: Json, references: dict[str, str] | None = None, provider: str = ""
) -> tuple[Json, Json]:
    """A resource among the planned values, and in the configuration."""
    type_, name = address.split(".")
    planned = {"address": address, "mode": "managed", "type": type_, "name": name, "values": values}
    expressions = {
        attribute: {"references": [f"{target}.id", target]} for attribute, target in (references or {}).items()
    }
    configured = {
        "address": address,
        "provider_config_key": provider or f"aws.account_{ACCOUNT}",
        "expressions": expressions,
    }
    return planned, configured


def plan(tmp_path: Path, name: str, resources: list[tuple[Json, Json]]) -> Path:
    body = {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": [planned for planned, _ in resources]}},
        "configuration": {
            "provider_config": {f"aws.account_{ACCOUNT}": {"expressions": {"region": {"constant_value": "eu-west-1"}}}},
            "root_module": {"resources": [configured for _, configured in resources]},
        },
    }
    file = tmp_path / f"{name}.json"
    file.write_text(json.dumps(body), encoding="utf-8")
    return file


TRUST = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/dep"}, "Action": "sts:AssumeRole"}
READS = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/*"}
LETS_IN = {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/*"}
TAGS = {"lakehouse-iam:setup": "lake"}


def resources() -> list[tuple[Json, Json]]:
    """A role with a managed policy, a bucket with its policy and blocks."""
    return [
        resource(
            "aws_iam_role.owner", {"name": "owner", "path": "/", "assume_role_policy": document(TRUST), "tags": TAGS}
        ),
        resource("aws_iam_policy.access", {"name": "access", "path": "/", "policy": document(READS), "tags": TAGS}),
        resource(
            "aws_iam_role_policy_attachment.access",
            {},
            {"role": "aws_iam_role.owner", "policy_arn": "aws_iam_policy.access"},
        ),
        resource("aws_s3_bucket.lake", {"bucket": "lake", "tags": TAGS}),
        resource("aws_s3_bucket_policy.lake", {"policy": document(LETS_IN)}, {"bucket": "aws_s3_bucket.lake"}),
        resource(
            "aws_s3_bucket_public_access_block.lake",
            dict.fromkeys(
                ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
            ),
            {"bucket": "aws_s3_bucket.lake"},
        ),
    ]


def changed(address: str, **values: Any) -> list[tuple[Json, Json]]:
    made = copy.deepcopy(resources())
    next(planned for planned, _ in made if planned["address"] == address)["values"].update(values)
    return made


def test_the_same_plan_is_unchanged_in_role_trust_and_bucket(tmp_path: Path) -> None:
    result = run(plan(tmp_path, "before", resources()), plan(tmp_path, "after", resources()))
    assert result.exit_code == 0
    assert result.output.splitlines()[-1] == "3 unchanged: nothing is allowed that was refused before"


def test_a_managed_policy_reaches_the_role_that_it_is_attached_to(tmp_path: Path) -> None:
    after = changed("aws_iam_policy.access", policy=document(READS, {**READS, "Action": "s3:PutObject"}))
    result = run(plan(tmp_path, "before", resources()), plan(tmp_path, "after", after))
    assert result.exit_code == 1
    assert f"now allowed: {ROLE}: s3:PutObject on arn:aws:s3:::lake/some-object" in result.output


def test_a_bucket_policy_reaches_the_bucket_that_it_refers_to(tmp_path: Path) -> None:
    stranger = {**LETS_IN, "Principal": {"AWS": "arn:aws:iam::999988887777:root"}}
    after = changed("aws_s3_bucket_policy.lake", policy=document(LETS_IN, stranger))
    result = run(plan(tmp_path, "before", resources()), plan(tmp_path, "after", after))
    assert result.exit_code == 1
    assert "widened       who may use the bucket arn:aws:s3:::lake" in result.output
    assert "arn:aws:iam::999988887777:" in result.output


def test_a_block_that_is_switched_off_is_told(tmp_path: Path) -> None:
    after = changed("aws_s3_bucket_public_access_block.lake", block_public_policy=False)
    result = run(plan(tmp_path, "before", resources()), plan(tmp_path, "after", after))
    assert "BlockPublicPolicy is off" in result.output
    assert result.exit_code == 1


def test_a_trust_policy_that_only_the_apply_knows_is_not_decided_where_it_changes(tmp_path: Path) -> None:
    before = changed("aws_iam_role.owner", assume_role_policy=None)
    same = run(plan(tmp_path, "before", before), plan(tmp_path, "after", before))
    assert same.exit_code == 0
    result = run(plan(tmp_path, "before", resources()), plan(tmp_path, "after", before))
    assert result.exit_code == 1
    assert "which is known after the apply" in result.output


def test_resources_that_are_not_ours_are_listed_as_not_read(tmp_path: Path) -> None:
    foreign = resource("aws_iam_role.theirs", {"name": "theirs", "assume_role_policy": document(TRUST)}, provider="aws")
    plans = [plan(tmp_path, name, [*resources(), foreign]) for name in ("before", "after")]
    result = run(*plans, "--json")
    assert result.exit_code == 0
    assert json.loads(result.output)["not_read"] == ["aws_iam_role.theirs"]


def test_a_plan_of_other_people_is_refused_with_what_is_in_it(tmp_path: Path) -> None:
    theirs = plan(tmp_path, "theirs", [resource("aws_iam_role.theirs", {"name": "theirs"}, provider="aws")])
    result = run(theirs, theirs)
    assert result.exit_code == 2
    assert "nothing in this plan is of lakehouse-iam" in result.output
    assert "not read: aws_iam_role.theirs" in result.output


def test_json_that_is_no_plan_is_said(tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    file.write_text('{"resource": {}}', encoding="utf-8")
    result = run(file, file)
    assert result.exit_code == 2
    assert "this is no plan of Terraform: allowed is what terraform show -json writes" in result.output
