"""The role that Databricks clusters carry."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct

from lakehouse_iam.partitions import DATABRICKS_SHARDS, DatabricksShard
from lakehouse_iam.roles.instance_profile import deployment_account_role
from lakehouse_iam.terraform.placement import UNNAMED, InAccount
from lakehouse_iam.terraform.role_elements import make_role, parsed_role


class DeploymentAccountRole(Construct):
    """The role that clusters carry through an instance profile; it may assume the bucket owners' roles and nothing else.

    Args:
        role_arn: the ARN that it will have: account, path and name.
        bucket_owner_roles: the ARNs of the roles that it may assume. They need not exist yet.
        serverless_workspace_ids: workspaces whose serverless SQL may use the role too. Default: none.
        shard: the Databricks deployment of those workspaces. Default: commercial.
        place: its account as the stack reaches it.

    Attributes:
        role: the role.
        attachments: what lets it act.

    Raises:
        InvalidValue: a text that is not a role's ARN, or a reference that only the apply resolves.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        role_arn: str,
        bucket_owner_roles: Sequence[str],
        serverless_workspace_ids: Sequence[str] = (),
        shard: DatabricksShard = DATABRICKS_SHARDS["commercial"],
        place: InAccount = UNNAMED,
    ) -> None:
        super().__init__(scope, id)
        self.arn = parsed_role(role_arn, what="role_arn")
        spec = deployment_account_role(
            str(self.arn),
            bucket_owner_roles=[
                str(parsed_role(role, what="a role of bucket_owner_roles")) for role in bucket_owner_roles
            ],
            serverless_role=shard.serverless_role,
            workspace_ids=serverless_workspace_ids,
        )
        made = make_role(self, spec, place=place)
        self.role, self.attachments = made.role, made.attachments
