"""Is there a request in some boxes and outside others? Found by cutting boxes side by side.

A request outside a box breaks one of its literals. The search keeps, for each side of the request, the literals that
must hold; a box that is left out adds the opposite of one of its literals. A side that can no longer be anything ends
the branch. Boxes that a side keeps out already cost nothing, so ordinary policies are settled without branching.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lakehouse_iam.evaluator.compare.atoms import ACTION, PRINCIPAL_ARN, RESOURCE, Box, Found, Literal, side_for
from lakehouse_iam.evaluator.compare.languages import Domain, TooHardError

_STEPS = 20_000
_ASKED = frozenset({ACTION, RESOURCE, PRINCIPAL_ARN})
"""The sides that every request has, whatever the statements look at."""
_Sides = dict[str, frozenset[Literal]]


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was found, side by side, and the literals that each side keeps."""

    sides: Mapping[str, Found]
    literals: Mapping[str, frozenset[Literal]]

    @property
    def action(self) -> str:
        """The action, in lower case."""
        return self.sides[ACTION].text


class Search:
    """Looks for one request at a time within `domains`.

    `open`: why a search could not be brought to its end, a sentence each; then "none found" means "not decided".
    """

    def __init__(self, domains: Mapping[str, Domain]) -> None:
        self._domains = domains
        self._steps = 0
        self.open: list[str] = []

    def find(self, inside: Iterable[Box], outside: Iterable[Box]) -> Request | None:
        """A request in all boxes of `inside` and in none of `outside`."""
        sides: _Sides = {side: frozenset() for side in self._domains if side in _ASKED}
        for box in inside:
            for literal in box.literals:
                sides[literal.side] = sides.get(literal.side, frozenset()) | {literal}
        if any(self._empty(side, literals) for side, literals in sides.items()):
            return None
        self._steps = 0
        try:
            return self._find(sides, tuple(dict.fromkeys(outside)))
        except TooHardError as error:
            self.open.append(str(error))
            return None

    def _find(self, sides: _Sides, outside: tuple[Box, ...]) -> Request | None:
        self._steps += 1
        if self._steps > _STEPS:
            raise TooHardError("the statements overlap in too many ways")
        left: list[tuple[Box, list[Literal]]] = []
        for box in outside:
            breakable = self._breakable(sides, box)
            if breakable is None:
                continue
            if not breakable:
                return None
            left.append((box, breakable))
        if not left:
            return self._request(sides)
        box, breakable = min(left, key=lambda one: len(one[1]))
        rest = tuple(other for other, _ in left if other is not box)
        for literal in breakable:
            narrowed = {**sides, literal.side: sides.get(literal.side, frozenset()) | {literal.negation}}
            found = self._find(narrowed, rest)
            if found is not None:
                return found
        return None

    def _breakable(self, sides: _Sides, box: Box) -> list[Literal] | None:
        """The literals of a box that a request within `sides` can break; None when every such request is outside."""
        found = []
        for literal in box.literals:
            held = sides.get(literal.side, frozenset())
            if literal in held:
                continue
            if literal.negation in held or self._empty(literal.side, held | {literal}):
                return None
            if not self._empty(literal.side, held | {literal.negation}):
                found.append(literal)
        return found

    def _empty(self, side: str, literals: frozenset[Literal]) -> bool:
        try:
            return side_for(side, self._domains.get(side), literals) is None
        except TooHardError:
            return False

    def _request(self, sides: _Sides) -> Request | None:
        found: dict[str, Found] = {}
        for side, literals in sides.items():
            try:
                answer = side_for(side, self._domains.get(side), literals)
            except TooHardError as error:
                self.open.append(f"the {side}: {error}" if side in (ACTION, RESOURCE) else str(error))
                return None
            if answer is None:
                return None
            found[side] = answer
        return Request(found, sides)
