"""What all constructs have in common in an app that we never saw: grants, tags, boundaries, ids, examples."""

from __future__ import annotations

import doctest
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack, Tags
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template
from foreign_app import OWNER, actions, owner_role, read_write

from lakehouse_iam.cdk import (
    BucketOwnerRole,
    DeploymentAccountRole,
    InstanceProfile,
    PassRoleGrant,
    StorageCredentialRole,
)

pytestmark = pytest.mark.synth

CONSTRUCTS = (BucketOwnerRole, DeploymentAccountRole, InstanceProfile, PassRoleGrant, StorageCredentialRole)


@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_the_example_in_its_docstring_runs_and_synthesizes(
    construct: type[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_OUTDIR", str(tmp_path))
    (example,) = [test for test in doctest.DocTestFinder(recurse=False).find(construct, globs={}) if test.examples]
    output: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.REPORT_NDIFF).run(example, out=output.append, clear_globs=False)
    assert result.attempted > 5
    assert result.failed == 0, "".join(output)
    assert example.globs["app"].synth().stacks


def _clusters(stack: Stack) -> DeploymentAccountRole:
    return DeploymentAccountRole(stack, "Clusters")


def _storage_credential(stack: Stack) -> StorageCredentialRole:
    return StorageCredentialRole(
        stack, "Uc", role_name="uc", buckets=[read_write("lake-data")], external_id="one-id", file_events=True
    )


@pytest.mark.parametrize("make", [_clusters, owner_role, _storage_credential])
def test_every_role_takes_the_grants_of_the_cdk(stack: Stack, make: Callable[[Stack], Any]) -> None:
    role = make(stack)
    table = dynamodb.Table(stack, "T", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING))
    assert table.grant_read_data(role).success
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    assert "dynamodb:GetItem" in policy["Properties"]["PolicyDocument"]["Statement"][0]["Action"]
    assert policy["Properties"]["Roles"] == [{"Ref": stack.get_logical_id(role.role.node.default_child)}]


@pytest.mark.parametrize("make", [owner_role, _storage_credential])
def test_a_grant_reaches_the_role_and_the_bucket_and_is_returned(stack: Stack, make: Callable[[Stack], Any]) -> None:
    role, bucket, later = make(stack), s3.Bucket(stack, "Bucket"), s3.CfnBucket(stack, "Later")
    read = role.grant_read(bucket, prefixes=["raw"])
    written = role.grant_read_write(bucket, prefixes=["curated"])
    assert isinstance(read, iam.Grant)
    assert read.success
    assert written.success
    assert len(written.principal_statements) > 1
    written.apply_before(later)
    template = Template.from_stack(stack)
    (own,) = template.find_resources("AWS::IAM::Policy").values()
    (resource,) = [
        found
        for found in template.find_resources("AWS::S3::BucketPolicy").values()
        if found["Properties"]["Bucket"] == {"Ref": stack.get_logical_id(bucket.node.default_child)}
    ]
    for policy in (own, resource):
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        written_to = [s["Resource"] for s in statements if "s3:PutObject" in s["Action"]]
        assert all(resources["Fn::Join"][1][1].startswith("/curated/") for resources in written_to)
        assert {"s3:DeleteObject", "s3:GetObject", "s3:PutObject"} <= actions(statements, "s3")
        assert "Sid" not in json.dumps(statements)
    own_statements = own["Properties"]["PolicyDocument"]["Statement"]
    assert not [s for s in own_statements if "sts:AssumeRole" in s["Action"]]
    waits = template.find_resources("AWS::S3::Bucket")[stack.get_logical_id(later)]["DependsOn"]
    assert any("DefaultPolicy" in name for name in waits)


def test_tags_and_boundaries_reach_the_roles(new_foreign_app: Callable[[], App]) -> None:
    app = new_foreign_app()
    stack, explicit = Stack(app, "Applied", env=OWNER), Stack(app, "Explicit", env=OWNER)
    DeploymentAccountRole(stack, "Clusters")
    owner_role(stack)
    boundary = iam.ManagedPolicy.from_managed_policy_name(explicit, "Boundary", "explicit-boundary")
    DeploymentAccountRole(explicit, "Clusters", permissions_boundary=boundary)
    owner_role(explicit, permissions_boundary=boundary)
    Tags.of(app).add("team", "lake")
    iam.PermissionsBoundary.of(stack).apply(iam.ManagedPolicy.from_managed_policy_name(stack, "B", "applied-boundary"))
    for made, policy in ((stack, "applied-boundary"), (explicit, "explicit-boundary")):
        roles = Template.from_stack(made).find_resources("AWS::IAM::Role")
        assert len(roles) == 2
        for role in roles.values():
            assert role["Properties"]["Tags"] == [{"Key": "team", "Value": "lake"}]
            assert policy in json.dumps(role["Properties"]["PermissionsBoundary"])


def test_app_may_use_any_id_of_its_own(new_foreign_app: Callable[[], App]) -> None:
    app = new_foreign_app()
    stack = Stack(app, "LakehouseIamValidation", env=OWNER)
    owner_role(stack)
    assert [child.node.id for child in app.node.children] == ["LakehouseIamValidation"]
