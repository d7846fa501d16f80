"""Policy documents in the ways in which AWS hands them out."""

from __future__ import annotations

import pytest

from lakehouse_iam.evaluator.strict_json import JsonFaultError
from lakehouse_iam.policy_text import policy_document


def test_an_object_text_and_text_in_percent_encoding_are_the_same_document() -> None:
    encoded = policy_document("%7B%22Statement%22%3A%5B%5D%7D")
    assert encoded == policy_document(' {"Statement": []}') == policy_document({"Statement": []}) == {"Statement": []}


def test_a_percent_sign_within_text_is_itself() -> None:
    assert policy_document('{"Resource": "a%20b"}') == {"Resource": "a%20b"}


@pytest.mark.parametrize("given", [None, 1, "", "[]", "%", "%7B", "%FF", '{"a": 1, "a": 2}'])
def test_anything_else_is_refused(given: object) -> None:
    with pytest.raises(JsonFaultError):
        policy_document(given)
