"""The merge held against the evaluator: whatever is merged into whatever, the policy allows both and nothing besides.

Policies and statements are drawn from a small language in which they often meet: wildcards, variables, conditions, `Not…`
elements, letters of either case, versions. Every request of a small world is asked of all three.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.policies import Policy, Question, load_policy
from lakehouse_iam.evaluator.principals import parse_caller
from lakehouse_iam.evaluator.request_context import request_context
from lakehouse_iam.policy_merge import MergeError, merge, unmerge
from lakehouse_iam.policy_merge.merging import policy_size

Json = dict[str, Any]
OWNER = "444455556666"
CALLERS = (
    "arn:aws:iam::111122223333:role/reader",
    "arn:aws:iam::111122223333:role/team/writer",
    "arn:aws:iam::444455556666:user/admin",
    "logging.s3.amazonaws.com",
)
ACTIONS = ("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:ListBucket", "kms:Decrypt")
RESOURCES = (
    "arn:aws:s3:::sales",
    "arn:aws:s3:::sales/a",
    "arn:aws:s3:::sales/a/b",
    "arn:aws:s3:::sales/admin/x",
    "arn:aws:s3:::sales/${aws:username}/x",
    "arn:aws:s3:::sales2/a",
)
CONTEXTS: tuple[Mapping[str, Any], ...] = (
    {"aws:SecureTransport": "true"},
    {"aws:SecureTransport": "false", "s3:prefix": "a/"},
    {"aws:SecureTransport": "true", "s3:prefix": "A/", "aws:username": "admin"},
)

_principals = st.one_of(
    st.just("*"),
    st.sampled_from(
        [
            {"AWS": "*"},
            {"AWS": "111122223333"},
            {"AWS": "arn:aws:iam::111122223333:root"},
            {"AWS": CALLERS[0]},
            {"AWS": [CALLERS[0], CALLERS[1]]},
            {"Service": CALLERS[3]},
            {"AWS": CALLERS[2], "Service": CALLERS[3]},
            {"AWS": OWNER},
        ]
    ),
)
_actions = st.lists(
    st.sampled_from(
        ["s3:GetObject", "S3:getobject", "s3:Get*", "s3:GetObject*", "s3:*", "*", "s3:?etObject", "s3:ListBucket"]
    ),
    min_size=1,
    max_size=2,
)
_resources = st.lists(
    st.sampled_from(
        [
            "*",
            "arn:aws:s3:::sales",
            "arn:aws:s3:::sales/*",
            "arn:aws:s3:::sales*",
            "arn:aws:s3:::sales/a",
            "arn:aws:s3:::sales/?",
            "arn:aws:s3:::sales/a/*",
            "arn:aws:s3:::sales/${aws:username}/*",
            "arn:aws:s3:::sales/${aws:username}/x",
            "arn:aws:s3:::sales/$*",
            "arn:aws:s3:::sales/*}/x",
            "arn:*:s3:::sales/*",
            "arn:aws:s3:*:*:sales/*",
        ]
    ),
    min_size=1,
    max_size=2,
)
_conditions = st.one_of(
    st.none(),
    st.sampled_from(
        [
            {"Bool": {"aws:SecureTransport": "true"}},
            {"Bool": {"AWS:securetransport": True}},
            {"StringLike": {"s3:prefix": ["a/*", "a"]}},
            {"StringLike": {"s3:prefix": "a/*"}},
            {"StringEquals": {"s3:prefix": "a/"}},
            {"StringEqualsIgnoreCase": {"s3:prefix": "a/"}},
            {"StringEquals": {"aws:PrincipalAccount": "111122223333"}},
            {"StringNotEquals": {"s3:prefix": "a/"}},
            {"StringEqualsIfExists": {"s3:prefix": "a/"}},
            {"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"s3:prefix": "a/"}},
        ]
    ),
)


@st.composite
def statements(draw: st.DrawFn, effects: tuple[str, ...] = ("Allow", "Allow", "Deny"), plain: bool = False) -> Json:
    """A statement of a bucket policy."""

    def name(element: str) -> str:
        return element if plain else draw(st.sampled_from((element, element, element, f"Not{element}")))

    effect = draw(st.sampled_from(effects))
    # AWS takes no Allow for everybody but somebody.
    principal = "Principal" if effect == "Allow" else name("Principal")
    found: Json = {"Effect": effect, principal: draw(_principals)}
    found[name("Action")] = draw(_actions)
    found[name("Resource")] = draw(_resources)
    condition = draw(_conditions)
    if condition is not None:
        found["Condition"] = condition
    sid = draw(st.sampled_from(["", "A", "A2", "B"]))
    return {"Sid": sid, **found} if sid else found


@st.composite
def policies(draw: st.DrawFn) -> Json:
    """A bucket policy, of either version, with a statement alone or in a list."""
    listed = draw(st.lists(statements(), min_size=1, max_size=4))
    sids: set[str] = set()
    for one in listed:
        if one.get("Sid") in sids:
            del one["Sid"]
        sids.add(one.get("Sid", ""))
    version = draw(
        st.sampled_from([{"Version": "2012-10-17"}, {"Version": "2012-10-17"}, {"Version": "2008-10-17"}, {}])
    )
    return {**version, "Statement": listed[0] if len(listed) == 1 and draw(st.booleans()) else listed}


wanted_statements = st.lists(statements(("Allow",), plain=True), min_size=1, max_size=3)


def questions() -> Iterator[Question]:
    for name, action, resource, context in product(CALLERS, ACTIONS, RESOURCES, CONTEXTS):
        caller = parse_caller(name)
        values = request_context(caller, action.partition(":")[0], resource, OWNER, context)
        yield Question(caller, action.lower(), resource, values, has_boundary=False)


QUESTIONS = tuple(questions())


def loaded(document: Json) -> Policy:
    return load_policy(document, PolicyKind.BUCKET, "the policy")


def applies(statement: Any, question: Question) -> bool:
    return statement.applies(question) is not None


def allowed(policy: Policy) -> frozenset[int]:
    """The numbers of the requests that a policy allows, its Deny statements left out."""
    return frozenset(number for number, one in enumerate(QUESTIONS) if _any(policy.allows, one))


def denied(policy: Policy) -> frozenset[int]:
    return frozenset(number for number, one in enumerate(QUESTIONS) if _any(policy.denies, one))


def _any(compiled: Iterable[Any], question: Question) -> bool:
    return any(applies(one, question) for one in compiled)


@settings(max_examples=150, deadline=None)
@given(existing=policies(), wanted=wanted_statements)
def test_the_merged_policy_allows_both_and_nothing_besides(existing: Json, wanted: list[Json]) -> None:
    try:
        merged = merge(existing, wanted, PolicyKind.BUCKET, name="it", owner=OWNER)
    except MergeError:
        # Two versions cannot be one policy, and nothing is written.
        return
    before, after = loaded(existing), loaded(merged.document)
    given_alone = loaded(
        {"Version": "2012-10-17", "Statement": [{**one, "Sid": f"N{at}"} for at, one in enumerate(wanted)]}
    )
    assert allowed(after) == allowed(before) | allowed(given_alone)
    assert denied(after) == denied(before)
    assert merged.size == policy_size(merged.document, PolicyKind.BUCKET)


@settings(max_examples=150, deadline=None)
@given(existing=policies(), wanted=wanted_statements)
def test_taking_out_what_was_merged_leaves_what_was_there(existing: Json, wanted: list[Json]) -> None:
    try:
        merged = merge(existing, wanted, PolicyKind.BUCKET, name="it", owner=OWNER)
    except MergeError:
        return
    back = unmerge(merged.document, merged.added, PolicyKind.BUCKET, name="it")
    listed = existing["Statement"] if isinstance(existing["Statement"], list) else [existing["Statement"]]
    assert back.document is not None
    left = back.document["Statement"]
    assert (left if isinstance(left, list) else [left]) == listed
    assert back.missing == ()
    assert {key: value for key, value in back.document.items() if key not in ("Statement", "Version")} == {}
    # Another version is in force only where nothing in the policy reads it.
    assert back.document.get("Version") == existing.get("Version") or "${" not in str(listed)
    assert (allowed(loaded(back.document)), denied(loaded(back.document))) == (
        allowed(loaded(existing)),
        denied(loaded(existing)),
    )


@settings(max_examples=100, deadline=None)
@given(existing=policies(), wanted=wanted_statements)
def test_merging_twice_adds_nothing_more(existing: Json, wanted: list[Json]) -> None:
    try:
        once = merge(existing, wanted, PolicyKind.BUCKET, name="it", owner=OWNER)
    except MergeError:
        return
    twice = merge(once.document, wanted, PolicyKind.BUCKET, name="it", owner=OWNER)
    assert (twice.added, twice.document) == ((), once.document)


USERS = "arn:aws:s3:::sales/${aws:username}/*"


def reading(resource: str, **more: Any) -> Json:
    return {"Effect": "Allow", "Principal": {"AWS": CALLERS[0]}, "Action": "s3:GetObject", "Resource": resource, **more}


@pytest.mark.parametrize("version", [{}, {"Version": "2008-10-17"}])
def test_a_variable_of_an_old_policy_is_text_and_never_ours(version: Json) -> None:
    existing = {**version, "Statement": [reading(USERS)]}
    with pytest.raises(MergeError, match="plain text"):
        merge(existing, [reading(USERS)], PolicyKind.BUCKET)
    assert (
        merge({"Version": "2012-10-17", "Statement": [reading(USERS)]}, [reading(USERS)], PolicyKind.BUCKET).added == ()
    )


@pytest.mark.parametrize(
    "theirs", ["arn:aws:s3:::sales/$*", "arn:aws:s3:::sales/*}/x", "arn:aws:s3:::sales/${aws:username}/?"]
)
def test_a_pattern_that_only_the_text_of_a_variable_matches_covers_nothing(theirs: str) -> None:
    existing = {"Version": "2012-10-17", "Statement": [reading(theirs)]}
    assert merge(existing, [reading("arn:aws:s3:::sales/${aws:username}/x")], PolicyKind.BUCKET).added
    wide = {"Version": "2012-10-17", "Statement": [reading("arn:aws:s3:::sales/*")]}
    assert merge(wide, [reading("arn:aws:s3:::sales/${aws:username}/x")], PolicyKind.BUCKET).added == ()
