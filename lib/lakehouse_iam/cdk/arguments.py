"""Checks of what CDK users pass to a construct. Every error names the argument, what was passed, and what is allowed.

Python passes anything anywhere; without these checks a wrong type ends in an `AttributeError` deep inside, or, worse,
is read as something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import Any, Protocol, TypeVar, cast

from aws_cdk import aws_iam as iam
from constructs import Construct

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import DATABRICKS_SHARDS, DatabricksShard

Choice = TypeVar("Choice", bound=Enum)


class HasRole(Protocol):
    """A construct with a role, such as `DeploymentAccountRole`.

    `iam.Role` stands beside `iam.IRole` wherever a role is taken: in the CDK's own types the parameters of a few methods have
    other names in the class than in the interface, so pyright does not take the one for the other.
    """

    @property
    def role(self) -> iam.IRole | iam.Role:
        """The CDK role that stands behind the argument."""
        ...


@contextmanager
def argument(scope: Construct, name: str) -> Iterator[None]:
    """Say in an error which argument of which construct it is about.

    Raises:
        InvalidValue: the same error with the argument's name and the construct's path.
    """
    try:
        yield
    except InvalidValue as error:
        what = f"{name} of {scope.node.path}: {error.what}"
        raise InvalidValue(what, allowed=error.allowed, next_step=error.next_step) from error


def chosen(kind: type[Choice], value: Choice | str, *, name: str) -> Choice:
    """The member of an enumeration, from itself or from its value.

    Raises:
        InvalidValue: it has no such member. Plain text that went through would be taken for whatever is not asked for
            by identity, such as read-write.
    """
    try:
        return kind(value)
    except ValueError:
        allowed = ", ".join(f"{kind.__name__}.{member.name}" for member in kind)
        raise InvalidValue(f"{name}={value!r} is not known", allowed=f"allowed are {allowed}") from None


def listed(values: Any, *, name: str) -> Sequence[Any]:
    """The values of a list.

    Raises:
        InvalidValue: it is text, which Python would read letter by letter, or no list at all.
    """
    if isinstance(values, str):
        raise InvalidValue(
            f"{name}={values!r} is text", allowed="allowed is a list", next_step=f"write {name}=[{values!r}]"
        )
    if not isinstance(values, Iterable):
        raise InvalidValue(
            f"{name} is {shown(values)}", allowed="allowed is a list", next_step=f"write {name}=[…] around it"
        )
    return list(values)


def text(value: object, *, example: str) -> str:
    """A text.

    Args:
        value: what was passed.
        example: what is allowed, in words.

    Raises:
        InvalidValue: it is no text.
    """
    if isinstance(value, str):
        return value
    raise InvalidValue(
        f"it is {shown(value)}",
        allowed=f"allowed is text: {example}",
        next_step=f'write "{value}"' if isinstance(value, int) and not isinstance(value, bool) else "",
    )


def role_in(given: iam.IRole | iam.Role | HasRole | str) -> iam.IRole | str:
    """A role that is given as a CDK role, as a construct with one, or as text.

    Raises:
        InvalidValue: it is none of these.
    """
    role = getattr(given, "role", given)
    if isinstance(role, str) or (hasattr(role, "role_arn") and hasattr(role, "env")):
        return cast("iam.IRole | str", role)
    raise InvalidValue(
        f"it is {shown(given)}",
        allowed="allowed are a role's ARN as text, a CDK role, and a construct that makes one, such as DeploymentAccountRole",
    )


def shard_in(given: DatabricksShard | str) -> DatabricksShard:
    """A Databricks shard, from itself or from its name.

    Raises:
        InvalidValue: there is no such shard.
    """
    if isinstance(given, DatabricksShard):
        return given
    if isinstance(given, str) and given in DATABRICKS_SHARDS:
        return DATABRICKS_SHARDS[given]
    raise InvalidValue(
        f"it is {shown(given)}", allowed=f"allowed are the names {', '.join(DATABRICKS_SHARDS)}, or a DatabricksShard"
    )


def shown(value: object) -> str:
    """A value as a message names it."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    # What the CDK imports is a proxy of an interface and no `Construct` in Python.
    node = getattr(value, "node", None)
    if node is not None:
        return f"the construct {node.path}"
    if isinstance(value, str):
        return f"the text {value!r}"
    return f"{value!r}" if value is None else f"the {type(value).__name__} {value!r}"
