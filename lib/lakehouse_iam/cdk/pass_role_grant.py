"""The leave to start clusters that carry a role."""

from __future__ import annotations

from aws_cdk import Token
from aws_cdk import aws_iam as iam
from constructs import Construct

from lakehouse_iam.arns import RoleArn, RoleName
from lakehouse_iam.cdk.documents import policy_document
from lakehouse_iam.cdk.references import role_arn, same_account
from lakehouse_iam.cdk.validation import ensure_validation
from lakehouse_iam.roles import instance_profile as documents


class PassRoleGrant(Construct):
    """An inline policy on the workspace's cross-account role: it may pass one role to EC2, and to nothing else.

    Args:
        role: the role that clusters carry, as a CDK role or ARN. Not the instance profile: its ARN would match nothing.
        cross_account_role: the role that Databricks deploys clusters with: a CDK role, its name or its ARN. It must be
            in the stack's own account.
        policy_name: Default: CloudFormation chooses one.

    Raises:
        InvalidValue: an instance profile in the place of a role, a bad name, or a role of another account.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        role: iam.IRole | str,
        cross_account_role: iam.IRole | str,
        policy_name: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.cross_account_role = self._existing_role(cross_account_role)
        self.policy = iam.Policy(
            self,
            "Policy",
            policy_name=policy_name,
            document=policy_document(documents.pass_role_document(role_arn(role))),
            roles=[self.cross_account_role],
        )
        ensure_validation(self)

    def _existing_role(self, role: iam.IRole | str) -> iam.IRole:
        if not isinstance(role, str):
            same_account(self, role, purpose="the cross-account role")
            return role
        if Token.is_unresolved(role):
            return iam.Role.from_role_name(self, "CrossAccountRole", role)
        if role.startswith("arn:"):
            same_account(self, role, purpose="the cross-account role")
            return iam.Role.from_role_name(self, "CrossAccountRole", str(RoleArn.parse(role).name))
        return iam.Role.from_role_name(self, "CrossAccountRole", str(RoleName.parse(role)))
