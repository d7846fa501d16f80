"""JSON read strictly: what two readers could understand differently is refused, and nothing makes the reader crash.

Source: RFC 8259, read 2026-11-25: names within an object should be unique (section 4), NaN and Infinity are not allowed
(section 6), and a reader may set limits on nesting and on numbers (section 9).
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from lakehouse_iam.errors import LakehouseIamError

_SPACE = re.compile(r"[ \t\r\n]*")

MAX_DEPTH = 64
"""How deep objects and lists may be nested. A policy needs eight levels."""

MAX_VALUES = 4_000_000
"""How many names and values there may be, one that is given in two places counted twice."""

MAX_DIGITS = 64
"""How many characters a number may have."""


class JsonFaultError(LakehouseIamError, ValueError):
    """A text or value that is not strict JSON.

    Attributes:
        where: the place in the text, such as `line 1 column 9`; empty when it is not known.
        line: the line, from 1; 0 when it is not known.
        column: the column, from 1; 0 when it is not known.
    """

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column

    @property
    def where(self) -> str:
        """The place in the text, or an empty string."""
        return f"line {self.line} column {self.column}" if self.line else ""


def read_json(text: str) -> object:
    """Read one JSON value.

    Args:
        text: the JSON text.

    Returns:
        Dictionaries, lists, strings, numbers, booleans and None.

    Raises:
        JsonFaultError: the text is not JSON, gives a name twice in one object, holds NaN or Infinity, a number of more
            than `MAX_DIGITS` characters, half a surrogate pair, or more than `MAX_DEPTH` nested values.
    """
    try:
        value = json.loads(text, **_STRICT)
    except json.JSONDecodeError as error:
        raise JsonFaultError(f"not JSON: {error.msg}", error.lineno, error.colno) from None
    except RecursionError:
        raise _too_deep() from None
    check_value(value)
    return value


def read_json_sequence(text: str) -> list[object]:
    """Read JSON values that stand one after another, such as the pages of an answer that were written to one file.

    Raises:
        JsonFaultError: as `read_json`.
    """
    decoder = json.JSONDecoder(**_STRICT)
    values: list[object] = []
    position = _after_space(text, 0)
    while position < len(text):
        try:
            value, end = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            raise JsonFaultError(f"not JSON: {error.msg}", error.lineno, error.colno) from None
        except RecursionError:
            raise _too_deep() from None
        values.append(value)
        position = _after_space(text, end)
    check_value(values)
    return values


def _after_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def write_json(value: object) -> str:
    """Write a value as JSON text, for a document that was given as an object.

    Raises:
        JsonFaultError: the value is not JSON: a cycle, NaN, a key that is no string, too many nested values, or a type that
            JSON does not have.
    """
    check_value(value)
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise JsonFaultError(f"not JSON: {error}") from None


def check_value(value: object) -> None:
    """Check what `read_json` checks of a text in a value that was read elsewhere.

    Raises:
        JsonFaultError: as `read_json`; a cycle counts as too many nested values.
    """
    level: list[object] = [value]
    seen = depth = 0
    while level:
        deeper: list[object] = []
        nested = False
        for one in level:
            if isinstance(one, str):
                _check_text(one)
            elif isinstance(one, float) and not math.isfinite(one):
                _no_constant(str(one))
            elif isinstance(one, dict):
                nested = True
                deeper += [*one.keys(), *one.values()]
            elif isinstance(one, (list, tuple)):
                nested = True
                deeper += one
        depth += nested
        seen += len(deeper)
        if depth > MAX_DEPTH:
            raise _too_deep()
        if seen > MAX_VALUES:
            raise JsonFaultError(f"too many values; allowed are {MAX_VALUES}")
        level = deeper


def _too_deep() -> JsonFaultError:
    return JsonFaultError(f"nested too deeply; allowed are {MAX_DEPTH} levels")


def _check_text(text: str) -> None:
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise JsonFaultError("a string holds half a surrogate pair, which is no character") from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise JsonFaultError(f"{_shown(twice)} is given twice in one object; give it once")
    return found


def _no_constant(text: str) -> NoReturn:
    raise JsonFaultError(f"{text} is no JSON number")


def _integer(text: str) -> int:
    _check_length(text)
    return int(text)


def _decimal(text: str) -> float:
    _check_length(text)
    number = float(text)
    if not math.isfinite(number):
        raise JsonFaultError(f"the number {text} is too large")
    return number


def _check_length(text: str) -> None:
    if len(text) > MAX_DIGITS:
        raise JsonFaultError(f"a number of {len(text)} characters; allowed are {MAX_DIGITS}")


def _shown(text: str) -> str:
    return repr(text if len(text) <= MAX_DIGITS else f"{text[:MAX_DIGITS]}…")


_STRICT: dict[str, Any] = {
    "object_pairs_hook": _unique,
    "parse_constant": _no_constant,
    "parse_int": _integer,
    "parse_float": _decimal,
}
