"""The permission to start clusters that carry a role."""

from __future__ import annotations

from constructs import Construct

from lakehouse_iam.arns import RoleName
from lakehouse_iam.resources import RolePolicy
from lakehouse_iam.roles.cluster_role import pass_role_document
from lakehouse_iam.terraform.elements import make_elements
from lakehouse_iam.terraform.placement import UNNAMED, InAccount
from lakehouse_iam.terraform.role_elements import parsed_role
from lakehouse_iam.terraform_json.literals import known
from lakehouse_iam.terraform_json.render import render


class PassRoleGrant(Construct):
    """An inline policy on the workspace's cross-account role: it may pass one role to EC2, and to nothing else.

    Args:
        role_arn: the role that clusters carry. Not the instance profile: its ARN would match nothing.
        cross_account_role: the name of the role that Databricks deploys clusters with; it exists already.
        place: the account of both as the stack reaches it.

    Attributes:
        policy: the inline policy.

    Raises:
        InvalidValue: an instance profile in the place of a role, or a bad name.
    """

    def __init__(
        self, scope: Construct, id: str, *, role_arn: str, cross_account_role: str, place: InAccount = UNNAMED
    ) -> None:
        super().__init__(scope, id)
        role = parsed_role(role_arn, what="role_arn")
        cross_account = RoleName.parse(known(cross_account_role, what="cross_account_role"))
        policy = RolePolicy("Policy", f"pass-{role.name}", pass_role_document(str(role)), cross_account)
        (self.policy,) = make_elements(self, render([policy]), id_ends={}, provider=place.provider).values()
