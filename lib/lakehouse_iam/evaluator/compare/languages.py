"""The question whether a text lies in some patterns and outside others.

It is looked for in the product of their automata, breadth first, so that the answer is exact and the text found is a
shortest one. Most questions are settled before that by trying samples and by comparing patterns token by token.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from lakehouse_iam.evaluator.compare.patterns import ANY, KINDS, Pattern, Token

_STATES = 60_000


class TooHardError(Exception):
    """The search gave up: what it looked at is said, and the question counts as not decided."""


Group = tuple[Pattern, ...]
"""Patterns of which a text must match one."""


def within_one(group: Group, text: str) -> bool:
    """Whether `text` matches a pattern of `group`."""
    return any(pattern.matches(text) for pattern in group)


@lru_cache(maxsize=65536)
def find(groups: frozenset[Group], outside: frozenset[Pattern]) -> str | None:
    """A text that matches a pattern of each group and none of `outside`, or None when there is none.

    Raises TooHardError when neither was found out within the number of states that are searched.
    """
    # By their texts where they are as long: sets have another order in each run, and the text found must be the same.
    ordered = sorted(groups, key=lambda group: (len(group), [pattern.order for pattern in group]))
    if not ordered:
        ordered = [(Pattern((Token(ANY, star=True),)),)]
    first, rest = ordered[0], ordered[1:]
    hard: list[Pattern] = []
    for pattern in first:
        if any(all(pattern.misses(other) for other in group) for group in rest):
            continue
        if any(other.covers(pattern) for other in outside):
            continue
        for text in pattern.samples():
            if _fits(text, rest, outside):
                return text
        if pattern.literal is None:
            hard.append(pattern)
    for text in _samples_of_others(rest, outside) if hard else ():
        if within_one(first, text) and _fits(text, rest, outside):
            return text
    return _searched(tuple(hard), rest, outside) if hard else None


def _fits(text: str, groups: Iterable[Group], outside: Iterable[Pattern]) -> bool:
    return all(within_one(group, text) for group in groups) and not any(pattern.matches(text) for pattern in outside)


def _samples_of_others(groups: list[Group], outside: frozenset[Pattern]) -> Iterator[str]:
    for group in groups:
        for pattern in group[:50]:
            yield from pattern.samples()


def _searched(first: Group, rest: list[Group], outside: frozenset[Pattern]) -> str | None:
    """Breadth first through the product of all automata."""
    relevant = [pattern for pattern in outside if not all(pattern.misses(one) for one in first)]
    groups = [first, *rest]
    patterns = [pattern for group in groups for pattern in group] + relevant
    bounds, place = [], 0
    for group in groups:
        bounds.append((place, place + len(group)))
        place += len(group)
    alphabet = _alphabet(patterns)
    start = tuple(pattern.start for pattern in patterns)
    seen: dict[tuple[int, ...], tuple[tuple[int, ...] | None, str]] = {start: (None, "")}
    queue = deque([start])
    while queue:
        states = queue.popleft()
        if _accepted(states, patterns, bounds):
            return _read_back(states, seen)
        for character in _next_characters(states, patterns, bounds, alphabet):
            after = tuple(
                pattern.step(state, character) if state else 0 for pattern, state in zip(patterns, states, strict=True)
            )
            if after not in seen and _alive(after, patterns, bounds):
                seen[after] = (states, character)
                queue.append(after)
                if len(seen) > _STATES:
                    raise TooHardError(f"{len(patterns)} patterns overlap in too many ways")
    return None


def _accepted(states: tuple[int, ...], patterns: list[Pattern], bounds: list[tuple[int, int]]) -> bool:
    accepted = [bool(state & pattern.end) for state, pattern in zip(states, patterns, strict=True)]
    inside = all(any(accepted[first:last]) for first, last in bounds)
    return inside and not any(accepted[bounds[-1][1] :])


def _alive(states: tuple[int, ...], patterns: list[Pattern], bounds: list[tuple[int, int]]) -> bool:
    if not all(any(states[first:last]) for first, last in bounds):
        return False
    last = bounds[-1][1]
    return not any(
        state & pattern.accepts_ever_after for state, pattern in zip(states[last:], patterns[last:], strict=True)
    )


def _next_characters(
    states: tuple[int, ...], patterns: list[Pattern], bounds: list[tuple[int, int]], alphabet: str
) -> Iterable[str]:
    best: frozenset[str] | None = None
    for first, last in bounds:
        found: frozenset[str] | None = frozenset()
        for state, pattern in zip(states[first:last], patterns[first:last], strict=True):
            wanted = pattern.wanted(state) if state else frozenset()
            found = None if wanted is None or found is None else found | wanted
        if found is not None and (best is None or len(found) < len(best)):
            best = found
    return alphabet if best is None else sorted(best)


def _read_back(states: tuple[int, ...], seen: dict[tuple[int, ...], tuple[tuple[int, ...] | None, str]]) -> str:
    text = ""
    place: tuple[int, ...] | None = states
    while place is not None:
        place, character = seen[place]
        text = character + text
    return text


def _alphabet(patterns: list[Pattern]) -> str:
    """The characters that patterns name, and for each kind of character one that none of them names."""
    named = {
        character for pattern in patterns for token in pattern.tokens if len(token.of) <= 2 for character in token.of
    }
    fresh: dict[tuple[bool, ...], str] = {}
    for character, kind in KINDS:
        if character not in named:
            fresh.setdefault(kind, character)
    return "".join(fresh.values()) + "".join(sorted(named))


@dataclass(frozen=True)
class Domain:
    """What a part of a request can be at all: it matches a pattern of `inside` and none of `outside`."""

    inside: Group
    outside: frozenset[Pattern] = frozenset()
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.inside, self.outside)))

    def __hash__(self) -> int:
        return self._hash

    def find(self, groups: frozenset[Group], outside: frozenset[Pattern]) -> str | None:
        """A text of the domain as `find` looks for it."""
        return find(groups | {self.inside}, outside | self.outside)

    def holds(self, text: str) -> bool:
        """Whether `text` lies in the domain."""
        return within_one(self.inside, text) and not within_one(tuple(self.outside), text)
