"""Sets of texts that patterns describe, and the question whether a text lies in some of them and outside others.

A pattern of the policy language describes a regular language without alternatives inside: a row of tokens, each a
class of characters taken once or any number of times. A text in several patterns and outside others is looked for in
the product of their automata, breadth first, so that the answer is exact and the text found is a shortest one. Most
questions are settled before that by trying samples and by comparing patterns token by token.
"""

from __future__ import annotations

import re
import string
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

ANY = "any"
NO_COLON = "no colon"
DIGIT = "digit"
NAME = "a-z0-9"
SERVICE = "a-z0-9-"
PATH = "name or path"

_CLASSES: dict[str, Callable[[str], bool]] = {
    ANY: lambda character: True,
    NO_COLON: lambda character: character != ":",
    DIGIT: frozenset(string.digits).__contains__,
    NAME: frozenset(string.ascii_lowercase + string.digits).__contains__,
    SERVICE: frozenset(string.ascii_lowercase + string.digits + "-").__contains__,
    PATH: frozenset(string.ascii_letters + string.digits + "+=,.@_/-").__contains__,
}
_EXPRESSIONS = {
    ANY: ".",
    NO_COLON: "[^:]",
    DIGIT: "[0-9]",
    NAME: "[a-z0-9]",
    SERVICE: "[a-z0-9-]",
    PATH: "[A-Za-z0-9+=,.@_/-]",
}
_WITHIN: dict[str, frozenset[str]] = {
    DIGIT: frozenset({DIGIT, NAME, SERVICE, PATH, NO_COLON, ANY}),
    NAME: frozenset({NAME, SERVICE, PATH, NO_COLON, ANY}),
    SERVICE: frozenset({SERVICE, PATH, NO_COLON, ANY}),
    PATH: frozenset({PATH, NO_COLON, ANY}),
    NO_COLON: frozenset({NO_COLON, ANY}),
    ANY: frozenset({ANY}),
}
"""For each class the classes that hold it whole."""

_FRESH = "x0-/ABCDEFGHIJKLMNOPQRSTUVWYZabcdefghijklmnopqrstuvwyz123456789_.+=,@~!#%&()ñ§±µ¶¿ßæðø"
_STATES = 60_000
_STARS_FOR_EXPRESSION = 3


class TooHardError(Exception):
    """The search gave up: what it looked at is said, and the question counts as not decided."""


@dataclass(frozen=True, slots=True)
class Token:
    """Characters of one class, once or (`star`) any number of times.

    `of` is one character that stands for itself, two that are its two cases, or the name of a class.
    """

    of: str
    star: bool = False

    def takes(self, character: str) -> bool:
        """Whether `character` is of the class."""
        return character in self.of if len(self.of) <= 2 else _CLASSES[self.of](character)

    def holds(self, other: str) -> bool:
        """Whether every character of the class `other` is of this one."""
        if len(other) <= 2:
            return all(self.takes(character) for character in other)
        return len(self.of) > 2 and self.of in _WITHIN[other]

    def meets(self, other: Token) -> bool:
        """Whether some character is of both classes; named classes are all taken to meet."""
        if len(self.of) <= 2:
            return any(other.takes(character) for character in self.of)
        return len(other.of) > 2 or any(self.takes(character) for character in other.of)


@dataclass(frozen=True)
class Pattern:
    """A row of tokens, as an automaton whose states are the places between them, kept as bits."""

    tokens: tuple[Token, ...]
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash(self.tokens))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def literal(self) -> str | None:
        """The one text it matches, or None when it matches more."""
        if all(len(token.of) == 1 and not token.star for token in self.tokens):
            return "".join(token.of for token in self.tokens)
        return None

    @cached_property
    def matches(self) -> Callable[[str], bool]:
        """Whether a whole text matches; patterns with many stars are run as automata, which never backtrack."""
        if self.literal is not None:
            return self.literal.__eq__
        if sum(token.star for token in self.tokens) > _STARS_FOR_EXPRESSION:
            return self._run
        found = re.compile("".join(map(_expression, self.tokens)), re.DOTALL)
        return lambda text: found.fullmatch(text) is not None

    def _run(self, text: str) -> bool:
        states = self.start
        for character in text:
            states = self.step(states, character)
        return bool(states & self.end)

    @cached_property
    def _stars(self) -> int:
        return sum(1 << place for place, token in enumerate(self.tokens) if token.star)

    @cached_property
    def start(self) -> int:
        """The states before the first character."""
        return self._through(1)

    @cached_property
    def end(self) -> int:
        """The state that accepts."""
        return 1 << len(self.tokens)

    def _through(self, states: int) -> int:
        while (more := states | (states & self._stars) << 1) != states:
            states = more
        return states

    @cached_property
    def _taking(self) -> dict[str, int]:
        return {}

    def step(self, states: int, character: str) -> int:
        """The states after `character`."""
        taking = self._taking.get(character)
        if taking is None:
            taking = sum(1 << place for place, token in enumerate(self.tokens) if token.takes(character))
            self._taking[character] = taking
        taken = states & taking
        return self._through((taken & ~self._stars) << 1 | taken & self._stars) if taken else 0

    def wanted(self, states: int) -> frozenset[str] | None:
        """The characters that lead on from `states`; None when a whole class does."""
        tokens = [token.of for place, token in enumerate(self.tokens) if states >> place & 1]
        return None if any(len(of) > 2 for of in tokens) else frozenset("".join(tokens))

    @cached_property
    def accepts_ever_after(self) -> int:
        """The states from which every continuation is accepted."""
        place, found = len(self.tokens), 0
        while place and self.tokens[place - 1] == Token(ANY, star=True):
            place -= 1
            found |= 1 << place
        return found

    def covers(self, other: Pattern) -> bool:
        """Whether a run of this pattern follows every text of `other`; then `other` lies within it."""
        states = self.start
        for token in other.tokens:
            if token.star:
                states = self._through(self._staying(states, token))
            else:
                taken = sum(1 << place for place, mine in enumerate(self.tokens) if mine.holds(token.of)) & states
                states = self._through((taken & ~self._stars) << 1 | taken & self._stars)
            if not states:
                return False
        return bool(states & self.end)

    def _staying(self, states: int, token: Token) -> int:
        return sum(
            1 << place
            for place, mine in enumerate(self.tokens)
            if mine.star and states >> place & 1 and mine.holds(token.of)
        )

    def misses(self, other: Pattern) -> bool:
        """Whether the ends of the two already tell that no text is of both."""
        if self.literal is not None and other.literal is not None:
            return self.literal != other.literal
        return _part_ways(self.tokens, other.tokens) or _part_ways(self.tokens[::-1], other.tokens[::-1])

    def samples(self) -> Iterator[str]:
        """A few texts that it matches, short ones first."""
        if self.literal is not None:
            yield self.literal
            return
        for filled in (0, 1, 2):
            yield "".join(_sample(token, filled) for token in self.tokens)


def _expression(token: Token) -> str:
    if len(token.of) == 1:
        text = re.escape(token.of)
    elif len(token.of) == 2:
        text = f"[{re.escape(token.of)}]"
    else:
        text = _EXPRESSIONS[token.of]
    return f"{text}*" if token.star else text


def _part_ways(left: tuple[Token, ...], right: tuple[Token, ...]) -> bool:
    for mine, theirs in zip(left, right, strict=False):
        if mine.star or theirs.star:
            return False
        if not mine.meets(theirs):
            return True
    return False


_SAMPLES = {ANY: "x", NO_COLON: "x", DIGIT: "9", NAME: "x", SERVICE: "x", PATH: "x"}


def _sample(token: Token, filled: int) -> str:
    text = token.of[0] if len(token.of) <= 2 else _SAMPLES[token.of]
    return text * filled if token.star else text


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
    ordered = sorted(groups, key=len)
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
    return not any(state & pattern.accepts_ever_after for state, pattern in zip(states[last:], patterns[last:], strict=True))


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
    named = {character for pattern in patterns for token in pattern.tokens if len(token.of) <= 2 for character in token.of}
    kinds: set[tuple[bool, ...]] = set()
    fresh = []
    for character in _FRESH:
        kind = tuple(holds(character) for holds in _CLASSES.values())
        if character not in named and kind not in kinds:
            kinds.add(kind)
            fresh.append(character)
    return "".join(fresh) + "".join(sorted(named))


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


# ---------------------------------------------------------------- making patterns


def literal(text: str) -> Pattern:
    """The pattern of `text` alone."""
    return Pattern(tuple(Token(character) for character in text))


def either_case(text: str) -> Pattern:
    """The pattern of `text` in whatever case."""
    return Pattern(tuple(_both_cases(Token(character)) for character in text))


def _both_cases(token: Token) -> Token:
    both = f"{token.of.lower()}{token.of.upper()}" if len(token.of) == 1 else token.of
    return Token(both, token.star) if len(both) == 2 and both[0] != both[1] else token


def row(*parts: str | tuple[str, ...]) -> Pattern:
    """A pattern of literal texts and, as tuples, tokens: `row("arn:", (NO_COLON, "+"), ":")`.

    A tuple is a class, and after it nothing (once), "*", "+", or a number of times.
    """
    tokens: list[Token] = []
    for part in parts:
        if isinstance(part, str):
            tokens += [Token(character) for character in part]
        else:
            of, times = part[0], part[1] if len(part) > 1 else "1"
            tokens += [Token(of)] * (1 if times == "+" else 0 if times == "*" else int(times))
            tokens += [Token(of, star=True)] if times in ("*", "+") else []
    return Pattern(tuple(tokens))


@lru_cache(maxsize=65536)
def tokens_of_glob(glob: str, wild: str = ANY) -> tuple[Token, ...]:
    """The tokens of a glob in canonical form (`evaluator.wildcards`), its wildcards of the class `wild`."""
    tokens: list[Token] = []
    characters = iter(glob)
    for character in characters:
        if character == "*":
            if not tokens or tokens[-1] != Token(wild, star=True):
                tokens.append(Token(wild, star=True))
        elif character == "?":
            tokens.append(Token(wild))
        else:
            tokens.append(_token(next(characters, "\\") if character == "\\" else character))
    return tuple(tokens)


@lru_cache(maxsize=4096)
def _token(character: str) -> Token:
    return Token(character)


@lru_cache(maxsize=65536)
def glob_pattern(glob: str) -> Pattern:
    """The pattern of a glob whose wildcards span everything."""
    return Pattern(tokens_of_glob(glob))


_FIELDS = 6


@lru_cache(maxsize=65536)
def arn_pattern(glob: str) -> Pattern | None:
    """The pattern of an ARN glob as `evaluator.arn_match` reads it; None when it matches no ARN."""
    if glob == "*":
        return glob_pattern(glob)
    fields = glob.split(":", _FIELDS - 1)
    if len(fields) == _FIELDS:
        return Pattern(_joined([tokens_of_glob(field, NO_COLON) for field in fields[:-1]], tokens_of_glob(fields[-1])))
    if not fields[-1].endswith("*"):
        return None
    heads = [tokens_of_glob(field, NO_COLON) for field in fields[:-1]]
    missing = [Token(NO_COLON, star=True), Token(":")] * (_FIELDS - len(fields))
    return Pattern((*_joined(heads, tokens_of_glob(fields[-1][:-1], NO_COLON)), *missing, Token(ANY, star=True)))


def _joined(heads: list[tuple[Token, ...]], last: tuple[Token, ...]) -> tuple[Token, ...]:
    tokens: list[Token] = []
    for head in heads:
        tokens += [*head, Token(":")]
    return (*tokens, *last)
