"""The permission to start clusters that carry a role."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from lakehouse_iam.arns import RoleArn, RoleName
from lakehouse_iam.cdk.arguments import HasRole, argument, role_in
from lakehouse_iam.cdk.documents import policy_document
from lakehouse_iam.cdk.references import is_known, role_arn, same_account
from lakehouse_iam.cdk.validation import LakehouseIamValidation
from lakehouse_iam.roles.cluster_role import pass_role_document


class PassRoleGrant(Construct):
    """An inline policy on the workspace's cross-account role: it may pass one role to EC2, and to nothing else.

    Examples:
        >>> from aws_cdk import App, Environment, Stack
        >>> from lakehouse_iam.cdk import PassRoleGrant
        >>> app = App()
        >>> stack = Stack(app, "Workspace", env=Environment(account="111122223333", region="us-west-2"))
        >>> grant = PassRoleGrant(
        ...     stack,
        ...     "PassRoleGrant",
        ...     role="arn:aws:iam::111122223333:role/databricks-s3-access",
        ...     cross_account_role="databricks-cross-account-role",
        ... )
        >>> grant.cross_account_role.role_name
        'databricks-cross-account-role'

    Args:
        role: the role that clusters carry: the construct, a CDK role, or an ARN. Not the instance profile, whose ARN would
            match nothing. It must be in the stack's own account: IAM passes no role across accounts.
        cross_account_role: the role that Databricks deploys clusters with: a CDK role, its name or its ARN; a token is
            taken for its name. It must be in the stack's own account.
        policy_name: Default: CloudFormation chooses one.

    Attributes:
        policy: the inline policy.
        cross_account_role: the role it is attached to.

    Raises:
        InvalidValue: an instance profile in the place of a role, a bad name, or a role of another account.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        role: iam.IRole | iam.Role | HasRole | str,
        cross_account_role: iam.IRole | iam.Role | str,
        policy_name: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        with argument(self, "role"):
            passed = role_in(role)
            arn = role_arn(passed, self)
            same_account(self, passed, purpose="the role to pass")
        with argument(self, "cross_account_role"):
            self.cross_account_role = self._existing_role(role_in(cross_account_role))
        self.policy = iam.Policy(
            self,
            "Policy",
            policy_name=policy_name,
            document=policy_document(pass_role_document(arn)),
            roles=[self.cross_account_role],
        )
        LakehouseIamValidation.add_to(self)

    def _existing_role(self, role: iam.IRole | str) -> iam.IRole:
        if not isinstance(role, str):
            same_account(self, role, purpose="the cross-account role")
            return role
        name = role
        if is_known(role) and role.startswith("arn:"):
            same_account(self, role, purpose="the cross-account role")
            name = str(RoleArn.parse(role).name)
        elif is_known(role):
            name = str(RoleName.parse(role))
        return iam.Role.from_role_name(self, "CrossAccountRole", name)
