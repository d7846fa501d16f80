"""Templates: the same text from the same setup, however it was written, and never over the limit."""

from __future__ import annotations

import json
import random
from io import StringIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from setup_texts import KEY, OTHER_OWNER, OWNER, bucket, document, plan_of, setup_of, templates_of

from lakehouse_iam import cloudformation
from lakehouse_iam.cloudformation import HANDOFF_METADATA, template_text, templates, text
from lakehouse_iam.intrinsics import Deployment
from lakehouse_iam.plan import PlanError, plan_setup
from lakehouse_iam.setups import setups_from_text
from lakehouse_iam.template_checks import Stack, violations

RICH: dict[str, Any] = document(
    tags={"team": "lake", "cost-center": "42", "env": "prod"},
    permissions_boundary="lake-boundary",
    databricks={"host": "https://dbc-a1b2345c-d6e7.cloud.databricks.com/"},
    bucket_owner=[
        {"account": OWNER, "role": "owner-role", "trust": "account", "role_path": "/lake/"},
        {"account": OTHER_OWNER, "role": "other-role"},
    ],
    buckets=[
        bucket("aaa", owner=OWNER, prefixes=["raw", "curated", "été"], policy="managed", kms_key=KEY),
        bucket("bbb", owner=OTHER_OWNER, object_ownership="object-writer"),
        bucket("ccc", owner=OWNER, create=True),
        {"name": "ddd", "owner": OWNER, "access": "read-only", "policy": "none", "kms_key": KEY},
    ],
)
RICH["workspace"] |= {
    "serverless_workspace_ids": ["1", "2"],
    "instance_profile": "clusters",
    "role_path": "/databricks/",
}


def _text(content: dict[str, Any]) -> str:
    return text(templates_of(content))


def _shuffled(value: Any, chance: random.Random, *, lists: bool) -> Any:
    """The same mapping with its keys in another order, and the lists too where their order means nothing."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: _shuffled(value[key], chance, lists=lists) for key in keys}
    if isinstance(value, list):
        items = [_shuffled(item, chance, lists=lists) for item in value]
        if lists:
            chance.shuffle(items)
        return items
    return value


@given(st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=15)
def test_setups_that_differ_only_in_order_give_the_same_bytes(chance: random.Random, lists: bool) -> None:
    assert _text(_shuffled(RICH, chance, lists=lists)) == _text(RICH)


def test_setups_that_differ_in_more_do_not() -> None:
    assert _text(RICH | {"region": "us-west-2", "buckets": RICH["buckets"][1:3]}) != _text(RICH)


def test_the_same_setup_gives_the_same_bytes_again_and_again() -> None:
    plan = plan_of(RICH)
    assert text(templates(plan)) == text(templates(plan)) == _text(RICH)


def test_yaml_and_json_give_the_same_bytes() -> None:
    stream = StringIO()
    YAML(typ="safe").dump(RICH, stream)
    (setup,) = setups_from_text(stream.getvalue())
    assert text(templates(plan_setup(setup))) == _text(RICH)


def test_a_file_is_readable_json_with_a_final_newline_and_no_escapes() -> None:
    written = _text(RICH)
    assert json.loads(written) == templates_of(RICH)
    assert written.endswith("}\n")
    assert "été/*" in written


def test_nothing_in_our_templates_would_be_refused() -> None:
    plan = plan_of(RICH)
    stacks = [
        Stack(phase.id, Deployment(template, phase.account.value, phase.region), phase.after)
        for phase, template in zip(plan.phases, templates(plan).values(), strict=True)
    ]
    assert violations(stacks) == ()
    (first, *others) = stacks
    assert {v.rule for v in violations([first, *[Stack(o.id, o.deployment) for o in others]])} == {"PrincipalExists"}


def test_templates_have_no_parameters_no_assets_and_no_bootstrap() -> None:
    for template in templates_of(RICH).values():
        assert set(template) <= {"AWSTemplateFormatVersion", "Description", "Metadata", "Resources", "Outputs"}


def test_what_somebody_else_must_merge_stands_in_the_metadata_and_only_then() -> None:
    made = templates_of(RICH)
    handoffs = {phase: template.get("Metadata", {}).get(HANDOFF_METADATA) for phase, template in made.items()}
    assert handoffs["DeploymentAccount"] is None
    assert [next(iter(handoff)) for handoff in handoffs[f"BucketOwner{OWNER}"]] == ["KeyPolicyOf"]
    assert [next(iter(handoff)) for handoff in handoffs[f"BucketOwner{OTHER_OWNER}"]] == ["BucketPolicyOf"]


def test_a_bucket_policy_waits_for_the_role_that_it_names() -> None:
    resources = templates_of(RICH)[f"BucketOwner{OWNER}"]["Resources"]
    policies = [resource for resource in resources.values() if resource["Type"] == "AWS::S3::BucketPolicy"]
    assert [policy["DependsOn"] for policy in policies] == [["BucketOwnerRole"]] * 2
    assert [policy["Properties"]["Bucket"] for policy in policies] == ["aaa", {"Ref": "S3CccBucket"}]


def test_a_bucket_that_is_created_outlives_its_stack_and_is_closed_to_the_public() -> None:
    created = templates_of(RICH)[f"BucketOwner{OWNER}"]["Resources"]["S3CccBucket"]
    assert (created["DeletionPolicy"], created["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert set(created["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}


def test_every_role_and_created_bucket_carries_the_tags() -> None:
    for template in templates_of(RICH).values():
        for resource in template["Resources"].values():
            if resource["Type"] in ("AWS::IAM::Role", "AWS::S3::Bucket"):
                tags = {tag["Key"]: tag["Value"] for tag in resource["Properties"]["Tags"]}
                assert tags == {
                    "lakehouse-iam:setup": "partner-bucket",
                    "team": "lake",
                    "cost-center": "42",
                    "env": "prod",
                }


def test_a_template_over_1_mb_as_it_is_written_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_setup(setup_of(document()))
    sizes = {phase.id: len(text(cloudformation.template(plan, phase)).encode()) for phase in plan.phases}
    largest = max(sizes.values())

    monkeypatch.setattr(cloudformation, "TEMPLATE_SIZE", largest)
    assert templates(plan)

    monkeypatch.setattr(cloudformation, "TEMPLATE_SIZE", largest - 1)
    with pytest.raises(PlanError) as caught:
        templates(plan)
    assert str(caught.value) == (
        f"partner-bucket: the template of partner-bucket-deployment-account would take {largest:,} bytes of {largest - 1:,}: "
        "move some of the buckets into a second setup"
    )


# ---------------------------------------------------------------- sizes


def _managed(buckets: int) -> Any:
    return templates_of(document(buckets=[bucket(f"bucket-{n:04}", policy="managed") for n in range(buckets)]))[
        "BucketOwner"
    ]


@pytest.mark.parametrize(
    ("buckets", "readable"),
    [
        pytest.param(20, True, id="within what a request holds"),
        pytest.param(50, False, id="within it without white space only"),
        pytest.param(100, True, id="over it either way"),
        pytest.param(300, False, id="within the older limit of S3 without white space only"),
    ],
)
def test_a_template_is_written_without_white_space_where_that_brings_it_below_a_limit(
    buckets: int, readable: bool
) -> None:
    template = _managed(buckets)
    written = template_text(template)
    assert json.loads(written) == template
    assert (written == text(template)) is readable
    assert (written.count("\n") == 1) is not readable
