"""The sections on what is beyond a setup, what was assumed, sizes against quotas, and the setup as it was written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lakehouse_iam.report.markup import Markup, element, joined, plain
from lakehouse_iam.report.sections import folded, name, names, table
from lakehouse_iam.report.words import both, phrase

Json = Mapping[str, Any]

_MOST_SIZES = 5
"""So many of each quota are listed, the fullest first."""


def beyond_section(setup: Json, number: int, report: Json) -> Markup:
    """What templates hold beyond the setup."""
    parts: list[Markup] = []
    if setup["beyond"]:
        parts.append(_findings(setup["beyond"]))
    else:
        parts.append(element("p", both(f"beyond.none.{report['proved_from']}")))
    if setup["warnings"]:
        parts += (element("h4", both("beyond.warnings")), _findings(setup["warnings"]))
    if setup["not_read"]:
        listed = [f"{one['type']} {one['logical_id']} ({one['file']})" for one in setup["not_read"]]
        parts += (element("h4", both("beyond.not-read")), names(listed))
    return joined(parts)


def _findings(findings: Sequence[Json]) -> Markup:
    return element("div", [_finding(one) for one in findings])


def _finding(one: Json) -> Markup:
    where = one["where"]
    place = " ".join(str(where[key]) for key in ("file", "logical_id", "property", "statement") if where.get(key))
    rows = [("beyond.where", name(place)), ("beyond.what", plain(one["what"])), ("beyond.remove", plain(one["remove"]))]
    witness = one.get("witness")
    if witness:
        request = f"{witness['principal']}: {witness['action']} → {witness['resource']}"
        rows.append(("beyond.witness", name(request)))
    return element(
        "dl",
        [element("div", element("dt", both(key)), element("dd", value)) for key, value in rows],
        class_="finding",
    )


def assumptions_section(setup: Json, number: int, report: Json) -> Markup:
    """What had to be assumed, and what a reader should know."""
    parts: list[Markup] = []
    for key, sentences in (("taken", setup["taken_as_given"]), ("notes", setup["notes"])):
        if sentences:
            parts += (element("h4", both(f"assumptions.{key}")), folded([phrase(one) for one in sentences]))
    return joined(parts) if parts else element("p", both("assumptions.none"))


def sizes_section(setup: Json, number: int, report: Json) -> Markup:
    """What the setup takes of each quota: the fullest of each kind."""
    kinds: dict[str, list[Json]] = {}
    for one in setup["sizes"]:
        kinds.setdefault(one["quota"], []).append(one)
    titles = {policy["id"]: _of(policy) for policy in setup["policies"]}
    rows = []
    for quota, sizes in kinds.items():
        ordered = sorted(sizes, key=lambda one: -one["size"] / one["limit"])
        rows += [_size(quota, one, titles) for one in ordered[:_MOST_SIZES]]
        if len(ordered) > _MOST_SIZES:
            more = both("sizes.more", count=len(ordered) - _MOST_SIZES)
            rows.append((both(f"quota.{quota}"), more, plain(""), plain(""), plain("")))
    heads = ("sizes.quota", "sizes.of", "sizes.used", "sizes.limit", "sizes.share")
    return table(f"s{number}-sizes", heads, rows, classes="sizes")


def _of(policy: Json) -> str:
    return str(policy["name"] or policy["of"])


def _size(quota: str, one: Json, titles: Mapping[str, str]) -> tuple[Markup, ...]:
    share = 100 * one["size"] / one["limit"]
    bar = element("meter", min=0, max=one["limit"], high=one["limit"] * 0.8, value=one["size"], aria_hidden="true")
    of = name(titles.get(one["of"], one["of"]))
    return (
        both(f"quota.{quota}"),
        of,
        plain(f"{one['size']:,}"),
        plain(f"{one['limit']:,}"),
        joined((bar, f" {share:.0f} %" if share >= 1 else " < 1 %")),
    )


def definition_section(setup: Json, number: int, report: Json) -> Markup:
    """The setup as it was written, as JSON."""
    text = json.dumps(setup["definition"], indent=2, ensure_ascii=False)
    code = element("pre", element("code", text), tabindex="0")
    return element("details", element("summary", both("section.definition")), code)
