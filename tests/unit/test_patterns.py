"""The registry: everything that a pattern names is there."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

import pytest

from lakehouse_iam.hosts import AWS, AZURE
from lakehouse_iam.patterns import Reference, every_pattern

REFERENCES = [
    pytest.param(getattr(pattern, field.name), id=f"{pattern.name}-{field.name}")
    for pattern in every_pattern()
    for field in fields(pattern)
    if isinstance(getattr(pattern, field.name), Reference)
]


@pytest.mark.parametrize("reference", REFERENCES)
def test_everything_that_a_pattern_names_can_be_loaded(reference: Reference) -> None:
    loaded = reference.load()
    assert callable(loaded) or isinstance(loaded, dict) or is_dataclass(loaded)


@pytest.mark.parametrize("pattern", every_pattern(), ids=lambda pattern: pattern.name)
def test_every_pattern_says_which_clouds_workspaces_it_takes(pattern: object) -> None:
    assert pattern.cloud == (AZURE if pattern.name == "unity-catalog-azure" else AWS)  # type: ignore[attr-defined]
