"""S3 statements: merged where nothing widens, folders on objects and on listing alike."""

from __future__ import annotations

import pytest

from lakehouse_iam.policy import Principal
from lakehouse_iam.roles.role_spec import BucketStatements
from lakehouse_iam.statements.s3 import (
    Access,
    BucketGrant,
    ObjectOwnership,
    bucket_statements,
    deny_insecure_transport,
    unity_catalog_statements,
)

A, B = "arn:aws:s3:::bucket-a", "arn:aws:s3:::bucket-b"


def _by_sid(*grants: BucketGrant) -> dict[str, dict[str, object]]:
    return {statement.sid: statement.to_json() for statement in bucket_statements(grants)}


def test_a_read_only_grant_holds_no_action_that_writes_even_where_acls_are_used() -> None:
    statements = _by_sid(BucketGrant(A, Access.READ_ONLY, acls=True))
    assert statements["ReadObjects"]["Action"] == "s3:GetObject"
    assert set(statements) == {"ListBuckets", "ReadObjects"}


def test_a_read_write_grant_sets_acls_only_where_the_bucket_uses_them() -> None:
    without, with_acls = (
        _by_sid(BucketGrant(A, Access.READ_WRITE)),
        _by_sid(BucketGrant(A, Access.READ_WRITE, acls=True)),
    )
    assert without["ReadWriteObjects"]["Action"] == ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    assert {sid: with_acls[sid] for sid in without} == without
    assert with_acls.keys() - without.keys() == {"GiveBucketOwnerControl"}


def test_the_only_acl_that_may_be_set_gives_control_to_the_buckets_owner() -> None:
    grants = [BucketGrant(A, Access.READ_WRITE, acls=True), BucketGrant(B, Access.READ_WRITE, "raw", acls=True)]
    statements = [statement.to_json() for statement in bucket_statements(grants)]
    assert [statement for statement in statements if "s3:PutObjectAcl" in statement["Action"]] == [
        {
            "Sid": "GiveBucketOwnerControl",
            "Effect": "Allow",
            "Action": "s3:PutObjectAcl",
            "Resource": [f"{A}/*", f"{B}/raw/*"],
            "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
        }
    ]


def test_whole_buckets_share_statements_and_readers_do_not_write() -> None:
    statements = _by_sid(BucketGrant(A, Access.READ_ONLY), BucketGrant(B, Access.READ_WRITE))
    assert statements["ListBuckets"]["Resource"] == [A, B]
    assert statements["ReadObjects"]["Resource"] == f"{A}/*"
    assert statements["ReadWriteObjects"]["Resource"] == f"{B}/*"


def test_a_folder_is_listed_below_itself_only() -> None:
    statements = _by_sid(BucketGrant(A, Access.READ_ONLY, "raw"))
    assert statements["LocateBuckets"]["Action"] == "s3:GetBucketLocation"
    assert statements["ListFolders1"]["Action"] == "s3:ListBucket"
    assert statements["ListFolders1"]["Condition"] == {"StringLike": {"s3:prefix": "raw/*"}}
    assert statements["ReadObjects"]["Resource"] == [f"{A}/raw", f"{A}/raw/*"]


@pytest.mark.parametrize("statements_of", [bucket_statements, unity_catalog_statements])
@pytest.mark.parametrize("principals", [(), (Principal("AWS", "arn:aws:iam::444455556666:role/r"),)])
def test_a_folder_is_read_by_its_own_key_and_never_written_under_it(
    statements_of: BucketStatements, principals: tuple[Principal, ...]
) -> None:
    grants = [BucketGrant(A, Access.READ_WRITE, "raw"), BucketGrant(B, Access.READ_ONLY, "raw")]
    of_key = [s.actions for s in statements_of(grants, principals) if f"{A}/raw" in s.resources]
    assert of_key == [("s3:GetObject",)]
    named = {arn for statement in statements_of(grants, principals) for arn in statement.resources}
    assert named == {A, B, f"{A}/raw", f"{A}/raw/*", f"{B}/raw", f"{B}/raw/*"}


def test_a_whole_bucket_has_no_key_of_its_own_to_read() -> None:
    resources = {arn for s in bucket_statements([BucketGrant(A, Access.READ_WRITE)]) for arn in s.resources}
    assert resources == {A, f"{A}/*"}


def test_buckets_are_listed_together_only_where_their_folders_are_the_same() -> None:
    same = _by_sid(BucketGrant(A, Access.READ_ONLY, "raw"), BucketGrant(B, Access.READ_ONLY, "raw"))
    different = _by_sid(BucketGrant(A, Access.READ_ONLY, "raw"), BucketGrant(B, Access.READ_ONLY, "curated"))
    assert same["ListFolders1"]["Resource"] == [A, B]
    assert "ListFolders2" not in same
    assert [different[f"ListFolders{n}"]["Resource"] for n in (1, 2)] == [B, A]


def test_in_a_bucket_policy_every_statement_names_the_principal() -> None:
    role = Principal("AWS", "arn:aws:iam::444455556666:role/r")
    statements = bucket_statements([BucketGrant(A, Access.READ_WRITE, "raw")], (role,))
    assert all(statement.principals == (role,) for statement in statements)


def test_requests_without_tls_are_denied_to_everybody_on_bucket_and_objects() -> None:
    assert deny_insecure_transport(A).to_json() == {
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [A, f"{A}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


@pytest.mark.parametrize(
    ("ownership", "uses_acls"),
    [
        (ObjectOwnership.BUCKET_OWNER_ENFORCED, False),
        (ObjectOwnership.BUCKET_OWNER_PREFERRED, True),
        (ObjectOwnership.OBJECT_WRITER, True),
    ],
)
def test_acls_exist_unless_the_bucket_owner_is_enforced(ownership: ObjectOwnership, uses_acls: bool) -> None:
    assert ownership.uses_acls is uses_acls
