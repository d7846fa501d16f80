"""What the templates of several services have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lakehouse_iam.arns import RoleArn
from lakehouse_iam.plan.phases import Phase
from lakehouse_iam.policy import Json
from lakehouse_iam.resources import Role
from lakehouse_iam.resources.references import AttributeOf

Renderer = Callable[..., Json]
"""From a resource, its phase and the tags of everything to what stands in the template."""


def rendered(type: str, properties: Json, after: Sequence[str] = ()) -> Json:
    """A resource of a template.

    Args:
        type: its type.
        properties: its properties; those that are `None` are left out.
        after: the ids of what must be there first; what a property refers to is so anyway.
    """
    given = {key: value for key, value in properties.items() if value is not None}
    others = [id for id in dict.fromkeys(after) if id not in set(referred_to(given))]
    return {"Type": type, **({"DependsOn": others} if others else {}), "Properties": given}


def referred_to(value: Any) -> Iterator[str]:
    """The ids of the resources that a part of a template refers to."""
    if isinstance(value, AttributeOf):
        yield value.resource
    elif isinstance(value, dict):
        if set(value) == {"Ref"}:
            yield str(value["Ref"])
        elif set(value) == {"Fn::GetAtt"}:
            yield str(value["Fn::GetAtt"][0])
        for item in value.values():
            yield from referred_to(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from referred_to(item)


def role_arn(role: RoleArn, phase: Phase) -> Json | str:
    """A role's ARN; where the same stack makes the role, a reference to it."""
    for resource in phase.resources:
        if isinstance(resource, Role) and resource.arn == role:
            return {"Fn::GetAtt": [resource.id, "Arn"]}
    return str(role)
