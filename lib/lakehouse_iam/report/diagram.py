"""The diagram of a setup as a value: lanes of accounts, what stands in them, and what leads from one thing to another.

`drawing` reads it out of a plan, `layout` gives everything its place, `svg` and `mermaid` write it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

SERVICES_LANE = "services"
"""The lane of AWS services that assume roles."""

# What a box is.
SERVICE, FEDERATION, ROLE, PROFILE, BUCKETS, KEYS, USED = (
    "service",
    "provider",
    "role",
    "profile",
    "bucket",
    "key",
    "used",
)
# What an arrow means.
ASSUMES, PASSES, ATTACHES, CONTAINS, READS, WRITES, LISTS, USES_KEY, USES = (
    "assumes",
    "passes",
    "attaches",
    "contains",
    "reads",
    "reads-and-writes",
    "lists",
    "uses-key",
    "uses",
)


@dataclass(frozen=True)
class Node:
    """A box.

    Args:
        id: its id within the diagram.
        lane: the id of its lane.
        kind: what it is.
        names: what it is called; several where things that are alike share the box.
        arns: the ARNs, in the same order; for a service its principal.
        handed_off: whether statements for its policy are handed off.
    """

    id: str
    lane: str
    kind: str
    names: tuple[str, ...]
    arns: tuple[str, ...]
    handed_off: bool = False


@dataclass(frozen=True)
class Edge:
    """An arrow.

    Args:
        source: the id of the box it leaves.
        target: the id of the box it leads to.
        kind: what it means.
        each: whether each thing in a box with several leads to one of its own only.
    """

    source: str
    target: str
    kind: str
    each: bool = False


@dataclass(frozen=True)
class Lane:
    """An account, or the AWS services.

    Args:
        id: its id within the diagram: the account, or `services`.
        parties: whose side it is; empty for accounts of others.
        owner: who has it, where that is known: `databricks`; otherwise empty.
    """

    id: str
    parties: tuple[str, ...]
    owner: str = ""


@dataclass(frozen=True)
class Diagram:
    """Lanes, boxes and arrows."""

    title: str
    lanes: tuple[Lane, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def node(self, id: str) -> Node:
        """The box of that id."""
        return next(node for node in self.nodes if node.id == id)

    def to_json(self) -> Json:
        """The diagram for machines."""
        return {
            "title": self.title,
            "lanes": [{"id": one.id, "parties": list(one.parties), "owner": one.owner} for one in self.lanes],
            "nodes": [
                {
                    "id": one.id,
                    "lane": one.lane,
                    "kind": one.kind,
                    "names": list(one.names),
                    "arns": list(one.arns),
                    "handed_off": one.handed_off,
                }
                for one in self.nodes
            ],
            "edges": [
                {"source": one.source, "target": one.target, "kind": one.kind, "each": one.each} for one in self.edges
            ],
        }


def diagram_from_json(value: Mapping[str, Any]) -> Diagram:
    """Read a diagram again."""
    return Diagram(
        value["title"],
        tuple(Lane(one["id"], tuple(one["parties"]), one["owner"]) for one in value["lanes"]),
        tuple(
            Node(one["id"], one["lane"], one["kind"], tuple(one["names"]), tuple(one["arns"]), one["handed_off"])
            for one in value["nodes"]
        ),
        tuple(Edge(one["source"], one["target"], one["kind"], one["each"]) for one in value["edges"]),
    )
