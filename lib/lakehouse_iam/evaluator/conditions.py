"""Condition tests, compiled once and asked of many request contexts.

Source: AWS docs `IAM/latest/UserGuide/reference_policies_elements_condition_operators.html`,
`reference_policies_condition-logic-multiple-context-keys-or-values.html` and
`reference_policies_condition-single-vs-multi-valued-context-keys.html`, read 2026-11-21:

* several operators, and several keys of one operator, are joined by AND; several values of one key by OR, and
  by NOR for negated operators;
* a key that the request lacks fails the test, and passes it for negated operators and `…IfExists`;
* `ForAllValues` is true and `ForAnyValue` is false when the request has no value, or only empty ones;
* `Null` is true for "true" when the key is absent, and for "false" when it is present.

A multivalued key tested without a set operator is read as: any of its values (negated: none). AWS tells
people to use a set operator there and does not say what happens without one.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from lakehouse_iam.evaluator.arn_match import compile_resource_glob
from lakehouse_iam.evaluator.context_keys import ContextKey, known_key
from lakehouse_iam.evaluator.grammar import ConditionTest
from lakehouse_iam.evaluator.values import parse_date, parse_number
from lakehouse_iam.evaluator.variables import ContextValues, Template
from lakehouse_iam.evaluator.wildcards import compile_glob

ValueMatcher = Callable[[str, ContextValues], bool]
"""Whether one request value compares true with one policy value; the context feeds its variables."""


def _no_value(value: str, context: ContextValues) -> bool:
    return False


def _equals(template: Template) -> ValueMatcher:
    if not template.keys:
        expected = template.exact({})
        return lambda value, context: value == expected
    return lambda value, context: value == template.exact(context)


def _equals_ignore_case(template: Template) -> ValueMatcher:
    if not template.keys:
        fixed = (template.exact({}) or "").lower()
        return lambda value, context: value.lower() == fixed

    def matches(value: str, context: ContextValues) -> bool:
        expected = template.exact(context)
        return expected is not None and value.lower() == expected.lower()

    return matches


def _like(template: Template) -> ValueMatcher:
    if not template.keys:
        fixed = compile_glob(template.glob({}) or "")
        return lambda value, context: fixed(value)

    def matches(value: str, context: ContextValues) -> bool:
        glob = template.glob(context)
        return glob is not None and compile_glob(glob)(value)

    return matches


def _arn_like(template: Template) -> ValueMatcher:
    if not template.keys:
        fixed = compile_resource_glob(template.glob({}) or "")
        return lambda value, context: fixed(value)

    def matches(value: str, context: ContextValues) -> bool:
        glob = template.glob(context)
        return glob is not None and compile_resource_glob(glob)(value)

    return matches


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


def _value_matcher(test: ConditionTest, text: str, template: Template) -> ValueMatcher:
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


@dataclass(frozen=True, slots=True)
class CompiledTest:
    """A condition test ready to be asked. `met` answers it; `why_not` says it in words."""

    test: ConditionTest
    key: str
    known: ContextKey | None
    met: Callable[[ContextValues], bool]

    def why_not(self, context: ContextValues) -> str:
        """What the test asks for and what the request has, as a part of a sentence."""
        values = context.get(self.key)
        has = _listed(values) if values else "no such key"
        if self.test.operator.comparison.family == "null":
            return f"Condition Null {self.test.key} is {_listed(self.test.values)} and the request has {has}"
        verb = "refuses" if self.test.operator.comparison.negated else "asks for"
        text = f"Condition {self.test.operator.text} {self.test.key} {verb} {_listed(self.test.values)}"
        return f"{text} and the request has {has}{_without_value(self.test, context)}"

    def doubts(self, context: ContextValues, denies: bool) -> tuple[str, ...]:
        """What had to be read without certainty: a key that is not known here, a multivalued key without set
        operator.

        Parameters: denies: whether the statement denies; then a key that is known but absent is said too,
        because its absence is what kept the deny from applying.
        """
        known = self.known
        absent = self.key not in context
        found = []
        if known is None and absent:
            found.append(f"{self.test.key} is no condition key known here; the request has none, read as absent")
        elif absent and denies and _compares(self.test):
            found.append(f"the request gives {self.test.key} no value; read as absent")
        if known is not None and known.multivalued and not self.test.operator.set_mode and _compares(self.test):
            found.append(
                f"{self.test.key} is multivalued and {self.test.operator.text} has no ForAllValues or "
                "ForAnyValue; read as any of the values"
            )
        return tuple(found)


def _compares(test: ConditionTest) -> bool:
    return test.operator.comparison.family != "null"


def _without_value(test: ConditionTest, context: ContextValues) -> str:
    lacking = sorted({key for template in test.templates for key in template.keys if key not in context})
    return f" (the variable {', '.join(lacking)} has no value)" if lacking else ""


def _listed(values: tuple[str, ...]) -> str:
    quoted = [f'"{value}"' for value in values]
    return quoted[0] if len(quoted) == 1 else f"one of {', '.join(quoted)}"


def _null_test(key: str, values: tuple[str, ...]) -> Callable[[ContextValues], bool]:
    wanted = frozenset(value.lower() == "true" for value in values)
    return lambda context: (key not in context) in wanted


def _plain_test(
    key: str, matchers: tuple[ValueMatcher, ...], negated: bool, absent: bool
) -> Callable[[ContextValues], bool]:
    def met(context: ContextValues) -> bool:
        values = context.get(key)
        if values is None:
            return absent
        found = any(matcher(value, context) for value in values for matcher in matchers)
        return found is not negated

    return met


def _set_test(
    key: str, matchers: tuple[ValueMatcher, ...], negated: bool, mode: str, if_exists: bool
) -> Callable[[ContextValues], bool]:
    quantify = all if mode == "all" else any

    def met(context: ContextValues) -> bool:
        values = context.get(key)
        if values is None and if_exists:
            return True
        return quantify(
            any(matcher(value, context) for matcher in matchers) is not negated for value in values or () if value
        )

    return met


def compile_test(test: ConditionTest) -> CompiledTest:
    """The test with its values compiled."""
    key, operator = test.key.lower(), test.operator
    if operator.comparison.family == "null":
        return CompiledTest(test, key, known_key(key), _null_test(key, test.values))
    matchers = tuple(
        _value_matcher(test, text, template) for text, template in zip(test.values, test.templates, strict=True)
    )
    negated = operator.comparison.negated
    if operator.set_mode:
        met = _set_test(key, matchers, negated, operator.set_mode, operator.if_exists)
    else:
        met = _plain_test(key, matchers, negated, negated or operator.if_exists)
    return CompiledTest(test, key, known_key(key), met)
