"""The role that clusters with credential passthrough carry for jobs and JDBC."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct

from lakehouse_iam.roles.saml_passthrough import meta_role
from lakehouse_iam.terraform.placement import UNNAMED, InAccount
from lakehouse_iam.terraform.role_elements import make_role, parsed_role


class MetaInstanceProfileRole(Construct):
    """The role of a meta instance profile; it may assume the roles of the groups and nothing else.

    Args:
        role_arn: the ARN that it will have: account, path and name.
        group_roles: the ARNs of the roles that it may assume. They need not exist yet.
        place: its account as the stack reaches it.

    Attributes:
        role: the role.
        attachments: what lets it act.

    Raises:
        InvalidValue: a text that is not a role's ARN, or a reference that only the apply resolves.
    """

    def __init__(
        self, scope: Construct, id: str, *, role_arn: str, group_roles: Sequence[str], place: InAccount = UNNAMED
    ) -> None:
        super().__init__(scope, id)
        self.arn = parsed_role(role_arn, what="role_arn")
        groups = [str(parsed_role(role, what="a role of group_roles")) for role in group_roles]
        made = make_role(self, meta_role(str(self.arn), group_roles=groups), place=place)
        self.role, self.attachments = made.role, made.attachments
