"""The stage of the pattern `instance-profile`.

Order of events:

1. `DeploymentAccount`: the role that clusters carry, its instance profile, and the PassRole grant.
2. `BucketOwner`, one stack for each owner: the role that trusts the first one, so it waits for that stack. The CDK adds
   no dependency for a reference across accounts; this stage does.
"""

from __future__ import annotations

from typing import cast

from aws_cdk import Stack
from constructs import Construct

from lakehouse_iam.cdk import BucketOwnerRole, DeploymentAccountRole, InstanceProfile, PassRoleGrant
from lakehouse_iam.cdk.assembly_metadata import record_probes
from lakehouse_iam.plan import Plan
from lakehouse_iam.plan.instance_profile import DEPLOYMENT_ACCOUNT, bucket_owner_phase
from lakehouse_iam.resources import HandOffKind
from lakehouse_iam.setups.instance_profile import BucketOwner, InstanceProfileSetup
from stacks.acknowledgements import accept_object_wildcards
from stacks.phases import (
    SetupStage,
    boundary_of,
    bucket_access,
    made_bucket,
    show_handoffs,
    show_outputs,
    stack_properties,
    tag_everything,
)


class InstanceProfileStage(SetupStage):
    """Both sides of one setup: a stack in the workspace's account, then one in each bucket owner's."""

    def __init__(self, scope: Construct, plan: Plan, *, id: str = "") -> None:
        setup = cast("InstanceProfileSetup", plan.source)
        super().__init__(scope, plan, id=id)
        self.deployment_account = DeploymentAccountStack(self, setup, plan)
        self.bucket_owners = [BucketOwnerStack(self, setup, plan, owner) for owner in setup.bucket_owners]
        for stack in self.bucket_owners:
            stack.add_stack_dependency(self.deployment_account)
        record_probes(self.deployment_account, plan)
        tag_everything(self, plan)


class DeploymentAccountStack(Stack):
    """The workspace's account: what clusters carry."""

    def __init__(self, scope: Construct, setup: InstanceProfileSetup, plan: Plan) -> None:
        phase = plan.phase(DEPLOYMENT_ACCOUNT)
        super().__init__(scope, phase.id, **stack_properties(plan, phase))
        workspace = setup.workspace
        role = DeploymentAccountRole(
            self,
            "DeploymentAccountRole",
            role_name=str(workspace.role.name),
            path=str(workspace.role.path),
            bucket_owner_roles=[str(owner.role) for owner in setup.bucket_owners],
            serverless_workspace_ids=workspace.serverless_workspace_ids,
            shard=setup.shard,
            permissions_boundary=boundary_of(self, setup, workspace.role.account),
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
        # Bucket and key policies are handed off by the construct that lacks them; this one belongs to no construct.
        show_handoffs(self, phase, HandOffKind.ROLE_POLICY)
        show_outputs(
            self, phase, {"DeploymentAccountRole": role.role_arn, "InstanceProfile": profile.instance_profile_arn}
        )


class BucketOwnerStack(Stack):
    """One bucket owner's account: the role that clusters assume, and its buckets."""

    def __init__(self, scope: Construct, setup: InstanceProfileSetup, plan: Plan, owner: BucketOwner) -> None:
        phase = plan.phase(bucket_owner_phase(setup, owner))
        super().__init__(scope, phase.id, **stack_properties(plan, phase))
        buckets = setup.buckets_of(owner)
        created = [made_bucket(self, bucket) for bucket in buckets if bucket.create]
        role = BucketOwnerRole(
            self,
            "BucketOwnerRole",
            role_name=str(owner.role.name),
            path=str(owner.role.path),
            trusted_role=str(setup.workspace.role),
            trust=owner.trust,
            permissions_boundary=boundary_of(self, setup, owner.role.account),
            buckets=[bucket_access(bucket) for bucket in buckets],
        )
        role.node.add_dependency(*created)
        accept_object_wildcards(role, buckets, setup.partition)
        show_outputs(self, phase, {"BucketOwnerRole": role.role_arn})
