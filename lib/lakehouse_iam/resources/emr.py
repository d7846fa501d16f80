"""EMR Studio and the session policies of its users."""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse_iam.arns import DirectoryKind, IdentityCenterInstance, RoleArn


@dataclass(frozen=True)
class EmrStudio:
    """An EMR Studio that authenticates with IAM Identity Center and passes on who its users are.

    Args:
        id: its id within the stack.
        name: its name.
        instance: the instance of Identity Center.
        assigned_only: whether only those who are assigned may use it.
        service_role: the role of the Studio itself.
        user_role: the role of its users.
        vpc: the VPC's id.
        subnets: the ids of its subnets.
        engine_group: the `id` of the security group of engines.
        workspace_group: the `id` of the security group of Workspaces.
        storage: the place in S3 where Workspaces are kept.
        after: the `id`s of what must be there first.
    """

    id: str
    name: str
    instance: IdentityCenterInstance
    assigned_only: bool
    service_role: RoleArn
    user_role: RoleArn
    vpc: str
    subnets: tuple[str, ...]
    engine_group: str
    workspace_group: str
    storage: str
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class StudioSessionPolicy:
    """The session policy of one user or group of a Studio.

    Args:
        id: its id within the stack.
        studio: the id of the Studio, which only its deployment knows.
        kind: whether the name is a user's or a group's.
        name: the user name, or the display name of the group.
        policy: the `id` of the session policy.
        after: the `id`s of what must be there first.
    """

    id: str
    studio: str
    kind: DirectoryKind
    name: str
    policy: str
    after: tuple[str, ...] = ()
