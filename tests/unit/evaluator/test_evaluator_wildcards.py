"""Wildcards against a plain oracle, ARN patterns field by field, and time linear in the value."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse_iam.evaluator.arn_match import compile_arn_glob, compile_resource_glob, compile_resource_globs, split_arn
from lakehouse_iam.evaluator.wildcards import compile_glob, compile_globs, glob_of_literal, glob_of_policy_text

_SMALL = st.text(alphabet="ab:/\\", max_size=12)
_PATTERN = st.text(alphabet="ab:/*?\\", max_size=10)


def _oracle(pattern: str, value: str) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, value, re.DOTALL) is not None


@settings(max_examples=1_000)
@given(st.text(alphabet="ab*?", max_size=6), st.text(alphabet="ab", max_size=6))
def test_a_pattern_over_two_letters_matches_exactly_what_the_oracle_matches(pattern: str, value: str) -> None:
    assert compile_glob(pattern)(value) == _oracle(pattern, value)
    assert compile_globs([pattern])(value) == _oracle(pattern, value)


@given(st.lists(_PATTERN, max_size=4), _SMALL)
def test_several_patterns_match_what_one_of_them_matches(patterns: list[str], value: str) -> None:
    globs = [glob_of_policy_text(pattern) for pattern in patterns]
    assert compile_globs(globs)(value) == any(_oracle(pattern, value) for pattern in patterns)


def test_exact_texts_prefixes_and_other_patterns_each_match_when_they_stand_together() -> None:
    matcher = compile_globs(["exact", "prefix*", "?middle*end"])
    assert [matcher(value) for value in ("exact", "prefix-x", "1middle-end")] == [True, True, True]
    assert [matcher(value) for value in ("exact-x", "x-prefix", "middle-end", "")] == [False, False, False, False]


@given(_PATTERN, _SMALL)
def test_a_pattern_matches_exactly_what_the_oracle_matches(pattern: str, value: str) -> None:
    assert compile_glob(glob_of_policy_text(pattern))(value) == _oracle(pattern, value)


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_literal_matches_itself_and_nothing_else(text: str, other: str) -> None:
    matcher = compile_glob(glob_of_literal(text))
    assert matcher(text)
    assert matcher(other) == (text == other)


@given(_PATTERN, _PATTERN, _SMALL)
def test_a_star_joins_what_both_sides_match(left: str, right: str, middle: str) -> None:
    value = left.replace("*", "a").replace("?", "b") + middle + right.replace("*", "").replace("?", "a")
    assert compile_glob(glob_of_policy_text(f"{left}*{right}"))(value)


def test_many_stars_take_no_more_time_than_the_value_is_long() -> None:
    matcher = compile_glob("*a" * 40 + "*b")
    started = time.perf_counter()
    assert not matcher("a" * 20_000)
    assert time.perf_counter() - started < 1.0


@given(st.lists(_SMALL.map(lambda text: text.replace(":", "")), min_size=6, max_size=6))
def test_an_arn_pattern_without_wildcards_matches_its_own_arn(fields: list[str]) -> None:
    arn = ":".join(["arn", *fields[1:]])
    assert compile_arn_glob(glob_of_literal(arn))(arn)


@pytest.mark.parametrize(
    ("pattern", "arn", "by_operator", "by_resource"),
    [
        ("arn:*:s3:::lake/*", "arn:aws:s3:::lake/a", True, True),
        ("arn:*:s3:::lake/*", "arn:aws:s3:::evil/x:s3:::lake/a", False, True),
        ("arn:aws:sqs:*:1:*", "arn:aws:sqs:eu:1:a:b", True, True),
        ("arn:aws:sqs:*:2:*", "arn:aws:sqs:eu:1:2:b", False, True),
        ("arn:aws:kms:*:key/*", "arn:aws:kms:eu:1:key/a", False, True),
        ("arn:aws:iam:*:role/target", "arn:aws:iam::1:role/target", False, True),
        ("arn:aws:iam:*:role/target", "arn:aws:iam::1:role/other", False, False),
        ("arn:aws:sqs:eu-*-1:q", "arn:aws:sqs:eu-west-1:1:q", False, False),
        ("arn:aws:sqs:*-1:1:q", "arn:aws:sqs:eu-west-1:1:q", True, True),
        ("arn:aws:sqs:*-1:q", "arn:aws:sqs:eu-west:x-1:q", False, False),
        ("arn:aws:sqs:eu-west-?:1:q", "arn:aws:sqs:eu-west-1:1:q", True, True),
        ("arn:aws:sqs:eu?1:q", "arn:aws:sqs:eu:1:q", False, False),
        ("arn:aws:s3:*", "arn:aws:s3:::lake/a", False, True),
        ("arn:aws:s3:*", "arn:aws:sqs:eu:1:q", False, False),
        ("arn:aws:s3", "arn:aws:s3:::lake", False, False),
        ("arn:aws:s3:*", "arn:aws:s3", False, False),
        ("arn:aws:iam::*:role/?", "arn:aws:iam::1:role/ab", False, False),
        ("arn:aws:s3:::lake/*x", "arn:aws:s3:::lake/a:b/x", True, True),
    ],
)
def test_a_star_crosses_a_colon_in_resource_where_it_ends_a_segment_and_never_for_the_arn_operators(
    pattern: str, arn: str, by_operator: bool, by_resource: bool
) -> None:
    assert compile_arn_glob(pattern)(arn) is by_operator
    assert compile_resource_glob(pattern)(arn) is by_resource
    assert compile_resource_globs(["arn:aws:x:::y", pattern])(arn) is by_resource


def _resource_oracle(pattern: str, value: str) -> bool:
    """The rule as a regular expression: in the first five segments only a star that ends one crosses a colon."""
    head, tail = pattern.split(":")[:5], ":".join(pattern.split(":")[5:])
    segments = [re.sub(r"\\\*$", ".*", re.escape(segment).replace(r"\?", "[^:]")) for segment in head]
    segments = [segment.replace(r"\*", "[^:]*") for segment in segments]
    rest = re.escape(tail).replace(r"\*", ".*").replace(r"\?", ".")
    return (
        re.fullmatch(":".join([*segments, rest] if pattern.count(":") >= 5 else segments), value, re.DOTALL) is not None
    )


@settings(max_examples=1_500)
@given(st.text(alphabet="a:*?", max_size=12), st.text(alphabet="ab:", max_size=14))
def test_a_resource_pattern_matches_exactly_what_the_rule_says(pattern: str, value: str) -> None:
    assert compile_resource_glob(pattern)(value) is _resource_oracle(pattern, value)


def test_only_the_star_alone_matches_an_action_without_resource() -> None:
    assert compile_resource_glob("*")("*")
    assert not compile_resource_glob("arn:aws:s3:::*")("*")


def test_an_arn_is_split_into_its_fields_and_anything_else_is_none() -> None:
    fields = split_arn("arn:aws:kms:eu-west-1:111122223333:key/a:b")
    assert fields is not None
    assert (fields.service, fields.account, fields.resource) == ("kms", "111122223333", "key/a:b")
    assert split_arn("arn:aws:s3") is None
    assert split_arn("urn:aws:s3:::b") is None
