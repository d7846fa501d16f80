"""The section with the steps: each account in its order, what it deploys, shows, and tells others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lakehouse_iam.report.markup import Markup, element, joined
from lakehouse_iam.report.sections import listing, name
from lakehouse_iam.report.words import both, phrase

Json = Mapping[str, Any]


def steps_section(setup: Json, number: int, report: Json) -> Markup:
    """Every phase of a setup."""
    numbers = {phase["id"]: place for place, phase in enumerate(setup["phases"], start=1)}
    return joined(
        (
            element("p", both("steps.intro")),
            element("ol", [_phase(one, numbers) for one in setup["phases"]], class_="steps"),
        )
    )


def _phase(phase: Json, numbers: Mapping[str, int]) -> Markup:
    deploys = both("steps.deploy", stack=phase["stack"]) if phase["stack"] else both("steps.nothing")
    after = ", ".join(str(numbers[id]) for id in phase["after"])
    parts = (
        (
            "steps.parameters",
            [joined((name(one["id"]), ": ", phrase(one["description"]))) for one in phase["parameters"]],
        ),
        ("steps.is-told", _values(phase["is_told"])),
        ("steps.outputs", [joined((name(one["id"]), ": ", phrase(one["description"]))) for one in phase["outputs"]]),
        ("steps.hands-over", _values(phase["hands_over"])),
    )
    return element(
        "li",
        element(
            "p",
            element("strong", phrase(phase["party"])),
            " · ",
            both("lane.account", account=phase["account"]),
            " · ",
            phase["region"],
        ),
        element("p", deploys, (" · ", both("steps.after", phases=after)) if after else None),
        [element("div", element("h4", both(key)), listing(items)) for key, items in parts if items],
    )


def _values(values: Sequence[Json]) -> list[Markup]:
    return [
        joined(
            (
                element("div", phrase(one["name"]), " · ", both("steps.to", to=phrase(one["to"]))),
                element("div", name(one["value"]) if one["value"] else both("steps.later")),
                element("div", phrase(one["why"]), class_="quiet"),
            )
        )
        for one in values
    ]
