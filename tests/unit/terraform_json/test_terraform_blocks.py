"""Blocks, and text that Terraform must leave alone."""

from __future__ import annotations

import json
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.policy import Condition, PolicyDocument, Statement
from lakehouse_iam.terraform_json import aws, aws_emr_studio, awscc, databricks, time
from lakehouse_iam.terraform_json.blocks import Block, Nested, Pairs, Provider, Resource
from lakehouse_iam.terraform_json.literals import Expression, known, literal

FIXTURES = Path(__file__).parents[2] / "fixtures" / "terraform"
ALL: tuple[tuple[type[Provider], tuple[type[Resource], ...]], ...] = (
    (aws.AwsProvider, (*aws.RESOURCES, *aws_emr_studio.RESOURCES)),
    (awscc.AwsccProvider, awscc.RESOURCES),
    (databricks.DatabricksProvider, databricks.RESOURCES),
    (time.TimeProvider, time.RESOURCES),
)


# ---------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain $ and % and {}", "plain $ and % and {}"),
        ("${aws:username}", "$${aws:username}"),
        ("$${aws:username}", "$$${aws:username}"),
        ("%{ if x }", "%%{ if x }"),
        ("%%{", "%%%{"),
        ("${TfToken[TOKEN.7]}", "${TfToken[TOKEN.7]}"),
        ("${aws:${TfToken[TOKEN.7]}}", "$${aws:${TfToken[TOKEN.7]}}"),
    ],
)
def test_what_terraform_would_evaluate_is_written_as_text(text: str, written: str) -> None:
    assert literal(text) == written


@given(st.text(alphabet="$%{}a"))
def test_terraform_reads_back_what_was_meant(text: str) -> None:
    # Terraform takes an opening for text where the same sign stands before it, and drops that sign.
    written = literal(text)
    assert written.replace("$${", "${").replace("%%{", "%{") == text
    assert all(
        written[at - 1 : at] == written[at] for at in range(len(written)) if written[at : at + 2] in ("${", "%{")
    )


def test_keys_and_lists_are_text_too() -> None:
    assert literal({"${a}": ["${b}", ("${c}", 1, True, None)]}) == {"$${a}": ["$${b}", ["$${c}", 1, True, None]]}


def test_names_that_only_the_apply_knows_are_refused() -> None:
    assert known("my-bucket", what="the bucket") == "my-bucket"
    with pytest.raises(InvalidValue, match=r"the bucket is a reference, '\$\{aws_s3_bucket.x.bucket\}'"):
        known("${aws_s3_bucket.x.bucket}", what="the bucket")


# ---------------------------------------------------------------- descriptions


@dataclass(frozen=True)
class Inner(Block):
    key: str
    nothing: str | None = None


@dataclass(frozen=True)
class Example(Resource):
    TERRAFORM_TYPE: ClassVar[str] = "example"

    text: str
    off: bool
    number: int
    document: PolicyDocument
    tags: Pairs
    names: tuple[str, ...]
    block: Inner
    several: tuple[Inner, ...]
    expression: Expression
    missing: str | None = None
    empty: tuple[str, ...] = ()


def test_a_description_is_written_as_terraform_reads_it() -> None:
    variable = Condition("StringLike", "s3:prefix", ("${aws:username}/*",))
    document = PolicyDocument((Statement(("s3:ListBucket",), ("*",), conditions=(variable,)),))
    written = Example(
        text="${x}",
        off=False,
        number=0,
        document=document,
        tags=(("b", "${y}"), ("a", "1")),
        names=("one",),
        block=Inner("k"),
        several=(Inner("k"), Inner("l", "m")),
        expression=Expression("${var.x}"),
    ).attributes()
    assert written == {
        "text": "$${x}",
        "off": False,
        "number": 0,
        "document": document.compact().replace("${", "$${"),
        "tags": {"b": "$${y}", "a": "1"},
        "names": ["one"],
        "block": [{"key": "k"}],
        "several": [{"key": "k"}, {"key": "l", "nothing": "m"}],
        "expression": "${var.x}",
    }


@dataclass(frozen=True)
class Inside(Nested):
    key: str


@dataclass(frozen=True)
class WithNested(Resource):
    TERRAFORM_TYPE: ClassVar[str] = "with_nested"
    EMPTY_TOO: ClassVar[tuple[str, ...]] = ("required",)

    one: Inside
    several: tuple[Inside, ...]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


def test_a_nested_attribute_is_an_object_and_a_list_that_is_required_stays_empty() -> None:
    assert WithNested(Inside("k"), (Inside("${l}"),)).attributes() == {
        "one": {"key": "k"},
        "several": [{"key": "$${l}"}],
        "required": [],
    }


def test_an_empty_block_stays() -> None:
    assert databricks.FileEventQueue(databricks.ManagedSqs()).attributes() == {"managed_sqs": [{}]}


# ---------------------------------------------------------------- the providers' schemas


def schema(provider: type[Provider]) -> Any:
    return json.loads((FIXTURES / f"{provider.TERRAFORM_TYPE}.schema.json").read_text())


def test_fixtures_hold_exactly_what_is_described_and_name_their_source() -> None:
    for provider, resources in ALL:
        written = schema(provider)
        assert sorted(written["resources"]) == sorted(resource.TERRAFORM_TYPE for resource in resources)
        assert written["provider"].startswith(f"{provider.SOURCE} ")
        assert written["source"].startswith(f"cdktn-provider-{provider.TERRAFORM_TYPE} ")


@pytest.mark.parametrize(
    ("description", "provider"),
    [pytest.param(r, p, id=r.__name__) for p, resources in ALL for r in (p, *resources)],
)
def test_fields_are_attributes_of_the_provider_and_none_that_is_required_is_missing(
    description: type[Resource] | type[Provider], provider: type[Provider]
) -> None:
    written = schema(provider)
    is_provider = description is provider
    known_ = written["configuration"] if is_provider else written["resources"][description.TERRAFORM_TYPE]
    flags = {**known_["attributes"], **{name: block["flags"] for name, block in known_["blocks"].items()}}
    own = {field.name: field.default is MISSING for field in fields(description)}
    settable = {name for name, flag in flags.items() if {"required", "optional"} & set(flag.split())}
    assert set(own) <= settable
    required = {name for name, flag in flags.items() if "required" in flag.split()}
    assert required <= {name for name, must_be_given in own.items() if must_be_given}
