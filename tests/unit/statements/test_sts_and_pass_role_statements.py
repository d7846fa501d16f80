"""Assuming, trusting and passing a role."""

from __future__ import annotations

from lakehouse_iam.statements import pass_role, sts

ROLE = "arn:aws:iam::111122223333:role/r"


def test_a_role_assumes_exactly_the_roles_it_is_given() -> None:
    assert sts.assume_roles([ROLE]).to_json() == {
        "Sid": "AssumeRoles",
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": ROLE,
    }


def test_trust_names_no_resource_because_the_role_itself_is_meant() -> None:
    statements = [sts.trust_service("ec2.amazonaws.com"), sts.trust_role(ROLE)]
    assert [s.to_json()["Principal"] for s in statements] == [{"Service": "ec2.amazonaws.com"}, {"AWS": ROLE}]
    assert not any("Resource" in s.to_json() for s in statements)


def test_trust_through_the_account_is_never_trust_in_the_whole_account() -> None:
    trust = sts.trust_role_through_account("arn:aws:iam::111122223333:root", ROLE).to_json()
    assert trust["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    assert trust["Condition"] == {"ArnEquals": {"aws:PrincipalArn": ROLE}}


def test_somebody_elses_role_must_name_an_external_id() -> None:
    trust = sts.trust_role_with_external_ids(ROLE, ["b", "a"]).to_json()
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": ["a", "b"]}}


def test_a_role_is_passed_to_ec2_and_to_nothing_else() -> None:
    assert pass_role.pass_role_to_ec2(ROLE).to_json() == {
        "Sid": "PassRoleToEc2",
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": ROLE,
        "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
    }
