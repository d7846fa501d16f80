"""What the templates of several services have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lakehouse_iam.arns import RoleArn
from lakehouse_iam.plan.phases import Phase
from lakehouse_iam.policy import Json
from lakehouse_iam.resources import Role

Renderer = Callable[..., Json]
"""From a resource, its phase and the tags of everything to what stands in the template."""


def rendered(type: str, properties: Json, after: Sequence[str] = ()) -> Json:
    """A resource of a template.

    Args:
        type: its type.
        properties: its properties; those that are `None` are left out.
        after: the ids of what must be there first.
    """
    body: Json = {"Type": type}
    if after:
        body["DependsOn"] = list(after)
    body["Properties"] = {key: value for key, value in properties.items() if value is not None}
    return body


def role_arn(role: RoleArn, phase: Phase) -> Json | str:
    """A role's ARN; where the same stack makes the role, a reference to it."""
    for resource in phase.resources:
        if isinstance(resource, Role) and resource.arn == role:
            return {"Fn::GetAtt": [resource.id, "Arn"]}
    return str(role)
