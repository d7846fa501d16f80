"""Plain modules of Terraform, against the providers' schemas: every example and every golden setup."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from project import ROOT
from terraform_json import Json, dependencies, evaluated, everything_before, of_type, refused, resources

from lakehouse_iam.arns import AccountId
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.resources import Bucket, BucketPolicy, ManagedPolicy, Role
from lakehouse_iam.setups import load_setups
from lakehouse_iam.terraform_json.module import module_text, modules

pytestmark = pytest.mark.synth

FILES = [
    *sorted((ROOT / "examples").glob("*.yaml")),
    *sorted((ROOT / "tests" / "golden").glob("*/*.yaml")),
    Path(__file__).parent / "rich.yaml",
]


def written() -> Iterator[tuple[Plan, AccountId, Mapping[str, Json]]]:
    for file in FILES:
        for plan in map(plan_setup, load_setups(file)):
            for account in dict.fromkeys(phase.account for phase in plan.phases):
                with suppress(InvalidValue):
                    yield plan, account, modules(plan, account)


MADE = list(written())


def bodies(module: Json, type_: str) -> list[Any]:
    return [body for kind, _, body in resources(module) if kind == type_]


def test_the_providers_take_every_module() -> None:
    assert len(MADE) > 50
    assert [(plan.setup, said) for plan, _, found in MADE for one in found.values() for said in refused(one)] == []


def test_nothing_waits_for_itself_and_bucket_policies_come_after_roles() -> None:
    for _, _, found in MADE:
        for module in found.values():
            graph = {
                address: {other for other in before if not other.startswith("var.")}
                for address, before in dependencies(module).items()
            }
            roles = of_type(graph, "aws_iam_role")
            for address in graph:
                before = everything_before(graph, address)
                type_, name = address.split(".")
                # S3 refuses a policy that names a role that is not there yet.
                if type_ == "aws_s3_bucket_policy" and ":role/" in module["resource"][type_][name]["policy"]:
                    assert roles <= before


def test_a_module_makes_what_the_plan_has_for_its_account() -> None:
    for plan, account, found in MADE:
        planned = [one for phase in plan.phases if phase.account == account for one in phase.resources]
        made = [one for module in found.values() for one in bodies(module, "aws_iam_role")]
        functions = [one for one in planned if isinstance(one, Role) and one.id == "FunctionRole"]
        assert {one["name"] for one in made} == {
            str(one.arn.name) for one in planned if isinstance(one, Role) and one not in functions
        }
        for kind, type_ in ((Bucket, "aws_s3_bucket"), (BucketPolicy, "aws_s3_bucket_policy")):
            count = sum(len(bodies(module, type_)) for module in found.values())
            assert count == sum(isinstance(one, kind) for one in planned)
        policies = {
            # An IAM policy variable is text to Terraform, which reads two dollars as one.
            json.dumps(json.loads(body["policy"].replace("$${", "${")))
            for module in found.values()
            for body in bodies(module, "aws_iam_policy")
        }
        for one in planned:
            if isinstance(one, ManagedPolicy) and not one.id.startswith("FunctionRole"):
                assert json.dumps(one.document.to_json()) in policies


def test_a_module_works_in_its_own_account_only() -> None:
    for _, account, found in MADE:
        for module in found.values():
            (provider,) = module["provider"]["aws"]
            assert provider["allowed_account_ids"] == [str(account)]
            assert "alias" not in provider


def test_what_is_evaluated_are_references_and_variables_that_are_declared() -> None:
    for plan, _, found in MADE:
        for module in found.values():
            declared = set(module.get("variable", {}))
            for text in evaluated([module["resource"], module.get("output", {})]):
                if "var." in text:
                    assert text.split("var.")[1].split("}")[0].split(" ")[0] in declared, plan.setup


def test_an_unknown_value_is_a_variable_without_a_default_that_is_checked() -> None:
    (setup,) = load_setups(ROOT / "examples" / "unity-catalog-aws.yaml")
    (module,) = modules(plan_setup(setup), AccountId.parse("444455556666")).values()
    assert module["variable"] == {
        "external_id": {
            "type": "string",
            "description": "The external id that the storage credential shows in Databricks",
            "validation": [
                {
                    "condition": '${can(regex("^(?:[\\\\w+=,.@:\\\\/-]{2,1224})$", var.external_id))}',
                    "error_message": r"It must match [\w+=,.@:\/-]{2,1224}.",
                }
            ],
        }
    }
    assert module_text(module).endswith("}\n")


def test_buckets_that_are_kept_are_named_for_the_state() -> None:
    (setup,) = load_setups(ROOT / "tests" / "golden" / "unity-catalog-aws" / "create-bucket.yaml")
    (module,) = modules(plan_setup(setup), AccountId.parse("444455556666")).values()
    for addresses in module["output"]["KeptBuckets"]["value"].values():
        assert "aws_s3_bucket" in {address.split(".")[0] for address in addresses}
