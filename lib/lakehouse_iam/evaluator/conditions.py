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

from collections.abc import Callable
from dataclasses import dataclass

from lakehouse_iam.evaluator.condition_grammar import ConditionTest
from lakehouse_iam.evaluator.context_keys import ContextKey, known_key
from lakehouse_iam.evaluator.value_matchers import ValueMatcher, value_matcher
from lakehouse_iam.evaluator.values import UNKNOWN
from lakehouse_iam.evaluator.variables import ContextValues

Answer = bool | None
"""Whether a test is met; None when it depends on a value that AWS sends and nobody gave."""


@dataclass(frozen=True, slots=True)
class CompiledTest:
    """A condition test ready to be asked.

    Attributes:
        test: the test as the policy writes it.
        key: the condition key in lower case.
        known: what is known of the key, or None.
        met: answers the test for a request context.
    """

    test: ConditionTest
    key: str
    known: ContextKey | None
    met: Callable[[ContextValues], Answer]

    def why_not(self, context: ContextValues) -> str:
        """What the test asks for and what the request has, as a part of a sentence."""
        values = context.get(self.key)
        has = "a value that is not given" if values is UNKNOWN else _listed(values) if values else "no such key"
        if self.test.operator.comparison.family == "null":
            return f"Condition Null {self.test.key} is {_listed(self.test.values)} and the request has {has}"
        verb = "refuses" if self.test.operator.comparison.negated else "asks for"
        text = f"Condition {self.test.operator.text} {self.test.key} {verb} {_listed(self.test.values)}"
        return f"{text} and the request has {has}{_without_value(self.test, context)}"

    def waits_for(self, context: ContextValues) -> tuple[str, ...]:
        """The keys whose values AWS sends and nobody gave, if the test depends on them."""
        if self.met(context) is not None:
            return ()
        in_values = (key for template in self.test.templates for key in template.keys)
        return tuple(key for key in (self.test.key, *in_values) if context.get(key.lower()) is UNKNOWN)

    def doubts(self, context: ContextValues, denies: bool) -> tuple[str, ...]:
        """What had to be read without certainty.

        Args:
            context: the request context.
            denies: whether the statement denies; then a key that is known but absent is reported too, because its
                absence is what kept the deny from applying.
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


def _null_test(key: str, values: tuple[str, ...]) -> Callable[[ContextValues], Answer]:
    wanted = frozenset(value.lower() == "true" for value in values)
    return lambda context: (key not in context) in wanted


def _whatever(test: ConditionTest) -> Answer:
    """The answer for a value that is there but not known: None, unless every value gives the same one."""
    comparison = test.operator.comparison
    matches_all = comparison.relation == "like" and "*" in test.values
    matches_both = comparison.family == "bool" and {text.lower() for text in test.values} == {"true", "false"}
    return not comparison.negated if matches_all or matches_both else None


def _any_matches(matchers: tuple[ValueMatcher, ...], value: str, context: ContextValues) -> Answer:
    found: Answer = False
    for matcher in matchers:
        one = matcher(value, context)
        if one:
            return True
        if one is None:
            found = None
    return found


def _plain_test(test: ConditionTest, key: str, matchers: tuple[ValueMatcher, ...]) -> Callable[[ContextValues], Answer]:
    negated, whatever = test.operator.comparison.negated, _whatever(test)
    absent = negated or test.operator.if_exists

    def met(context: ContextValues) -> Answer:
        values = context.get(key)
        if values is None:
            return absent
        if values is UNKNOWN:
            return whatever
        found: Answer = False
        for value in values:
            one = _any_matches(matchers, value, context)
            if one:
                return not negated
            if one is None:
                found = None
        return None if found is None else negated

    return met


def _set_test(test: ConditionTest, key: str, matchers: tuple[ValueMatcher, ...]) -> Callable[[ContextValues], Answer]:
    operator, whatever = test.operator, _whatever(test)
    negated, of_all = operator.comparison.negated, operator.set_mode == "all"

    def met(context: ContextValues) -> Answer:
        values = context.get(key)
        if values is None and operator.if_exists:
            return True
        if values is UNKNOWN:
            return whatever
        found: Answer = of_all
        for value in values or ():
            if not value:
                continue
            one = _any_matches(matchers, value, context)
            if one is None:
                found = None
            elif (one is not negated) is not of_all:
                return not of_all
        return found

    return met


def compile_test(test: ConditionTest) -> CompiledTest:
    """The test with its values compiled."""
    key = test.key.lower()
    if test.operator.comparison.family == "null":
        return CompiledTest(test, key, known_key(key), _null_test(key, test.values))
    matchers = tuple(
        value_matcher(test, text, template) for text, template in zip(test.values, test.templates, strict=True)
    )
    make = _set_test if test.operator.set_mode else _plain_test
    return CompiledTest(test, key, known_key(key), make(test, key, matchers))
