"""What a statement says, cut into literals: one part of a request lies in a set, or does not.

A statement applies when all of its literals hold, so it is a box in the space of requests: one side for the action, one
for the resource, one for each condition key. Statements become boxes once; comparing is then about boxes only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from lakehouse_iam.evaluator.compare.key_values import KeyTest, Values, values_for
from lakehouse_iam.evaluator.compare.languages import Domain, Group
from lakehouse_iam.evaluator.compare.patterns import Pattern

ACTION = "action"
RESOURCE = "resource"
PRINCIPAL_ARN = "aws:principalarn"


@dataclass(frozen=True)
class MatchingTexts:
    """The texts that one of `patterns` matches.

    `opaque`: texts with policy variables. What they match depends on the request; it lies within `widest`.
    """

    patterns: Group
    opaque: tuple[str, ...] = ()
    widest: Group = ()
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.patterns, self.opaque)))

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True)
class OpaqueTest:
    """A condition test whose text has policy variables that nothing gives a value: true or false, nobody knows when."""

    key: str
    text: str


Atom = MatchingTexts | KeyTest | OpaqueTest


@dataclass(frozen=True)
class Literal:
    """A part of the request (`side`: the action, the resource, or a condition key) is in `atom`, or (`holds` False) not."""

    side: str
    atom: Atom
    holds: bool
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.side, self.atom, self.holds)))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def negation(self) -> Literal:
        """The literal that holds exactly where this one does not."""
        return Literal(self.side, self.atom, not self.holds)


@dataclass(frozen=True, slots=True)
class Source:
    """The statement that a box is made of: its policy's name, its own, and whether it allows."""

    policy: str
    statement: str
    allows: bool

    def __str__(self) -> str:
        return f"{self.statement} of {self.policy}"


@dataclass(frozen=True)
class Box:
    """The requests that a statement applies to. Boxes of the same literals are equal, whatever statement they are of."""

    literals: frozenset[Literal]
    source: Source | None = field(default=None, compare=False)
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash(self.literals))

    def __hash__(self) -> int:
        return self._hash


EVERYTHING = Box(frozenset())
"""The box of all requests."""


@dataclass(frozen=True, slots=True)
class Found:
    """That a side can be as asked: with which text, or which values."""

    text: str = ""
    values: Values = None


@lru_cache(maxsize=131072)
def side_for(side: str, domain: Domain | None, literals: frozenset[Literal]) -> Found | None:
    """How a side can be so that all its literals hold; None when it cannot.

    Parameters: domain: what the side can be at all; None for a condition key that is limited by its type only.

    Raises TooHardError when it cannot be told.
    """
    if any(literal.negation in literals for literal in literals):
        return None
    if side in (ACTION, RESOURCE):
        assert domain is not None
        text = domain.find(*languages_of(literals))
        return None if text is None else Found(text=text)
    tests = frozenset((one.atom, one.holds) for one in literals if isinstance(one.atom, KeyTest))
    if not tests and domain is None:
        return Found()
    values = values_for(side, domain, tests)
    return None if values is None else Found(values=values[0])


def languages_of(literals: frozenset[Literal]) -> tuple[frozenset[Group], frozenset[Pattern]]:
    """The groups of which the text must match one pattern each, and the patterns that it must not match."""
    groups: set[Group] = set()
    outside: set[Pattern] = set()
    for literal in literals:
        words = literal.atom
        assert isinstance(words, MatchingTexts)
        if literal.holds:
            groups.add(words.patterns + words.widest)
        else:
            outside.update(words.patterns)
    return frozenset(groups), frozenset(outside)
