"""The section with the checks: the frame, which the page's script fills from the report's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakehouse_iam.report.markup import Markup, element, joined
from lakehouse_iam.report.words import both

_FILTERS = ("all", "allowed", "refused", "failed")


def probes_section(setup: Mapping[str, Any], number: int, report: Mapping[str, Any]) -> Markup:
    """A search field, a filter, a count, and the place for the list."""
    id = f"s{number}-probes"
    return joined(
        (
            element("p", both("probes.intro")),
            element(
                "div",
                element(
                    "label",
                    both("probes.search"),
                    element("input", type="search", id=f"{id}-search", autocomplete="off"),
                ),
                element(
                    "fieldset",
                    element("legend", both("probes.show")),
                    [
                        element(
                            "label",
                            element("input", type="radio", name=f"{id}-filter", value=one, checked=one == "all"),
                            both(f"probes.{one}"),
                        )
                        for one in _FILTERS
                    ],
                ),
                class_="tools",
            ),
            element("p", class_="count", role="status", id=f"{id}-count"),
            element("ol", class_="checks", id=f"{id}-list"),
            element("button", both("probes.more"), type="button", id=f"{id}-more", hidden=True),
        )
    )
