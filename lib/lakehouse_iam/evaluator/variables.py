"""Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'company-wide'}`, `${*}`, `${?}`, `${$}`.

Source: AWS docs `IAM/latest/UserGuide/reference_policies_variables.html`, read 2026-11-21. Variables exist
only in policies of `Version` 2012-10-17; in older ones the text is literal. A variable whose key has no value
makes the text have no value at all, unless it carries a default. Wildcards inside a substituted value stand
for themselves (from memory, unverified; the values AWS substitutes may hardly contain any).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.evaluator.values import UNKNOWN
from lakehouse_iam.evaluator.wildcards import glob_of_literal, glob_of_policy_text

ContextValues = Mapping[str, tuple[str, ...]]
"""The request context: condition key in lower case → its values, at least one."""

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_INSIDE = re.compile(r"([^,']+?)(?:,\s*'([^']*)')?")
_SPECIAL = frozenset({"*", "?", "$"})


class VariableSyntaxError(LakehouseIamError, ValueError):
    """The text between `${` and `}` is not a variable the policy language knows."""


@dataclass(frozen=True, slots=True)
class Text:
    """Text as written; its wildcards count where the element allows wildcards."""

    text: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A character that stands for itself: `${*}`, `${?}`, `${$}`."""

    text: str


@dataclass(frozen=True, slots=True)
class Variable:
    """`${key}` or `${key, 'default'}`; `key` in lower case because condition keys ignore case."""

    key: str
    default: str | None


Part = Text | Literal | Variable


@dataclass(frozen=True, slots=True)
class Template:
    """One string of a policy, cut at its variables."""

    parts: tuple[Part, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The condition keys it takes values from, lower case."""
        return tuple(part.key for part in self.parts if isinstance(part, Variable))

    def waits_for(self, context: ContextValues) -> bool:
        """Whether it takes a value that AWS sends and the context does not give."""
        return any(context.get(key) is UNKNOWN for key in self.keys)

    def glob(self, context: ContextValues) -> str | None:
        """The glob with every variable substituted, or None when one of them has no single value."""
        return self._glob(lambda variable: _literal_glob(_value_of(variable, context)))

    def glob_with_stars(self, context: ContextValues) -> str | None:
        """As `glob`, with a star for each variable whose value AWS sends and nobody gave."""
        return self._glob(
            lambda variable: (
                "*" if context.get(variable.key) is UNKNOWN else _literal_glob(_value_of(variable, context))
            )
        )

    def _glob(self, of_variable: Callable[[Variable], str | None]) -> str | None:
        pieces = []
        for part in self.parts:
            if isinstance(part, Text):
                pieces.append(glob_of_policy_text(part.text))
                continue
            glob = glob_of_literal(part.text) if isinstance(part, Literal) else of_variable(part)
            if glob is None:
                return None
            pieces.append(glob)
        return "".join(pieces)

    def exact(self, context: ContextValues) -> str | None:
        """The text with every variable substituted, or None when one of them has no single value."""
        pieces = []
        for part in self.parts:
            value = _value_of(part, context) if isinstance(part, Variable) else part.text
            if value is None:
                return None
            pieces.append(value)
        return "".join(pieces)


def _value_of(variable: Variable, context: ContextValues) -> str | None:
    """Only a single-valued key can be substituted; a multivalued one counts as having no value."""
    values = context.get(variable.key, ())
    return values[0] if len(values) == 1 else variable.default


def _literal_glob(value: str | None) -> str | None:
    return None if value is None else glob_of_literal(value)


def literal_template(text: str) -> Template:
    """`text` without any variable, as a policy of Version 2008-10-17 reads it."""
    return Template((Text(text),))


def parse_template(text: str) -> Template:
    """`text` of a Version 2012-10-17 policy, cut at its variables.

    Raises:
        VariableSyntaxError: an unclosed `${`, an empty name, or a default that is not in single quotes.
    """
    parts: list[Part] = []
    position = 0
    for found in _VARIABLE.finditer(text):
        _append_text(parts, text[position : found.start()])
        parts.append(_variable(found.group(1)))
        position = found.end()
    _append_text(parts, text[position:])
    return Template(tuple(parts) or (Text(""),))


def _append_text(parts: list[Part], text: str) -> None:
    if "${" in text:
        raise VariableSyntaxError("a variable is opened with ${ and not closed with }")
    if text:
        parts.append(Text(text))


def _variable(inside: str) -> Part:
    if inside in _SPECIAL:
        return Literal(inside)
    found = _INSIDE.fullmatch(inside.strip())
    if found is None:
        raise VariableSyntaxError(
            f"${{{inside}}} is no variable: allowed are ${{key}}, ${{key, 'default'}}, ${{*}} ${{?}} ${{$}}"
        )
    return Variable(found.group(1).strip().lower(), found.group(2))
