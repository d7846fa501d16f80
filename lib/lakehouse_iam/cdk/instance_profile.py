"""The instance profile that is registered in the Databricks workspace."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from lakehouse_iam.arns import InstanceProfileName
from lakehouse_iam.cdk.references import checked_path, is_known, same_account
from lakehouse_iam.cdk.validation import LakehouseIamValidation


class InstanceProfile(Construct):
    """The instance profile through which EC2 gives a role to a cluster.

    Example:
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
        role: the role to hand over; of the stack's own account.
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
        role: iam.IRole,
        instance_profile_name: str | None = None,
        path: str = "/",
    ) -> None:
        super().__init__(scope, id)
        if instance_profile_name is not None and is_known(instance_profile_name):
            InstanceProfileName.parse(instance_profile_name)
        same_account(self, role, purpose="the role of the instance profile")
        self.role = role
        self.instance_profile = iam.InstanceProfile(
            self,
            "InstanceProfile",
            role=role,
            instance_profile_name=instance_profile_name,
            path=checked_path(path),
        )
        LakehouseIamValidation.add_to(self)

    @property
    def role_arn(self) -> str:
        """The ARN of the role inside."""
        return self.role.role_arn

    @property
    def instance_profile_arn(self) -> str:
        """The ARN to register in the Databricks workspace."""
        return self.instance_profile.instance_profile_arn
