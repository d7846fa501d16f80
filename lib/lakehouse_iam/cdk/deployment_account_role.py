"""The role that Databricks clusters carry."""

from __future__ import annotations

import re
from collections.abc import Sequence

import jsii
from aws_cdk import aws_iam as iam
from constructs import Construct

from lakehouse_iam.cdk.arguments import HasRole, argument, listed, role_in, shard_in, text
from lakehouse_iam.cdk.assembly_metadata import record_permissions, record_trust
from lakehouse_iam.cdk.bucket_owner_role import BucketOwnerRole
from lakehouse_iam.cdk.documents import attach_policies, make_role, policy_statement
from lakehouse_iam.cdk.handoffs import HandOffs
from lakehouse_iam.cdk.references import (
    account_means_the_same_in,
    account_of_role,
    arn_beforehand,
    deploy_after,
    is_in_own_stack,
    is_known,
    role_arn,
    same_partition,
)
from lakehouse_iam.cdk.token_placeholders import TokenPlaceholders
from lakehouse_iam.cdk.validation import LakehouseIamValidation
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import DATABRICKS_SHARDS, EC2_SERVICE, DatabricksShard
from lakehouse_iam.resources import HandOff, HandOffKind
from lakehouse_iam.roles import instance_profile as documents
from lakehouse_iam.statements import sts

_WORKSPACE_ID = re.compile(r"[0-9]{1,20}")


@jsii.implements(iam.IGrantable)
class DeploymentAccountRole(Construct):
    """The role that clusters carry through an instance profile; it may assume the bucket owners' roles and nothing else.

    What it may assume must trust it in return: that is `BucketOwnerRole(trusted_role=…)`, in whichever account and app.
    For a role that no `BucketOwnerRole` makes, `grant_assume` extends that role's trust policy too, or hands it off.

    Examples:
        >>> from aws_cdk import App, Environment, Stack
        >>> from lakehouse_iam.cdk import DeploymentAccountRole, InstanceProfile
        >>> app = App()
        >>> stack = Stack(app, "Workspace", env=Environment(account="111122223333", region="us-west-2"))
        >>> clusters = DeploymentAccountRole(
        ...     stack,
        ...     "DeploymentAccountRole",
        ...     role_name="databricks-s3-access",
        ...     bucket_owner_roles=["arn:aws:iam::444455556666:role/databricks-bucket-access"],
        ... )
        >>> profile = InstanceProfile(
        ...     stack, "InstanceProfile", role=clusters.role, instance_profile_name="databricks-s3-access"
        ... )
        >>> clusters.handoffs
        ()

    Args:
        role_name: its name, at most 64 characters. Give one whenever another account must trust it: its ARN is then
            known beforehand. Default: CloudFormation chooses one.
        bucket_owner_roles: the roles of `BucketOwnerRole`s that it may assume, of any account: the constructs, CDK roles, or
            ARNs. They need not exist yet.
        serverless_workspace_ids: workspaces whose serverless SQL may use the role too. Default: none.
        shard: the Databricks deployment of those workspaces, as its name (`commercial`, `gov`, `gov-dod`) or from
            `partitions.DATABRICKS_SHARDS`. Default: commercial.
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
        bucket_owner_roles: Sequence[iam.IRole | iam.Role | HasRole | str] = (),
        serverless_workspace_ids: Sequence[str] = (),
        shard: DatabricksShard | str = DATABRICKS_SHARDS["commercial"],
        path: str = "/",
        permissions_boundary: iam.IManagedPolicy | None = None,
    ) -> None:
        super().__init__(scope, id)
        assumed = self._assumed(bucket_owner_roles)
        with argument(self, "shard"):
            shard = shard_in(shard)
        with argument(self, "serverless_workspace_ids"):
            self._check_serverless(serverless_workspace_ids, shard)
        placeholders = TokenPlaceholders(self)
        trust = documents.deployment_trust(shard.serverless_role, serverless_workspace_ids)
        self.role = make_role(
            self,
            role_name=role_name,
            path=path,
            description=documents.DEPLOYMENT_ROLE_DESCRIPTION,
            trust=trust,
            permissions_boundary=permissions_boundary,
        )
        spec = documents.deployment_account_role(
            self.role_arn,
            bucket_owner_roles=[placeholders.role_arn(arn) for arn in assumed],
            serverless_role=shard.serverless_role,
            workspace_ids=serverless_workspace_ids,
        )
        attach_policies(self, self.role, spec, role_name=role_name, placeholders=placeholders)
        self._arn_beforehand = arn_beforehand(self, self.role, role_name, path)
        self._handoffs = HandOffs(self)
        record_trust(self, self.role_arn, EC2_SERVICE)
        LakehouseIamValidation.add_to(self)

    @property
    def role_arn(self) -> str:
        """The role's ARN."""
        return self.role.role_arn

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The role, for the `grant…` methods of the CDK: `table.grant_read_data(construct)`."""
        return self.role

    @property
    def handoffs(self) -> tuple[HandOff, ...]:
        """What `grant_assume` left for somebody else to merge; also in the template's metadata."""
        return self._handoffs.all

    def grant_assume(self, role: iam.IRole | iam.Role | HasRole | str) -> iam.Grant:
        """Let it assume one more role, on both sides.

        A `BucketOwnerRole` that trusts this role already is left as it is. The trust policy of another role that this app
        makes is extended, and its stack made to wait for this one. That of any other comes out as a hand-off.

        Returns:
            The grant of the role's own statement.

        Raises:
            InvalidValue: the text is not a role's ARN.
        """
        with argument(self, "grant_assume"):
            arn = self._arn_of(role)
            target = role_in(role)
        if not self._is_trusted_by(target) and not self._extend_trust(target):
            why = "a role is assumed only by those its own trust policy names; merge it after this role exists"
            self._handoffs.add(HandOff(HandOffKind.TRUST_POLICY, arn, (sts.trust_role(self.role_arn),), why))
        given = {"Effect": "Allow", "Action": list(sts.ASSUME_ROLE), "Resource": arn}
        record_permissions(self, self.role_arn, [given])
        return iam.Grant.add_to_principal(
            grantee=self.role, actions=list(sts.ASSUME_ROLE), resource_arns=[arn], scope=self
        )

    def _arn_of(self, given: iam.IRole | iam.Role | HasRole | str) -> str:
        """The ARN of a role to assume; without making this stack wait for the stack of a `BucketOwnerRole`, if possible."""
        role = role_in(given)
        maker = _maker_of(role)
        if maker is None or maker.arn_beforehand is None or is_in_own_stack(self, maker):
            return role_arn(role, self)
        return maker.arn_beforehand if account_means_the_same_in(self, maker) else role_arn(role, self)

    def _is_trusted_by(self, role: iam.IRole | str) -> bool:
        """Whether a `BucketOwnerRole` of this app was made to trust this role."""
        maker = _maker_of(role)
        return maker is not None and maker.trusted_role_arn in (self.role_arn, self._arn_beforehand)

    def _assumed(self, roles: Sequence[iam.IRole | iam.Role | HasRole | str]) -> list[str]:
        with argument(self, "bucket_owner_roles"):
            given = listed(roles, name="bucket_owner_roles")
        assumed = []
        for index, role in enumerate(given):
            with argument(self, f"bucket_owner_roles[{index}]"):
                assumed.append(self._arn_of(role))
        return assumed

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
        given = listed(workspace_ids, name="serverless_workspace_ids")
        if not given:
            return
        if shard.serverless_role is None:
            raise InvalidValue(
                f"the role of serverless compute is not known for the shard {shard.name}",
                allowed="allowed are serverless_workspace_ids on the shard commercial",
                next_step="ask Databricks for its ARN; trusting a guessed account would let somebody else in",
            )
        same_partition(self, shard.partition, what=f"the Databricks shard {shard.name}")
        for workspace_id in given:
            text(workspace_id, example="a workspace id of digits")
            if is_known(workspace_id) and not _WORKSPACE_ID.fullmatch(workspace_id):
                raise InvalidValue(
                    f"{workspace_id!r} is not a Databricks workspace id", allowed="allowed are 1 to 20 digits"
                )


def _maker_of(role: iam.IRole | str) -> BucketOwnerRole | None:
    """The construct of this library that makes a role, if one does."""
    maker = None if isinstance(role, str) else role.node.scope
    return maker if isinstance(maker, BucketOwnerRole) else None
