"""Calls of the Databricks REST API as plain values, so that a dry run prints exactly what a real one sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

Json = dict[str, Any]

UNITY_CATALOG = "/api/2.1/unity-catalog"


@dataclass(frozen=True)
class Call:
    """One call. No call that this library makes carries a secret: credentials are roles, and roles have no keys.

    Args:
        method: the HTTP method.
        path: the path, with what is quoted in it quoted.
        body: what is sent, or nothing.
        query: what is asked for behind the question mark.
    """

    method: str
    path: str
    body: Json | None = None
    query: tuple[tuple[str, str], ...] = ()

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.method == "GET"

    def with_query(self, more: Mapping[str, str]) -> Call:
        """The same call asking for more."""
        return Call(self.method, self.path, self.body, (*self.query, *more.items()))

    def to_json(self) -> Json:
        """The call for machines."""
        path = f"{self.path}?{urlencode(self.query)}" if self.query else self.path
        return {"method": self.method, "path": path, **({"body": self.body} if self.body is not None else {})}


def segment(name: str) -> str:
    """A name as one segment of a path, whatever characters it has."""
    return quote(name, safe="")


def same_name(one: str, other: str) -> bool:
    """Whether two names mean the same object: Unity Catalog keeps names in lower case and takes any (Databricks "Names")."""
    return one.lower() == other.lower()
