"""The stack of the pattern `instance-profile`: all its accounts, and the workspace, in one apply.

Order of events, and why:

1. In the workspace's account: the role that clusters carry, its instance profile, and the PassRole grant. The role's own
   policy names the bucket owners' roles as resources, and a resource need not exist yet.
2. In each bucket owner's account: the role that trusts the first one, so it comes after it: IAM refuses a trust policy that
   names a role which does not exist. Bucket policies come after the role that they name.
3. A wait that begins when the profile, its role's policies and the PassRole grant are there.
4. The registration in the workspace, which Databricks validates by trying to start an instance. It is left out where the
   setup names no workspace, or where somebody else must merge the PassRole grant first.
"""

from __future__ import annotations

from typing import cast

from constructs import Construct

from lakehouse_iam.plan import Plan
from lakehouse_iam.plan.instance_profile import DEPLOYMENT_ACCOUNT, bucket_owner_phase
from lakehouse_iam.setups.instance_profile import BucketOwner, InstanceProfileSetup
from lakehouse_iam.terraform import (
    BucketOwnerRole,
    DeploymentAccountRole,
    InAccount,
    InstanceProfile,
    PassRoleGrant,
    RegisteredProfile,
    databricks_provider,
    time_provider,
)
from lakehouse_iam.terraform.engine import TerraformStack
from lakehouse_iam.terraform.stacks.phases import (
    bucket_access,
    place_of,
    show_handoffs,
    show_kept,
    show_notes,
    show_outputs,
)


class InstanceProfileStack(TerraformStack):
    """Both sides of one setup.

    Args:
        plan: what to build: the plan of a setup; the setup's name is the stack's.
    """

    def __init__(self, scope: Construct, plan: Plan) -> None:
        setup = cast("InstanceProfileSetup", plan.source)
        super().__init__(scope, setup.name)
        workspace = setup.workspace
        place = place_of(self, setup, plan, workspace.role.account)
        role = DeploymentAccountRole(  # 1
            self,
            "DeploymentAccountRole",
            role_arn=str(workspace.role),
            bucket_owner_roles=[str(owner.role) for owner in setup.bucket_owners],
            serverless_workspace_ids=workspace.serverless_workspace_ids,
            shard=setup.shard,
            place=place,
        )
        profile = InstanceProfile(
            self, "InstanceProfile", instance_profile_arn=str(workspace.instance_profile), role=role, place=place
        )
        owners = {owner: self._bucket_owner(setup, plan, owner, role) for owner in setup.bucket_owners}  # 2
        self._registered(setup, profile, place)  # 3 and 4
        show_outputs(
            self,
            plan.phase(DEPLOYMENT_ACCOUNT),
            {"DeploymentAccountRole": role.role.reference("arn"), "InstanceProfile": profile.element.reference("arn")},
        )
        for owner, made in owners.items():
            phase = plan.phase(bucket_owner_phase(setup, owner))
            show_outputs(self, phase, {"BucketOwnerRole": made.role.reference("arn")})
        show_handoffs(self, [handoff for phase in plan.phases for handoff in phase.handoffs])
        show_kept(self, [made.buckets for made in owners.values()])
        show_notes(self, plan)

    def _bucket_owner(
        self, setup: InstanceProfileSetup, plan: Plan, owner: BucketOwner, trusted: DeploymentAccountRole
    ) -> BucketOwnerRole:
        return BucketOwnerRole(
            self,
            bucket_owner_phase(setup, owner),
            role_arn=str(owner.role),
            trusted_role=str(trusted.arn),
            trust=owner.trust,
            buckets=[bucket_access(bucket) for bucket in setup.buckets_of(owner)],
            after=[trusted.role],
            place=place_of(self, setup, plan, owner.role.account),
        )

    def _registered(self, setup: InstanceProfileSetup, profile: InstanceProfile, place: InAccount) -> None:
        if not setup.workspace.cross_account_role:
            return
        grant = PassRoleGrant(
            self,
            "PassRoleGrant",
            role_arn=str(setup.workspace.role),
            cross_account_role=str(setup.workspace.cross_account_role),
            place=place,
        )
        if setup.host:
            time_provider(self)
            RegisteredProfile(
                self,
                "RegisteredProfile",
                profile=profile,
                pass_role=[grant.policy],
                provider=databricks_provider(self, host=setup.host),
            )
