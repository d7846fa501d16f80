"""The instance profile that is registered in the Databricks workspace."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from lakehouse_iam.arns import InstanceProfileName
from lakehouse_iam.cdk.arguments import HasRole, argument, role_in, shown, text
from lakehouse_iam.cdk.references import checked_path, is_known, same_account
from lakehouse_iam.cdk.validation import LakehouseIamValidation
from lakehouse_iam.errors import InvalidValue


class InstanceProfile(Construct):
    """The instance profile through which EC2 gives a role to a cluster.

    Examples:
        >>> from aws_cdk import App, Environment, Stack
        >>> from aws_cdk import aws_iam as iam
        >>> from lakehouse_iam.cdk import InstanceProfile
        >>> app = App()
        >>> stack = Stack(app, "Workspace", env=Environment(account="111122223333", region="us-west-2"))
        >>> role = iam.Role.from_role_name(stack, "Existing", "databricks-s3-access")
        >>> profile = InstanceProfile(stack, "InstanceProfile", role=role, instance_profile_name="databricks-s3-access")
        >>> profile.role_arn.endswith(":iam::111122223333:role/databricks-s3-access")
        True

    Args:
        role: the role to hand over, as a construct with a role or a CDK role; of the stack's own account.
        instance_profile_name: at most 128 characters. The console gives it the name of the role, and Databricks'
            serverless SQL expects the two to be the same. Default: CloudFormation chooses one.
        path: IAM path. Default: `/`.

    Attributes:
        role: the role inside.
        instance_profile: the CDK's own construct.

    Raises:
        InvalidValue: a name or path that IAM would refuse, or a role of another account.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        role: iam.IRole | iam.Role | HasRole,
        instance_profile_name: str | None = None,
        path: str = "/",
    ) -> None:
        super().__init__(scope, id)
        if instance_profile_name is not None and is_known(instance_profile_name):
            with argument(self, "instance_profile_name"):
                InstanceProfileName.parse(text(instance_profile_name, example="a name of at most 128 characters"))
        with argument(self, "role"):
            self.role = self._cdk_role(role)
        with argument(self, "path"):
            own_path = checked_path(path)
        self.instance_profile = iam.InstanceProfile(
            self,
            "InstanceProfile",
            role=self.role,
            instance_profile_name=instance_profile_name,
            path=own_path,
        )
        LakehouseIamValidation.add_to(self)

    def _cdk_role(self, given: iam.IRole | iam.Role | HasRole) -> iam.IRole:
        role = role_in(given)
        if isinstance(role, str):
            raise InvalidValue(
                f"it is {shown(role)}",
                allowed="allowed is a CDK role, or a construct that makes one, such as DeploymentAccountRole",
                next_step="import a role that exists with iam.Role.from_role_name or iam.Role.from_role_arn",
            )
        same_account(self, role, purpose="the role of the instance profile")
        return role

    @property
    def role_arn(self) -> str:
        """The ARN of the role inside."""
        return self.role.role_arn

    @property
    def instance_profile_arn(self) -> str:
        """The ARN to register in the Databricks workspace."""
        return self.instance_profile.instance_profile_arn
