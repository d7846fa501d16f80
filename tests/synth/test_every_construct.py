"""What all constructs have in common in an app that we never saw: grants, tags, boundaries, ids, examples."""

from __future__ import annotations

import doctest
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsii
import pytest
from aws_cdk import App, Aspects, Environment, IAspect, Stack, Tags
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template
from constructs import Construct, IConstruct
from foreign_app import CLUSTERS, OWNER, WORKSPACE, actions, owner_role, read_write

from lakehouse_iam.cdk import (
    AccessGrantsLocationRole,
    AthenaExecutionRole,
    BucketOwnerRole,
    DataRegistrationRole,
    DeploymentAccountRole,
    EmrStudioServiceRole,
    EmrStudioUserRole,
    InstanceProfile,
    PassRoleGrant,
    SamlFederatedRole,
    StorageCredentialRole,
    switch_off_validation,
)
from lakehouse_iam.errors import InvalidValue

pytestmark = pytest.mark.synth

CONSTRUCTS = (
    AccessGrantsLocationRole,
    AthenaExecutionRole,
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


def test_roles_that_exist_may_take_the_place_of_ours(new_foreign_app: Callable[[], App]) -> None:
    app = new_foreign_app()
    stack, data = Stack(app, "Lake", env=OWNER), Stack(app, "Data", env=OWNER)
    # What a company uses whose developers may not make roles.
    iam.Role.customize_roles(stack, use_precreated_roles={"Lake/Owner/Role": "made-by-the-security-team"})
    s3.Bucket(stack, "Other")
    bucket = s3.Bucket(data, "Bucket")
    role = owner_role(stack, read_write(bucket), role_name="owner")
    switch_off_validation(app, reason="the security team makes the role")
    app.synth()
    Template.from_stack(stack).resource_count_is("AWS::IAM::Role", 0)
    assert role.role_arn == "arn:aws:iam::444455556666:role/made-by-the-security-team"
    (policy,) = Template.from_stack(data).find_resources("AWS::S3::BucketPolicy").values()
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    assert {s["Condition"]["ArnEquals"]["aws:PrincipalArn"] for s in statements} == {role.role_arn}


def test_aspects_of_others_see_and_change_our_resources(new_foreign_app: Callable[[], App]) -> None:
    @jsii.implements(IAspect)
    class OwnPath:
        def visit(self, node: IConstruct) -> None:
            if isinstance(node, iam.CfnManagedPolicy):
                node.path = "/bank/"

    app = new_foreign_app()
    stack = Stack(app, "Lake", env=OWNER)
    owner_role(stack, read_write("lake-data"))
    _storage_credential(stack)
    Aspects.of(app).add(OwnPath())
    policies = Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy").values()
    assert [policy["Properties"]["Path"] for policy in policies] == ["/bank/", "/bank/"]


def test_a_subclass_is_granted_like_the_construct(stack: Stack) -> None:
    class OwnersOfTheBank(BucketOwnerRole):
        def __init__(self, scope: Construct, id: str) -> None:
            super().__init__(scope, id, trusted_role=CLUSTERS)

    bucket = s3.Bucket(stack, "Bucket")
    assert bucket.grant_read(OwnersOfTheBank(stack, "Owner")).success


def test_a_stack_without_resources_hides_nothing_of_the_others(cdk_context: Mapping[str, Any], tmp_path: Path) -> None:
    # Apps from before the CDK's own validation do not have this flag, and may have an empty stack.
    app = App(context={**cdk_context, "@aws-cdk/core:validateAgainstDefaultRules": False}, outdir=str(tmp_path))
    Stack(app, "Empty", env=OWNER)
    clusters = DeploymentAccountRole(Stack(app, "Workspace", env=WORKSPACE), "Clusters", role_name="clusters")
    role = BucketOwnerRole(Stack(app, "Lake", env=OWNER), "Owner", role_name="owner", trusted_role=clusters)
    with pytest.raises(RuntimeError) as caught:
        app.synth()
    assert "clusters assumes owner: it must be allowed and is denied" in str(caught.value)
    assert "this is not a template" not in str(caught.value)
    clusters.grant_assume(role)
    assert app.synth(force=True).stacks


def test_a_region_that_is_none_is_named_with_its_stack(new_foreign_app: Callable[[], App]) -> None:
    stack = Stack(new_foreign_app(), "Lake", env=Environment(account="444455556666", region="us-west2"))
    with pytest.raises(InvalidValue, match="the region of the stack Lake: 'us-west2' is not an AWS region"):
        owner_role(stack)


def test_app_may_use_any_id_of_its_own(new_foreign_app: Callable[[], App]) -> None:
    app = new_foreign_app()
    stack = Stack(app, "LakehouseIamValidation", env=OWNER)
    owner_role(stack)
    assert [child.node.id for child in app.node.children] == ["LakehouseIamValidation"]
