"""`lakehouse-iam prove` of a plan that Terraform made: the very resources of the setup and nothing else.

`create-bucket.plan.json` is what Terraform 1.11.4 with the AWS provider 5.100.0 showed (`terraform show -json`) of the stack
of `tests/golden/instance-profile/create-bucket.yaml`, without what the reader does not look at.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lakehouse_iam.cli import main

Json = dict[str, Any]
TESTS = Path(__file__).parents[2]
SETUP = TESTS / "golden" / "instance-profile" / "create-bucket.yaml"
PLAN = TESTS / "fixtures" / "terraform" / "create-bucket.plan.json"


def prove(plan: Path) -> Result:
    return CliRunner().invoke(main, ["prove", str(SETUP), "--templates", str(plan)])


def values(plan: Json, type_: str) -> Json:
    found: Json = next(
        one["values"] for one in plan["planned_values"]["root_module"]["resources"] if one["type"] == type_
    )
    return found


def add(plan: Json, type_: str) -> None:
    address = f"{type_}.added"
    made = {"address": address, "mode": "managed", "type": type_, "name": "added", "values": {"name": "added"}}
    plan["planned_values"]["root_module"]["resources"].append(made)
    configured = {"address": address, "provider_config_key": "aws.account_444455556666", "expressions": {}}
    plan["configuration"]["root_module"]["resources"].append(configured)


def trusting_everybody(plan: Json) -> None:
    trust = json.loads(values(plan, "aws_iam_role")["assume_role_policy"])
    trust["Statement"].append({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})
    values(plan, "aws_iam_role")["assume_role_policy"] = json.dumps(trust)


def test_an_unchanged_plan_of_terraform_holds_nothing_beyond_its_setup() -> None:
    result = prove(PLAN)
    assert result.exit_code == 0, result.output
    assert "beyond" not in result.output


CHANGES: dict[str, Callable[[Json], object]] = {
    "AssumeRolePolicyDocument": trusting_everybody,
    "MaxSessionDuration": lambda plan: values(plan, "aws_iam_role").update(max_session_duration=43200),
    "BlockPublicPolicy": lambda plan: values(plan, "aws_s3_bucket_public_access_block").update(
        block_public_policy=False
    ),
    "OwnershipControls": lambda plan: values(plan, "aws_s3_bucket_ownership_controls")["rule"][0].update(
        object_ownership="ObjectWriter"
    ),
    "DeletionPolicy": lambda plan: values(plan, "aws_s3_bucket").update(force_destroy=True),
    "aws_iam_user": lambda plan: add(plan, "aws_iam_user"),
    "aws_s3_access_point": lambda plan: add(plan, "aws_s3_access_point"),
}


@pytest.mark.parametrize("place", CHANGES)
def test_what_somebody_added_to_the_plan_ends_with_1_and_its_place(place: str, tmp_path: Path) -> None:
    plan = json.loads(PLAN.read_text(encoding="utf-8"))
    CHANGES[place](plan)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan), encoding="utf-8")
    result = prove(file)
    assert result.exit_code == 1, result.output
    assert "NO: beyond the setup: " in result.output
    assert place in result.output
