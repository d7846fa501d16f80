"""The elements of a policy as JSON has them, whoever wrote it: what may be a list or stand alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]


def listed(value: object) -> list[str]:
    """A value that may be a list or stand alone, as a list of texts; nothing for an element that is not there."""
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]


def statements_of(document: object) -> list[Json]:
    """The statements of a document, which may have one alone; none of what is no document."""
    found = document.get("Statement", []) if isinstance(document, Mapping) else []
    return [dict(one) for one in (found if isinstance(found, list) else [found]) if isinstance(one, Mapping)]


def principals_of(statement: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each principal of a statement with its kind, such as `AWS`; a `*` that stands alone is every AWS principal."""
    named = statement.get("Principal")
    if isinstance(named, Mapping):
        for kind, names in named.items():
            yield from ((str(kind), name) for name in listed(names))
    elif named is not None:
        yield "AWS", str(named)
