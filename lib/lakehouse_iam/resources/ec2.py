"""Security groups. They stand apart from their rules, because two groups may name each other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SecurityGroup:
    """A security group that lets nothing in or out by itself.

    Args:
        id: its id within the stack.
        vpc: the VPC's id.
        description: at most 255 characters.
        tags: tags of its own, beside those of the setup.
    """

    id: str
    vpc: str
    description: str
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class InboundRule:
    """TCP from one group of the stack into another.

    Args:
        id: its id within the stack.
        group: the `id` of the group that lets in.
        source: the `id` of the group that is let in.
        port: the port.
        description: what for.
    """

    id: str
    group: str
    source: str
    port: int
    description: str


@dataclass(frozen=True)
class OutboundRule:
    """TCP from one group of the stack to another, or to any address.

    Args:
        id: its id within the stack.
        group: the `id` of the group that lets out.
        target: the `id` of the other group; empty for any address of IPv4.
        port: the port.
        description: what for.
    """

    id: str
    group: str
    target: str
    port: int
    description: str
