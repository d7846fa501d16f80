"""KMS statements: through S3 only, on both sides."""

from __future__ import annotations

from lakehouse_iam.policy import Principal
from lakehouse_iam.statements.kms import KeyGrant, key_policy_statement, key_statements, strongest_key_grants
from lakehouse_iam.statements.s3 import Access

KEY = "arn:aws:kms:us-west-2:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OTHER_KEY = "arn:aws:kms:us-west-2:444455556666:key/abcd1234-12ab-34cd-56ef-1234567890ab"
VIA = "s3.us-west-2.amazonaws.com"
READ, WRITE = KeyGrant(KEY, Access.READ_ONLY, VIA), KeyGrant(KEY, Access.READ_WRITE, VIA)


def test_a_reader_decrypts_and_does_not_make_data_keys() -> None:
    assert READ.actions == ("kms:Decrypt",)
    assert set(WRITE.actions) == {"kms:Decrypt", "kms:GenerateDataKey"}


def test_every_use_of_a_key_goes_through_s3_in_its_region() -> None:
    statements = key_statements([READ, KeyGrant(OTHER_KEY, Access.READ_WRITE, VIA)])
    assert [s.to_json()["Condition"] for s in statements] == [{"StringEquals": {"kms:ViaService": VIA}}] * 2


def test_keys_used_alike_share_a_statement_and_others_do_not() -> None:
    alike = key_statements([READ, KeyGrant(OTHER_KEY, Access.READ_ONLY, VIA)])
    other_region = key_statements([READ, KeyGrant(OTHER_KEY, Access.READ_ONLY, "s3.us-east-1.amazonaws.com")])
    assert [set(s.resources) for s in alike] == [{KEY, OTHER_KEY}]
    assert len(other_region) == 2
    assert len({s.sid for s in other_region}) == 2


def test_a_key_is_handed_off_once_for_the_most_that_any_bucket_needs() -> None:
    assert strongest_key_grants([READ, WRITE]) == strongest_key_grants([WRITE, READ]) == (WRITE,)
    assert strongest_key_grants([READ, READ]) == (READ,)


def test_in_its_own_policy_the_key_is_a_star_and_the_role_is_named() -> None:
    role = "arn:aws:iam::444455556666:role/r"
    assert key_policy_statement(READ, Principal("AWS", role), sid="Role").to_json() == {
        "Sid": "Role",
        "Effect": "Allow",
        "Principal": {"AWS": role},
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:ViaService": VIA}},
    }
