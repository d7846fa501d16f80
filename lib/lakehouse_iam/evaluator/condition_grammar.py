"""The `Condition` element: operators, keys and the values they are compared with.

Source: AWS docs `IAM/latest/UserGuide/reference_policies_elements_condition.html` and
`reference_policies_elements_condition_operators.html`, read 2026-11-21.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass

from lakehouse_iam.evaluator.elements import BrokenRuleError, json_type, object_of
from lakehouse_iam.evaluator.operators import VARIABLE_FAMILIES, Operator, UnknownOperatorError, parse_operator
from lakehouse_iam.evaluator.values import parse_date, parse_number
from lakehouse_iam.evaluator.variables import Template, VariableSyntaxError, literal_template, parse_template

CURRENT_VERSION = "2012-10-17"
OLD_VERSION = "2008-10-17"

_KEY_NAME = re.compile(r"[A-Za-z0-9.*_-]+[:/].+|[A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class ConditionTest:
    """One operator and one key with its values.

    Attributes:
        operator: the operator.
        key: the condition key, as written.
        values: the values, as text.
        templates: the values cut at their variables, in the same order.
    """

    operator: Operator
    key: str
    values: tuple[str, ...]
    templates: tuple[Template, ...]


def conditions_of(value: object, where: str, version: str) -> tuple[ConditionTest, ...]:
    """The tests of a `Condition` element.

    Raises:
        BrokenRuleError: an operator, a key or a value that the grammar does not have.
    """
    tests = []
    for text, keys in object_of(value, where, "Condition").items():
        place = f"{where}.{text}"
        try:
            operator = parse_operator(text)
        except UnknownOperatorError as error:
            raise BrokenRuleError(place, str(error)) from None
        for key, values in object_of(keys, place, "a condition operator's value").items():
            tests.append(_test(operator, key, values, place, version))
    return tuple(tests)


def _test(operator: Operator, key: str, values: object, where: str, version: str) -> ConditionTest:
    if not _KEY_NAME.fullmatch(key):
        raise BrokenRuleError(where, f"{key!r} is no condition key: allowed is a name such as aws:PrincipalArn")
    place = f"{where}.{key}"
    texts = tuple(_condition_text(value, place) for value in (values if isinstance(values, list) else [values]))
    if not texts:
        raise BrokenRuleError(place, "a condition key must be tested against at least one value")
    family = operator.comparison.family
    templates = tuple(
        text_template(text, place, version) if family in VARIABLE_FAMILIES else literal_template(text) for text in texts
    )
    for text, template in zip(texts, templates, strict=True):
        if not template.keys:
            _check_value(family, text, place)
    return ConditionTest(operator, key, texts, templates)


def text_template(text: str, where: str, version: str) -> Template:
    """The text cut at its variables; a policy of an older version has none.

    Raises:
        BrokenRuleError: a variable that is not written as one.
    """
    if version != CURRENT_VERSION:
        return literal_template(text)
    try:
        return parse_template(text)
    except VariableSyntaxError as error:
        raise BrokenRuleError(where, f"{text!r}: {error}") from None


def _condition_text(value: object, where: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return value
    raise BrokenRuleError(where, f"a condition value must be a string, a number, true or false, not {json_type(value)}")


def _is_boolean(text: str) -> bool:
    return text.lower() in ("true", "false")


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _is_number(text: str) -> bool:
    return parse_number(text) is not None


def _is_date(text: str) -> bool:
    return parse_date(text) is not None


_VALUE_RULES: dict[str, tuple[Callable[[str], bool], str]] = {
    "numeric": (_is_number, "a number"),
    "date": (_is_date, "an ISO 8601 date (2026-11-21T00:00:00Z) or seconds since 1970"),
    "bool": (_is_boolean, "true or false"),
    "null": (_is_boolean, "true or false"),
    "binary": (_is_base64, "base64 text"),
    "ip": (_is_network, "an IP address or a CIDR range"),
}


def _check_value(family: str, text: str, where: str) -> None:
    rule = _VALUE_RULES.get(family)
    if rule is not None and not rule[0](text):
        raise BrokenRuleError(where, f"{text!r} is not {rule[1]}, which this operator compares with")
