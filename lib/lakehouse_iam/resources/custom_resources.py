"""What CloudFormation has no type for, as custom resources of one function (`lakehouse_iam.custom_resource`)."""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse_iam.arns import RoleArn
from lakehouse_iam.custom_resource import (
    AthenaWorkGroup,
    IdentityCenterApplication,
    IdentityCenterAssignment,
    LakeFormationIdentityCenter,
)

Kind = AthenaWorkGroup | IdentityCenterApplication | IdentityCenterAssignment | LakeFormationIdentityCenter


@dataclass(frozen=True)
class FunctionLogs:
    """The log group of a function, made before the function so that it has an end.

    Args:
        id: its id within the stack.
        function_name: whose logs they are.
    """

    id: str
    function_name: str


@dataclass(frozen=True)
class CustomResourceFunction:
    """The function behind the custom resources of a stack.

    Args:
        id: its id within the stack.
        name: its name.
        role: its role.
        mark_path: where it keeps what it has made, as a path of parameters.
        after: the `id`s of what must be there first.
    """

    id: str
    name: str
    role: RoleArn
    mark_path: str
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class CustomResource:
    """One custom resource.

    Args:
        id: its id within the stack, which must not change.
        function: the `id` of the function; its ARN where another stack has made it.
        of: what it is.
        after: the `id`s of what must be there first; it is deleted before them.
    """

    id: str
    function: str
    of: Kind
    after: tuple[str, ...] = ()
