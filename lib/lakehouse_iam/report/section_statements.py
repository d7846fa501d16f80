"""The sections with every statement and its reason, and with what is handed off."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lakehouse_iam.languages import Language
from lakehouse_iam.policy_elements import listed
from lakehouse_iam.report.markup import Child, Markup, element, joined, plain
from lakehouse_iam.report.policies import BUCKET
from lakehouse_iam.report.sections import name, names
from lakehouse_iam.report.words import both, in_both, phrase

Json = Mapping[str, Any]


def statements_section(setup: Json, number: int, report: Json) -> Markup:
    """Every policy that the setup writes."""
    policies = [policy for policy in setup["policies"] if not policy["handed_off"]]
    return joined(
        (
            element("p", both("statements.intro")),
            [_policy(group, report["reasons"]) for group in _alike(policies)],
        )
    )


def handoffs_section(setup: Json, number: int, report: Json) -> Markup:
    """Every policy of somebody else, with the statements to merge into it."""
    policies = [policy for policy in setup["policies"] if policy["handed_off"]]
    if not policies:
        return element("p", both("handoffs.none"))
    return joined(
        (element("p", both("handoffs.intro")), [_policy(group, report["reasons"]) for group in _alike(policies)])
    )


def _alike(policies: Iterable[Json]) -> list[list[Json]]:
    """Policies of buckets that differ in the bucket's name only, together; every other policy by itself."""
    groups: dict[str, list[Json]] = {}
    for policy in policies:
        key = policy["id"]
        if policy["kind"] == BUCKET:
            text = json.dumps(policy["statements"], sort_keys=True)
            same = text.replace(f'{policy["of"]}"', '{bucket}"').replace(f"{policy['of']}/", "{bucket}/")
            key = f"{policy['account']} {policy.get('why', '')} {same}"
        groups.setdefault(key, []).append(policy)
    return list(groups.values())


def _policy(group: Sequence[Json], reasons: Json) -> Markup:
    first = group[0]
    statements = first["statements"]
    count = len(statements)
    facts: list[Child] = [
        both("policy.count.one") if count == 1 else both("policy.count", count=count),
        both("lane.account", account=first["account"]),
    ]
    if first["handed_off"]:
        facts.append(both("policy.handed-off"))
    else:
        facts.append(both("policy.size", size=max(one["size"] for one in group), limit=first["limit"]))
    return element(
        "details",
        element(
            "summary",
            element("span", _title(group), class_="policy-title"),
            element("span", [element("span", fact) for fact in facts], class_="policy-facts"),
        ),
        _why(first),
        _same(group),
        [_statement(one, reasons) for one in statements],
        class_="policy",
        id=None if len(group) > 1 else first["id"],
    )


def _title(group: Sequence[Json]) -> Markup:
    first = group[0]
    if first["name"]:
        title = both(f"policy.{first['kind']}", of=_short(first["of"]), name=first["name"])
        return joined((title, " ", name(first["name"]))) if first["of"] else title
    if len(group) > 1:
        return both("policy.bucket", of=f"{_short(first['of'])} … {_short(group[-1]['of'])}")
    return both(f"policy.{first['kind']}", of=_short(first["of"]))


def _short(arn: str) -> str:
    """The last part of an ARN: readers know the account from beside it."""
    return arn.rpartition("/")[2] or arn if ":role/" in arn or ":key/" in arn else arn.rpartition(":::")[2]


def _why(policy: Json) -> Markup | None:
    if not policy["handed_off"]:
        return None
    return element("p", element("strong", both("handoffs.why")), ": ", phrase(policy["why"]), class_="note")


def _same(group: Sequence[Json]) -> Markup | None:
    if len(group) == 1:
        return None
    return element(
        "div", element("p", both("statements.same", count=len(group))), names([_short(one["of"]) for one in group])
    )


def _statement(one: Json, reasons: Json) -> Markup:
    statement = one["statement"]
    effect = statement["Effect"].lower()
    # The names of the elements are IAM's own, in either language.
    rows: list[tuple[str, Markup]] = [("Effect", plain(statement["Effect"]))]
    if "Principal" in statement:
        rows.append(("Principal", _principal(statement["Principal"])))
    rows.append(("Action", names(listed(statement["Action"]))))
    if "Resource" in statement:
        rows.append(("Resource", names(listed(statement["Resource"]))))
    if "Condition" in statement:
        rows.append(("Condition", _condition(statement["Condition"])))
    title = name(statement["Sid"]) if "Sid" in statement else both("statement.no-sid")
    return element(
        "section",
        element("h4", title),
        element("dl", [element("div", element("dt", key), element("dd", value)) for key, value in rows]),
        _reason(reasons.get(one["reason"])),
        class_=f"statement {effect}",
    )


def _reason(reason: Json | None) -> Markup:
    if reason is None:
        return element("p", both("statement.unknown-reason"), class_="why")
    sources = [
        element("li", source["page"], " (", source["read"] or both("statement.unread"), ")")
        for source in reason["sources"]
    ]
    return element(
        "div",
        element("p", element("strong", both("statement.why")), ": ", _texts(reason)),
        element("div", element("strong", both("statement.source")), element("ul", sources), class_="sources"),
        class_="why",
    )


def _texts(reason: Json) -> Markup:
    return in_both({Language.ENGLISH: plain(reason["en"]), Language.JAPANESE: plain(reason["ja"])})


def _principal(principal: Any) -> Markup:
    if not isinstance(principal, Mapping):
        return name(str(principal))
    return names([f"{kind}: {value}" for kind, values in principal.items() for value in listed(values)])


def _condition(condition: Json) -> Markup:
    return names(
        [
            f"{operator} {key} = {', '.join(listed(values))}"
            for operator, tests in condition.items()
            for key, values in tests.items()
        ]
    )
