"""The CDK code in the README runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

pytestmark = pytest.mark.synth

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def shown() -> dict[str, Any]:
    (code,) = [
        block
        for block in re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.M | re.S)
        if "import aws_cdk" in block
    ]
    names: dict[str, Any] = {}
    exec(compile(code, str(README), "exec"), names)
    return names


def test_the_app_of_the_readme_synthesizes_both_sides(shown: dict[str, Any]) -> None:
    trust = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}
    workspace, owner = Template.from_stack(shown["workspace"]), Template.from_stack(shown["owner"])
    workspace.has_resource_properties(
        "AWS::IAM::Role", {"AssumeRolePolicyDocument": {"Statement": [trust], "Version": "2012-10-17"}}
    )
    owner.has_resource_properties("AWS::IAM::Role", {"RoleName": "databricks-bucket-access"})
    owner.has_resource_properties("AWS::S3::BucketPolicy", {"PolicyDocument": {"Statement": Match.any_value()}})


def test_the_bucket_owners_stack_of_the_readme_waits_for_the_workspace(shown: dict[str, Any]) -> None:
    assert [stack.node.id for stack in shown["owner"].dependencies] == ["Workspace"]


def test_nothing_of_the_readme_is_left_for_somebody_else(shown: dict[str, Any]) -> None:
    assert shown["access"].handoffs == ()
