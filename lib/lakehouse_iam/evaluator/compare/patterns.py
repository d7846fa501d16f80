"""Patterns of the policy language as automata.

A pattern is a row of tokens, each a class of characters taken once or any number of times: a regular language without
alternatives inside. Its automaton has one state for each place between two tokens.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import takewhile

from lakehouse_iam.evaluator.arn_match import resource_tokens

ANY = "any"
NO_COLON = "no colon"
DIGIT = "digit"
NAME = "a-z0-9"
SERVICE = "a-z0-9-"
PATH = "name or path"
WORD = "name without a slash"

_CLASSES: dict[str, Callable[[str], bool]] = {
    ANY: lambda character: True,
    NO_COLON: lambda character: character != ":",
    DIGIT: frozenset(string.digits).__contains__,
    NAME: frozenset(string.ascii_lowercase + string.digits).__contains__,
    SERVICE: frozenset(string.ascii_lowercase + string.digits + "-").__contains__,
    PATH: frozenset(string.ascii_letters + string.digits + "+=,.@_/-").__contains__,
    WORD: frozenset(string.ascii_letters + string.digits + "+=,.@_-").__contains__,
}
_WITHIN: dict[str, frozenset[str]] = {
    DIGIT: frozenset({DIGIT, NAME, SERVICE, WORD, PATH, NO_COLON, ANY}),
    NAME: frozenset({NAME, SERVICE, WORD, PATH, NO_COLON, ANY}),
    SERVICE: frozenset({SERVICE, WORD, PATH, NO_COLON, ANY}),
    WORD: frozenset({WORD, PATH, NO_COLON, ANY}),
    PATH: frozenset({PATH, NO_COLON, ANY}),
    NO_COLON: frozenset({NO_COLON, ANY}),
    ANY: frozenset({ANY}),
}
"""For each class the classes that hold it whole."""

_FRESH = "x0-/ABCDEFGHIJKLMNOPQRSTUVWYZabcdefghijklmnopqrstuvwyz123456789_.+=,@~!#%&()ñ§±µ¶¿ßæðø"
KINDS = tuple((character, tuple(holds(character) for holds in _CLASSES.values())) for character in _FRESH)
"""Characters to take for those that no pattern names, each with the classes that it is of."""


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
    def order(self) -> tuple[tuple[str, bool], ...]:
        """What it is sorted by."""
        return tuple((token.of, token.star) for token in self.tokens)

    @cached_property
    def literal(self) -> str | None:
        """The one text it matches, or None when it matches more."""
        if all(map(_is_literal, self.tokens)):
            return "".join(token.of for token in self.tokens)
        return None

    @cached_property
    def matches(self) -> Callable[[str], bool]:
        """Whether a whole text matches, in time linear in the text whatever the pattern."""
        if self.literal is not None:
            return self.literal.__eq__
        head = self.head
        if self.tokens[len(head) :] == (Token(ANY, star=True),):
            return lambda text: text.startswith(head)
        return lambda text: text.startswith(head) and self._run(text, len(head))

    def _run(self, text: str, place: int) -> bool:
        """Whether the tokens from `place` on match the text from there on."""
        states = self._through(1 << place)
        for character in text[place:]:
            states = self.step(states, character)
            if not states:
                return False
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
        """For each character the places that take it; at first for those that tokens name, without the classes."""
        found: dict[str, int] = {}
        for place, token in enumerate(self.tokens):
            if len(token.of) <= 2:
                for character in token.of:
                    found[character] = found.get(character, 0) | 1 << place
        return {character: places | self._of_classes(character) for character, places in found.items()}

    @cached_property
    def _classes(self) -> dict[str, int]:
        """For each class the places of its tokens."""
        found: dict[str, int] = {}
        for place, token in enumerate(self.tokens):
            if len(token.of) > 2:
                found[token.of] = found.get(token.of, 0) | 1 << place
        return found

    def _of_classes(self, character: str) -> int:
        places = 0
        for of, mine in self._classes.items():
            if _CLASSES[of](character):
                places |= mine
        return places

    def step(self, states: int, character: str) -> int:
        """The states after `character`."""
        taking = self._taking.get(character)
        if taking is None:
            taking = self._taking[character] = self._of_classes(character)
        taken = states & taking
        if not taken:
            return 0
        after = (taken & ~self._stars) << 1 | taken & self._stars
        return self._through(after) if after & self._stars else after

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
        if other.literal is not None:
            return self.matches(other.literal)
        return self.literal is None and _covers(self, other)

    def follow(self, states: int, token: Token) -> int:
        """The states after whatever `token` stands for, where this pattern takes all of it."""
        if len(token.of) == 1 and not token.star:
            return self.step(states, token.of)
        taken = states & self._holding(token)
        return self._through(taken) if token.star else self._through((taken & ~self._stars) << 1 | taken & self._stars)

    def _holding(self, token: Token) -> int:
        """The places whose token holds all that `token` stands for; only stars hold a star."""
        found = self._held.get(token)
        if found is None:
            found = sum(
                1 << place
                for place, mine in enumerate(self.tokens)
                if mine.holds(token.of) and (mine.star or not token.star)
            )
            self._held[token] = found
        return found

    @cached_property
    def _held(self) -> dict[Token, int]:
        return {}

    @cached_property
    def head(self) -> str:
        """The literal text that it begins with."""
        return "".join(token.of for token in takewhile(_is_literal, self.tokens))

    def misses(self, other: Pattern) -> bool:
        """Whether the ends of the two already tell that no text is of both."""
        if self.literal is not None:
            return not other.matches(self.literal)
        return not self.matches(other.literal) if other.literal is not None else _misses(self, other)

    def dies_on(self, text: str) -> bool:
        """Whether nothing that begins with `text` matches."""
        states = self.start
        for character in text:
            states = self.step(states, character)
            if not states:
                return True
        return False

    def samples(self) -> Iterator[str]:
        """A few texts that it matches, short ones first."""
        if self.literal is not None:
            yield self.literal
            return
        for filled in (0, 1, 2):
            yield "".join(_sample(token, filled) for token in self.tokens)


@lru_cache(maxsize=131072)
def _covers(whole: Pattern, part: Pattern) -> bool:
    states = whole.start
    for token in part.tokens:
        states = whole.follow(states, token)
        if not states:
            return False
    return bool(states & whole.end)


@lru_cache(maxsize=131072)
def _misses(one: Pattern, other: Pattern) -> bool:
    if _part_ways(one.tokens, other.tokens) or _part_ways(one.tokens[::-1], other.tokens[::-1]):
        return True
    return one.dies_on(other.head) or other.dies_on(one.head)


def _is_literal(token: Token) -> bool:
    return len(token.of) == 1 and not token.star


def _part_ways(left: tuple[Token, ...], right: tuple[Token, ...]) -> bool:
    for mine, theirs in zip(left, right, strict=False):
        if mine.star or theirs.star:
            return False
        if not mine.meets(theirs):
            return True
    return False


_SAMPLES = {ANY: "x", NO_COLON: "x", DIGIT: "9", NAME: "x", SERVICE: "x", PATH: "x", WORD: "x"}


def _sample(token: Token, filled: int) -> str:
    text = token.of[0] if len(token.of) <= 2 else _SAMPLES[token.of]
    return text * filled if token.star else text


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
    """The pattern of an ARN glob as the ARN operators read it (`arn_match.compile_arn_glob`); None: it matches nothing."""
    if glob == "*":
        return glob_pattern(glob)
    fields = glob.split(":", _FIELDS - 1)
    if len(fields) < _FIELDS:
        return None
    return Pattern(_joined([tokens_of_glob(field, NO_COLON) for field in fields[:-1]], tokens_of_glob(fields[-1])))


@lru_cache(maxsize=65536)
def resource_pattern(glob: str) -> Pattern:
    """The pattern of a glob as `Resource` reads it (`arn_match.resource_tokens`)."""
    tokens: list[Token] = []
    for one in resource_tokens(glob):
        wild = ANY if one.across else NO_COLON
        token = Token(wild, star=one.text == "*") if one.wildcard else _token(one.text)
        if not token.star or not tokens or tokens[-1] != token:
            tokens.append(token)
    return Pattern(tuple(tokens))


def _joined(heads: list[tuple[Token, ...]], last: tuple[Token, ...]) -> tuple[Token, ...]:
    tokens: list[Token] = []
    for head in heads:
        tokens += [*head, Token(":")]
    return (*tokens, *last)
