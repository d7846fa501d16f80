"""JSON that two readers could understand differently is refused, and no text makes the reader crash."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse_iam.evaluator import CaseError, PolicyGrammarError, PolicyKind, case_of, decide, load_policy, read_case
from lakehouse_iam.evaluator.strict_json import MAX_DEPTH, JsonFaultError, read_json, write_json

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)


@given(_JSON)
def test_what_json_writes_is_read_as_it_was(value: Any) -> None:
    assert read_json(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("NaN", "NaN is no JSON number"),
        ("[Infinity]", "Infinity is no JSON number"),
        ("1e400", "too large"),
        ("1" * 65, "a number of 65 characters"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "'c' is given twice"),
        ('"\\ud800"', "half a surrogate pair"),
        ('{"\\udfff": 1}', "half a surrogate pair"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested too deeply"),
        ("[" * 200_000, "nested too deeply"),
        ("", "not JSON"),
        ("\x00", "not JSON"),
    ],
)
def test_what_is_no_strict_json_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(JsonFaultError, match=message):
        read_json(text)


def test_the_deepest_nesting_that_is_allowed_is_read() -> None:
    assert json.dumps(read_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)).count("[") == MAX_DEPTH


def test_a_value_that_doubles_at_every_level_is_refused_before_it_is_walked_through() -> None:
    bomb: list[Any] = []
    for _ in range(60):
        bomb = [bomb, bomb]
    with pytest.raises(JsonFaultError, match="too many values"):
        write_json(bomb)


@pytest.mark.parametrize("broken", ["cycle", "deep", "nan", "type"])
def test_a_document_that_is_no_json_is_refused_as_a_policy_and_as_a_case(broken: str) -> None:
    cycle: dict[str, Any] = {}
    cycle["Statement"] = [cycle]
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    document: dict[str, Any] = {
        "cycle": cycle,
        "deep": {"Statement": deep},
        "nan": {"Statement": float("nan")},
        "type": {"Statement": {1, 2}},
    }[broken]
    with pytest.raises(PolicyGrammarError):
        load_policy(document, PolicyKind.IDENTITY, "p")
    request = {"principal": "ec2.amazonaws.com", "action": "s3:GetObject", "resource": "*"}
    with pytest.raises(CaseError):
        case_of({"id": "x", "request": request, "identity_policies": [document]}, 1)


_REQUEST = {
    "principal": "arn:aws:iam::111122223333:role/x",
    "action": "s3:GetObject",
    "resource": "arn:aws:s3:::b/k",
    "resource_account": "111122223333",
}
_STATEMENT = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:a": "b"}}}
_CASE: dict[str, Any] = {
    "id": "one",
    "request": _REQUEST,
    "identity_policies": [{"Version": "2012-10-17", "Statement": [_STATEMENT]}],
    "resource_policy": {"Version": "2012-10-17", "Statement": [{**_STATEMENT, "Principal": {"AWS": "111122223333"}}]},
    "block_public_access": {"block_public_acls": True},
    "kms_grants": [{"grantee": "arn:aws:iam::111122223333:role/x", "operations": ["Decrypt"]}],
}


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        found += [place for key, one in value.items() for place in _places(one, (*path, key))]
    elif isinstance(value, list):
        found += [place for index, one in enumerate(value) for place in _places(one, (*path, index))]
    return found


@settings(max_examples=1_500, deadline=None)
@given(st.sampled_from(_places(_CASE)), _JSON)
def test_a_case_with_anything_in_any_place_is_decided_or_refused_in_words(place: tuple[Any, ...], value: Any) -> None:
    body = json.loads(json.dumps(_CASE))
    holder = body
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = value
    try:
        decision = decide(read_case(json.dumps(body), 1))
    except CaseError as error:
        said = error.problem
    else:
        said = "".join(decision.because)
    assert said
