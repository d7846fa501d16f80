"""The section with the diagram, and the same as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakehouse_iam.languages import LANGUAGES, Language
from lakehouse_iam.report.diagram import Diagram, diagram_from_json
from lakehouse_iam.report.markup import Markup, element, joined, plain
from lakehouse_iam.report.sections import FEW
from lakehouse_iam.report.svg import diagram_description, edge_word, lane_word, node_word, svg_inline
from lakehouse_iam.report.words import both, in_both


def diagram_section(setup: Mapping[str, Any], number: int, report: Mapping[str, Any]) -> Markup:
    """The diagram of a setup in both languages, and every box and arrow as text."""
    diagram = diagram_from_json(setup["diagram"])
    label, title, about = (f"s{number}-diagram-{part}" for part in ("scroll", "title", "about"))
    return joined(
        (
            element("p", both("diagram.intro")),
            element("span", both("diagram.title", setup=diagram.title), id=title, class_="hidden"),
            element(
                "span",
                in_both({one: plain(diagram_description(diagram, one)) for one in LANGUAGES}),
                id=about,
                class_="hidden",
            ),
            element(
                "div",
                element("span", both("diagram.scroll"), id=label, class_="hidden"),
                svg_inline(diagram, f"{title} {about}"),
                class_="drawing",
                role="region",
                tabindex="0",
                aria_labelledby=label,
            ),
            element("details", element("summary", both("diagram.text")), _as_text(diagram), class_="as-text"),
        )
    )


def _as_text(diagram: Diagram) -> Markup:
    lanes = element("ul", [element("li", _lane(diagram, lane.id)) for lane in diagram.lanes])
    arrows = [
        element(
            "li",
            element("bdi", _short(diagram, edge.source)),
            " → ",
            in_both({one: plain(edge_word(edge, one)) for one in LANGUAGES}),
            " → ",
            element("bdi", _short(diagram, edge.target)),
        )
        for edge in diagram.edges
    ]
    return joined((lanes, element("ul", arrows)))


def _lane(diagram: Diagram, id: str) -> Markup:
    lane = next(one for one in diagram.lanes if one.id == id)
    boxes = [
        element(
            "li",
            in_both({one: plain(node_word(node, one)) for one in LANGUAGES}),
            ": ",
            element("bdi", ", ".join(node.names[:FEW])),
            " …" if len(node.names) > FEW else None,
        )
        for node in diagram.nodes
        if node.lane == id
    ]
    return joined((in_both({one: plain(lane_word(lane, one)) for one in LANGUAGES}), element("ul", boxes)))


def _short(diagram: Diagram, id: str) -> str:
    node = diagram.node(id)
    if len(node.names) == 1:
        return node.names[0]
    return f"{node.names[0]} … {node.names[-1]} ({node_word(node, Language.ENGLISH)})"
