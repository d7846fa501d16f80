"""Golden setups of the patterns unity-catalog-aws and unity-catalog-azure; see `golden_setups`."""

from __future__ import annotations

import json

import pytest
from golden_setups import Json, cases, compared, expected, listed, orphans, setup_of, statements

from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup
from lakehouse_iam.statements.s3 import Access

PATTERNS = ("unity-catalog-aws", "unity-catalog-azure")
CASES = cases(*PATTERNS)

MASTERS = {
    "commercial": "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL",
    "gov": "arn:aws-us-gov:iam::044793339203:role/unity-catalog-prod-UCMasterRole-1QRFA8SGY15OJ",
    "gov-dod": "arn:aws-us-gov:iam::170661010020:role/unity-catalog-prod-UCMasterRole-1DI6DL6ZP26AS",
}
# What reading may consist of; whatever else a read-only role could do would be a fault.
READING = {"s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation", "kms:Decrypt", "sts:AssumeRole"}
# Databricks' own policy, from the expected value of TestDataAwsUnityCatalogPolicyFullKms (docs/vendor-differences.md).
VENDOR_DATA = {
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:ListBucket",
    "s3:GetBucketLocation",
    "s3:ListBucketMultipartUploads",
    "s3:ListMultipartUploadParts",
    "s3:AbortMultipartUpload",
    "sts:AssumeRole",
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
}
VENDOR_EVENTS = {
    *("s3:GetBucketNotification", "s3:PutBucketNotification"),
    *("sns:ListSubscriptionsByTopic", "sns:GetTopicAttributes", "sns:SetTopicAttributes", "sns:CreateTopic"),
    *("sns:TagResource", "sns:Publish", "sns:Subscribe", "sns:ListTopics", "sns:Unsubscribe", "sns:DeleteTopic"),
    *("sqs:CreateQueue", "sqs:DeleteMessage", "sqs:ReceiveMessage", "sqs:SendMessage", "sqs:GetQueueUrl"),
    *("sqs:GetQueueAttributes", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:ChangeMessageVisibility"),
    *("sqs:PurgeQueue", "sqs:ListQueues", "sqs:ListQueueTags", "sqs:DeleteQueue"),
}


def _setup(case: str) -> UnityCatalogSetup:
    setup = setup_of(case)
    assert isinstance(setup, UnityCatalogSetup)
    return setup


def _role_phase(case: str) -> Json:
    phase: Json = expected(case)["StorageCredentialRole"]
    return phase


def _permissions(case: str) -> list[Json]:
    resources = _role_phase(case)["Resources"].values()
    policies = [r["Properties"]["PolicyDocument"] for r in resources if r["Type"] == "AWS::IAM::ManagedPolicy"]
    return [statement for policy in policies for statement in statements(policy)]


def _actions(found: list[Json]) -> set[str]:
    return {action for statement in found for action in listed(statement["Action"])}


@pytest.mark.parametrize("case", CASES)
def test_a_setup_becomes_exactly_these_templates(case: str) -> None:
    now, then = compared(case)
    assert now == then


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_expected_file_has_its_setup(pattern: str) -> None:
    assert orphans(pattern) == set()


# ---------------------------------------------------------------- rules that the expected files must keep


@pytest.mark.parametrize("case", CASES)
def test_trust_is_the_vendors_own_for_each_shard(case: str) -> None:
    setup = _setup(case)
    role = _role_phase(case)["Resources"]["StorageCredentialRole"]["Properties"]
    ids = list(setup.storage_credential.external_ids) or [{"Ref": "ExternalId"}]
    external_ids = {"StringEquals": {"sts:ExternalId": ids[0] if len(ids) == 1 else ids}}
    master = str(setup.storage_credential.unity_catalog_role) if "several" in case else MASTERS[setup.shard.name]
    root = f"arn:{setup.partition.name}:iam::{setup.role.account}:root"
    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"AWS": master},
            "Action": "sts:AssumeRole",
            "Condition": external_ids,
        },
        {
            "Effect": "Allow",
            "Principal": {"AWS": root},
            "Action": "sts:AssumeRole",
            "Condition": {"ArnLike": {"aws:PrincipalArn": str(setup.role)}, **external_ids},
        },
    ]


@pytest.mark.parametrize("case", CASES)
def test_actions_are_the_vendors_less_what_is_not_asked_for(case: str) -> None:
    setup, found = _setup(case), _permissions(case)
    writes = [bucket for bucket in setup.buckets if bucket.access is Access.READ_WRITE]
    wanted = set(READING)
    if writes:
        wanted |= VENDOR_DATA - {"kms:Encrypt", "kms:GenerateDataKey*"}
    if any(bucket.key for bucket in writes):
        wanted.add("kms:GenerateDataKey")
    if not any(bucket.key for bucket in setup.buckets):
        wanted -= {"kms:Decrypt"}
    if all(bucket.prefixes for bucket in writes):
        wanted -= {"s3:ListBucketMultipartUploads"}
    assert _actions(found) - VENDOR_EVENTS == wanted


@pytest.mark.parametrize("case", CASES)
def test_a_setup_that_only_reads_and_asks_for_nothing_else_allows_no_action_that_writes(case: str) -> None:
    setup = _setup(case)
    reads = setup.read_only and not setup.file_events
    allowed = [s for s in statements(expected(case)) if s["Effect"] == "Allow"]
    assert (_actions(allowed) <= READING) is reads


@pytest.mark.parametrize("case", CASES)
def test_file_events_appear_whole_or_not_at_all_and_on_the_buckets_that_have_them(case: str) -> None:
    setup, found = _setup(case), _permissions(case)
    assert _actions(found) & VENDOR_EVENTS == (VENDOR_EVENTS if setup.file_events else set())
    told = {arn for s in found if "s3:PutBucketNotification" in s["Action"] for arn in listed(s["Resource"])}
    assert told == {bucket.name.arn(setup.partition.name) for bucket in setup.buckets if bucket.file_events}


@pytest.mark.parametrize("case", CASES)
def test_file_events_reach_databricks_own_names_in_one_account_and_region(case: str) -> None:
    setup = _setup(case)
    place = f"{setup.region}:{setup.role.account}"
    own = [f"arn:{setup.partition.name}:{service}:{place}:csms-*" for service in ("sns", "sqs")]
    for statement in _permissions(case):
        if any(action.startswith(("sns:", "sqs:")) for action in listed(statement["Action"])):
            assert statement["Resource"] == own


@pytest.mark.parametrize("case", CASES)
def test_nothing_names_another_partition_and_nothing_is_for_all(case: str) -> None:
    written = json.dumps(_permissions(case))
    other = "arn:aws:" if _setup(case).partition.name == "aws-us-gov" else "arn:aws-us-gov:"
    assert other not in json.dumps(expected(case))
    assert '"Resource": "*"' not in written
    assert ':*"' not in written
