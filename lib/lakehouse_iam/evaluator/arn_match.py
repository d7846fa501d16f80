"""ARNs as the evaluator reads them, and ARN patterns matched field by field.

Source: AWS docs `IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN`
("Each of the six colon-delimited components of the ARN is checked separately") and
`reference_policies_elements_resource.html` (wildcards stand "within ARN segments"; the star also spans `/`),
read 2026-11-21. A pattern with fewer than six fields is not described there: a star at its end is read as
spanning the fields that are missing, as `arn:aws:s3:*` is commonly meant (from memory, unverified).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from lakehouse_iam.evaluator.wildcards import Matcher, compile_glob, compile_globs

_FIELDS = 6


@dataclass(frozen=True, slots=True)
class ArnFields:
    """The six fields of an ARN; `account` and `region` may be empty (`arn:aws:s3:::bucket`)."""

    partition: str
    service: str
    region: str
    account: str
    resource: str


@lru_cache(maxsize=65536)
def split_arn(text: str) -> ArnFields | None:
    """The fields of `text`, or None if it is not an ARN (six colon-delimited fields, the first one `arn`)."""
    fields = text.split(":", _FIELDS - 1)
    if len(fields) < _FIELDS or fields[0] != "arn":
        return None
    return ArnFields(fields[1], fields[2], fields[3], fields[4], fields[5])


def _has_wildcard(glob: str) -> bool:
    return "*" in glob or "?" in glob


def _short_pattern(fields: list[str]) -> Matcher:
    """A pattern of fewer than six fields: a closing star spans the rest, anything else matches no ARN."""
    if not fields[-1].endswith("*"):
        return lambda value: False
    heads = tuple(compile_glob(field) for field in fields[:-1])
    tail = compile_glob(fields[-1])
    count = len(fields)

    def matches(value: str) -> bool:
        if split_arn(value) is None:
            return False
        parts = value.split(":", count - 1)
        return all(head(part) for head, part in zip(heads, parts, strict=False)) and tail(parts[-1])

    return matches


def _field_by_field(fields: list[str]) -> Matcher:
    matchers = tuple(compile_glob(field) for field in fields)

    def matches(value: str) -> bool:
        parts = value.split(":", _FIELDS - 1)
        if len(parts) < _FIELDS:
            return False
        return all(matcher(part) for matcher, part in zip(matchers, parts, strict=True))

    return matches


@lru_cache(maxsize=65536)
def compile_arn_glob(glob: str) -> Matcher:
    """A case-sensitive matcher of whole ARNs for an ARN pattern in canonical glob form.

    A star in one of the first five fields stays inside its field. A star in the last field spans everything,
    colons and slashes included.
    """
    fields = glob.split(":", _FIELDS - 1)
    if len(fields) < _FIELDS:
        return _short_pattern(fields)
    return compile_glob(glob) if _is_whole(glob) else _field_by_field(fields)


def compile_resource_globs(globs: Iterable[str]) -> Matcher:
    """A matcher for resources that at least one of `globs` matches, each as `compile_resource_glob` reads it."""
    whole: list[str] = []
    by_field: list[str] = []
    for glob in globs:
        (whole if glob == "*" or _is_whole(glob) else by_field).append(glob)
    together = compile_globs(whole)
    if not by_field:
        return together
    matchers = (together, *(compile_arn_glob(glob) for glob in by_field))
    return lambda value: any(matcher(value) for matcher in matchers)


def _is_whole(glob: str) -> bool:
    """Whether the first five fields are literal, so that matching the text as a whole keeps stars in their fields."""
    fields = glob.split(":", _FIELDS - 1)
    return len(fields) == _FIELDS and not any(_has_wildcard(field) for field in fields[:-1])


@lru_cache(maxsize=65536)
def compile_resource_glob(glob: str) -> Matcher:
    """As `compile_arn_glob`, and `*` alone matches every resource, also the `*` of actions that name none."""
    if glob == "*":
        return compile_glob(glob)
    return compile_arn_glob(glob)
