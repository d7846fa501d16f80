"""The condition operators of the policy language, as a table.

Source: AWS docs `IAM/latest/UserGuide/reference_policies_elements_condition_operators.html` and
`reference_policies_condition-single-vs-multi-valued-context-keys.html` (set operators), read 2026-11-21.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from lakehouse_iam.errors import LakehouseIamError


@dataclass(frozen=True, slots=True)
class Comparison:
    """One operator without its set prefix and `IfExists`.

    Attributes:
        family: what is compared: string, numeric, date, bool, binary, ip, arn or null.
        relation: how two values compare.
        negated: whether the test is met when they do not.
    """

    family: str
    relation: str
    negated: bool


COMPARISONS: dict[str, Comparison] = {
    "StringEquals": Comparison("string", "equals", False),
    "StringNotEquals": Comparison("string", "equals", True),
    "StringEqualsIgnoreCase": Comparison("string", "equals-ignore-case", False),
    "StringNotEqualsIgnoreCase": Comparison("string", "equals-ignore-case", True),
    "StringLike": Comparison("string", "like", False),
    "StringNotLike": Comparison("string", "like", True),
    "NumericEquals": Comparison("numeric", "equals", False),
    "NumericNotEquals": Comparison("numeric", "equals", True),
    "NumericLessThan": Comparison("numeric", "less", False),
    "NumericLessThanEquals": Comparison("numeric", "less-or-equals", False),
    "NumericGreaterThan": Comparison("numeric", "greater", False),
    "NumericGreaterThanEquals": Comparison("numeric", "greater-or-equals", False),
    "DateEquals": Comparison("date", "equals", False),
    "DateNotEquals": Comparison("date", "equals", True),
    "DateLessThan": Comparison("date", "less", False),
    "DateLessThanEquals": Comparison("date", "less-or-equals", False),
    "DateGreaterThan": Comparison("date", "greater", False),
    "DateGreaterThanEquals": Comparison("date", "greater-or-equals", False),
    "Bool": Comparison("bool", "equals", False),
    "BinaryEquals": Comparison("binary", "equals", False),
    "IpAddress": Comparison("ip", "within", False),
    "NotIpAddress": Comparison("ip", "within", True),
    "ArnEquals": Comparison("arn", "like", False),
    "ArnLike": Comparison("arn", "like", False),
    "ArnNotEquals": Comparison("arn", "like", True),
    "ArnNotLike": Comparison("arn", "like", True),
    "Null": Comparison("null", "absent", False),
}

VARIABLE_FAMILIES = frozenset({"string", "arn", "bool"})
"""Families whose values may carry policy variables. AWS says so of Bool on the page of the operators and
denies it on the page of the variables; the page of the operators is followed.
"""

_SETS = {"ForAllValues:": "all", "ForAnyValue:": "any"}
_IF_EXISTS = "IfExists"


class UnknownOperatorError(LakehouseIamError, ValueError):
    """No such condition operator."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A whole operator.

    Attributes:
        text: as the policy writes it.
        comparison: the operator without prefix and suffix.
        set_mode: "all" (ForAllValues), "any" (ForAnyValue) or "" (none).
        if_exists: whether it ends in `IfExists`.
    """

    text: str
    comparison: Comparison
    set_mode: str
    if_exists: bool


def parse_operator(text: str) -> Operator:
    """The operator named `text`, e.g. `ForAnyValue:StringLikeIfExists`. Names are case-sensitive here.

    Raises:
        UnknownOperatorError: with the nearest known name.
    """
    set_mode, rest = "", text
    for prefix, mode in _SETS.items():
        if text.startswith(prefix):
            set_mode, rest = mode, text[len(prefix) :]
    if_exists = rest.endswith(_IF_EXISTS)
    name = rest[: -len(_IF_EXISTS)] if if_exists else rest
    comparison = COMPARISONS.get(name)
    if comparison is None:
        raise UnknownOperatorError(f"{text!r} is not a condition operator{_nearest(name)}")
    if comparison.family == "null" and (if_exists or set_mode):
        raise UnknownOperatorError(f"{text!r} is not a condition operator: Null takes no set operator and no IfExists")
    return Operator(text, comparison, set_mode, if_exists)


def _nearest(name: str) -> str:
    by_lower = {known.lower(): known for known in COMPARISONS}
    close = get_close_matches(name.lower(), by_lower, n=1)
    return f"; the nearest is {by_lower[close[0]]!r}" if close else f"; allowed are {', '.join(COMPARISONS)}"
