"""The elements of policies, in every form in which people and AWS write them."""

from __future__ import annotations

from typing import Any

import pytest

from lakehouse_iam.policy_elements import listed, principals_of, statements_of

READ = {"Effect": "Allow", "Action": "s3:GetObject"}


@pytest.mark.parametrize(
    ("written", "texts"), [(None, []), ("one", ["one"]), (["one", "two"], ["one", "two"]), (True, ["True"]), ([], [])]
)
def test_an_element_may_be_a_list_or_stand_alone(written: object, texts: list[str]) -> None:
    assert listed(written) == texts


@pytest.mark.parametrize(
    ("document", "statements"),
    [
        ({"Statement": READ}, [READ]),
        ({"Statement": [READ, READ]}, [READ, READ]),
        ({}, []),
        (None, []),
        ({"Statement": ["no statement"]}, []),
    ],
)
def test_a_document_may_have_one_statement_alone(document: object, statements: list[dict[str, Any]]) -> None:
    assert statements_of(document) == statements


def test_each_principal_is_told_with_its_kind() -> None:
    named = {"AWS": ["111122223333", "444455556666"], "Service": "ec2.amazonaws.com"}
    assert list(principals_of({**READ, "Principal": named})) == [
        ("AWS", "111122223333"),
        ("AWS", "444455556666"),
        ("Service", "ec2.amazonaws.com"),
    ]
    assert list(principals_of({**READ, "Principal": "*"})) == [("AWS", "*")]
    assert list(principals_of(READ)) == []
