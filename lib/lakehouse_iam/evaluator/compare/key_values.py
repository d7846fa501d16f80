"""What a condition key may be so that some tests of it are met and others are not.

A test speaks of every value of the key or of one of them, so the answer is put together of questions about one value.
Texts and ARNs are patterns, and are solved exactly. Numbers, dates and addresses are cut by the limits that the tests
name into intervals, one value of each of which is tried: exact too. Only a key that is compared as text and as a number
at once can stay open.

Every value that is answered has been asked of the evaluator's own compiled tests.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import pairwise

from lakehouse_iam.evaluator.compare.languages import Domain, Group, TooHardError
from lakehouse_iam.evaluator.compare.patterns import (
    ANY,
    DIGIT,
    Pattern,
    arn_pattern,
    either_case,
    glob_pattern,
    literal,
    row,
)
from lakehouse_iam.evaluator.condition_grammar import ConditionTest
from lakehouse_iam.evaluator.conditions import CompiledTest, compile_test
from lakehouse_iam.evaluator.context_keys import known_key
from lakehouse_iam.evaluator.values import parse_date, parse_number
from lakehouse_iam.evaluator.variables import ContextValues

Values = tuple[str, ...] | None
"""The values of a key in a request; None when it is absent."""

_IN_PATTERNS = frozenset({"string", "arn", "bool", "binary"})
_NOT_EMPTY: Group = (row((ANY, "+")),)
_BOOLEANS: Group = (literal("true"), literal("false"))
_ACCOUNTS: Group = (row((DIGIT, "12")),)
_ARNS: Group = (row("arn:", (ANY, "+")),)

_DOMAINS: dict[str, Group] = {
    "aws:principalaccount": _ACCOUNTS,
    "aws:resourceaccount": _ACCOUNTS,
    "s3:resourceaccount": _ACCOUNTS,
    "aws:sourceaccount": _ACCOUNTS,
    "kms:calleraccount": _ACCOUNTS,
}


@dataclass(frozen=True, eq=False)
class KeyTest:
    """One condition test as a question about its key; equal tests are one object (`key_test`).

    `given`: the values of the policy variables that its texts use.
    """

    compiled: CompiledTest
    given: ContextValues

    @property
    def key(self) -> str:
        """The condition key, in lower case."""
        return self.compiled.key

    def met(self, values: Values) -> bool:
        """Whether the evaluator finds it met when the key has `values`."""
        return self.compiled.met(self.given if values is None else {**self.given, self.key: values}) is True

    @cached_property
    def without(self) -> bool:
        """Whether it is met when the key is absent."""
        return self.met(None)

    @cached_property
    def family(self) -> str:
        """How values compare: `string`, `numeric`, …"""
        return self.compiled.test.operator.comparison.family

    @cached_property
    def patterns(self) -> Group:
        """The patterns a value is compared with, where it is compared as text."""
        return tuple(self._patterns())

    def _patterns(self) -> Iterator[Pattern]:
        relation = self.compiled.test.operator.comparison.relation
        for template in self.compiled.test.templates:
            glob, exact = template.glob(self.given), template.exact(self.given)
            if glob is None or exact is None:
                continue
            if self.family == "arn":
                found = arn_pattern(glob)
                if found is not None:
                    yield found
            elif self.family == "bool" or relation == "equals-ignore-case":
                yield either_case(exact)
            else:
                yield glob_pattern(glob) if relation == "like" else literal(exact)

    @cached_property
    def limits(self) -> tuple[str, ...]:
        """The texts of its values, for families that compare by order."""
        return self.compiled.test.values

    def one(self, value: str) -> bool:
        """Whether the one value compares true with one of the texts, whatever is asked of all values."""
        return (
            any(pattern.matches(value) for pattern in self.patterns)
            if self.family in _IN_PATTERNS
            else self._typed(value)
        )

    def _typed(self, value: str) -> bool:
        relation = self.compiled.test.operator.comparison.relation
        return any(_compares(self.family, relation, value, limit) for limit in self.limits)


_ORDER: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "equals": lambda value, limit: value == limit,
    "less": lambda value, limit: value < limit,
    "less-or-equals": lambda value, limit: value <= limit,
    "greater": lambda value, limit: value > limit,
    "greater-or-equals": lambda value, limit: value >= limit,
}


def _compares(family: str, relation: str, value: str, limit: str) -> bool:
    if family == "ip":
        address = _address(value)
        return address is not None and address in ipaddress.ip_network(limit, strict=False)
    parse = parse_number if family == "numeric" else parse_date
    found, bound = parse(value), parse(limit)
    return found is not None and bound is not None and _ORDER[relation](found, bound)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


@lru_cache(maxsize=65536)
def key_test(test: ConditionTest, given: tuple[tuple[str, tuple[str, ...]], ...] = ()) -> KeyTest:
    """The question that a condition test asks, with the values of the variables in it."""
    return KeyTest(compile_test(test), dict(given))


Literal = tuple[KeyTest, bool]
"""A test, and whether it must be met."""


@dataclass(frozen=True, slots=True)
class _Demand:
    """What a literal asks of one value (`wanted`: that it compares true, or that it does not)."""

    test: KeyTest
    wanted: bool


@lru_cache(maxsize=65536)
def values_for(key: str, domain: Domain | None, literals: frozenset[Literal]) -> tuple[Values] | None:
    """Values of `key` that give every test its answer, in a tuple of one; None when there are none.

    Absent is answered first, then one value, then several where the key may have them. With `domain` the key has one
    value, which lies there. Raises TooHardError when it cannot be told.
    """
    if domain is None and all(test.without is wanted for test, wanted in literals):
        return (None,)
    everything, some = _demands(literals)
    if everything is None or some is None:
        return None
    limits = domain or domain_of_key(key)
    single = _value(key, limits, frozenset((*everything, *some)))
    if single is not None and _gives((single,), literals):
        return ((single,),)
    known = known_key(key)
    may_be_empty = domain is None and (known is None or known.value_type == "String")
    if may_be_empty and _gives(("",), literals):
        return (("",),)
    if domain is not None or (known is not None and not known.multivalued):
        return None
    return _several(key, limits, everything, some, literals)


def _gives(values: tuple[str, ...], literals: Iterable[Literal]) -> bool:
    return all(test.met(values) is wanted for test, wanted in literals)


def _demands(literals: frozenset[Literal]) -> tuple[list[_Demand] | None, list[_Demand] | None]:
    """What every value must be, and what one value each must be; None for a literal that no value can give."""
    everything: list[_Demand] = []
    some: list[_Demand] = []
    for test, wanted in literals:
        operator = test.compiled.test.operator
        if operator.comparison.family == "null":
            if test.met(("x",)) is not wanted:
                return None, None
            continue
        negated = operator.comparison.negated
        speaks_of_all = operator.set_mode == "all" if operator.set_mode else negated
        (everything if speaks_of_all is wanted else some).append(_Demand(test, negated is not wanted))
    return everything, some


def _several(
    key: str, domain: Domain, everything: list[_Demand], some: list[_Demand], literals: frozenset[Literal]
) -> tuple[Values] | None:
    values: list[str] = []
    for demand in some:
        value = _value(key, domain, frozenset((*everything, demand)))
        if value is None:
            return None
        values.append(value)
    found = tuple(dict.fromkeys(values))
    return (found,) if found and _gives(found, literals) else None


@lru_cache(maxsize=65536)
def _value(key: str, domain: Domain, demands: frozenset[_Demand]) -> str | None:
    """One value, not empty, that meets all demands."""
    typed = [demand for demand in demands if demand.test.family not in _IN_PATTERNS]
    textual = [demand for demand in demands if demand.test.family in _IN_PATTERNS]
    if not typed:
        return _text(domain, textual)
    for value in _typed_candidates(key, typed, textual):
        if value and all(demand.test.one(value) is demand.wanted for demand in demands):
            return value
    if not textual or _text(domain, textual) is None or _value(key, domain, frozenset(typed)) is None:
        return None
    raise TooHardError(f"{key} is compared both as text and by order")


def _text(domain: Domain, demands: list[_Demand]) -> str | None:
    groups = {demand.test.patterns for demand in demands if demand.wanted}
    if not all(groups):
        return None
    outside = frozenset(pattern for demand in demands if not demand.wanted for pattern in demand.test.patterns)
    return domain.find(frozenset(groups), outside)


@lru_cache(maxsize=4096)
def domain_of_key(key: str) -> Domain:
    """What a value of a key can be at all, by its type."""
    known = known_key(key)
    by_type = {"Bool": _BOOLEANS, "ARN": _ARNS}.get(known.value_type if known is not None else "", _NOT_EMPTY)
    return Domain(_DOMAINS.get(key, by_type))


def _typed_candidates(key: str, typed: list[_Demand], textual: list[_Demand]) -> Iterator[str]:
    for demand in textual:
        for pattern in demand.test.patterns:
            yield from pattern.samples()
    families = {demand.test.family for demand in typed}
    limits = {
        family: [limit for d in typed if d.test.family == family for limit in d.test.limits] for family in families
    }
    if "numeric" in families:
        yield from (_number_text(number) for number in _between(_parsed(parse_number, limits["numeric"]), Decimal(1)))
    if "date" in families:
        yield from (_date_text(moment) for moment in _between(_parsed(parse_date, limits["date"]), Decimal(86400)))
    if "ip" in families:
        yield from _addresses(limits["ip"])
    known = known_key(key)
    if known is None or known.value_type == "String":
        yield "x"


def _parsed(parse: Callable[[str], Decimal | None], limits: list[str]) -> list[Decimal]:
    return sorted({number for limit in limits if (number := parse(limit)) is not None})


def _between(limits: list[Decimal], step: Decimal) -> Iterator[Decimal]:
    """Every limit, a number between each two neighbours, and one on either side of all."""
    yield from limits
    yield from ((low + high) / 2 for low, high in pairwise(limits))
    if limits:
        yield from (limits[-1] + step, limits[0] - step)


def _number_text(number: Decimal) -> str:
    return format(number.normalize(), "f")


_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def _date_text(moment: Decimal) -> str:
    whole = int(moment // 1)
    try:
        text = (_EPOCH + timedelta(seconds=whole)).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    except OverflowError:
        return str(whole)
    fraction = format(moment - whole, "f")[1:].rstrip("0") if moment != whole else ""
    return f"{text}{fraction[:10]}Z"


def _addresses(networks: list[str]) -> Iterator[str]:
    """The ends of every range and their neighbours outside: one address of each piece that the ranges cut out."""
    found = [ipaddress.ip_network(text, strict=False) for text in networks]
    for network in sorted(found, key=lambda one: (one.version, -one.prefixlen)):
        size = 2**network.max_prefixlen
        kind = ipaddress.IPv4Address if network.version == 4 else ipaddress.IPv6Address
        first, last = int(network.network_address), int(network.broadcast_address)
        for number in (first, last, first - 1, last + 1):
            if 0 <= number < size:
                yield str(kind(number))
    yield "192.0.2.1"
    yield "2001:db8::1"
