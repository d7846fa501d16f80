"""Policy documents: one canonical form, the size AWS counts, and nothing that IAM would refuse or JSON would lose."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.policy import ANYONE, Condition, PolicyDocument, Principal, Statement, how_many_fit

_TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), min_size=1, max_size=12)


def test_a_statement_is_printed_in_the_order_that_iam_documents() -> None:
    statement = Statement(
        ("s3:PutObject", "s3:GetObject"),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::a/*"),
        (Principal("Service", "ec2.amazonaws.com"), Principal("AWS", "111122223333")),
        (Condition("StringLike", "s3:prefix", ("b/*", "a/*")), Condition("Bool", "aws:SecureTransport", ("true",))),
        sid="Both",
    )
    assert json.dumps(statement.to_json()) == json.dumps(
        {
            "Sid": "Both",
            "Effect": "Allow",
            "Principal": {"AWS": "111122223333", "Service": "ec2.amazonaws.com"},
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "true"}, "StringLike": {"s3:prefix": ["a/*", "b/*"]}},
        }
    )


def test_one_value_is_printed_plainly_and_a_repeated_one_once() -> None:
    printed = Statement(("s3:GetObject", "s3:GetObject"), ("arn:aws:s3:::a",)).to_json()
    assert printed == {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a"}


def test_anyone_is_a_star() -> None:
    assert Statement(("s3:*",), ("*",), (ANYONE,), effect="Deny").to_json()["Principal"] == "*"


@given(st.lists(_TEXT, min_size=1, max_size=4), st.lists(_TEXT, min_size=1, max_size=4))
def test_the_order_in_which_a_statement_was_written_does_not_show(actions: list[str], arns: list[str]) -> None:
    forward = Statement(tuple(actions), tuple(arns), conditions=(Condition("StringLike", "k", tuple(arns)),))
    backward = Statement(
        tuple(actions[::-1]), tuple(arns[::-1]), conditions=(Condition("StringLike", "k", tuple(arns[::-1])),)
    )
    assert json.dumps(forward.to_json()) == json.dumps(backward.to_json())


@given(st.lists(_TEXT, min_size=1, max_size=4))
def test_the_size_counts_every_character_but_white_space_between_parts(arns: list[str]) -> None:
    document = PolicyDocument((Statement(("s3:GetObject",), tuple(arns)),))
    pretty = json.dumps(document.to_json(), indent=4, ensure_ascii=False)
    assert document.size == len(json.dumps(json.loads(pretty), separators=(",", ":"), ensure_ascii=False))
    assert document.size < len(pretty)


def test_the_size_of_the_smallest_document_is_known_by_hand() -> None:
    document = PolicyDocument((Statement(("a:b",), ("*",)),))
    assert document.compact() == (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*"}]}'
    )
    assert document.size == 87


@pytest.mark.parametrize("sid", ["with space", "with-hyphen", "ümlaut"])
def test_a_sid_holds_letters_and_digits_only(sid: str) -> None:
    with pytest.raises(InvalidValue, match=r"the Sid .* is not allowed: letters A-Z, a-z and digits only"):
        Statement(("s3:GetObject",), sid=sid)


def test_a_sid_stands_once_in_a_document() -> None:
    twice = Statement(("s3:GetObject",), ("*",), sid="Same")
    with pytest.raises(InvalidValue, match="the Sid 'Same' is used twice in one policy"):
        PolicyDocument((twice, twice))


def test_statements_without_sid_may_stand_together() -> None:
    plain = Statement(("s3:GetObject",), ("*",))
    assert len(PolicyDocument((plain, plain)).to_json()["Statement"]) == 2


def test_an_empty_document_is_refused() -> None:
    with pytest.raises(InvalidValue, match="the policy has no statement"):
        PolicyDocument(())


def test_an_effect_is_allow_or_deny() -> None:
    with pytest.raises(InvalidValue, match="the effect 'Maybe' is not allowed: Allow or Deny"):
        Statement(("s3:GetObject",), effect="Maybe")


@pytest.mark.parametrize("odd", ["売", "\u0100", "\x01", "\ud800"])
def test_a_character_that_iam_refuses_is_found_even_where_json_would_escape_it(odd: str) -> None:
    with pytest.raises(InvalidValue, match="Latin-1 characters only"):
        PolicyDocument((Statement(("s3:GetObject",), (f"arn:aws:s3:::a/{odd}",)),))


@pytest.mark.parametrize("fine", ["é", "ÿ", " ", "\t", '"', "\\"])
def test_latin_1_is_allowed(fine: str) -> None:
    assert PolicyDocument((Statement(("s3:GetObject",), (f"arn:aws:s3:::a/{fine}",)),)).size


def test_two_conditions_that_json_would_fold_into_one_are_refused() -> None:
    first, second = (Condition("StringEquals", key, ("x",)) for key in ("aws:PrincipalTag/a", "AWS:principaltag/A"))
    with pytest.raises(InvalidValue, match=r"stands twice in one statement: .*JSON would keep only one of the two"):
        Statement(("s3:GetObject",), conditions=(first, second))


def test_conditions_on_one_key_with_two_operators_are_both_kept() -> None:
    both = (Condition("StringLike", "s3:prefix", ("a/*",)), Condition("StringNotLike", "s3:prefix", ("a/b/*",)))
    assert Statement(("s3:ListBucket",), ("*",), conditions=both).to_json()["Condition"] == {
        "StringLike": {"s3:prefix": "a/*"},
        "StringNotLike": {"s3:prefix": "a/b/*"},
    }


@given(st.integers(0, 200), st.integers(0, 250))
def test_how_many_fit_finds_the_last_one_that_does(count: int, last: int) -> None:
    assert how_many_fit(count, lambda n: n <= last) == min(count, last)
