"""Policies that join the same grants into other statements: seen at once, and what differs is still found."""

from __future__ import annotations

import json
from typing import Any

from lakehouse_iam.evaluator import PolicyKind, load_policy
from lakehouse_iam.evaluator.compare import Attached, Change, compare_attached
from lakehouse_iam.evaluator.compare.views import same_grants, without_shared_grants
from lakehouse_iam.evaluator.policies import Policy


def statement(actions: list[str], resources: list[str], **rest: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **rest}


def policy(*statements: dict[str, Any]) -> Policy:
    return load_policy({"Version": "2012-10-17", "Statement": list(statements)}, PolicyKind.IDENTITY, "a policy")


BUCKETS = [f"arn:aws:s3:::lake-{number:03}/*" for number in range(200)]
ONE_EACH = policy(*(statement(["s3:GetObject", "s3:PutObject"], [bucket]) for bucket in BUCKETS))
JOINED = policy(statement(["s3:GetObject"], BUCKETS), statement(["s3:putobject"], list(reversed(BUCKETS))))


def test_grants_that_are_joined_in_another_way_are_the_same() -> None:
    assert same_grants((ONE_EACH,), (JOINED,))
    assert compare_attached(Attached((ONE_EACH,)), Attached((JOINED,))).change is Change.SAME


def test_grants_over_several_policies_are_the_same_as_in_one() -> None:
    halves = tuple(policy(statement(["s3:GetObject", "s3:PutObject"], part)) for part in (BUCKETS[:100], BUCKETS[100:]))
    assert same_grants(halves, (ONE_EACH,))


def test_one_grant_more_a_condition_less_or_a_denial_is_not_the_same() -> None:
    base = policy(statement(["s3:GetObject"], BUCKETS[:2]))
    conditional = statement(["s3:GetObject"], BUCKETS[:2], Condition={"Bool": {"aws:SecureTransport": "true"}})
    for other in (
        policy(statement(["s3:GetObject"], BUCKETS[:3])),
        policy(statement(["s3:GetObject", "s3:PutObject"], BUCKETS[:2])),
        policy(conditional),
        policy({**statement(["s3:GetObject"], BUCKETS[:2]), "Effect": "Deny"}),
        policy({"Effect": "Allow", "NotAction": ["s3:GetObject"], "Resource": BUCKETS[:2]}),
        policy({"Effect": "Allow", "Action": ["s3:GetObject"], "NotResource": BUCKETS[:2]}),
    ):
        assert not same_grants((base,), (other,))
        assert compare_attached(Attached((base,)), Attached((other,))).change is not Change.SAME


def test_the_same_grants_under_another_boundary_are_compared() -> None:
    everything, one = policy(statement(["*"], ["*"])), policy(statement(["s3:GetObject"], BUCKETS[:2]))
    split = policy(*(statement(["s3:GetObject"], [bucket]) for bucket in BUCKETS[:2]))
    reads_one = policy(statement(["s3:GetObject"], BUCKETS[:1]))
    answer = compare_attached(Attached((one,), (reads_one,)), Attached((split,), (everything,)))
    assert answer.change is Change.WIDER


def test_what_differs_is_found_among_many_shared_grants_that_are_joined_otherwise() -> None:
    extra = policy(*json.loads(JOINED.text)["Statement"], statement(["sns:Publish"], ["*"]))
    shorter = without_shared_grants((extra,), (ONE_EACH,))
    assert [one["Resource"] for one in json.loads(shorter[0].text)["Statement"]] == [BUCKETS[:1], BUCKETS[-1:], ["*"]]
    (witness,) = compare_attached(Attached((ONE_EACH,)), Attached(shorter)).wider
    assert witness.action == "sns:Publish"
    assert witness.statement == "statement 2"


def test_nothing_is_left_out_where_the_denials_differ() -> None:
    denied = statement(["s3:GetObject"], BUCKETS[:1])
    before = policy(*json.loads(ONE_EACH.text)["Statement"], {**denied, "Effect": "Deny"})
    assert without_shared_grants((JOINED,), (before,)) == (JOINED,)
