"""Where everything of a diagram stands: lanes under one another, columns by how far a thing is from who begins, arrows at
right angles in the gutters between the columns.

The columns follow the longest way to a box. An arrow leaves its box to the right, turns in the gutter beside it, and enters
its target from the left; one that passes other columns runs in the channel above its target's row. No two boxes send their
arrows through the same track, so lines cross but never lie on one another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lakehouse_iam.report.diagram import Diagram, Edge, Lane, Node

NODE_WIDTH = 196
_PORT = 20
_NODE_HEIGHT = 62
_ROW_GAP = 26
_LANE_HEAD = 30
_LANE_PAD = 18
_LANE_GAP = 12
_MARGIN = 8
_SIDE = 18
_TRACK = 9
_LABEL_PAD = 30


@dataclass(frozen=True)
class PlacedNode:
    """A box with its place."""

    node: Node
    x: float
    y: float
    height: float


@dataclass(frozen=True)
class PlacedEdge:
    """An arrow with its way, point by point, and where its label ends."""

    edge: Edge
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class PlacedLane:
    """A lane with its place."""

    lane: Lane
    y: float
    height: float


@dataclass(frozen=True)
class Layout:
    """Everything with its place, and how large the whole is."""

    width: float
    height: float
    lanes: tuple[PlacedLane, ...]
    nodes: tuple[PlacedNode, ...]
    edges: tuple[PlacedEdge, ...]


def laid_out(diagram: Diagram, label_width: Callable[[Edge], float]) -> Layout:
    """The layout of a diagram.

    Args:
        diagram: the diagram.
        label_width: how wide the label of an arrow is, about.
    """
    return _Placing(diagram, label_width).layout()


def columns(diagram: Diagram) -> dict[str, int]:
    """The column of each box: one further than the furthest that leads to it, arrows that would close a cycle left out."""
    leading: dict[str, list[str]] = {node.id: [] for node in diagram.nodes}
    following: dict[str, list[str]] = {node.id: [] for node in diagram.nodes}
    for edge in _without_cycles(diagram):
        leading[edge.target].append(edge.source)
        following[edge.source].append(edge.target)
    found: dict[str, int] = {}
    for id in _in_order(leading):
        found[id] = max((found[source] + 1 for source in leading[id]), default=0)
    for id in leading:
        # Who begins stands beside what it leads to, not at the far left.
        if not leading[id] and following[id]:
            found[id] = min(found[target] for target in following[id]) - 1
    return found


def _without_cycles(diagram: Diagram) -> list[Edge]:
    state: dict[str, int] = {}
    following: dict[str, list[Edge]] = {node.id: [] for node in diagram.nodes}
    for edge in diagram.edges:
        following[edge.source].append(edge)
    kept: list[Edge] = []
    # Depth first with a stack of our own: a long chain of roles must not exhaust Python's.
    for root in following:
        if root in state:
            continue
        state[root] = 1
        stack = [(root, iter(following[root]))]
        while stack:
            id, edges = stack[-1]
            next_one = next(edges, None)
            if next_one is None:
                state[id] = 2
                stack.pop()
            elif state.get(next_one.target) != 1:
                kept.append(next_one)
                if next_one.target not in state:
                    state[next_one.target] = 1
                    stack.append((next_one.target, iter(following[next_one.target])))
    return kept


def _in_order(leading: Mapping[str, Sequence[str]]) -> list[str]:
    """The boxes, each behind all that lead to it."""
    waiting = {id: len(sources) for id, sources in leading.items()}
    following: dict[str, list[str]] = {id: [] for id in leading}
    for id, sources in leading.items():
        for source in sources:
            following[source].append(id)
    ready = [id for id, count in waiting.items() if not count]
    order: list[str] = []
    for id in ready:
        order.append(id)
        for target in following[id]:
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return order


class _Placing:
    def __init__(self, diagram: Diagram, label_width: Callable[[Edge], float]) -> None:
        self._diagram = diagram
        self._label_width = label_width
        self._column = columns(diagram)
        self._count = max(self._column.values(), default=0) + 1
        self._into: dict[str, list[Edge]] = {node.id: [] for node in diagram.nodes}
        for edge in diagram.edges:
            self._into[edge.target].append(edge)
        self._rows = self._in_rows()
        self._tracks = self._in_tracks()
        self._x = self._column_places()
        self._lanes, self._row_tops, self._row_heights = self._lane_places()
        self._placed = {node.id: self._place(node) for node in diagram.nodes}

    def layout(self) -> Layout:
        last = self._lanes[-1] if self._lanes else None
        return Layout(
            self._x[-1] + NODE_WIDTH + _SIDE + _MARGIN,
            last.y + last.height + _MARGIN if last else 2 * _MARGIN,
            tuple(self._lanes),
            tuple(self._placed.values()),
            tuple(PlacedEdge(edge, self._way(edge)) for edge in self._diagram.edges),
        )

    # ---------------------------------------------------------------- rows and columns

    def _in_rows(self) -> dict[str, int]:
        """The row of each box in its lane: column by column, each beside what leads to it, as near as there is room."""
        order = {lane.id: number for number, lane in enumerate(self._diagram.lanes)}
        rows: dict[str, int] = {}
        taken: set[tuple[str, int, int]] = set()
        for column in range(self._count):
            here = [node for node in self._diagram.nodes if self._column[node.id] == column]

            def wish(node: Node) -> tuple[int, float, str]:
                before = [edge.source for edge in self._into[node.id] if edge.source in rows]
                places = [rows[id] + 100 * order[self._diagram.node(id).lane] for id in before]
                mean = sum(places) / len(places) if places else 1e9
                return order[node.lane], mean, node.names[0]

            for node in sorted(here, key=wish):
                row = 0
                while (node.lane, column, row) in taken:
                    row += 1
                taken.add((node.lane, column, row))
                rows[node.id] = row
        return rows

    def _in_tracks(self) -> dict[tuple[int, str], int]:
        """For each gutter, the track of each box whose arrows turn there. Gutter n is to the right of column n."""
        tracks: dict[tuple[int, str], int] = {}
        used: dict[int, int] = {}
        for node in self._diagram.nodes:
            for edge in self._diagram.edges:
                if edge.source != node.id:
                    continue
                gutters = [self._column[edge.source]]
                if not self._is_direct(edge):
                    gutters.append(self._column[edge.target] - 1)
                for gutter in gutters:
                    if (gutter, node.id) not in tracks:
                        tracks[gutter, node.id] = used.get(gutter, 0)
                        used[gutter] = used.get(gutter, 0) + 1
        return tracks

    def _is_direct(self, edge: Edge) -> bool:
        """Whether nothing stands between the gutter beside the source and the target."""
        source, target = self._column[edge.source], self._column[edge.target]
        if target <= source:
            return False
        node = self._diagram.node(edge.target)
        between = range(source + 1, target)
        return not any(
            self._column[other.id] in between
            and other.lane == node.lane
            and self._rows[other.id] == self._rows[node.id]
            for other in self._diagram.nodes
        )

    def _column_places(self) -> list[float]:
        left_turns = any(self._column[edge.target] == 0 for edge in self._diagram.edges)
        x: list[float] = [_MARGIN + _SIDE + (self._gutter_width(-1) if left_turns else 0)]
        for column in range(self._count - 1):
            x.append(x[-1] + NODE_WIDTH + self._gutter_width(column))
        return x

    def _gutter_width(self, gutter: int) -> float:
        tracks = sum(1 for place, _ in self._tracks if place == gutter)
        entering = [edge for edge in self._diagram.edges if self._column[edge.target] == gutter + 1]
        return max((self._label_width(edge) for edge in entering), default=0) + _LABEL_PAD + _TRACK * tracks

    # ---------------------------------------------------------------- lanes

    def _height(self, node: Node) -> float:
        return max(_NODE_HEIGHT, _PORT * len(self._into[node.id]) + 10)

    def _lane_places(self) -> tuple[list[PlacedLane], dict[tuple[str, int], float], dict[tuple[str, int], float]]:
        lanes: list[PlacedLane] = []
        tops: dict[tuple[str, int], float] = {}
        heights: dict[tuple[str, int], float] = {}
        for node in self._diagram.nodes:
            place = node.lane, self._rows[node.id]
            heights[place] = max(heights.get(place, 0), self._height(node))
        y: float = _MARGIN
        for lane in self._diagram.lanes:
            top = y
            y += _LANE_HEAD
            for row in range(1 + max((r for id, r in heights if id == lane.id), default=-1)):
                y += _ROW_GAP if row else _LANE_PAD
                tops[lane.id, row] = y
                y += heights[lane.id, row]
            y += _LANE_PAD
            lanes.append(PlacedLane(lane, top, y - top))
            y += _LANE_GAP
        return lanes, tops, heights

    def _place(self, node: Node) -> PlacedNode:
        place = node.lane, self._rows[node.id]
        height = self._height(node)
        y = self._row_tops[place] + (self._row_heights[place] - height) / 2
        return PlacedNode(node, self._x[self._column[node.id]], y, height)

    # ---------------------------------------------------------------- arrows

    def _way(self, edge: Edge) -> tuple[tuple[float, float], ...]:
        source, target = self._placed[edge.source], self._placed[edge.target]
        start = source.x + NODE_WIDTH, source.y + source.height / 2
        end = target.x, target.y + self._port(edge, target)
        turn = self._track(self._column[edge.source], edge.source)
        if self._is_direct(edge):
            if start[1] == end[1]:
                return start, end
            return start, (turn, start[1]), (turn, end[1]), end
        lane, row = target.node.lane, self._rows[edge.target]
        number = self._tracks[self._column[edge.target] - 1, edge.source]
        channel = self._row_tops[lane, row] - 6 - 3 * (number % 5)
        entry = self._track(self._column[edge.target] - 1, edge.source)
        return start, (turn, start[1]), (turn, channel), (entry, channel), (entry, end[1]), end

    def _port(self, edge: Edge, target: PlacedNode) -> float:
        entering = sorted(self._into[edge.target], key=lambda one: self._centre(one.source))
        step = target.height / (len(entering) + 1)
        return step * (1 + entering.index(edge))

    def _centre(self, id: str) -> tuple[float, float]:
        placed = self._placed[id]
        return placed.y + placed.height / 2, placed.x

    def _track(self, gutter: int, id: str) -> float:
        left = self._x[gutter] + NODE_WIDTH if gutter >= 0 else _MARGIN + _SIDE
        return left + 12 + _TRACK * self._tracks[gutter, id]
