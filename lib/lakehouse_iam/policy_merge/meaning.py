"""When two statements mean the same, and when one lies within others, told from their texts without asking anything.

AWS rewrites what it is given: lists change their order, one-element lists become plain values, a 12-digit account becomes
the ARN of its root. So texts are compared only after all that is taken away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from lakehouse_iam.evaluator.compare.patterns import Pattern, glob_pattern, resource_pattern
from lakehouse_iam.evaluator.wildcards import glob_of_policy_text
from lakehouse_iam.policy import Json, compact_json
from lakehouse_iam.policy_elements import listed

_VARIABLE = re.compile(r"\$\{[^}]*\}")
_ROOT = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):root")
# One atom is one principal, one action and one resource. A policy of 20 KB has no more than this many that matter.
_MOST_ATOMS = 20_000

Tests = frozenset[tuple[str, str, frozenset[str]]]


@dataclass(frozen=True)
class Meaning:
    """A statement without its Sid, in an order of its own.

    Args:
        allow: whether its effect is Allow.
        principals: kinds and names, `*` for anyone; empty where the policy has none.
        not_principals: whether everybody else is meant.
        actions: in lower case.
        not_actions: whether every other action is meant.
        resources: as written.
        not_resources: whether every other resource is meant.
        tests: each condition: operator, key in lower case, values.
    """

    allow: bool
    principals: frozenset[tuple[str, str]]
    not_principals: bool
    actions: frozenset[str]
    not_actions: bool
    resources: frozenset[str]
    not_resources: bool
    tests: Tests

    @property
    def is_plain(self) -> bool:
        """Whether it has none of the elements that begin with `Not`."""
        return not (self.not_principals or self.not_actions or self.not_resources)


def meaning(statement: Mapping[str, object]) -> Meaning:
    """What a statement means, its Sid left out.

    Args:
        statement: one that keeps the grammar of policies.
    """
    return Meaning(
        statement.get("Effect") == "Allow",
        frozenset(_principals(statement.get("Principal", statement.get("NotPrincipal")))),
        "NotPrincipal" in statement,
        frozenset(one.lower() for one in listed(statement.get("Action", statement.get("NotAction")))),
        "NotAction" in statement,
        frozenset(listed(statement.get("Resource", statement.get("NotResource")))),
        "NotResource" in statement,
        frozenset(_tests(statement.get("Condition"))),
    )


def is_within(statement: Json, others: Sequence[Json]) -> bool:
    """Whether everything that a statement allows, or denies, others do already: piece by piece, any one of them for each.

    `False` where it cannot be told: a statement with `NotAction` and its like lies within none but an equal one. All of them are
    taken to be of one version.
    """
    mine, theirs = meaning(statement), [meaning(other) for other in others]
    if mine in theirs:
        return True
    candidates = [
        _Patterns.of(one)
        for one in theirs
        if one.is_plain and one.allow is mine.allow and bool(one.resources) is bool(mine.resources)
        if one.tests <= mine.tests
    ]
    atoms = max(len(mine.principals), 1) * len(mine.actions) * max(len(mine.resources), 1)
    if not candidates or not mine.is_plain or atoms > _MOST_ATOMS:
        return False
    principals: Iterable[tuple[str, str] | None] = mine.principals or (None,)
    actions = [action_pattern(action) for action in mine.actions]
    resources: Iterable[_Resource | None] = [_Resource.of(one) for one in mine.resources] or (None,)
    return all(any(one.holds(*atom) for one in candidates) for atom in product(principals, actions, resources))


@dataclass(frozen=True)
class _Resource:
    """A resource that may lie within others: its text, and the pattern of everything that it may come to mean."""

    text: str
    widest: Pattern

    @classmethod
    def of(cls, text: str) -> _Resource:
        # A variable may become any text, and its own text says nothing of that.
        return cls(text, pattern_of_resource(_VARIABLE.sub("*", text)))


@dataclass(frozen=True)
class _Patterns:
    """A statement that others may lie within."""

    principals: frozenset[tuple[str, str]]
    actions: tuple[Pattern, ...]
    texts: frozenset[str]
    resources: tuple[Pattern, ...]

    @classmethod
    def of(cls, one: Meaning) -> _Patterns:
        actions = tuple(action_pattern(action) for action in one.actions)
        resources = tuple(pattern_of_resource(text) for text in one.resources)
        return cls(one.principals, actions, one.resources, resources)

    def holds(self, principal: tuple[str, str] | None, action: Pattern, resource: _Resource | None) -> bool:
        named = principal is None or principal in self.principals or ("AWS", "*") in self.principals
        return (
            named
            and any(mine.covers(action) for mine in self.actions)
            and (resource is None or resource.text in self.texts or self._covers(resource))
        )

    def _covers(self, resource: _Resource) -> bool:
        return any(mine.covers(resource.widest) for mine in self.resources)


def has_variables(statement: object) -> bool:
    """Whether a statement has variables; in a policy of the version 2008-10-17 they are plain text."""
    return "${" in compact_json(statement)


def action_pattern(action: str) -> Pattern:
    """The pattern of an action of a policy, which ignores case."""
    return glob_pattern(glob_of_policy_text(action.lower()))


def pattern_of_resource(resource: str) -> Pattern:
    """The pattern of a resource of a policy. A variable in it is taken as text: equal ones are equal."""
    return resource_pattern(glob_of_policy_text(resource))


def _principals(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for kind, names in value.items():
            yield from ((str(kind), _principal(name)) for name in listed(names))
    elif value is not None:
        yield "AWS", str(value)


def _principal(name: str) -> str:
    root = _ROOT.fullmatch(name)
    return root[1] if root else name


def _tests(value: object) -> Iterator[tuple[str, str, frozenset[str]]]:
    if not isinstance(value, Mapping):
        return
    for operator, keys in value.items():
        for key, values in keys.items() if isinstance(keys, Mapping) else ():
            texts = values if isinstance(values, (list, tuple)) else [values]
            yield str(operator), str(key).lower(), frozenset(map(_text, texts))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
