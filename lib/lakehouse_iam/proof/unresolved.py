"""What a document says at least and at most, while parts of it are known at deployment only.

A statement that cannot be read whole is taken once at its narrowest and once at its widest. Where both readings give the
same answer, the answer holds whatever the deployment brings; where they differ, nobody can tell yet. Of an `Fn::If` on a
condition that nobody knows, both branches are read: at its widest a document allows what either allows and denies what
both deny, at its narrowest the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.intrinsics import Alternatives, Unresolved, is_resolved
from lakehouse_iam.proof.place import Place

_WITHOUT_PRINCIPAL = (PolicyKind.IDENTITY, PolicyKind.BOUNDARY)


class Reading(Enum):
    """How to read what is not known yet: so that it allows the least, or the most."""

    LEAST = "least"
    MOST = "most"


@dataclass(frozen=True)
class OpenPlace:
    """A value that is known at deployment only, or not given to us.

    Args:
        place: where it is written.
        waits_for: what would tell it.
    """

    place: Place
    waits_for: str

    def __str__(self) -> str:
        return f"{self.place} is not known: it waits for {self.waits_for}"


def open_places(value: Any, place: Place) -> Iterator[OpenPlace]:
    """Every unresolved value in a document, with its path."""
    if isinstance(value, Unresolved):
        yield OpenPlace(place, value.expression)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from open_places(item, place.within(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from open_places(item, place.within(index))


def read(document: Any, reading: Reading, kind: PolicyKind) -> dict[str, Any] | None:
    """The document with every unresolved statement narrowed or widened; None when no statement is left.

    Args:
        document: the policy, resolved as far as it can be.
        reading: which of the two.
        kind: what it is attached to.
    """
    statements = document.get("Statement") if isinstance(document, Mapping) else document
    if isinstance(statements, Alternatives):
        statements = Alternatives(statements.expression, tuple(map(_statements_of, statements.options)))
    elif isinstance(statements, Unresolved):
        return {"Version": "2012-10-17", "Statement": [_whole(reading, kind)]}
    if is_resolved(document):
        return dict(document) if isinstance(document, Mapping) else document
    listed = statements if isinstance(statements, list) else [statements]
    kept = [found for one in listed for found in _alternatives(one, reading, kind)]
    version = document.get("Version", "2008-10-17") if isinstance(document, Mapping) else "2012-10-17"
    rest = {"Version": "2012-10-17" if isinstance(version, Unresolved) else version}
    return {**rest, "Statement": kept} if kept else None


def _statements_of(option: Any) -> Any:
    return option["Statement"] if isinstance(option, Mapping) and "Statement" in option else option


def nothing(kind: PolicyKind) -> dict[str, Any]:
    """A policy that refuses everything: what stands for a policy that must allow and of which no statement is left."""
    return {"Version": "2012-10-17", "Statement": [_whole(Reading.LEAST, kind)]}


def _whole(reading: Reading, kind: PolicyKind) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow" if reading is Reading.MOST else "Deny", "Action": "*"}
    if kind not in _WITHOUT_PRINCIPAL:
        statement["Principal"] = "*"
    return statement if kind is PolicyKind.TRUST else {**statement, "Resource": "*"}


_MOST_ALTERNATIVES = 64
"""What is one of more values than this is read as if it could be anything."""


def _alternatives(written: Any, reading: Reading, kind: PolicyKind) -> Iterator[dict[str, Any]]:
    """The statements that stand for one which may be one of several."""
    options = _distributed(written)
    if len(options) == 1:
        yield from _statement(options[0], reading, kind)
        return
    read_options = [[s for one in _listed(option) for s in _statement(one, reading, kind)] for option in options]
    in_all = [one for one in read_options[0] if all(one in other for other in read_options[1:])]
    yield from in_all
    kept_effect = "Allow" if reading is Reading.MOST else "Deny"
    for statements in read_options:
        for one in statements:
            if one not in in_all and (not isinstance(one, Mapping) or one.get("Effect") == kept_effect):
                yield one


def _listed(option: Any) -> list[Any]:
    if option == _NO_VALUE:
        return []
    return option if isinstance(option, list) else [option]


_NO_VALUE = Unresolved("Ref AWS::NoValue")


def _distributed(value: Any) -> list[Any]:
    """Every value that it may be; one that waits for the deployment where there are too many."""
    if isinstance(value, Alternatives):
        found = [one for option in value.options for one in _distributed(option)]
        return found if len(found) <= _MOST_ALTERNATIVES else [Unresolved(value.expression)]
    if isinstance(value, Mapping):
        return [
            {key: item for key, item in zip(value, items, strict=True) if item != _NO_VALUE}
            for items in _products(list(value.values()))
        ]
    if isinstance(value, list):
        return [[item for item in items if item != _NO_VALUE] for items in _products(value)]
    return [value]


def _products(items: list[Any]) -> list[list[Any]]:
    """A list with each of its items as each of the values that it may be."""
    made: list[list[Any]] = [[]]
    for item in items:
        options = _distributed(item)
        if len(made) * len(options) > _MOST_ALTERNATIVES:
            options = [Unresolved("Fn::If, too often to be read")]
        made = [[*one, option] for one in made for option in options]
    return made


def _statement(statement: Any, reading: Reading, kind: PolicyKind) -> Iterator[dict[str, Any]]:
    if isinstance(statement, Unresolved):
        yield _whole(reading, kind)
    elif is_resolved(statement) or not isinstance(statement, Mapping):
        yield statement
    else:
        effect = statement.get("Effect")
        if isinstance(effect, Unresolved):
            effect = "Allow" if reading is Reading.MOST else "Deny"
        if (effect == "Allow") is (reading is Reading.MOST):
            yield {**_widest(statement), "Effect": effect}


def _widest(statement: Mapping[str, Any]) -> dict[str, Any]:
    widened: dict[str, Any] = {}
    for element, value in statement.items():
        if is_resolved(value):
            widened[element] = value
        elif element == "Condition":
            tests = _known_tests(value)
            if tests:
                widened[element] = tests
        elif element != "Sid":
            widened[element.removeprefix("Not")] = "*"
    return widened


def _known_tests(condition: Any) -> dict[str, Any]:
    if isinstance(condition, Unresolved):
        return {}
    found: dict[str, Any] = {}
    for operator, keys in condition.items():
        known = {} if isinstance(keys, Unresolved) else {key: v for key, v in keys.items() if is_resolved(v)}
        if known:
            found[operator] = known
    return found
