"""Terraform's resources, providers and blocks as frozen values; their fields are the attributes of Terraform's schemas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from lakehouse_iam.policy import Json, PolicyDocument
from lakehouse_iam.terraform_json.literals import Expression, literal

# A map of strings, such as tags, in an order of its own.
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Address:
    """The address of a resource in a module: `aws_iam_role.Clusters`."""

    type: str
    name: str

    def __str__(self) -> str:
        return f"{self.type}.{self.name}"


@dataclass(frozen=True)
class Reference:
    """An attribute of another resource, known when that resource exists; whatever refers to it comes after it."""

    address: Address
    attribute: str


Refer = Callable[[Reference], str]


def expression(reference: Reference) -> str:
    """A reference as Terraform's JSON writes it: `${aws_iam_role.Clusters.name}`."""
    return f"${{{reference.address}.{reference.attribute}}}"


@dataclass(frozen=True)
class Block:
    """A block: its fields are the attributes and blocks in it, by their names in Terraform.

    `EMPTY_TOO` names the lists that are written even where they are empty, because the provider requires them.
    """

    EMPTY_TOO: ClassVar[tuple[str, ...]] = ()

    def attributes(self, refer: Refer = expression) -> Json:
        """The block as Terraform reads it, without the fields that are `None` or an empty list.

        Args:
            refer: how references are written; engines write tokens of their own.
        """
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: _written(value, refer)
            for name, value in given.items()
            if value is not None and (value != () or name in self.EMPTY_TOO)
        }


@dataclass(frozen=True)
class Nested(Block):
    """A value with attributes of its own that is itself an attribute, and is written as an object."""


@dataclass(frozen=True)
class Condition(Block):
    """`precondition` of a lifecycle: what must hold before a resource is changed.

    Args:
        condition: an expression that is true or false.
        error_message: what Terraform says where it is false.
    """

    condition: Expression
    error_message: str


@dataclass(frozen=True)
class Lifecycle(Block):
    """How Terraform replaces and destroys a resource.

    Args:
        prevent_destroy: whether Terraform shall refuse to destroy it while it is in the configuration.
        create_before_destroy: whether the new one comes first where it is replaced. Terraform then also changes whatever
            depends on it before it destroys it.
        ignore_changes: attributes whose changes are ignored.
        precondition: what must hold before it is changed.
        replace_triggered_by: attributes of other resources, such as `aws_iam_role.Clusters.name`: where one changes, the
            resource is replaced.
    """

    prevent_destroy: bool | None = None
    create_before_destroy: bool | None = None
    ignore_changes: tuple[str, ...] = ()
    precondition: tuple[Condition, ...] = ()
    replace_triggered_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Resource(Block):
    """A resource type, with the attributes that this package sets."""

    TERRAFORM_TYPE: ClassVar[str]


@dataclass(frozen=True)
class Provider(Block):
    """The configuration of a provider."""

    TERRAFORM_TYPE: ClassVar[str]
    SOURCE: ClassVar[str]
    VERSION: ClassVar[str]


def _written(value: Any, refer: Refer) -> Any:
    if isinstance(value, Reference):
        return refer(value)
    if isinstance(value, Expression):
        return value.text
    if isinstance(value, PolicyDocument):
        return literal(value.compact())
    if isinstance(value, Nested):
        return value.attributes(refer)
    if isinstance(value, Block):
        return [value.attributes(refer)]
    if isinstance(value, tuple):
        return dict(literal(value)) if value and isinstance(value[0], tuple) else [_item(item, refer) for item in value]
    return literal(value)


def _item(value: Any, refer: Refer) -> Any:
    return value.attributes(refer) if isinstance(value, Block) else literal(value)
