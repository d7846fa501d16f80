"""AWS's access-denied messages, parsed: whole, cut, redacted, and wrapped by whoever passed them on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse_iam.explain.denial import KINDS, Denial, parse_denial

ROLE = "arn:aws:sts::111122223333:assumed-role/etl/session"
OBJECT = "arn:aws:s3:::lake/raw/a.csv"

CASES = {
    f"User: {ROLE} is not authorized to perform: s3:GetObject on resource: {OBJECT} "
    "because no identity-based policy allows the s3:GetObject action": Denial(
        ROLE, "s3:GetObject", OBJECT, "identity", False
    ),
    f'User: {ROLE} is not authorized to perform: s3:PutObject on resource: "{OBJECT}" '
    "with an explicit deny in a resource-based policy": Denial(ROLE, "s3:PutObject", OBJECT, "resource", True),
    "User: arn:aws:sts::<REDACTED>:assumed-role/<NODE> is not authorized to perform: s3:PutObject because no "
    "identity-based policy allows the s3:PutObject action (Service: S3, Status Code: 403)": Denial(
        "arn:aws:sts::<REDACTED>:assumed-role/<NODE", "s3:PutObject", "", "identity", False
    ),
    "User: anonymous is not authorized to perform: es:ESHttpGet": Denial("anonymous", "es:ESHttpGet", "", "", None),
    f"User: {ROLE} is not authorized to perform: \nSNS:Publish on resource: arn:aws:sns:us-east-1:444455556666:t \n"
    "with an explicit deny in a VPC endpoint policy transitively through a service control policy": Denial(
        ROLE, "SNS:Publish", "arn:aws:sns:us-east-1:444455556666:t", "endpoint", True
    ),
    f"User: {ROLE} is not authorized to perform: rds:CreateDBInstance on resource: arn:aws:rds:eu-west-2:1:db:t with an "
    "explicit deny in a service control policy: arn:aws:organizations::1:policy/o-b2/service_control_policy/p-v4": Denial(
        ROLE,
        "rds:CreateDBInstance",
        "arn:aws:rds:eu-west-2:1:db:t",
        "service-control",
        True,
        "arn:aws:organizations::1:policy/o-b2/service_control_policy/p-v4",
    ),
    f"User: {ROLE} is not authorized to perform: iam:GetRole on resource: role etl-role": Denial(
        ROLE, "iam:GetRole", "role etl-role", "", None
    ),
    f"│ Error: reading: operation error STS: AssumeRole, https response error StatusCode: 403, api error AccessDenied: "
    f"User: {ROLE} is not authorized to perform: sts:AssumeRole on\n│ resource: arn:aws:iam::444455556666:role/b": Denial(
        ROLE, "sts:AssumeRole", "arn:aws:iam::444455556666:role/b", "", None
    ),
    '{"message": "Resource handler returned message: \\"User: '
    + ROLE
    + " is not authorized to perform: kms:CreateGrant on "
    "resource: arn:aws:kms:us-west-2:444455556666:key/1 because no resource-based policy allows the kms:CreateGrant action "
    '(Service: Kms, Status Code: 400)\\" (RequestToken: x)"}': Denial(
        ROLE, "kms:CreateGrant", "arn:aws:kms:us-west-2:444455556666:key/1", "resource", False
    ),
    f"アクセスが拒否されました。User: {ROLE} is not authorized to perform: s3:ListBucket on resource: arn:aws:s3:::lake "
    "because no session policy allows the s3:ListBucket action": Denial(
        ROLE, "s3:ListBucket", "arn:aws:s3:::lake", "session", False
    ),
    f"{ROLE} is not authorized to perform: lambda:GetFunction on resource: f with an explicit deny": Denial(
        ROLE, "lambda:GetFunction", "f", "", True
    ),
}


@pytest.mark.parametrize("text", CASES)
def test_a_message_is_parsed(text: str) -> None:
    assert parse_denial(text) == CASES[text]


@pytest.mark.parametrize("said", KINDS)
@pytest.mark.parametrize("explicit", [True, False])
def test_every_kind_of_policy_is_told_apart(said: str, explicit: bool) -> None:
    name = said if said.endswith("boundary") else f"{said} policy"
    why = f"with an explicit deny in a {name}" if explicit else f"because no {name} allows the s3:GetObject action"
    denial = parse_denial(f"User: {ROLE} is not authorized to perform: s3:GetObject on resource: {OBJECT} {why}")
    assert denial == Denial(ROLE, "s3:GetObject", OBJECT, KINDS[said], explicit)


@pytest.mark.parametrize("text", ["", "not authorized", "is not authorized to perform this", "403 Forbidden"])
def test_what_names_no_action_is_no_refusal(text: str) -> None:
    assert parse_denial(text) is None


def test_the_second_refusal_of_a_text_does_not_colour_the_first() -> None:
    text = (
        f"User: {ROLE} is not authorized to perform: s3:GetObject\n"
        f"User: {ROLE} is not authorized to perform: s3:PutObject with an explicit deny in a service control policy"
    )
    assert parse_denial(text) == Denial(ROLE, "s3:GetObject", "", "", None)


@given(st.text(), st.text(), st.text())
def test_nothing_around_a_message_breaks_the_parser(before: str, within: str, after: str) -> None:
    parse_denial(f"{before} User: {within} is not authorized to perform: s3:GetObject {after}")


def test_a_megabyte_without_a_space_is_read_in_one_pass() -> None:
    assert parse_denial("a" * 500_000 + " is not authorized to perform: s3:GetObject") is not None
    assert parse_denial(" is not authorized to perform" * 30_000) is None
