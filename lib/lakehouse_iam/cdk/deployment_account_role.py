"""The role that Databricks clusters carry."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from lakehouse_iam.cdk.documents import add_trust, attach, policy_statement, trust_principal
from lakehouse_iam.cdk.handoff import TRUST_POLICY, HandOff, HandOffs
from lakehouse_iam.cdk.promises import promise_way
from lakehouse_iam.cdk.references import (
    account_of_role,
    checked_path,
    checked_role_name,
    deploy_after,
    is_in_own_stack,
    is_known,
    listed,
    policy_name,
    role_arn,
    same_partition,
)
from lakehouse_iam.cdk.stand_ins import StandIns
from lakehouse_iam.cdk.validation import LakehouseIamValidation
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import DATABRICKS_SHARDS, EC2_SERVICE, DatabricksShard
from lakehouse_iam.roles import instance_profile as documents
from lakehouse_iam.statements import sts

_WORKSPACE_ID = re.compile(r"[0-9]{1,20}")


class DeploymentAccountRole(Construct):
    """The role that clusters carry through an instance profile; it may assume the bucket owners' roles and nothing else.

    What it may assume must trust it in return: that is `BucketOwnerRole(trusted_role=…)`, in whichever account and app.
    For a role that no `BucketOwnerRole` makes, `grant_assume` sees to the other half too.

    Args:
        role_name: its name, at most 64 characters. Give one whenever another account must trust it: its ARN is then
            known beforehand. Default: CloudFormation chooses one.
        bucket_owner_roles: the roles of `BucketOwnerRole`s that it may assume, as ARNs or CDK roles of any account. They
            need not exist yet.
        serverless_workspace_ids: workspaces whose serverless SQL may use the role too. Default: none.
        shard: the Databricks deployment of those workspaces. Default: commercial.
        path: IAM path. Default: `/`.
        permissions_boundary: Default: whatever `iam.PermissionsBoundary.of(scope)` applies.

    Attributes:
        role: the CDK role.

    Raises:
        InvalidValue: a name, path or ARN that AWS would refuse, or serverless compute where its role is not known.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        role_name: str | None = None,
        bucket_owner_roles: Sequence[iam.IRole | str] = (),
        serverless_workspace_ids: Sequence[str] = (),
        shard: DatabricksShard = DATABRICKS_SHARDS["commercial"],
        path: str = "/",
        permissions_boundary: iam.IManagedPolicy | None = None,
    ) -> None:
        super().__init__(scope, id)
        listed(bucket_owner_roles, name="bucket_owner_roles")
        self._check_serverless(serverless_workspace_ids, shard)
        assumed = [role_arn(role, self) for role in bucket_owner_roles]
        first, *further = documents.deployment_trust(shard.serverless_role, serverless_workspace_ids).statements
        self.role = iam.Role(
            self,
            "Role",
            role_name=checked_role_name(role_name),
            path=checked_path(path),
            description=documents.DEPLOYMENT_ROLE_DESCRIPTION,
            assumed_by=trust_principal(first),
            permissions_boundary=permissions_boundary,
        )
        add_trust(self.role, further)
        stand_ins = StandIns(self)
        attach(
            self,
            "AssumeBucketOwnerRoles",
            self.role,
            documents.assume_role_documents([stand_ins.role_arn(arn) for arn in assumed]),
            name=policy_name(role_name, "assume-role"),
            description=documents.ASSUME_POLICY_DESCRIPTION,
            stand_ins=stand_ins,
        )
        self._handoffs = HandOffs(self)
        promise_way(self, self.role_arn, EC2_SERVICE)
        LakehouseIamValidation.add_to(self)

    @property
    def role_arn(self) -> str:
        """The role's ARN."""
        return self.role.role_arn

    @property
    def handoffs(self) -> tuple[HandOff, ...]:
        """What `grant_assume` left for somebody else to merge; also in the template's metadata."""
        return self._handoffs.all

    def grant_assume(self, role: iam.IRole | str) -> iam.Grant:
        """Let it assume one more role, on both sides.

        The trust policy of a role that this app makes is extended, and its stack made to wait for this one. That of any
        other comes out as a hand-off.

        Raises:
            InvalidValue: the text is not a role's ARN.
        """
        arn = role_arn(role, self)
        if not self._extend_trust(role):
            why = "a role is assumed only by those its own trust policy names; merge it after this role exists"
            self._handoffs.add(HandOff(TRUST_POLICY, arn, why, (sts.trust_role(self.role_arn),)))
        return iam.Grant.add_to_principal(
            grantee=self.role, actions=list(sts.ASSUME_ROLE), resource_arns=[arn], scope=self
        )

    def _extend_trust(self, role: iam.IRole | str) -> bool:
        if not isinstance(role, iam.Role) or role.assume_role_policy is None:
            return False
        if not is_in_own_stack(self, role):
            # Within one account this stack waits for that one, whose role it names, so that one cannot wait for it.
            own, other = account_of_role(self.role), account_of_role(role)
            if own is None or other is None or own == other:
                return False
            deploy_after(role, self.role)
        role.assume_role_policy.add_statements(policy_statement(sts.trust_role(self.role_arn)))
        return True

    def _check_serverless(self, workspace_ids: Sequence[str], shard: DatabricksShard) -> None:
        listed(workspace_ids, name="serverless_workspace_ids")
        if not workspace_ids:
            return
        if shard.serverless_role is None:
            raise InvalidValue(
                f"the role of serverless compute is not known for the shard {shard.name}",
                allowed="allowed are serverless_workspace_ids on the shard commercial",
                next_step="ask Databricks for its ARN; trusting a guessed account would let a stranger in",
            )
        same_partition(self, shard.partition, what=f"the Databricks shard {shard.name}")
        for workspace_id in workspace_ids:
            if is_known(workspace_id) and not _WORKSPACE_ID.fullmatch(workspace_id):
                raise InvalidValue(
                    f"{workspace_id!r} is not a Databricks workspace id", allowed="allowed are 1 to 20 digits"
                )
