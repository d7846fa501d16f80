"""The section that says who can reach what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lakehouse_iam.report.markup import Markup, element, joined
from lakehouse_iam.report.sections import name, names, table
from lakehouse_iam.report.words import both

_VERBS = {
    "s3:GetBucketLocation": "locate",
    "s3:ListBucket": "list",
    "s3:GetObject": "read",
    "s3:PutObject": "write",
    "s3:DeleteObject": "delete",
    "sts:AssumeRole": "assume",
    "sts:AssumeRoleWithSAML": "assume",
}
_HEADS = ("reach.who", "reach.through", "reach.what", "reach.may")


def reach_section(setup: Mapping[str, Any], number: int, report: Mapping[str, Any]) -> Markup:
    """Each way with what it leads to; what may be used alike stands together."""
    rows = [_row(way, targets, actions) for way in setup["reach"] for actions, targets in _alike(way["targets"])]
    return joined((element("p", both("reach.intro")), table(f"s{number}-reach", _HEADS, rows)))


def _alike(targets: Sequence[Mapping[str, Any]]) -> list[tuple[tuple[str, ...], list[str]]]:
    by_actions: dict[tuple[str, ...], list[str]] = {}
    for target in targets:
        by_actions.setdefault(tuple(target["actions"]), []).append(target["resource"])
    return list(by_actions.items())


def _row(way: Mapping[str, Any], targets: list[str], actions: tuple[str, ...]) -> tuple[Markup, ...]:
    through = names(way["assumes"]) if way["assumes"] else both("reach.directly")
    return name(way["principal"]), through, names(targets), _may(actions)


def _may(actions: tuple[str, ...]) -> Markup:
    verbs = dict.fromkeys(_VERBS[action] for action in actions if action in _VERBS)
    others = [action for action in actions if action not in _VERBS]
    words = [element("span", both(f"verb.{verb}"), class_="verb") for verb in verbs]
    return joined((words, names(others) if others else None))
