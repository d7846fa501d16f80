"""Patterns of compare match what the evaluator's own matchers match, and the search among them is exact."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from lakehouse_iam.evaluator.arn_match import compile_arn_glob, compile_resource_glob
from lakehouse_iam.evaluator.compare.languages import find
from lakehouse_iam.evaluator.compare.patterns import arn_pattern, either_case, glob_pattern, resource_pattern
from lakehouse_iam.evaluator.wildcards import compile_glob

_GLOBS = st.text(alphabet="ab*?", max_size=6)
_TEXTS = st.text(alphabet="abc", max_size=6)
_ARNS = st.text(alphabet="a:*?/", max_size=12).map(lambda rest: f"arn:{rest}")
_VALUES = st.text(alphabet="ab:/", max_size=12).map(lambda rest: f"arn:{rest}")


@given(_GLOBS, _TEXTS)
def test_a_glob_matches_what_the_evaluator_matches(glob: str, text: str) -> None:
    assert glob_pattern(glob).matches(text) is compile_glob(glob)(text)


@given(_ARNS, _VALUES)
def test_a_resource_pattern_matches_what_the_evaluator_matches(glob: str, value: str) -> None:
    assert resource_pattern(glob).matches(value) is compile_resource_glob(glob)(value)


@given(_ARNS, _VALUES)
def test_an_arn_pattern_matches_what_the_evaluator_matches(glob: str, value: str) -> None:
    pattern = arn_pattern(glob)
    assert (pattern is not None and pattern.matches(value)) is compile_arn_glob(glob)(value)


@given(_TEXTS, _TEXTS)
def test_either_case_ignores_case_and_nothing_else(text: str, other: str) -> None:
    assert either_case(text).matches(other.upper()) is (text.upper() == other.upper())


@given(st.lists(_GLOBS, min_size=1, max_size=3), st.lists(_GLOBS, max_size=3))
def test_a_text_is_found_if_a_short_one_is_there_and_it_always_fits(inside: list[str], outside: list[str]) -> None:
    groups = frozenset((glob_pattern(glob),) for glob in inside)
    found = find(groups, frozenset(glob_pattern(glob) for glob in outside))
    short = ("".join(letters) for length in range(5) for letters in product("abz", repeat=length))
    fits = (
        text
        for text in short
        if all(compile_glob(glob)(text) for glob in inside) and not any(compile_glob(glob)(text) for glob in outside)
    )
    if found is None:
        assert next(fits, None) is None
    else:
        assert all(compile_glob(glob)(found) for glob in inside)
        assert not any(compile_glob(glob)(found) for glob in outside)


@given(_GLOBS, _GLOBS, _TEXTS)
def test_a_pattern_that_covers_another_matches_all_of_it(whole: str, part: str, text: str) -> None:
    if glob_pattern(whole).covers(glob_pattern(part)) and compile_glob(part)(text):
        assert compile_glob(whole)(text)


@given(_GLOBS, _GLOBS, _TEXTS)
def test_patterns_that_miss_each_other_have_no_text_in_common(one: str, other: str, text: str) -> None:
    if glob_pattern(one).misses(glob_pattern(other)):
        assert not (compile_glob(one)(text) and compile_glob(other)(text))
