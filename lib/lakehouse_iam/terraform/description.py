"""How resources are described: frozen values whose fields are Terraform's own attributes, checked against its schemas."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar

from lakehouse_iam.policy import Json, PolicyDocument
from lakehouse_iam.terraform.literals import Expression, literal

# A map of strings, such as tags, in an order of its own.
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Block:
    """What stands between a pair of braces: the fields are attributes and blocks by their names in Terraform."""

    def attributes(self) -> Json:
        """The block as Terraform reads it; what is `None` or an empty list is left out."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: _written(value) for name, value in given.items() if value is not None and value != ()}


@dataclass(frozen=True)
class Resource(Block):
    """One resource."""

    TERRAFORM_TYPE: ClassVar[str]


@dataclass(frozen=True)
class Provider(Block):
    """The configuration of one provider, used by those resources only that name it."""

    TERRAFORM_TYPE: ClassVar[str]
    SOURCE: ClassVar[str]
    VERSION: ClassVar[str]


def _written(value: Any) -> Any:
    if isinstance(value, Expression):
        return value.text
    if isinstance(value, PolicyDocument):
        return literal(value.compact())
    if isinstance(value, Block):
        return [value.attributes()]
    if isinstance(value, tuple):
        return dict(literal(value)) if isinstance(value[0], tuple) else [_item(item) for item in value]
    return literal(value)


def _item(value: Any) -> Any:
    return value.attributes() if isinstance(value, Block) else literal(value)
