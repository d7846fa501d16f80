"""What the stages of every pattern make of a plan: places, outputs, buckets, boundaries."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Environment, RemovalPolicy, Stack, Stage, Tags
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lakehouse_iam.arns import AccountId
from lakehouse_iam.cdk import BucketAccess
from lakehouse_iam.cdk.handoffs import HandOffs
from lakehouse_iam.cloudformation import description
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.plan import Phase, Plan
from lakehouse_iam.resources import HandOffKind
from lakehouse_iam.setups import Setup
from lakehouse_iam.setups.buckets import Bucket
from stacks.acknowledgements import accept_as_created


class SetupStage(Stage):
    """The stacks of one setup; each pattern has a stage of its own below this one.

    Args:
        plan: what to build.
        id: the stage's id. Default: the setup's name in PascalCase.

    Raises:
        InvalidValue: another stage's id differs only in case.
    """

    def __init__(self, scope: Construct, plan: Plan, *, id: str = "") -> None:
        super().__init__(scope, id or stage_id(scope, plan.setup))


def tag_everything(stage: Stage, plan: Plan) -> None:
    """Give the setup's tags to everything in a stage."""
    for key, value in plan.tags:
        Tags.of(stage).add(key, value)


def stage_id(scope: Construct, setup: str) -> str:
    """A setup's name in PascalCase; not one that a file system without regard to case would take for another stage's."""
    id = "".join(word.capitalize() for word in setup.split("-"))
    if any(child.node.id.lower() == id.lower() for child in scope.node.children):
        raise InvalidValue(
            f"the name of the setup {setup!r} differs from another's only in its hyphens",
            allowed="names that differ in their letters and digits: the stage of each is named in PascalCase",
        )
    return id


def bucket_access(bucket: Bucket) -> BucketAccess:
    """A bucket of a setup as the constructs take it."""
    # The CDK's enumeration of Object Ownership and the setups' have the same names.
    return BucketAccess(
        bucket=str(bucket.name),
        access=bucket.access,
        prefixes=tuple(str(prefix) for prefix in bucket.prefixes),
        kms_key=str(bucket.key) if bucket.key else None,
        object_ownership=s3.ObjectOwnership[bucket.object_ownership.name],
        policy=bucket.policy,
        file_events=bucket.file_events,
    )


def made_bucket(stack: Stack, bucket: Bucket) -> s3.Bucket:
    """A bucket that the setup creates: encrypted, closed to the public, kept when its stack is deleted."""
    key = kms.Key.from_key_arn(stack, f"Key-{bucket.name}", str(bucket.key)) if bucket.key else None
    made = s3.Bucket(
        stack,
        f"Bucket-{bucket.name}",
        bucket_name=str(bucket.name),
        encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
        encryption_key=key,
        bucket_key_enabled=True if key else None,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership[bucket.object_ownership.name],
        removal_policy=RemovalPolicy.RETAIN,
    )
    accept_as_created(made, bucket)
    return made


def boundary_of(stack: Stack, setup: Setup, account: AccountId) -> iam.IManagedPolicy | None:
    """The permissions boundary of roles in an account, if the setup asks for one."""
    boundary = setup.boundary_in(account)
    return iam.ManagedPolicy.from_managed_policy_arn(stack, "PermissionsBoundary", str(boundary)) if boundary else None


def stack_properties(plan: Plan, phase: Phase) -> dict[str, Any]:
    """The name, place and description of a phase's stack."""
    return {
        "stack_name": phase.stack,
        "env": Environment(account=str(phase.account), region=phase.region),
        "description": description(plan, phase),
    }


def show_outputs(stack: Stack, phase: Phase, arns: dict[str, str]) -> None:
    """The outputs of a phase; `arns` holds those of resources by the id that the plan gives them."""
    for output in phase.outputs:
        value = arns[output.arn_of] if output.arn_of else output.value
        CfnOutput(stack, output.id, value=value, description=output.description)


def show_handoffs(scope: Construct, phase: Phase, kind: HandOffKind) -> None:
    """Write those hand-offs of a phase into the template that no construct of the stack finds by itself."""
    handoffs = HandOffs(scope)
    for handoff in phase.handoffs:
        if handoff.kind is kind:
            handoffs.add(handoff)
