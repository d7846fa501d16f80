"""What Databricks and AWS say, and which link of the chain it is."""

from __future__ import annotations

import pytest
from fakes import EXTERNAL_ID, MASTER, ROLE

from lakehouse_iam.databricks.broken_links import Chain, Link, explain
from lakehouse_iam.databricks.live_trust import broken_in

KEY = "arn:aws:kms:us-west-2:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
CHAIN = Chain(ROLE, EXTERNAL_ID, MASTER, "us-west-2", frozenset({"elsewhere"}), (("sales", KEY),))


@pytest.mark.parametrize(
    ("said", "place", "link", "words"),
    [
        (
            f"AccessDenied: User: {MASTER} is not authorized to perform: sts:AssumeRole on resource: {ROLE}",
            "s3://sales",
            Link.TRUST,
            f"does it ask for the external id {EXTERNAL_ID}",
        ),
        (
            "The AWS IAM role in the storage credential is not configured correctly.",
            "s3://sales",
            Link.TRUST,
            "does the role exist",
        ),
        (
            f"User: arn:aws:sts::444455556666:assumed-role/uc-sales-lake/s not authorized to perform: sts:AssumeRole on {ROLE}",
            "s3://sales",
            Link.SELF_TRUST,
            "two halves",
        ),
        (
            "UC_IAM_ROLE_NON_SELF_ASSUMING: found to be non self-assuming",
            "s3://sales",
            Link.SELF_TRUST,
            "assume itself",
        ),
        (
            "AccessDenied: not authorized to perform: s3:PutObject because no identity-based policy allows it",
            "s3://sales",
            Link.IDENTITY_POLICY,
            "allow write on sales",
        ),
        ("AccessDenied: Access Denied", "s3://sales", Link.IDENTITY_POLICY, "template again"),
        ("AccessDenied: Access Denied", "s3://elsewhere", Link.BUCKET_POLICY, "merge the hand-off"),
        (
            "not authorized to perform: s3:GetObject with an explicit deny in a resource-based policy",
            "s3://sales",
            Link.BUCKET_POLICY,
            "look for Deny",
        ),
        (
            "not authorized to perform: kms:Decrypt because no resource-based policy allows the kms:Decrypt action",
            "s3://sales",
            Link.KEY_POLICY,
            KEY,
        ),
        (
            "PermanentRedirect: must be addressed using the specified endpoint",
            "s3://sales",
            Link.REGION,
            "not in us-west-2",
        ),
        ("anything", "s3://sales.2026", Link.DOTTED_BUCKET, "without a dot"),
        (
            "LOCATION_OVERLAP: Input path url overlaps with other external tables",
            "s3://sales",
            Link.OVERLAP,
            "one for each",
        ),
        (
            "No file available under the location to read",
            "s3://sales/raw",
            Link.EMPTY,
            "--bucket sales --key raw/_lakehouse-iam",
        ),
        ("NoSuchBucket: The specified bucket does not exist", "s3://sales", Link.NO_BUCKET, "there is no bucket sales"),
        ("Support for S3 in Azure Databricks is read-only.", "s3://sales", Link.WRITING, "read_only: true"),
        ("something new", "s3://sales", Link.UNKNOWN, "Databricks says: something new"),
    ],
)
def test_each_message_names_its_link_and_what_to_do(said: str, place: str, link: Link, words: str) -> None:
    broken = explain(CHAIN, place, "WRITE", said)
    assert broken.link is link
    assert words in broken.sentence
    assert broken.said == said


@pytest.mark.parametrize("link", [Link.EMPTY, Link.OVERLAP, Link.DOTTED_BUCKET, Link.REGION, Link.WRITING])
def test_what_time_does_not_mend_is_not_waited_for(link: Link) -> None:
    said = {
        Link.EMPTY: "No file available under the location",
        Link.OVERLAP: "overlaps",
        Link.DOTTED_BUCKET: "",
        Link.REGION: "PermanentRedirect",
        Link.WRITING: "read-only",
    }
    place = "s3://a.b" if link is Link.DOTTED_BUCKET else "s3://sales"
    assert not explain(CHAIN, place, "READ", said[link]).may_heal


def statement(principal: str, **conditions: dict[str, object]) -> dict[str, object]:
    condition: dict[str, object] = dict(conditions)
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": principal}, "Condition": condition}


RIGHT = [
    statement(MASTER, StringEquals={"sts:ExternalId": EXTERNAL_ID}),
    statement(
        "arn:aws:iam::444455556666:root",
        StringEquals={"sts:ExternalId": [EXTERNAL_ID, "another"]},
        ArnLike={"aws:PrincipalArn": ROLE},
    ),
]


def links(statements: list[dict[str, object]]) -> list[Link]:
    return [broken.link for broken in broken_in({"Version": "2012-10-17", "Statement": statements}, CHAIN)]


def test_a_live_trust_policy_that_is_right_has_nothing_broken() -> None:
    assert links(RIGHT) == []


def test_a_role_named_by_its_own_arn_is_right_too() -> None:
    assert links([RIGHT[0], statement(ROLE, StringEquals={"sts:externalid": EXTERNAL_ID})]) == []


def test_what_a_live_trust_policy_lacks_is_told_apart() -> None:
    assert links([RIGHT[1]]) == [Link.TRUST_PRINCIPAL]
    assert links([statement(MASTER, StringEquals={"sts:ExternalId": "0000"}), RIGHT[1]]) == [Link.EXTERNAL_ID]
    assert links([statement(MASTER), RIGHT[1]]) == [Link.EXTERNAL_ID]
    assert links([RIGHT[0]]) == [Link.SELF_TRUST]
    own = statement("arn:aws:iam::444455556666:root", ArnLike={"aws:PrincipalArn": ROLE})
    assert links([RIGHT[0], own]) == [Link.SELF_TRUST]
    assert [broken.link for broken in broken_in(None, CHAIN)] == [Link.TRUST]


def test_a_principal_that_was_deleted_and_made_again_is_named() -> None:
    (broken,) = broken_in({"Statement": [statement("AROAEXAMPLE"), RIGHT[1]]}, CHAIN)
    assert "AROAEXAMPLE is what IAM leaves of a principal that was deleted" in broken.sentence
