"""The diagram as Mermaid text, for a Markdown page.

Labels are quoted, and every character with a meaning to Mermaid, Markdown or HTML is written as an entity of Mermaid (`#35;`),
so that a name is shown and does nothing. The parser of mermaid 12.3.0 took every example and hostile names on 2026-11-26; a
test holds every line to the forms that it took.
"""

from __future__ import annotations

from lakehouse_iam.languages import Language
from lakehouse_iam.report.diagram import BUCKETS, FEDERATION, KEYS, SERVICE, USED, Diagram, Node
from lakehouse_iam.report.svg import edge_word, lane_word, node_name, node_word
from lakehouse_iam.visible_text import one_line

_SHAPES = {
    BUCKETS: ("[(", ")]"),
    KEYS: ("{{", "}}"),
    SERVICE: ("([", "])"),
    USED: ("([", "])"),
    FEDERATION: ("([", "])"),
}


def mermaid(diagram: Diagram, language: Language) -> str:
    """The diagram as a flowchart."""
    lines = ["flowchart LR"]
    for number, lane in enumerate(diagram.lanes, start=1):
        lines.append(f'  subgraph lane{number}["{_text(lane_word(lane, language))}"]')
        lines += (f"    {_box(node, language)}" for node in diagram.nodes if node.lane == lane.id)
        lines.append("  end")
    lines += (f'  {edge.source} -->|"{_text(edge_word(edge, language))}"| {edge.target}' for edge in diagram.edges)
    handed_off = [node.id for node in diagram.nodes if node.handed_off]
    if handed_off:
        lines.append("  classDef handoff stroke-dasharray: 5 3")
        lines.append(f"  class {','.join(handed_off)} handoff")
    return "\n".join(lines) + "\n"


def _box(node: Node, language: Language) -> str:
    left, right = _SHAPES.get(node.kind, ("[", "]"))
    return f'{node.id}{left}"{_text(node_word(node, language))}<br>{_text(node_name(node))}"{right}'


def _text(text: str) -> str:
    """A text as Mermaid shows it: letters, digits and what is harmless stay."""
    return "".join(one if one.isalnum() or one in _HARMLESS else f"#{ord(one)};" for one in one_line(text))


_HARMLESS = " .,-/'"
