"""Laws that hold whatever the policies say."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse_iam.evaluator import Policies, PolicyKind, Request, evaluate, load_policy

_ROLE = "arn:aws:iam::111122223333:role/reader"
_SESSION = "arn:aws:sts::111122223333:assumed-role/reader/s"
_PRINCIPALS: list[Any] = ["*", {"AWS": _ROLE}, {"AWS": "111122223333"}, {"AWS": _SESSION}, {"AWS": "444455556666"}]
_ACTIONS = ["s3:GetObject", "s3:*", "s3:PutObject", "*", "sqs:*"]
_RESOURCES = ["*", "arn:aws:s3:::lake/*", "arn:aws:s3:::lake/raw/*", "arn:aws:s3:::other/*"]
_CONDITIONS: list[dict[str, Any]] = [
    {},
    {"StringEquals": {"aws:PrincipalTag/team": "red"}},
    {"StringNotEquals": {"aws:PrincipalTag/team": "red"}},
    {"Bool": {"aws:SecureTransport": "true"}},
]


def _statements(with_principal: bool) -> st.SearchStrategy[list[dict[str, Any]]]:
    elements: dict[str, st.SearchStrategy[Any]] = {
        "Effect": st.sampled_from(["Allow", "Allow", "Deny"]),
        "Action": st.sampled_from(_ACTIONS),
        "Resource": st.sampled_from(_RESOURCES),
        "Condition": st.sampled_from(_CONDITIONS),
    }
    if with_principal:
        elements["Principal"] = st.sampled_from(_PRINCIPALS)
    return st.lists(st.fixed_dictionaries(elements), min_size=1, max_size=4)


_REQUESTS = st.builds(
    Request,
    st.sampled_from([_ROLE, _SESSION, "arn:aws:iam::444455556666:user/u", "ec2.amazonaws.com", "*"]),
    st.sampled_from(["s3:GetObject", "s3:PutObject"]),
    st.sampled_from(["arn:aws:s3:::lake/raw/a", "arn:aws:s3:::lake/b", "arn:aws:s3:::other/c"]),
    st.sampled_from(["111122223333", "444455556666"]),
    st.sampled_from([{}, {"aws:PrincipalTag/team": "red"}, {"aws:SecureTransport": True}]),
)


def _policies(identity: list[dict[str, Any]], resource: list[dict[str, Any]]) -> Policies:
    version = {"Version": "2012-10-17"}
    return Policies(
        (load_policy({**version, "Statement": identity}, PolicyKind.IDENTITY, "i"),),
        load_policy({**version, "Statement": resource}, PolicyKind.BUCKET, "b"),
    )


@settings(max_examples=300)
@given(_REQUESTS, _statements(False), _statements(True))
def test_the_order_of_statements_does_not_matter(
    request_: Request, identity: list[dict[str, Any]], resource: list[dict[str, Any]]
) -> None:
    forward = evaluate(request_, _policies(identity, resource)).decision
    assert forward == evaluate(request_, _policies(identity[::-1], resource[::-1])).decision


@settings(max_examples=300)
@given(_REQUESTS, _statements(False), _statements(True), _statements(True))
def test_more_allow_statements_never_take_access_away(
    request_: Request, identity: list[dict[str, Any]], resource: list[dict[str, Any]], more: list[dict[str, Any]]
) -> None:
    added = [statement | {"Effect": "Allow"} for statement in more]
    if evaluate(request_, _policies(identity, resource)).allowed:
        assert evaluate(request_, _policies(identity, resource + added)).allowed


@settings(max_examples=300)
@given(_REQUESTS, _statements(False), _statements(True), _statements(False))
def test_more_deny_statements_never_give_access(
    request_: Request, identity: list[dict[str, Any]], resource: list[dict[str, Any]], more: list[dict[str, Any]]
) -> None:
    added = [statement | {"Effect": "Deny"} for statement in more]
    if not evaluate(request_, _policies(identity, resource)).allowed:
        assert not evaluate(request_, _policies(identity + added, resource)).allowed


@settings(max_examples=200)
@given(_REQUESTS, _statements(False), _statements(True), _statements(False))
def test_a_boundary_never_gives_access(
    request_: Request, identity: list[dict[str, Any]], resource: list[dict[str, Any]], limit: list[dict[str, Any]]
) -> None:
    open_ = _policies(identity, resource)
    boundary = load_policy({"Version": "2012-10-17", "Statement": limit}, PolicyKind.BOUNDARY, "limit")
    bounded = Policies(open_.identity, open_.resource, (boundary,))
    if evaluate(request_, bounded).allowed:
        assert evaluate(request_, open_).allowed


@settings(max_examples=200)
@given(_REQUESTS, _statements(False), _statements(True))
def test_an_identity_policy_of_denies_for_everything_denies_whoever_has_one(
    request_: Request, identity: list[dict[str, Any]], resource: list[dict[str, Any]]
) -> None:
    everything = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    decision = evaluate(request_, _policies([*identity, everything], resource)).decision
    carries_policies = request_.principal.startswith("arn:")
    assert (decision == "explicit-deny") or not carries_policies
