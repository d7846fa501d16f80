"""Boxes that are alike become one: those of a kind in a lane that the same kinds of arrows join to the same kinds of boxes.

Boxes are told apart round by round, by what leads to them and from them, until nothing more is told apart (colour refinement).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lakehouse_iam.report.diagram import Diagram, Edge, Node

_FEW = 4
"""So many boxes of a kind are each drawn."""


def grouped(diagram: Diagram) -> Diagram:
    """The diagram with boxes that are alike put into one, where there are more than a few of them."""
    classes = _classes(diagram)
    members: dict[int, list[Node]] = {}
    for node in diagram.nodes:
        members.setdefault(classes[node.id], []).append(node)
    boxes: dict[str, str] = {}
    nodes = []
    for alike in members.values():
        if len(alike) <= _FEW:
            nodes += alike
            boxes |= {node.id: node.id for node in alike}
            continue
        first = min(alike, key=lambda node: node.names)
        ordered = sorted(alike, key=lambda node: node.names)
        one = replace(
            first,
            names=tuple(name for node in ordered for name in node.names),
            arns=tuple(arn for node in ordered for arn in node.arns),
        )
        nodes.append(one)
        boxes |= {node.id: first.id for node in alike}
    numbers = {node.id: f"n{number}" for number, node in enumerate(nodes, start=1)}
    return replace(
        diagram,
        nodes=tuple(replace(node, id=numbers[node.id]) for node in nodes),
        edges=_edges(diagram, {id: numbers[box] for id, box in boxes.items()}),
    )


def _classes(diagram: Diagram) -> dict[str, int]:
    colours: dict[str, int] = _numbered({node.id: (node.lane, node.kind, node.handed_off) for node in diagram.nodes})
    while True:
        seen: dict[str, set[tuple[str, str, int]]] = {node.id: set() for node in diagram.nodes}
        for edge in diagram.edges:
            seen[edge.source].add(("to", edge.kind, colours[edge.target]))
            seen[edge.target].add(("from", edge.kind, colours[edge.source]))
        finer = _numbered({id: (colours[id], tuple(sorted(seen[id]))) for id in seen})
        if len(set(finer.values())) == len(set(colours.values())):
            return colours
        colours = finer


def _numbered(keys: Mapping[str, object]) -> dict[str, int]:
    numbers: dict[object, int] = {}
    return {id: numbers.setdefault(key, len(numbers)) for id, key in keys.items()}


def _edges(diagram: Diagram, boxes: Mapping[str, str]) -> tuple[Edge, ...]:
    joined: dict[tuple[str, str, str], list[Edge]] = {}
    for edge in diagram.edges:
        joined.setdefault((boxes[edge.source], boxes[edge.target], edge.kind), []).append(edge)
    size: dict[str, int] = {}
    for box in boxes.values():
        size[box] = size.get(box, 0) + 1
    return tuple(
        replace(
            edges[0],
            source=source,
            target=target,
            each=len(edges) < size[source] * size[target],
        )
        for (source, target, _), edges in joined.items()
        if source != target
    )
