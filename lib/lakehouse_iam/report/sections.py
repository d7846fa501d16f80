"""What the sections of the page have in common."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from lakehouse_iam.languages import LANGUAGES
from lakehouse_iam.report.markup import Child, Markup, element, joined
from lakehouse_iam.report.words import both, word

FEW = 6
"""So many entries of a list are shown; the others open on demand."""

_MANY = 12


def heading(key: str, id: str) -> Markup:
    """The heading of a section."""
    return element("h3", both(key), id=id)


def name(text: str) -> Markup:
    """An ARN, an action or another name as code."""
    return element("code", text)


def names(texts: Sequence[str]) -> Markup:
    """Names one under the other; many of them are folded behind the first ones."""
    if len(texts) == 1:
        return name(texts[0])
    shown = element("ul", [element("li", name(one)) for one in texts[:FEW]], class_="plain")
    if len(texts) <= FEW:
        return shown
    rest = texts[FEW:]
    more = element(
        "details",
        element("summary", both("reach.and", count=len(rest))),
        element("ul", [element("li", name(one)) for one in rest], class_="plain"),
    )
    return element("div", shown, more)


def listing(items: Iterable[Child]) -> Markup:
    """A list of sentences."""
    return element("ul", [element("li", item) for item in items])


def folded(items: Sequence[Child]) -> Markup:
    """A list of sentences; many of them are folded behind the first ones."""
    if len(items) <= _MANY:
        return listing(items)
    more = element("summary", both("reach.and", count=len(items) - _MANY))
    return joined((listing(items[:_MANY]), element("details", more, listing(items[_MANY:]))))


def table(label: str, heads: Sequence[str], rows: Iterable[Sequence[Child]], *, classes: str = "") -> Markup:
    """A table whose cells know their column's name, so that a narrow screen can show each row as a block.

    Args:
        label: the id of the heading that names the table.
        heads: the keys of the columns' names.
        rows: the cells of each row; the first heads its row.
        classes: of the table.
    """
    return element(
        "div",
        element(
            "table",
            element("thead", element("tr", [element("th", both(head), scope="col") for head in heads])),
            element("tbody", [_row(heads, row) for row in rows]),
            aria_labelledby=label,
            class_=f"rows {classes}".strip(),
        ),
        class_="scroll",
    )


def _row(heads: Sequence[str], row: Sequence[Child]) -> Markup:
    # Narrow screens show the head's words before the cell, by the style sheet: see `cell_labels`.
    first, *others = (element("div", cell) for cell in row)
    cells = [element("th", first, scope="row", data_h=heads[0])]
    cells += (element("td", cell, data_h=head) for head, cell in zip(heads[1:], others, strict=True))
    return element("tr", cells)


COLUMNS = (
    *("reach.who", "reach.through", "reach.what", "reach.may"),
    *("sizes.quota", "sizes.of", "sizes.used", "sizes.limit", "sizes.share"),
    *("differences.change", "differences.what", "differences.evidence"),
    *("probes.check", "live.intended", "live.live", "probes.because"),
)
"""The columns of all tables."""


def cell_labels() -> str:
    """The style sheet's part that writes the names of columns before their cells, in the language of the page.

    In the markup they would stand in every row, in both languages: a fifth of the page.
    """
    rules = (
        f'html:has(#language-{language.value}:checked) [data-h="{column}"]::before'
        f"{{content:{json.dumps(word(column, language), ensure_ascii=False)}}}"
        for language in LANGUAGES
        for column in COLUMNS
    )
    return f"@media screen and (max-width:44rem){{{''.join(rules)}}}"
