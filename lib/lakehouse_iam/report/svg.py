"""The diagram as SVG: inline in the page, which brings the colours, or a file of its own, which brings them itself."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from importlib.resources import files

from lakehouse_iam.languages import LANGUAGES, Language
from lakehouse_iam.phrases import translated
from lakehouse_iam.report.diagram import SERVICES_LANE, Diagram, Edge, Lane, Node
from lakehouse_iam.report.layout import NODE_WIDTH, Layout, PlacedEdge, PlacedLane, PlacedNode, laid_out
from lakehouse_iam.report.markup import Markup, element, joined
from lakehouse_iam.report.words import word

_LABEL_SIZE = 11.5
_NAME_SIZE = 12.5
_HEAD = 7
_ROUND = 6


def svg_inline(diagram: Diagram, labelled_by: str) -> Markup:
    """The diagram within a page: its words in both languages, of which the page shows one, its colours by the page.

    Args:
        diagram: the diagram.
        labelled_by: the ids of the elements of the page that say what it is.
    """
    return _svg(diagram, LANGUAGES, labelled_by)


def svg_file(diagram: Diagram, language: Language) -> str:
    """The diagram as a file of its own, with its own style sheet."""
    about = [
        element("title", word("diagram.title", language, setup=diagram.title), id="title"),
        element("desc", diagram_description(diagram, language), id="desc"),
        Markup(f"<style>{_style()}</style>"),
        element("rect", width="100%", height="100%", class_="d-paper"),
    ]
    written = _svg(diagram, (language,), "title desc", about)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}\n'


def diagram_description(diagram: Diagram, language: Language) -> str:
    """How much there is to see."""
    counts = {"lanes": len(diagram.lanes), "nodes": len(diagram.nodes), "edges": len(diagram.edges)}
    return word("diagram.desc", language, **counts)


def _svg(diagram: Diagram, languages: Sequence[Language], labelled_by: str, about: Sequence[Markup] = ()) -> Markup:
    layout = laid_out(
        diagram, lambda edge: max(_width(edge_word(edge, language), _LABEL_SIZE) for language in languages)
    )
    width, height = f"{layout.width:.0f}", f"{layout.height:.0f}"
    return element(
        "svg",
        about,
        [_lane(lane, layout) for lane in layout.lanes],
        [_arrow(edge) for edge in layout.edges],
        [_lane_title(lane, languages) for lane in layout.lanes],
        [_box(node, languages) for node in layout.nodes],
        [_label(edge, languages) for edge in layout.edges],
        xmlns="http://www.w3.org/2000/svg",
        class_="diagram",
        role="img",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        aria_labelledby=labelled_by,
        lang=languages[0].value if len(languages) == 1 else None,
    )


def _text(say: Callable[[Language], str], languages: Sequence[Language], **place: object) -> list[Markup]:
    """A text; where there are several languages, one for each, of which the page shows one."""
    if len(languages) == 1:
        return [element("text", say(languages[0]), **place)]
    return [element("text", say(language), lang=language.value, **place) for language in languages]


def _style() -> str:
    return files("lakehouse_iam.report").joinpath("diagram.css").read_text(encoding="utf-8")


def edge_word(edge: Edge, language: Language) -> str:
    """What an arrow means."""
    kind = word(f"edge.{edge.kind}", language)
    return word("edge.each", language, kind=kind) if edge.each else kind


def node_word(node: Node, language: Language) -> str:
    """What a box is."""
    if len(node.names) > 1:
        what = word(f"nodes.{node.kind}", language, count=f"{len(node.names):,}")
    else:
        what = word(f"node.{node.kind}", language)
    return f"{what} · {word('node.handed-off', language)}" if node.handed_off else what


def node_name(node: Node) -> str:
    """What a box is called: its name, or the first and the last of several."""
    return node.names[0] if len(node.names) == 1 else f"{node.names[0]} … {node.names[-1]}"


def lane_word(lane: Lane, language: Language) -> str:
    """What a lane is, and whose side."""
    if lane.id == SERVICES_LANE:
        return word("lane.services", language)
    kind = "account" if lane.parties else lane.owner or "other"
    parties = ((translated(one) or one) if language is Language.JAPANESE else one for one in lane.parties)
    return " · ".join((word(f"lane.{kind}", language, account=lane.id), *parties))


def _lane(placed: PlacedLane, layout: Layout) -> Markup:
    width, height = _n(layout.width - 8), _n(placed.height)
    return element("rect", x="4", y=_n(placed.y), width=width, height=height, rx="8", class_="d-lane")


def _lane_title(placed: PlacedLane, languages: Sequence[Language]) -> list[Markup]:
    return _text(lambda one: lane_word(placed.lane, one), languages, x="18", y=_n(placed.y + 20), class_="d-lane-title")


def _box(placed: PlacedNode, languages: Sequence[Language]) -> Markup:
    node, middle = placed.node, placed.y + placed.height / 2
    classes = f"d-node d-{node.kind}{' d-handed-off' if node.handed_off else ''}"
    lines = _lines(node)
    tip = "\n".join(node.arns[:20]) + (" …" if len(node.arns) > 20 else "")
    return element(
        "g",
        element("title", tip),
        element(
            "rect",
            x=_n(placed.x),
            y=_n(placed.y),
            width=_n(NODE_WIDTH),
            height=_n(placed.height),
            rx="5",
            class_=classes,
        ),
        _text(
            lambda one: node_word(node, one),
            languages,
            x=_n(placed.x + 12),
            y=_n(middle - 8 * len(lines) + 2),
            class_="d-kind",
        ),
        [
            element(
                "text", line, x=_n(placed.x + 12), y=_n(middle - 8 * len(lines) + 18 + 15 * number), class_="d-name"
            )
            for number, line in enumerate(lines)
        ],
    )


def _arrow(placed: PlacedEdge) -> Markup:
    x, y = placed.points[-1]
    head = f"M{_n(x)} {_n(y)}l-{_HEAD} -{_HEAD / 2}v{_HEAD}z"
    return joined(
        (
            element("path", d=_path((*placed.points[:-1], (x - _HEAD + 1, y))), class_="d-edge"),
            element("path", d=head, class_="d-head"),
        )
    )


def _label(placed: PlacedEdge, languages: Sequence[Language]) -> list[Markup]:
    x, y = placed.points[-1]
    place = {"x": _n(x - _HEAD - 5), "y": _n(y - 5), "class_": "d-label", "text_anchor": "end"}
    return _text(lambda one: edge_word(placed.edge, one), languages, **place)


def _path(points: tuple[tuple[float, float], ...]) -> str:
    """A line through points with round corners."""
    parts = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        room = min(_ROUND, _distance(before, here) / 2, _distance(here, after) / 2)
        a, b = _towards(here, before, room), _towards(here, after, room)
        parts.append(f"L{_n(a[0])} {_n(a[1])}Q{_n(here[0])} {_n(here[1])} {_n(b[0])} {_n(b[1])}")
    parts.append(f"L{_n(points[-1][0])} {_n(points[-1][1])}")
    return "".join(parts)


def _distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _towards(a: tuple[float, float], b: tuple[float, float], length: float) -> tuple[float, float]:
    whole = _distance(a, b) or 1
    return a[0] + (b[0] - a[0]) * length / whole, a[1] + (b[1] - a[1]) * length / whole


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _width(text: str, size: float) -> float:
    """How wide a text is, about: characters of Japanese take the whole size, others little more than half."""
    return sum(size if unicodedata.east_asian_width(one) in "WF" else size * 0.58 for one in text)


def _lines(node: Node) -> tuple[str, ...]:
    """The name in one line or two, broken behind a mark where there is one."""
    if len(node.names) > 1:
        return _fitting(f"{node.names[0]} …"), _fitting(node.names[-1])
    name = node.names[0]
    if _fits(name):
        return (name,)
    breaks = [number + 1 for number, one in enumerate(name) if one in _BREAKS and _fits(name[: number + 1])]
    most = next((count for count in range(len(name), 0, -1) if _fits(name[:count])), 1)
    at = breaks[-1] if breaks and breaks[-1] > most // 2 else most
    return name[:at].rstrip(), _fitting(name[at:].lstrip())


_BREAKS = "-_./@+ "


def _fits(text: str) -> bool:
    return _width(text, _NAME_SIZE * 1.12) <= NODE_WIDTH - 20


def _fitting(text: str) -> str:
    """A text that fits into a line: its middle is left out, because names differ at either end."""
    if _fits(text):
        return text
    half = len(text) // 2
    while half > 3 and not _fits(f"{text[:half]}…{text[-half:]}"):
        half -= 1
    return f"{text[:half]}…{text[-half:]}"
