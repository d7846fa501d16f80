"""The closed answer: whatever is added to the templates of an example is noticed, with its place, and nothing else is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from additions import KINDS, Addition, additions

from lakehouse_iam.plan import plan_setup
from lakehouse_iam.proof.from_plan import templates_of
from lakehouse_iam.proof.meaning import Meaning, meaning_of
from lakehouse_iam.proof.prove_files import Held, held_against
from lakehouse_iam.proof.template_files import TemplateFiles
from lakehouse_iam.setups import load_setups

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "instance-profile"
SOURCES = (
    *sorted((ROOT / "examples").glob("*.yaml")),
    ROOT / "tests" / "e2e" / "rich.yaml",
    GOLDEN / "create-bucket.yaml",
    GOLDEN / "boundary-and-paths.yaml",
    GOLDEN / "kms-key.yaml",
)
SETUPS = {setup.name: setup for source in SOURCES for setup in load_setups(source)}


@cache
def meaning(name: str) -> Meaning:
    return meaning_of(plan_setup(SETUPS[name]), {})


def held(name: str, addition: Addition | None = None) -> Held:
    templates = addition.templates if addition else templates_of(plan_setup(SETUPS[name]))
    return held_against(TemplateFiles(templates, (meaning(name).document,)), meaning(name))


@pytest.mark.parametrize("name", SETUPS)
def test_an_unchanged_plan_holds_nothing_beyond_its_setup(name: str) -> None:
    assert held(name) == Held((), ())


@pytest.mark.parametrize("name", SETUPS)
def test_every_addition_is_noticed_at_its_place(name: str) -> None:
    unnoticed, elsewhere = [], []
    for addition in additions(templates_of(plan_setup(SETUPS[name]))):
        found = held(name, addition).beyond
        if not found:
            unnoticed.append(addition.name)
        elif not any(one.where.file == addition.stack for one in found):
            elsewhere.append((addition.name, [str(one) for one in found]))
    assert unnoticed == []
    assert elsewhere == []


def test_there_are_a_hundred_and_fifty_kinds_of_addition_and_each_has_a_place_in_some_setup() -> None:
    tried = {addition.kind for setup in SETUPS.values() for addition in additions(templates_of(plan_setup(setup)))}
    assert tried == set(KINDS)
    assert len(KINDS) >= 150


def test_every_witness_is_allowed_now() -> None:
    name = "partner-bucket"
    for addition in additions(templates_of(plan_setup(SETUPS[name]))):
        for one in held(name, addition).beyond:
            if one.witness is not None:
                assert one.witness.action, addition.name
                assert one.witness.because, addition.name
