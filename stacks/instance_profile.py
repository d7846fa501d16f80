"""The stage of the pattern `instance-profile`.

Order of events:

1. `DeploymentAccount`: the role that clusters carry, its instance profile, and the PassRole grant.
2. `BucketOwner`, one stack for each owner: the role that trusts the first one, so it waits for that stack. The CDK adds
   no dependency for a reference across accounts; this stage does.
"""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Environment, RemovalPolicy, Stack, Stage, Tags
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lakehouse_iam.arns import AccountId
from lakehouse_iam.cdk import BucketAccess, BucketOwnerRole, DeploymentAccountRole, InstanceProfile, PassRoleGrant
from lakehouse_iam.cdk.handoff import HandOff, show
from lakehouse_iam.cloudformation import description
from lakehouse_iam.plan import Phase, Plan, plan_setup
from lakehouse_iam.plan.instance_profile import DEPLOYMENT_ACCOUNT, bucket_owner_phase
from lakehouse_iam.resources import RolePolicyGrant
from lakehouse_iam.setups.instance_profile import Bucket, BucketOwner, InstanceProfileSetup
from lakehouse_iam.statements.s3 import ObjectOwnership

_OWNERSHIP = {
    ObjectOwnership.BUCKET_OWNER_ENFORCED: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    ObjectOwnership.BUCKET_OWNER_PREFERRED: s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
    ObjectOwnership.OBJECT_WRITER: s3.ObjectOwnership.OBJECT_WRITER,
}


class InstanceProfileStage(Stage):
    """Both sides of one setup: a stack in the workspace's account, then one in each bucket owner's.

    Args:
        setup: what to build.
        id: the stage's id. Default: the setup's name in PascalCase.

    Raises:
        PlanError: the setup is larger than AWS accepts.
    """

    def __init__(self, scope: Construct, setup: InstanceProfileSetup, *, id: str = "") -> None:
        super().__init__(scope, id or "".join(word.capitalize() for word in setup.name.split("-")))
        plan = plan_setup(setup)
        self.deployment_account = DeploymentAccountStack(self, setup, plan)
        self.bucket_owners = [BucketOwnerStack(self, setup, plan, owner) for owner in setup.bucket_owners]
        for stack in self.bucket_owners:
            stack.add_stack_dependency(self.deployment_account)
        for key, value in plan.tags:
            Tags.of(self).add(key, value)


class DeploymentAccountStack(Stack):
    """The workspace's account: what clusters carry."""

    def __init__(self, scope: Construct, setup: InstanceProfileSetup, plan: Plan) -> None:
        phase = plan.phase(DEPLOYMENT_ACCOUNT)
        super().__init__(scope, phase.id, **_of_phase(plan, phase))
        workspace = setup.workspace
        role = DeploymentAccountRole(
            self,
            "DeploymentAccountRole",
            role_name=str(workspace.role.name),
            path=str(workspace.role.path),
            bucket_owner_roles=[str(owner.role) for owner in setup.bucket_owners],
            serverless_workspace_ids=workspace.serverless_workspace_ids,
            shard=setup.shard,
            permissions_boundary=_boundary(self, setup, workspace.role.account),
        )
        profile = InstanceProfile(
            self,
            "InstanceProfile",
            role=role.role,
            instance_profile_name=str(workspace.instance_profile.name),
            path=str(workspace.instance_profile.path),
        )
        if workspace.cross_account_role:
            PassRoleGrant(
                self,
                "PassRoleGrant",
                role=role.role,
                cross_account_role=str(workspace.cross_account_role),
                policy_name=f"pass-{workspace.role.name}",
            )
        _show_handoffs(self, phase)
        _outputs(self, phase, {"DeploymentAccountRole": role.role_arn, "InstanceProfile": profile.instance_profile_arn})


class BucketOwnerStack(Stack):
    """One bucket owner's account: the role that clusters assume, and its buckets."""

    def __init__(self, scope: Construct, setup: InstanceProfileSetup, plan: Plan, owner: BucketOwner) -> None:
        phase = plan.phase(bucket_owner_phase(setup, owner))
        super().__init__(scope, phase.id, **_of_phase(plan, phase))
        buckets = setup.buckets_of(owner)
        created = [_bucket(self, bucket) for bucket in buckets if bucket.create]
        role = BucketOwnerRole(
            self,
            "BucketOwnerRole",
            role_name=str(owner.role.name),
            path=str(owner.role.path),
            trusted_role=str(setup.workspace.role),
            trust=owner.trust,
            permissions_boundary=_boundary(self, setup, owner.role.account),
            buckets=[_access(bucket) for bucket in buckets],
        )
        role.node.add_dependency(*created)
        _outputs(self, phase, {"BucketOwnerRole": role.role_arn})


def _access(bucket: Bucket) -> BucketAccess:
    return BucketAccess(
        bucket=str(bucket.name),
        access=bucket.access,
        prefixes=tuple(str(prefix) for prefix in bucket.prefixes),
        kms_key=str(bucket.key) if bucket.key else None,
        object_ownership=bucket.object_ownership,
        policy=bucket.policy,
    )


def _bucket(stack: Stack, bucket: Bucket) -> s3.Bucket:
    key = kms.Key.from_key_arn(stack, f"Key-{bucket.name}", str(bucket.key)) if bucket.key else None
    return s3.Bucket(
        stack,
        f"Bucket-{bucket.name}",
        bucket_name=str(bucket.name),
        encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
        encryption_key=key,
        bucket_key_enabled=True if key else None,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=_OWNERSHIP[bucket.object_ownership],
        removal_policy=RemovalPolicy.RETAIN,
    )


def _boundary(stack: Stack, setup: InstanceProfileSetup, account: AccountId) -> iam.IManagedPolicy | None:
    boundary = setup.boundary_in(account)
    return iam.ManagedPolicy.from_managed_policy_arn(stack, "PermissionsBoundary", str(boundary)) if boundary else None


def _of_phase(plan: Plan, phase: Phase) -> dict[str, Any]:
    return {
        "stack_name": phase.stack,
        "env": Environment(account=str(phase.account), region=phase.region),
        "description": description(plan, phase),
    }


def _show_handoffs(stack: Stack, phase: Phase) -> None:
    handoffs = [
        HandOff("PolicyOf", handed.role, handed.why, handed.statements)
        for handed in phase.handoffs
        if isinstance(handed, RolePolicyGrant)
    ]
    show(stack, handoffs)


def _outputs(stack: Stack, phase: Phase, arns: dict[str, str]) -> None:
    for output in phase.outputs:
        value = arns[output.arn_of] if output.arn_of else output.value
        CfnOutput(stack, output.id, value=value, description=output.description)
