"""The instance profile that is registered in the Databricks workspace."""

from __future__ import annotations

from aws_cdk import Token
from aws_cdk import aws_iam as iam
from constructs import Construct

from lakehouse_iam.arns import IamPath, InstanceProfileName
from lakehouse_iam.cdk.validation import ensure_validation


class InstanceProfile(Construct):
    """The envelope in which EC2 hands a role to a cluster.

    Args:
        role: the role to hand over.
        instance_profile_name: at most 128 characters. The console gives it the name of the role, and Databricks'
            serverless SQL expects the two to be the same. Default: CloudFormation chooses one.
        path: IAM path. Default: `/`.

    Raises:
        InvalidValue: a name or path that IAM would refuse.
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
        if instance_profile_name is not None and not Token.is_unresolved(instance_profile_name):
            InstanceProfileName.parse(instance_profile_name)
        self.role = role
        self.instance_profile = iam.InstanceProfile(
            self,
            "InstanceProfile",
            role=role,
            instance_profile_name=instance_profile_name,
            path=str(IamPath.parse(path)),
        )
        ensure_validation(self)

    @property
    def role_arn(self) -> str:
        """The ARN of the role inside."""
        return self.role.role_arn

    @property
    def instance_profile_arn(self) -> str:
        """The ARN to register in the Databricks workspace."""
        return self.instance_profile.instance_profile_arn
