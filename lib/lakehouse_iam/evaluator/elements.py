"""Elements of a policy document as JSON gives them: objects, strings, and names that must be known."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches


class BrokenRuleError(Exception):
    """A rule is broken at `where`; it becomes a PolicyGrammarError once the policy's name is known."""

    def __init__(self, where: str, rule: str) -> None:
        super().__init__(rule)
        self.where = where
        self.rule = rule


def object_of(value: object, where: str, what: str) -> Mapping[str, object]:
    """The value as an object, called `what` in the error.

    Raises:
        BrokenRuleError: it is no object.
    """
    if not isinstance(value, Mapping):
        raise BrokenRuleError(where, f"{what} must be a JSON object, not {json_type(value)}")
    return value


def json_type(value: object) -> str:
    """What JSON calls the type of a value, as a word in a sentence."""
    names: tuple[tuple[type, str], ...] = (
        (bool, "true or false"),
        (str, "a string"),
        (list, "a list"),
        (int, "a number"),
        (float, "a number"),
        (Mapping, "an object"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), "null")


def check_known(body: Mapping[str, object], allowed: tuple[str, ...], where: str) -> None:
    """Check that every name of an object is allowed.

    Raises:
        BrokenRuleError: with the nearest allowed name.
    """
    for key in body:
        if key not in allowed:
            close = get_close_matches(key.lower(), [name.lower() for name in allowed], n=1)
            nearest = next((name for name in allowed if close and name.lower() == close[0]), "")
            hint = f"the nearest is {nearest!r}" if nearest else f"allowed are {', '.join(allowed)}"
            raise BrokenRuleError(where, f"{key!r} is no element here; {hint}")


def strings_of(value: object, where: str, what: str) -> tuple[str, ...]:
    """The value as strings: one string, or a list of at least one.

    Raises:
        BrokenRuleError: it is neither.
    """
    entries = value if isinstance(value, list) else [value]
    if not entries or not all(isinstance(entry, str) for entry in entries):
        raise BrokenRuleError(where, f"{what} must be a string or a list of at least one string")
    return tuple(entries)


def one_of(body: Mapping[str, object], name: str, where: str) -> tuple[bool, object]:
    """Whether `Not<name>` is given instead of `<name>`, and the value.

    Raises:
        BrokenRuleError: both are given, or neither.
    """
    negative = f"Not{name}"
    if name in body and negative in body:
        raise BrokenRuleError(where, f"{name} and {negative} exclude each other; keep one")
    if negative in body:
        return True, body[negative]
    if name in body:
        return False, body[name]
    raise BrokenRuleError(where, f"a statement must have {name} or {negative}")
