"""The diagram: what is drawn, what is drawn once, and where it stands."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse_iam.languages import Language
from lakehouse_iam.report.alike import grouped
from lakehouse_iam.report.diagram import BUCKETS, READS, ROLE, Diagram, Edge, Lane, Node, diagram_from_json
from lakehouse_iam.report.layout import NODE_WIDTH, Layout, columns, laid_out
from lakehouse_iam.report.mermaid import mermaid
from lakehouse_iam.report.svg import svg_file
from tests.unit.report_documents import EXAMPLES, HOSTILE, example, many_buckets, report_of_text

ROOT = Path(__file__).parents[3]
NAMES = sorted(file.stem for file in EXAMPLES.glob("*.yaml"))
IN_DOCS = ROOT / "docs" / "diagrams" / "instance-profile.svg"


def diagram_of_example(name: str) -> Diagram:
    return diagram_from_json(example(name)["setups"][0]["diagram"])


def arrows(diagram: Diagram) -> set[tuple[str, str, str]]:
    """Each arrow as the kind and name of what it leaves, what it means, and the same of what it leads to."""
    return {
        (f"{source.kind} {source.names[0]}", edge.kind, f"{target.kind} {target.names[0]}")
        for edge in diagram.edges
        for source, target in [(diagram.node(edge.source), diagram.node(edge.target))]
    }


def test_the_chain_of_the_first_tutorial_is_drawn_from_ec2_to_the_bucket() -> None:
    diagram = diagram_of_example("instance-profile")
    assert [lane.id for lane in diagram.lanes] == ["services", "111122223333", "444455556666"]
    role, owner = "deployment-acct-cross-account-s3-role", "bucket-owner-acct-s3-access-role"
    assert arrows(diagram) == {
        ("service ec2.amazonaws.com", "attaches", f"profile {role}"),
        (f"profile {role}", "contains", f"role {role}"),
        ("role databricks-cross-account-role", "passes", f"role {role}"),
        (f"role {role}", "assumes", f"role {owner}"),
        (f"role {owner}", "reads-and-writes", "bucket ty-databricks-cross-account-bucket"),
    }


def test_a_key_whose_policy_is_handed_off_says_so() -> None:
    diagram = diagram_of_example("unity-catalog-aws")
    (key,) = (node for node in diagram.nodes if node.kind == "key")
    assert key.handed_off
    assert diagram.lanes[0].owner == "databricks"


def test_three_hundred_buckets_that_are_used_alike_are_one_box_for_each_way() -> None:
    diagram = diagram_from_json(report_of_text(many_buckets(300))["setups"][0]["diagram"])
    buckets = [node for node in diagram.nodes if node.kind == BUCKETS]
    assert sorted(len(node.names) for node in buckets) == [100, 200]
    assert len(svg_file(diagram, Language.ENGLISH)) < 20_000


def test_pairs_of_a_role_and_its_own_bucket_become_two_boxes_and_an_arrow_that_says_each_its_own() -> None:
    roles = tuple(Node(f"r{n}", "1", ROLE, (f"r{n}",), (f"r{n}",)) for n in range(9))
    buckets = tuple(Node(f"b{n}", "1", BUCKETS, (f"b{n}",), (f"b{n}",)) for n in range(9))
    edges = tuple(Edge(f"r{n}", f"b{n}", READS) for n in range(9))
    diagram = grouped(Diagram("pairs", (Lane("1", ("party",)),), roles + buckets, edges))
    assert [len(node.names) for node in diagram.nodes] == [9, 9]
    (edge,) = diagram.edges
    assert edge.each


@pytest.mark.parametrize("name", NAMES)
def test_no_two_boxes_of_an_example_overlap_and_every_box_is_in_its_lane(name: str) -> None:
    no_overlap(laid_out(diagram_of_example(name), lambda edge: 80))


def no_overlap(layout: Layout) -> None:
    lanes = {placed.lane.id: placed for placed in layout.lanes}
    for placed in layout.nodes:
        lane = lanes[placed.node.lane]
        assert lane.y < placed.y
        assert placed.y + placed.height < lane.y + lane.height
        assert placed.x + NODE_WIDTH < layout.width
    for one in layout.nodes:
        for other in layout.nodes:
            if one is not other:
                apart = abs(one.x - other.x) >= NODE_WIDTH
                assert apart or one.y + one.height < other.y or other.y + other.height < one.y


@st.composite
def diagrams(draw: st.DrawFn) -> Diagram:
    """Any boxes in a few lanes, with any arrows, circles too."""
    count = draw(st.integers(1, 12))
    nodes = tuple(
        Node(f"n{n}", str(draw(st.integers(1, 3))), ROLE, (f"role-{n}",), (f"arn-{n}",)) for n in range(count)
    )
    ends = st.integers(0, count - 1)
    pairs = draw(st.lists(st.tuples(ends, ends), max_size=20))
    edges = tuple(Edge(f"n{a}", f"n{b}", "assumes") for a, b in dict.fromkeys(pairs) if a != b)
    used = sorted({node.lane for node in nodes})
    return Diagram("any", tuple(Lane(lane, ("party",)) for lane in used), nodes, edges)


@given(diagrams())
def test_whatever_leads_where_no_box_lies_on_another_and_lines_are_straight(diagram: Diagram) -> None:
    layout = laid_out(diagram, lambda edge: 60)
    no_overlap(layout)
    for placed in layout.edges:
        for (x, y), (u, v) in pairwise(placed.points):
            assert x == u or y == v
    for node in diagram.nodes:
        assert columns(diagram)[node.id] >= 0


@given(diagrams())
def test_grouping_keeps_every_name_once(diagram: Diagram) -> None:
    names = sorted(name for node in grouped(diagram).nodes for name in node.names)
    assert names == sorted(name for node in diagram.nodes for name in node.names)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", NAMES)
def test_the_svg_is_well_formed_and_has_a_text_alternative(name: str, language: Language) -> None:
    root = ElementTree.fromstring(svg_file(diagram_of_example(name), language))
    space = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{space}title") is not None
    assert root.find(f"{space}desc") is not None
    assert root.get("role") == "img"


def test_names_that_are_markup_stay_text_in_the_svg() -> None:
    node = Node("n1", "1", ROLE, (HOSTILE,), (HOSTILE,))
    text = svg_file(Diagram(HOSTILE, (Lane("1", (HOSTILE,)),), (node,), ()), Language.ENGLISH)
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter()}
    assert tags <= {"svg", "title", "desc", "style", "rect", "text", "g", "path"}
    assert "\u202e" not in text


def test_the_diagram_in_the_docs_is_the_one_of_the_example() -> None:
    drawn = svg_file(diagram_of_example("instance-profile"), Language.ENGLISH)
    if os.environ.get("UPDATE_GOLDEN"):
        IN_DOCS.write_text(drawn, encoding="utf-8")
    assert IN_DOCS.read_text(encoding="utf-8") == drawn


# ---------------------------------------------------------------- Mermaid

_LABEL = r'"(?:[\w .,\-/\']|#\d+;|<br>)*"'
_LINE = re.compile(
    rf"flowchart LR|  subgraph lane\d+\[{_LABEL}\]|    n\d+(?:\[\(|\{{\{{|\(\[|\[){_LABEL}(?:\)\]|\}}\}}|\]\)|\])|  end"
    rf"|  n\d+ -->\|{_LABEL}\| n\d+|  classDef handoff stroke-dasharray: 5 3|  class n\d+(?:,n\d+)* handoff"
)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", NAMES)
def test_every_line_of_mermaid_is_one_of_the_few_forms(name: str, language: Language) -> None:
    lines = mermaid(diagram_of_example(name), language).splitlines()
    assert [line for line in lines if not _LINE.fullmatch(line)] == []
    assert sum(line.startswith("  subgraph") for line in lines) == lines.count("  end")


def test_names_that_are_markup_stay_text_in_mermaid() -> None:
    node = Node("n1", "1", ROLE, (HOSTILE,), (HOSTILE,))
    text = mermaid(Diagram("any", (Lane("1", (HOSTILE,)),), (node,), ()), Language.ENGLISH)
    assert [line for line in text.splitlines() if not _LINE.fullmatch(line)] == []
    shown = "".join(_shown(text))
    assert "<script>alert(2)</script>" in shown


def _shown(text: str) -> Iterator[str]:
    """The text with Mermaid's entities read."""
    yield re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text)
