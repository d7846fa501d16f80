"""ARNs as the evaluator reads them, and the two ways in which policies match them with wildcards.

* `Resource` and `NotResource`: wildcards stay within a segment (the parts between colons), except that "if an asterisk is
  the last character of a resource ARN segment, it can expand to match beyond the colon boundaries". So
  `arn:aws:kms:*:key/*` covers every key of every region and account.
* `ArnLike` and the other ARN operators: "each of the six colon-delimited components of the ARN is checked separately", so a
  pattern of fewer components matches no ARN, and no wildcard crosses one of the first five colons.

In the last component a wildcard matches any character, colons and slashes included: it holds names such as S3 keys.

Source: AWS docs `IAM/latest/UserGuide/reference_policies_elements_resource.html` ("Using wildcards in resource ARNs") and
`reference_policies_elements_condition_operators.html#Conditions_ARN`, from memory, to be checked against the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from lakehouse_iam.evaluator.wildcards import Matcher, compile_glob, compile_globs

_FIELDS = 6


@dataclass(frozen=True, slots=True)
class ArnFields:
    """The fields of an ARN after `arn`.

    Attributes:
        partition: `aws`, `aws-cn`, …
        service: the service prefix.
        region: may be empty.
        account: may be empty (`arn:aws:s3:::bucket`).
        resource: everything after the fifth colon.
    """

    partition: str
    service: str
    region: str
    account: str
    resource: str


@lru_cache(maxsize=65536)
def split_arn(text: str) -> ArnFields | None:
    """The fields of `text`, or None if it is no ARN (six fields between colons, the first one `arn`)."""
    fields = text.split(":", _FIELDS - 1)
    if len(fields) < _FIELDS or fields[0] != "arn":
        return None
    return ArnFields(fields[1], fields[2], fields[3], fields[4], fields[5])


@lru_cache(maxsize=65536)
def compile_arn_glob(glob: str) -> Matcher:
    """A case-sensitive matcher for the ARN operators.

    Args:
        glob: the pattern as `wildcards` writes globs. `*` alone matches every value.
    """
    if glob == "*":
        return compile_glob(glob)
    fields = glob.split(":", _FIELDS - 1)
    if len(fields) < _FIELDS:
        return _nothing
    return compile_glob(glob) if _is_whole(fields) else _field_by_field(fields)


def _nothing(value: str) -> bool:
    return False


def _has_wildcard(glob: str) -> bool:
    return "*" in glob or "?" in glob


def _is_whole(fields: list[str]) -> bool:
    """Whether the first five fields are literal, so that matching the text as a whole keeps stars in their fields."""
    return not any(_has_wildcard(field) for field in fields[:-1])


def _field_by_field(fields: list[str]) -> Matcher:
    matchers = tuple(compile_glob(field) for field in fields)

    def matches(value: str) -> bool:
        parts = value.split(":", _FIELDS - 1)
        if len(parts) < _FIELDS:
            return False
        return all(matcher(part) for matcher, part in zip(matchers, parts, strict=True))

    return matches


@lru_cache(maxsize=65536)
def compile_resource_glob(glob: str) -> Matcher:
    """A case-sensitive matcher for `Resource`.

    Args:
        glob: the pattern as `wildcards` writes globs. `*` alone matches every resource, also the `*` of actions that
            name none.
    """
    return compile_glob(glob) if stars_cross(glob) else _TokenMatcher(resource_tokens(glob)).matches


def compile_resource_globs(globs: Iterable[str]) -> Matcher:
    """A matcher for resources that at least one of `globs` matches, each as `compile_resource_glob` reads it."""
    whole: list[str] = []
    others: list[Matcher] = []
    for glob in globs:
        if stars_cross(glob):
            whole.append(glob)
        else:
            others.append(compile_resource_glob(glob))
    together = compile_globs(whole)
    if not others:
        return together
    return lambda value: together(value) or any(other(value) for other in others)


def stars_cross(glob: str) -> bool:
    """Whether every wildcard of a `Resource` pattern matches colons too, so that it is an ordinary glob."""
    return all(token.across for token in resource_tokens(glob) if token.wildcard)


@dataclass(frozen=True, slots=True)
class ResourceToken:
    """One element of a `Resource` pattern.

    Attributes:
        text: the character that must stand here, or `*` or `?` if `wildcard` is true.
        wildcard: whether it is a wildcard.
        across: whether the wildcard matches a colon too.
    """

    text: str
    wildcard: bool = False
    across: bool = False


@lru_cache(maxsize=65536)
def resource_tokens(glob: str) -> tuple[ResourceToken, ...]:
    """A `Resource` pattern, character by character, with how far each of its wildcards reaches."""
    tokens: list[ResourceToken] = []
    colons, position = 0, 0
    while position < len(glob):
        character = glob[position]
        position += 1
        if character == "\\" and position < len(glob):
            tokens.append(ResourceToken(glob[position]))
            position += 1
        elif character in "*?":
            ends_segment = character == "*" and glob[position : position + 1] in ("", ":")
            tokens.append(ResourceToken(character, True, ends_segment or colons >= _FIELDS - 1))
        else:
            colons += character == ":"
            tokens.append(ResourceToken(character))
    return tuple(tokens)


class _TokenMatcher:
    """Matches tokens by keeping the set of positions that a prefix of the value can have reached, as bits of a number."""

    def __init__(self, tokens: tuple[ResourceToken, ...]) -> None:
        self._literal: dict[str, int] = {}
        self._any = self._any_but_colon = self._stars = self._stars_but_colon = 0
        for index, token in enumerate(tokens):
            bit = 1 << index
            if not token.wildcard:
                self._literal[token.text] = self._literal.get(token.text, 0) | bit
            elif token.text == "?":
                self._any_but_colon |= bit
                self._any |= bit if token.across else 0
            else:
                self._stars_but_colon |= bit
                self._stars |= bit if token.across else 0
        self._last = 1 << len(tokens)

    def matches(self, value: str) -> bool:
        """Whether the tokens match the whole value."""
        reached = self._past_stars(1)
        for character in value:
            colon = character == ":"
            single = self._literal.get(character, 0) | (self._any if colon else self._any_but_colon)
            staying = reached & (self._stars if colon else self._stars_but_colon)
            reached = self._past_stars(((reached & single) << 1) | staying)
            if not reached:
                return False
        return bool(reached & self._last)

    def _past_stars(self, reached: int) -> int:
        """The positions, and those after each star that is reached: a star may match nothing."""
        while True:
            further = reached | ((reached & self._stars_but_colon) << 1)
            if further == reached:
                return reached
            reached = further
