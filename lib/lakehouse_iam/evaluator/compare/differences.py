"""What one set of boxes lets through and another does not, statement by statement.

A side lets a request through when each of its groups has a box with the request in it (the identity policies, each
boundary, each level of SCPs) and none of its Deny boxes has. It goes beyond another side when a request is let through
here and there either a Deny has it or a group has no box for it. The two reasons are looked for apart, so that each
statement that widens, and each Deny that is gone, has a request of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from lakehouse_iam.evaluator.compare.atoms import EVERYTHING, Box
from lakehouse_iam.evaluator.compare.languages import Domain
from lakehouse_iam.evaluator.compare.search import Request, Search

Group = tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """What one version lets a caller do: one box of each group, and no box of `denies`."""

    groups: tuple[Group, ...]
    denies: Group = ()


@dataclass(frozen=True, slots=True)
class Beyond:
    """A request that goes beyond, and the box that makes it so: one that allows it, or a Deny that is gone."""

    request: Request
    by: Box


class Differences:
    """Looks for requests that `there` lets through and `here` does not.

    `open`: why something could not be told; then the requests found may not be all.
    """

    def __init__(self, here: Side, there: Side, domains: Mapping[str, Domain]) -> None:
        self._here = here
        self._there = there
        self._search = Search(domains)
        self.open = self._search.open

    def found(self) -> Iterator[Beyond]:
        """For each statement that goes beyond, one request."""
        if not all(self._there.groups):
            return
        told: set[Box] = set()
        for index, group in enumerate(self._here.groups):
            yield from self._by_allowing(index, group, told)
        for deny in dict.fromkeys(self._here.denies):
            if deny not in self._there.denies:
                yield from self._by_not_denying(deny)

    def _by_allowing(self, index: int, refused_by: Group, told: set[Box]) -> Iterator[Beyond]:
        """Requests that no box of a group has: the group at the same place there is what lets them through."""
        refused = frozenset(refused_by)
        for boxes in self._ways():
            by = boxes[index] if index < len(boxes) else boxes[0]
            if by in told or not refused.isdisjoint(boxes):
                continue
            request = self._search.find(boxes, (*refused_by, *self._there.denies))
            if request is not None:
                told.add(by)
                yield Beyond(request, by)

    def _by_not_denying(self, deny: Box) -> Iterator[Beyond]:
        for boxes in self._ways():
            request = self._search.find((*boxes, deny), self._there.denies)
            if request is not None:
                yield Beyond(request, deny)
                return

    def _ways(self) -> Iterator[tuple[Box, ...]]:
        """Every choice of one box of each group."""
        if not self._there.groups:
            yield (EVERYTHING,)
        yield from (boxes for boxes in product(*self._there.groups) if boxes)
