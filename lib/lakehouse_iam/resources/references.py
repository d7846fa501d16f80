"""A value that is known only once another resource of the same stack is there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AttributeOf:
    """An attribute of a resource.

    Args:
        resource: the `id` of a resource of the same stack.
        attribute: its name, as CloudFormation has it; empty for the resource's own id.
    """

    resource: str
    attribute: str = ""
