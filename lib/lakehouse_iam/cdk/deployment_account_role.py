"""The role that Databricks clusters carry."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Token
from aws_cdk import aws_iam as iam
from constructs import Construct

from lakehouse_iam.arns import IamPath, RoleName
from lakehouse_iam.cdk.documents import add_trust, attach, trust_principal
from lakehouse_iam.cdk.references import role_arn
from lakehouse_iam.cdk.validation import ensure_validation
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import DATABRICKS_SHARDS, DatabricksShard
from lakehouse_iam.roles import instance_profile as documents


class DeploymentAccountRole(Construct):
    """The role that clusters carry through an instance profile; it may assume the bucket owners' roles and nothing else.

    Args:
        role_name: its name, at most 64 characters. Give one whenever another account must trust it: its ARN is then
            known beforehand. Default: CloudFormation chooses one.
        bucket_owner_roles: the roles it may assume, as ARNs or CDK roles of any account. They need not exist yet.
        serverless_workspace_ids: workspaces whose serverless SQL may use the role too. Default: none.
        shard: the Databricks deployment of those workspaces. Default: commercial.
        path: IAM path. Default: `/`.
        permissions_boundary: Default: whatever `iam.PermissionsBoundary.of(scope)` applies.

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
        if role_name is not None and not Token.is_unresolved(role_name):
            RoleName.parse(role_name)
        if serverless_workspace_ids and shard.serverless_role is None:
            raise InvalidValue(
                f"the role of serverless compute is not known for the shard {shard.name}",
                allowed="serverless_workspace_ids on the shard commercial",
            )
        first, *further = documents.deployment_trust(shard.serverless_role, serverless_workspace_ids).statements
        self.role = iam.Role(
            self,
            "Role",
            role_name=role_name,
            path=str(IamPath.parse(path)),
            description=documents.DEPLOYMENT_ROLE_DESCRIPTION,
            assumed_by=trust_principal(first),
            permissions_boundary=permissions_boundary,
        )
        add_trust(self.role, further)
        attach(
            self,
            "AssumeBucketOwnerRoles",
            self.role,
            documents.assume_role_documents([role_arn(role) for role in bucket_owner_roles]),
            name=f"{role_name}-assume-role" if role_name else None,
            description=documents.ASSUME_POLICY_DESCRIPTION,
        )
        ensure_validation(self)

    @property
    def role_arn(self) -> str:
        """The role's ARN."""
        return self.role.role_arn

    def grant_assume(self, role: iam.IRole | str) -> iam.Grant:
        """Let it assume one more role. The other side, that role's trust policy, is the bucket owner's to write.

        Raises:
            InvalidValue: the text is not a role's ARN.
        """
        return iam.Grant.add_to_principal(
            grantee=self.role, actions=["sts:AssumeRole"], resource_arns=[role_arn(role)], scope=self
        )
