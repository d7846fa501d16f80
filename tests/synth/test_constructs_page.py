"""`docs/constructs.md` is right: its code runs, and its tables list every argument of every construct."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template
from project import ROOT

from lakehouse_iam.cdk import (
    AccessGrantsLocationRole,
    AthenaExecutionRole,
    BucketAccess,
    BucketOwnerRole,
    DataRegistrationRole,
    DeploymentAccountRole,
    EmrStudioServiceRole,
    EmrStudioUserRole,
    HandOffKind,
    InstanceProfile,
    LakehouseIamValidation,
    PassRoleGrant,
    SamlFederatedRole,
    StorageCredentialRole,
)
from lakehouse_iam.cdk.proof_validation import ProofValidation

pytestmark = pytest.mark.synth

PAGES = [ROOT / "docs" / "constructs.md", ROOT / "docs" / "constructs.ja.md"]
CONSTRUCTS = (
    AccessGrantsLocationRole,
    AthenaExecutionRole,
    BucketAccess,
    BucketOwnerRole,
    DataRegistrationRole,
    DeploymentAccountRole,
    EmrStudioServiceRole,
    EmrStudioUserRole,
    InstanceProfile,
    PassRoleGrant,
    SamlFederatedRole,
    StorageCredentialRole,
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_its_code_runs_and_makes_both_sides(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDK_OUTDIR", str(tmp_path))
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, str(page), "exec"), names)
    trust = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}
    workspace, owner = Template.from_stack(names["workspace"]), Template.from_stack(names["owner"])
    workspace.has_resource_properties(
        "AWS::IAM::Role", {"AssumeRolePolicyDocument": {"Statement": [trust], "Version": "2012-10-17"}}
    )
    owner.has_resource_properties("AWS::IAM::Role", {"RoleName": "databricks-bucket-access"})
    owner.has_resource_properties("AWS::S3::BucketPolicy", {"PolicyDocument": {"Statement": Match.any_value()}})
    owner.resource_count_is("AWS::S3::BucketPolicy", 1)
    assert [stack.node.id for stack in names["owner"].dependencies] == ["Workspace"]
    assert [(handed.kind, handed.target) for handed in names["access"].handoffs] == [
        (HandOffKind.BUCKET_POLICY, "a-bucket-of-another-team")
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_its_tables_list_every_argument(page: Path, construct: type[Any]) -> None:
    text = page.read_text(encoding="utf-8")
    (section,) = re.findall(rf"^## {construct.__name__}\n(.*?)(?=^## )", text, re.M | re.S)
    listed = re.findall(r"^\| `(\w+)` \|", section, re.M)
    arguments = [
        name for name in inspect.signature(construct.__init__).parameters if name not in ("self", "scope", "id")
    ]
    assert sorted(listed[: len(arguments)]) == sorted(arguments)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_its_table_lists_every_rule(page: Path) -> None:
    listed = set(re.findall(r"^\| `(lakehouse-iam\S*::\w+)` \|", page.read_text(encoding="utf-8"), re.M))
    plugins = (LakehouseIamValidation(), ProofValidation())
    assert {f"{plugin.name}::{rule}" for plugin in plugins for rule in plugin.rule_ids or ()} == listed
