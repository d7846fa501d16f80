"""How one value of a request compares with one value of a policy, for each family of condition operators.

Source: AWS docs `IAM/latest/UserGuide/reference_policies_elements_condition_operators.html`, read 2026-11-21.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable
from decimal import Decimal

from lakehouse_iam.evaluator.arn_match import compile_arn_glob
from lakehouse_iam.evaluator.condition_grammar import ConditionTest
from lakehouse_iam.evaluator.values import parse_date, parse_number
from lakehouse_iam.evaluator.variables import ContextValues, Template
from lakehouse_iam.evaluator.wildcards import compile_glob

ValueMatcher = Callable[[str, ContextValues], bool | None]
"""Whether one request value compares true with one policy value; the context feeds its variables. None: not known."""


def _no_value(value: str, context: ContextValues) -> bool:
    return False


def _equals(template: Template) -> ValueMatcher:
    if not template.keys:
        expected = template.exact({})
        return lambda value, context: value == expected
    return _waiting(template, lambda value, context: value == template.exact(context))


def _waiting(template: Template, matches: ValueMatcher) -> ValueMatcher:
    """The matcher, with no answer while a variable of the template has a value that nobody gave."""
    return lambda value, context: None if template.waits_for(context) else matches(value, context)


def _equals_ignore_case(template: Template) -> ValueMatcher:
    if not template.keys:
        fixed = (template.exact({}) or "").lower()
        return lambda value, context: value.lower() == fixed

    def matches(value: str, context: ContextValues) -> bool:
        expected = template.exact(context)
        return expected is not None and value.lower() == expected.lower()

    return _waiting(template, matches)


def _like(template: Template) -> ValueMatcher:
    if not template.keys:
        fixed = compile_glob(template.glob({}) or "")
        return lambda value, context: fixed(value)

    def matches(value: str, context: ContextValues) -> bool:
        glob = template.glob(context)
        return glob is not None and compile_glob(glob)(value)

    return _waiting(template, matches)


def _arn_like(template: Template) -> ValueMatcher:
    if not template.keys:
        fixed = compile_arn_glob(template.glob({}) or "")
        return lambda value, context: fixed(value)

    def matches(value: str, context: ContextValues) -> bool:
        glob = template.glob(context)
        return glob is not None and compile_arn_glob(glob)(value)

    return _waiting(template, matches)


_RELATIONS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "equals": lambda value, expected: value == expected,
    "less": lambda value, expected: value < expected,
    "less-or-equals": lambda value, expected: value <= expected,
    "greater": lambda value, expected: value > expected,
    "greater-or-equals": lambda value, expected: value >= expected,
}


def _ordered(parse: Callable[[str], Decimal | None], relation: str, text: str) -> ValueMatcher:
    expected = parse(text)
    if expected is None:
        return _no_value
    limit, holds = expected, _RELATIONS[relation]

    def matches(value: str, context: ContextValues) -> bool:
        number = parse(value)
        return number is not None and holds(number, limit)

    return matches


def _binary(text: str) -> ValueMatcher:
    expected = base64.b64decode(text)

    def matches(value: str, context: ContextValues) -> bool:
        try:
            return base64.b64decode(value, validate=True) == expected
        except (binascii.Error, ValueError):
            return False

    return matches


def _within(text: str) -> ValueMatcher:
    network = ipaddress.ip_network(text, strict=False)

    def matches(value: str, context: ContextValues) -> bool:
        try:
            return ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return matches


def value_matcher(test: ConditionTest, text: str, template: Template) -> ValueMatcher:
    """The matcher for one value of a test.

    Args:
        test: the test, for its operator.
        text: the value.
        template: the value cut at its variables.
    """
    comparison = test.operator.comparison
    from_template: dict[tuple[str, str], Callable[[Template], ValueMatcher]] = {
        ("string", "equals"): _equals,
        ("string", "equals-ignore-case"): _equals_ignore_case,
        ("string", "like"): _like,
        ("arn", "like"): _arn_like,
        ("bool", "equals"): _equals_ignore_case,
    }
    maker = from_template.get((comparison.family, comparison.relation))
    if maker is not None:
        return maker(template)
    if comparison.family == "numeric":
        return _ordered(parse_number, comparison.relation, text)
    if comparison.family == "date":
        return _ordered(parse_date, comparison.relation, text)
    return _binary(text) if comparison.family == "binary" else _within(text)
