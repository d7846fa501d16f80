"""Compare against a solver as a second opinion: patterns that overlap in odd ways, several statements together."""

from __future__ import annotations

import random
from typing import Any

import pytest

from lakehouse_iam.evaluator import PolicyKind, load_policy
from lakehouse_iam.evaluator.compare import Guard, compare_resource
from tests.unit.evaluator.compare.z3_policies import goes_beyond

Json = dict[str, Any]
BUCKET = "arn:aws:s3:::lake"
OUTSIDE = {"AWS": "arn:aws:iam::111122223333:role/reader"}
_ACTIONS = ("s3:Get*", "s3:*Object", "s3:*t*", "s3:GetObject*", "s3:?et*", "s3:Put*t", "s3:*a*", "s3:GetObject", "s3:*")
_PATHS = ("*", "a*", "*a", "*a*b*", "a?*", "??", "raw/*", "raw/*/x", "*/x", "*.parquet", "raw/*.p*", "?a*", "*b", "a*b")
_TEXTS = ("vpce-*", "vpce-1*", "*-1", "vpce-?", "vpce-1", "?*", "v*1")


def _some(source: random.Random, pool: tuple[str, ...]) -> list[str]:
    return source.sample(pool, source.randint(1, 3))


def _condition(source: random.Random) -> Json:
    kind = source.randrange(5)
    if kind == 0:
        operator = source.choice(("StringLike", "StringNotLike", "StringLikeIfExists"))
        return {operator: {"aws:SourceVpce": _some(source, _TEXTS)}}
    if kind == 1:
        operator = source.choice(
            ("NumericLessThan", "NumericGreaterThanEquals", "NumericLessThanEquals", "NumericEquals")
        )
        return {operator: {"s3:max-keys": source.sample((1, 5, 10, 100), source.randint(1, 2))}}
    if kind == 2:
        return {"Null": {"aws:SourceVpce": source.choice(("true", "false"))}}
    return {}


def _statement(source: random.Random) -> Json:
    resource = source.choice(("Resource", "Resource", "Resource", "NotResource"))
    action = source.choice(("Action", "Action", "Action", "NotAction"))
    made = {
        "Effect": source.choice(("Allow", "Allow", "Deny")),
        "Principal": OUTSIDE,
        action: _some(source, _ACTIONS),
        resource: [f"{BUCKET}/{path}" for path in _some(source, _PATHS)],
    }
    condition = _condition(source)
    return {**made, "Condition": condition} if condition else made


def _pair(source: random.Random) -> tuple[Json, Json]:
    before = [_statement(source) for _ in range(source.randint(2, 4))]
    after = list(before)
    for _ in range(source.randint(1, 2)):
        after[source.randrange(len(after))] = _statement(source)
    if source.random() < 0.3:
        after.append(_statement(source))
    return ({"Version": "2012-10-17", "Statement": one} for one in (before, after))  # type: ignore[return-value]


@pytest.mark.parametrize("seed", range(5))
def test_a_solver_gives_the_same_answers(seed: int) -> None:
    source = random.Random(seed)
    answers, gave_up = {True: 0, False: 0}, 0
    for _ in range(100):
        before, after = _pair(source)
        old, new = (load_policy(one, PolicyKind.BUCKET, name) for one, name in ((before, "old"), (after, "new")))
        found = compare_resource(Guard(old), Guard(new), BUCKET, "444455556666")
        assert found.not_decided == (), (before, after)
        answers[bool(found.wider)] += 1
        if not found.wider:
            expected = goes_beyond(before, after, BUCKET)
            gave_up += expected is None
            assert expected is not True, (before, after)
        for one in found.wider:
            request = one.action, one.resource, dict(one.context)
            assert goes_beyond(before, after, BUCKET, request) is True, (before, after, one.text)
    assert min(answers.values()) >= 10
    assert gave_up <= 3
