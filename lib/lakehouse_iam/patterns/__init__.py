"""The registry: every pattern, a line each. Whatever depends on the kind of a setup is asked here."""

from __future__ import annotations

from lakehouse_iam.patterns import emr_studio, instance_profile, saml_passthrough, unity_catalog
from lakehouse_iam.patterns.pattern import Pattern, Reference

__all__ = ["Pattern", "Reference", "every_pattern", "pattern_named", "pattern_names"]

PATTERNS: tuple[Pattern, ...] = (
    instance_profile.PATTERN,
    unity_catalog.ON_AWS,
    unity_catalog.FROM_AZURE,
    saml_passthrough.PATTERN,
    emr_studio.PATTERN,
)


def every_pattern() -> tuple[Pattern, ...]:
    """All patterns, in the order in which they are listed everywhere."""
    return PATTERNS


def pattern_names() -> tuple[str, ...]:
    """The names of all patterns."""
    return tuple(pattern.name for pattern in every_pattern())


def pattern_named(name: str) -> Pattern:
    """The pattern of that name.

    Raises:
        KeyError: there is none. The name in a document is checked before.
    """
    return {pattern.name: pattern for pattern in every_pattern()}[name]
