"""The section with what changed since an earlier report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lakehouse_iam.report.markup import Markup, element, joined
from lakehouse_iam.report.sections import folded, listing, name, names, table
from lakehouse_iam.report.words import both

Json = Mapping[str, Any]

_HEADS = ("differences.change", "differences.what", "differences.evidence")


def changes_section(differences: Json) -> Markup:
    """Every change, with a request as evidence where one exists."""
    parts: list[Markup] = [element("p", both("differences.intro", when=differences["before"]["written_at"]))]
    if not differences["changes"]:
        parts.append(element("p", both("differences.none")))
    parts += (element("p", both("differences.setup.added", setup=one)) for one in differences["added"])
    parts += (element("p", both("differences.setup.removed", setup=one)) for one in differences["removed"])
    for number, setup in enumerate(differences["setups"], start=1):
        if setup["changes"]:
            parts.append(_setup(setup, number))
    return element(
        "section",
        element("h2", both("section.differences"), id="differences"),
        parts,
        aria_labelledby="differences",
        class_="part",
    )


def _setup(setup: Json, number: int) -> Markup:
    id = f"differences-{number}"
    rows = [unit_row(one) for one in setup["units"]]
    rows += (_resource(one) for one in setup["resources"])
    probes = setup["probes"]
    changed = probes["changed"]
    return joined(
        (
            element("h3", both("setup.heading", setup=setup["setup"]), id=id),
            table(id, _HEADS, rows) if rows else None,
            element("p", both("differences.probes", **{key: len(probes[key]) for key in probes})),
            folded([_check(one) for one in changed]) if changed else None,
        )
    )


def unit_row(unit: Json) -> tuple[Markup, ...]:
    """A row on what a policy lets in now and did not before, or the other way round."""
    evidence = [
        element("div", element("strong", both(key)), names([one["text"] for one in unit[side]]))
        for key, side in (("differences.now", "wider"), ("differences.before", "narrower"))
        if unit[side]
    ]
    if unit["not_decided"]:
        evidence.append(element("div", element("strong", both("differences.not-decided")), _lines(unit["not_decided"])))
    return _change(unit["change"]), both(f"differences.unit.{unit['kind']}", arn=name(unit["arn"])), joined(evidence)


def _resource(one: Json) -> tuple[Markup, ...]:
    what = both("differences.resource", type=one["type"], name=name(one["name"]))
    evidence = (
        names([f"{key}: {old} → {new}" for key, old, new in one["properties"]]) if one["properties"] else joined("")
    )
    return _change(one["change"]), what, evidence


def _check(one: Json) -> Markup:
    before, after = (both(f"probes.{one[side]}") for side in ("before", "after"))
    return joined((element("bdi", one["question"]), ": ", before, " → ", after))


def _change(change: str) -> Markup:
    widens = change.startswith("widened")
    return element("span", both(f"change.{change}"), class_="badge warn" if widens else "badge")


def _lines(sentences: Sequence[str]) -> Markup:
    return listing(sentences)
