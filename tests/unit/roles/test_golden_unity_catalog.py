"""The specification by example: a setup in, the whole documents of its role out.

Each file in `tests/golden/storage-credential/` holds both. To write the outcomes anew, and then to read every change:

    UPDATE_GOLDEN=1 python -m pytest tests/unit/roles/test_golden_unity_catalog.py
"""

from __future__ import annotations

import json
import os
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from unity_catalog_texts import EXTERNAL_ID, OWNER, setup_of

from lakehouse_iam.cloudformation import text
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.resources import HandOffKind, ManagedPolicy, Role

GOLDEN = Path(__file__).parents[2] / "golden" / "storage-credential"

SHARDS: dict[str, dict[str, str]] = {
    "commercial": {"partition": "aws", "region": "us-west-2", "host": "https://dbc-a1b2345c-d6e7.cloud.databricks.com"},
    "gov": {"partition": "aws-us-gov", "region": "us-gov-west-1", "host": "https://example.cloud.databricks.us"},
    "gov-dod": {"partition": "aws-us-gov", "region": "us-gov-west-1", "host": "https://example.cloud.databricks.mil"},
}
MASTERS = {
    "commercial": "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL",
    "gov": "arn:aws-us-gov:iam::044793339203:role/unity-catalog-prod-UCMasterRole-1QRFA8SGY15OJ",
    "gov-dod": "arn:aws-us-gov:iam::170661010020:role/unity-catalog-prod-UCMasterRole-1DI6DL6ZP26AS",
}
MATRIX = list(product(SHARDS, ("key", "no-key"), ("read-only", "read-write"), ("events", "no-events")))

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


def _setup(shard: str, key: str, access: str, events: str) -> dict[str, Any]:
    place = SHARDS[shard]
    bucket: dict[str, Any] = {"name": "sales-bronze", "access": access}
    if key == "key":
        bucket["kms_key"] = (
            f"arn:{place['partition']}:kms:{place['region']}:{OWNER}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        )
    return {
        "setup": "sales-lake",
        "pattern": "unity-catalog-aws",
        "region": place["region"],
        "partition": place["partition"],
        "databricks_shard": shard,
        "bucket_owner": {"account": OWNER, "role": "uc-sales-lake"},
        "databricks": {"host": place["host"]},
        "storage_credential": {"name": "sales-lake", "external_id": EXTERNAL_ID},
        "file_events": "managed" if events == "events" else "none",
        "buckets": [bucket, {"name": "sales-reference", "access": access, "prefixes": ["raw/2026"]}],
    }


def _documents(setup: dict[str, Any]) -> dict[str, Any]:
    (phase,) = plan_setup(setup_of(setup)).phases
    (role,) = (resource for resource in phase.resources if isinstance(resource, Role))
    return {
        "trust": role.trust.to_json(),
        "permissions": [r.document.to_json() for r in phase.resources if isinstance(r, ManagedPolicy)],
        "key policies to extend": [h.to_json() for h in phase.handoffs if h.kind is HandOffKind.KEY_POLICY],
    }


def _actions(documents: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    for policy in documents["permissions"]:
        for statement in policy["Statement"]:
            action = statement["Action"]
            found |= {action} if isinstance(action, str) else set(action)
    return found


@pytest.mark.parametrize(("shard", "key", "access", "events"), MATRIX, ids=lambda value: str(value))
def test_a_setup_becomes_exactly_these_documents(shard: str, key: str, access: str, events: str) -> None:
    file = GOLDEN / f"{shard}.{key}.{access}.{events}.json"
    setup = _setup(shard, key, access, events)
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text({"setup": setup, "documents": _documents(setup)}), encoding="utf-8")
    golden = json.loads(file.read_text(encoding="utf-8"))
    assert golden["setup"] == setup
    assert _documents(golden["setup"]) == golden["documents"]


def test_every_expected_file_has_its_case() -> None:
    assert {file.name for file in GOLDEN.iterdir()} == {f"{'.'.join(case)}.json" for case in MATRIX}


# ---------------------------------------------------------------- rules that the expected files must keep


@pytest.mark.parametrize(("shard", "key", "access", "events"), MATRIX)
def test_trust_is_the_vendors_own_for_each_shard(shard: str, key: str, access: str, events: str) -> None:
    partition = SHARDS[shard]["partition"]
    assert _documents(_setup(shard, key, access, events))["trust"]["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"AWS": MASTERS[shard]},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        },
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:{partition}:iam::{OWNER}:root"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "ArnLike": {"aws:PrincipalArn": f"arn:{partition}:iam::{OWNER}:role/uc-sales-lake"},
                "StringEquals": {"sts:ExternalId": EXTERNAL_ID},
            },
        },
    ]


@pytest.mark.parametrize(("shard", "key", "access", "events"), MATRIX)
def test_actions_are_the_vendors_less_what_is_not_asked_for(shard: str, key: str, access: str, events: str) -> None:
    data = _actions(_documents(_setup(shard, key, access, events))) - VENDOR_EVENTS
    expected = {
        "read-only": READING,
        "read-write": VENDOR_DATA - {"kms:Encrypt", "kms:GenerateDataKey*"} | {"kms:GenerateDataKey"},
    }[access]
    assert data == (expected if key == "key" else {action for action in expected if not action.startswith("kms:")})


@pytest.mark.parametrize(("shard", "key", "access", "events"), MATRIX)
def test_file_events_appear_whole_or_not_at_all(shard: str, key: str, access: str, events: str) -> None:
    found = _actions(_documents(_setup(shard, key, access, events))) & VENDOR_EVENTS
    assert found == (VENDOR_EVENTS if events == "events" else set())


@pytest.mark.parametrize(("shard", "key", "access", "events"), MATRIX)
def test_file_events_reach_databricks_own_names_in_one_account(shard: str, key: str, access: str, events: str) -> None:
    partition = SHARDS[shard]["partition"]
    own = [f"arn:{partition}:sns:*:{OWNER}:csms-*", f"arn:{partition}:sqs:*:{OWNER}:csms-*"]
    for policy in _documents(_setup(shard, key, access, events))["permissions"]:
        for statement in policy["Statement"]:
            if any(action.startswith(("sns:", "sqs:")) for action in statement["Action"]):
                assert statement["Resource"] == own


@pytest.mark.parametrize(("shard", "key", "access", "events"), MATRIX)
def test_nothing_names_another_partition_and_nothing_is_for_all(shard: str, key: str, access: str, events: str) -> None:
    made = json.dumps(_documents(_setup(shard, key, access, events))["permissions"])
    other = "arn:aws:" if SHARDS[shard]["partition"] == "aws-us-gov" else "arn:aws-us-gov:"
    assert other not in made
    assert '"Resource": "*"' not in made
    assert ':*"' not in made.replace('csms-*"', "")
