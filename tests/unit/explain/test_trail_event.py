"""CloudTrail events and decoded authorization messages: the request that they tell of."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse_iam.explain.text import explain_text
from lakehouse_iam.explain.trail_event import read_events

NOW = datetime(2026, 11, 26, tzinfo=timezone.utc)
SESSION = "arn:aws:sts::111122223333:assumed-role/etl/i-0abc"
ROLE = "arn:aws:iam::111122223333:role/data/etl"
IDENTITY = {
    "type": "AssumedRole",
    "arn": SESSION,
    "accountId": "111122223333",
    "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE}},
}


def record(**fields: Any) -> dict[str, Any]:
    return {
        "eventVersion": "1.09",
        "eventID": "e-1",
        "eventTime": "2026-11-25T12:00:00Z",
        "awsRegion": "us-west-2",
        "sourceIPAddress": "203.0.113.7",
        "userIdentity": IDENTITY,
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRole",
        **fields,
    }


ASSUME = record(
    errorCode="AccessDenied",
    requestParameters={"roleArn": "arn:aws:iam::444455556666:role/b", "roleSessionName": "x", "externalId": "0000"},
)


@pytest.mark.parametrize(
    "wrapped",
    [
        ASSUME,
        [ASSUME],
        {"Records": [ASSUME]},
        {"CloudTrailEvent": json.dumps(ASSUME), "EventName": "AssumeRole"},
        {"Events": [{"CloudTrailEvent": json.dumps(ASSUME)}]},
        {"detail-type": "AWS API Call via CloudTrail", "detail": ASSUME},
    ],
)
def test_an_event_is_found_in_whatever_it_is_wrapped_in(wrapped: Any) -> None:
    (event,) = read_events(json.dumps(wrapped))
    request = event.request
    assert (request.principal, request.role, request.action) == (SESSION, ROLE, "sts:AssumeRole")
    assert request.resource == "arn:aws:iam::444455556666:role/b"
    assert request.allowed is False
    assert request.context == {
        "sts:ExternalId": "0000",
        "sts:RoleSessionName": "x",
        "aws:SourceIp": "203.0.113.7",
        "aws:RequestedRegion": "us-west-2",
        "aws:CurrentTime": "2026-11-25T12:00:00Z",
    }


@pytest.mark.parametrize(
    ("name", "parameters", "action", "resource"),
    [
        ("GetObject", {"bucketName": "lake", "key": "a/b"}, "s3:GetObject", "arn:aws:s3:::lake/a/b"),
        ("HeadObject", {"bucketName": "lake", "key": "a"}, "s3:GetObject", "arn:aws:s3:::lake/a"),
        ("ListObjects", {"bucketName": "lake", "prefix": "raw/"}, "s3:ListBucket", "arn:aws:s3:::lake"),
        ("CreateMultipartUpload", {"bucketName": "lake", "key": "a"}, "s3:PutObject", "arn:aws:s3:::lake/a"),
        ("GetBucketEncryption", {"bucketName": "lake"}, "s3:GetEncryptionConfiguration", "arn:aws:s3:::lake"),
    ],
)
def test_calls_of_s3_become_their_actions(name: str, parameters: dict[str, str], action: str, resource: str) -> None:
    event = record(eventSource="s3.amazonaws.com", eventName=name, requestParameters=parameters)
    (found,) = read_events(json.dumps(event))
    assert (found.request.action, found.request.resource) == (action, resource)
    assert found.request.context.get("s3:prefix") == parameters.get("prefix")


def test_a_call_that_worked_was_allowed_and_one_that_failed_otherwise_tells_nothing() -> None:
    allowed, failed, denied = (
        record(),
        record(errorCode="NoSuchBucket"),
        record(errorCode="Client.UnauthorizedOperation"),
    )
    events = read_events(json.dumps([allowed, failed, denied]))
    assert [event.request.allowed for event in events] == [False, True, None]


def test_the_resource_owners_event_of_a_foreign_caller_lacks_the_caller_and_says_where_it_is() -> None:
    event = record(userIdentity={"type": "AWSAccount", "principalId": "AROAEXAMPLE:x", "accountId": "111122223333"})
    (found,) = read_events(json.dumps(event))
    assert found.request.not_told == ("caller-in-other-account", "no-resource")


def test_a_decoded_authorization_message_is_a_request_too() -> None:
    decoded = {
        "allowed": False,
        "explicitDeny": False,
        "context": {
            "principal": {"id": "AROAEXAMPLE:x", "arn": SESSION},
            "action": "iam:PassRole",
            "resource": "arn:aws:iam::111122223333:role/etl",
            "conditions": {
                "items": [{"key": "iam:PassedToService", "values": {"items": [{"value": "ec2.amazonaws.com"}]}}]
            },
        },
    }
    for text in (json.dumps(decoded), json.dumps({"DecodedMessage": json.dumps(decoded)})):
        (event,) = read_events(text)
        assert (event.request.principal, event.request.action) == (SESSION, "iam:PassRole")
        assert event.request.context == {"iam:PassedToService": "ec2.amazonaws.com"}
        assert explain_text(text.encode(), (), NOW).findings[0].rule.slug == "event-denied"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=10,
)
NAMES = (
    "userIdentity",
    "requestParameters",
    "resources",
    "errorCode",
    "errorMessage",
    "awsRegion",
    "eventName",
    "context",
)


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_no_event_breaks_the_reader(fields: dict[str, Any]) -> None:
    text = json.dumps({**record(), **fields})
    read_events(text)
    explain_text(text.encode(), (), NOW)


def test_deep_json_is_no_event() -> None:
    assert read_events("[" * 100_000) == ()
    assert read_events("{}") == ()
    assert read_events("no json") == ()
