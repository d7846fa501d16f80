"""Wildcard patterns of the policy language: `*` is any run of characters, `?` is any one character.

A *glob* here is the canonical text of a pattern: `*` and `?` are wildcards, and a backslash makes the next
character stand for itself. Policy text has no escape of its own, so it passes through `glob_of_policy_text`;
a value taken from the request passes through `glob_of_literal`.

Source: AWS docs `IAM/latest/UserGuide/reference_policies_elements_resource.html` ("Using wildcards in
resource ARNs") and `reference_policies_elements_condition_operators.html` (StringLike), read 2026-11-21.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

Matcher = Callable[[str], bool]
"""Answers whether one whole value matches."""

_ESCAPABLE = re.compile(r"([\\*?])")


def glob_of_literal(text: str) -> str:
    """The glob that matches `text` and nothing else."""
    return _ESCAPABLE.sub(r"\\\1", text)


def glob_of_policy_text(text: str) -> str:
    """The glob for text written in a policy, where `*` and `?` are wildcards and nothing escapes."""
    return text.replace("\\", "\\\\")


@dataclass(frozen=True, slots=True)
class _Piece:
    """The text between two stars: of fixed length, so that leftmost matching is complete and needs no backtracking."""

    text: str
    holes: re.Pattern[str] | None
    length: int

    def stands_at(self, value: str, position: int) -> bool:
        if self.holes is None:
            return value.startswith(self.text, position)
        return self.holes.match(value, position) is not None

    def found_from(self, value: str, position: int, end: int) -> int:
        """The position after the leftmost occurrence within `value[position:end]`, or -1."""
        if self.holes is None:
            start = value.find(self.text, position, end)
            return -1 if start < 0 else start + self.length
        found = self.holes.search(value, position, end)
        return -1 if found is None else found.end()


def _pieces(glob: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    text, expression, has_hole, length = "", "", False, 0
    characters = iter(glob)
    for character in characters:
        if character == "*":
            pieces.append(_piece(text, expression, has_hole, length))
            text, expression, has_hole, length = "", "", False, 0
            continue
        length += 1
        if character == "?":
            expression += "."
            has_hole = True
            continue
        if character == "\\":
            character = next(characters, "\\")
        text += character
        expression += re.escape(character)
    pieces.append(_piece(text, expression, has_hole, length))
    return pieces


def _piece(text: str, expression: str, has_hole: bool, length: int) -> _Piece:
    return _Piece(text, re.compile(expression, re.DOTALL) if has_hole else None, length)


def _anything(value: str) -> bool:
    return True


def _starts_with(prefix: str) -> Matcher:
    return lambda value: value.startswith(prefix)


def _without_star(piece: _Piece) -> Matcher:
    if piece.holes is None:
        return piece.text.__eq__
    holes = piece.holes
    return lambda value: holes.fullmatch(value) is not None


def _with_stars(pieces: list[_Piece]) -> Matcher:
    first, last, middle = pieces[0], pieces[-1], tuple(piece for piece in pieces[1:-1] if piece.length)

    def matches(value: str) -> bool:
        position, end = first.length, len(value) - last.length
        if end < position or not first.stands_at(value, 0) or not last.stands_at(value, end):
            return False
        for piece in middle:
            position = piece.found_from(value, position, end)
            if position < 0:
                return False
        return True

    return matches


def compile_globs(globs: Iterable[str]) -> Matcher:
    """A matcher for values that at least one of `globs` matches; exact texts and prefixes are looked up together."""
    exact: set[str] = set()
    prefixes: list[str] = []
    others: list[Matcher] = []
    for glob in globs:
        pieces = _pieces(glob)
        if any(piece.holes for piece in pieces) or len(pieces) > 2 or (len(pieces) == 2 and pieces[1].length):
            others.append(compile_glob(glob))
        elif len(pieces) == 1:
            exact.add(pieces[0].text)
        else:
            prefixes.append(pieces[0].text)
    return _together(frozenset(exact), tuple(prefixes), tuple(others))


def _together(exact: frozenset[str], prefixes: tuple[str, ...], others: tuple[Matcher, ...]) -> Matcher:
    def matches(value: str) -> bool:
        return value in exact or value.startswith(prefixes) or any(other(value) for other in others)

    def matches_without_others(value: str) -> bool:
        return value in exact or value.startswith(prefixes)

    return matches if others else matches_without_others


@lru_cache(maxsize=65536)
def compile_glob(glob: str) -> Matcher:
    """A matcher for `glob` over whole values, case-sensitive, in time linear in the value for every pattern.

    Matching takes the leftmost occurrence of each piece between two stars; no pattern can make it backtrack.
    """
    pieces = _pieces(glob)
    if len(pieces) == 1:
        return _without_star(pieces[0])
    if all(piece.length == 0 for piece in pieces):
        return _anything
    if len(pieces) == 2 and pieces[1].length == 0 and pieces[0].holes is None:
        return _starts_with(pieces[0].text)
    return _with_stars(pieces)
