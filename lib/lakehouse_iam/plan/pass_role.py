"""The permission to start clusters that carry a role: granted to the cross-account role, or handed off."""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse_iam.arns import RoleArn, RoleName
from lakehouse_iam.resources import Existing, ExistingRole, HandOff, HandOffKind, Resource, RolePolicy
from lakehouse_iam.roles.cluster_role import pass_role_document

PASSING_ROLE = "the role that Databricks deploys clusters with"


@dataclass(frozen=True)
class PassRole:
    """What a phase has for it: the grant and the role that it goes to, or a hand-off."""

    resources: tuple[Resource, ...] = ()
    existing: tuple[Existing, ...] = ()
    handoffs: tuple[HandOff, ...] = ()


def pass_role(role: RoleArn, cross_account_role: RoleName | None, *, key: str) -> PassRole:
    """The permission to pass a role to EC2.

    Args:
        role: the role that clusters carry.
        cross_account_role: the role that Databricks deploys clusters with, or `None` where the setup does not name it.
        key: where the setup would name it, such as `workspace.cross_account_role`.
    """
    document = pass_role_document(str(role))
    if cross_account_role:
        grant = RolePolicy("PassRoleGrant", f"pass-{role.name}", document, cross_account_role)
        return PassRole(resources=(grant,), existing=(ExistingRole(cross_account_role),))
    why = f"without it clusters that carry the instance profile do not start; name the role as {key} to have it done"
    return PassRole(handoffs=(HandOff(HandOffKind.ROLE_POLICY, PASSING_ROLE, document.statements, why),))
