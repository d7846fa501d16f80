"""The section with the live state beside the intended one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakehouse_iam.report.markup import Markup, element, joined, plain
from lakehouse_iam.report.section_changes import unit_row
from lakehouse_iam.report.sections import listing, name, names, table
from lakehouse_iam.report.words import both, phrase

Json = Mapping[str, Any]

_CHECKS = ("probes.check", "live.intended", "live.live", "probes.because")
_POLICIES = ("differences.change", "differences.what", "differences.evidence")


def live_section(setup: Json, number: int, report: Json) -> Markup:
    """What snapshots show: checks with another answer, policies that differ, what is not there, what was not read."""
    live = setup.get("live")
    if live is None:
        return element("p", both("live.none"))
    id = f"s{number}-live"
    taken = [
        joined((name(one["of"]), ": ", element("time", one["taken"]), " (", name(one["file"]), ")"))
        for one in live["snapshots"]
    ]
    parts: list[Markup] = [
        listing(taken),
        element("p", both("live.count", count=live["as_expected"], total=live["total"])),
    ]
    if live["differs"]:
        parts.append(table(id, _CHECKS, [_check(one) for one in live["differs"]]))
    if live["units"]:
        parts += (element("h4", both("live.policies")), table(id, _POLICIES, [unit_row(one) for one in live["units"]]))
    for key, entries in (("live.absent", live["absent"]), ("live.not-read", live["not_read"])):
        if entries:
            parts += (element("h4", both(key)), names([f"{one['arn']} ({one['account']})" for one in entries]))
    if live["notes"]:
        parts.append(listing(phrase(one) for one in live["notes"]))
    return joined(parts)


def _check(one: Json) -> tuple[Markup, ...]:
    because = listing(phrase(sentence) for sentence in one["because"])
    return plain(one["question"]), both(f"probes.{one['expected']}"), both(f"probes.{one['answer']}"), because
