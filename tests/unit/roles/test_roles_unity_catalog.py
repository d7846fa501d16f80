"""The documents of the storage credential's role, and what makes them impossible to make by halves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lakehouse_iam.arns import ExternalId
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.policy import PackedPolicy, PolicyDocument, Statement
from lakehouse_iam.roles.bucket_access import BucketAccess
from lakehouse_iam.roles.unity_catalog import (
    StorageCredentialInputs,
    require_file_events,
    require_self_assuming,
    resource_policies,
    storage_credential_role,
    with_file_events,
)
from lakehouse_iam.statements import sts
from lakehouse_iam.statements.s3 import Access

ROLE = "arn:aws:iam::444455556666:role/lakehouse/uc"
ROOT = "arn:aws:iam::444455556666:root"
MASTER = "arn:aws:iam::414351767826:role/master"
BUCKET = BucketAccess("arn:aws:s3:::sales", Access.READ_WRITE)

CREDENTIAL = StorageCredentialInputs(
    partition="aws",
    region="us-west-2",
    account="444455556666",
    role_arn=ROLE,
    unity_catalog_role=MASTER,
    external_ids=("id-a", "id-b"),
    buckets=(BUCKET,),
)
PERMISSION = PackedPolicy("", PolicyDocument((sts.assume_itself(ROLE),)))
TRUST = PolicyDocument((sts.trust_role_with_external_ids(MASTER, ["id"]), sts.trust_itself(ROOT, ROLE, ["id"])))


def test_every_external_id_stands_in_both_statements() -> None:
    for statement in storage_credential_role(CREDENTIAL).trust.to_json()["Statement"]:
        assert statement["Condition"]["StringEquals"] == {"sts:ExternalId": ["id-a", "id-b"]}


def test_no_external_id_is_no_role() -> None:
    with pytest.raises(InvalidValue, match="lets somebody in without an external id"):
        storage_credential_role(replace(CREDENTIAL, external_ids=()))


def test_a_trust_statement_without_an_external_id_is_refused() -> None:
    loose = PolicyDocument((sts.trust_role(MASTER), sts.trust_itself(ROOT, ROLE, ["id"])))
    with pytest.raises(InvalidValue, match="without an external id"):
        require_self_assuming(ROLE, loose, (PERMISSION,))


def test_the_trusting_half_alone_is_refused() -> None:
    nothing = PackedPolicy("", PolicyDocument((Statement(("s3:GetObject",), ("arn:aws:s3:::sales/*",)),)))
    with pytest.raises(InvalidValue) as caught:
        require_self_assuming(ROLE, TRUST, (nothing,))
    assert str(caught.value) == (
        f"the role {ROLE} cannot assume itself: its own policy does not allow sts:AssumeRole on itself: "
        "both halves together; Unity Catalog refuses a role with one of them"
    )


def test_the_permitting_half_alone_is_refused() -> None:
    trust = PolicyDocument((sts.trust_role_with_external_ids(MASTER, ["id"]),))
    with pytest.raises(InvalidValue, match="its trust policy does not let itself in"):
        require_self_assuming(ROLE, trust, (PERMISSION,))


def test_halves_of_two_roles_make_no_whole() -> None:
    other = PackedPolicy("", PolicyDocument((sts.assume_itself(f"{ROLE}-other"),)))
    with pytest.raises(InvalidValue, match="cannot assume itself"):
        require_self_assuming(ROLE, TRUST, (other,))


def test_a_role_with_many_policies_may_assume_itself_in_exactly_one() -> None:
    buckets = tuple(
        BucketAccess(f"arn:aws:s3:::{'lake' * 12}-{n:03}", Access.READ_WRITE, file_events=True) for n in range(300)
    )
    policies = storage_credential_role(replace(CREDENTIAL, buckets=buckets)).policies
    assert len(policies) > 5
    with_self = [p for p in policies if any(s.actions == sts.ASSUME_ROLE for s in p.document.statements)]
    assert len(with_self) == 1
    assert all(policy.document.size <= 6_144 for policy in policies)


def test_uploads_are_listed_for_whole_buckets_only() -> None:
    folder = BucketAccess("arn:aws:s3:::folders", Access.READ_WRITE, ("raw",))
    (policy,) = storage_credential_role(replace(CREDENTIAL, buckets=(BUCKET, folder))).policies
    listing = [s for s in policy.document.statements if "s3:ListBucketMultipartUploads" in s.actions]
    assert [s.resources for s in listing] == [("arn:aws:s3:::sales",)]


def _allowed(*buckets: BucketAccess) -> list[tuple[str, str]]:
    policies = storage_credential_role(replace(CREDENTIAL, buckets=buckets)).policies
    statements = [statement for policy in policies for statement in policy.document.statements]
    return [(action, resource) for s in statements for action in s.actions for resource in s.resources]


def test_notifications_are_changed_only_on_buckets_with_file_events() -> None:
    told = replace(BUCKET, file_events=True)
    quiet = BucketAccess("arn:aws:s3:::quiet", Access.READ_ONLY)
    changed = {resource for action, resource in _allowed(told, quiet) if action == "s3:PutBucketNotification"}
    assert changed == {"arn:aws:s3:::sales"}


def test_queues_and_topics_are_of_one_region_and_there_only_while_a_bucket_has_file_events() -> None:
    own = {
        resource for action, resource in _allowed(replace(BUCKET, file_events=True)) if action[:4] in ("sns:", "sqs:")
    }
    assert own == {f"arn:aws:{service}:us-west-2:444455556666:csms-*" for service in ("sns", "sqs")}
    assert not [action for action, _ in _allowed(BUCKET) if "Notification" in action or action[:4] in ("sns:", "sqs:")]


@pytest.mark.parametrize(
    ("access", "asked", "expected"),
    [
        (Access.READ_WRITE, None, True),
        (Access.READ_WRITE, False, False),
        (Access.READ_ONLY, None, False),
        (Access.READ_ONLY, True, True),
    ],
)
def test_a_bucket_that_is_only_read_has_file_events_only_where_they_are_asked_for(
    access: Access, asked: bool | None, expected: bool
) -> None:
    assert with_file_events(access, asked, managed=True) is expected
    assert with_file_events(access, False if asked is None else None, managed=False) is False


def test_file_events_of_one_bucket_where_none_are_managed_are_refused() -> None:
    with pytest.raises(InvalidValue, match="a bucket asks for file events, and none are managed"):
        with_file_events(Access.READ_WRITE, True, managed=False)


def test_managed_file_events_of_no_bucket_are_refused() -> None:
    with pytest.raises(InvalidValue, match="file events are managed, and no bucket has any"):
        require_file_events([BUCKET])
    require_file_events([BUCKET, replace(BUCKET, file_events=True)])


def test_a_managed_bucket_policy_names_the_role_and_asks_for_tls() -> None:
    document = resource_policies(ROLE).bucket_policy_document(BUCKET).to_json()
    *allowed, denied = document["Statement"]
    assert {statement["Principal"]["AWS"] for statement in allowed} == {ROLE}
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("text", ["ab", "b0834ee0-0ead-4165-9d0a-6f081fdae9bc", "a=,.@:/-+_", "x" * 1224])
def test_an_external_id_that_sts_takes_is_taken(text: str) -> None:
    assert str(ExternalId.parse(text)) == text


@pytest.mark.parametrize("text", ["", "a", "a b", "x" * 1225, "識別子", "<external-id>", "ab\n", "0000"])
def test_any_other_external_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        ExternalId.parse(text)
