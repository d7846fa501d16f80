"""A setup with several faults of meaning is answered with all of them at once, and with none that only follows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from setup_texts import OTHER_OWNER, OWNER, WORKSPACE, bucket, document
from unity_catalog_texts import bucket as lake_bucket
from unity_catalog_texts import credential, from_azure, on_aws

from lakehouse_iam.setups import SetupError, setups_from_text

KEY_ELSEWHERE = f"arn:aws:kms:us-west-2:{OWNER}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def paths(content: dict[str, Any]) -> list[str]:
    with pytest.raises(SetupError) as caught:
        setups_from_text(json.dumps(content, indent=1), "s.yaml")
    problems = caught.value.problems
    assert [problem.line for problem in problems] == sorted(problem.line for problem in problems)
    return sorted(problem.path for problem in problems)


def test_every_fault_of_an_instance_profile_is_reported_at_once() -> None:
    content = document(
        tags={"team": "R&D"},
        permissions_boundary=f"arn:aws:iam::{WORKSPACE}:policy/lake",
        bucket_owner=[{"account": OWNER, "role": "a"}, {"account": WORKSPACE, "role": "b"}],
        buckets=[
            bucket("one", owner=OWNER, prefixes=["raw", "raw/2026"], kms_key=KEY_ELSEWHERE),
            bucket("one", owner=WORKSPACE, create=True, policy="handoff"),
            bucket("two"),
            bucket("three", owner=OTHER_OWNER),
        ],
    )
    content["workspace"]["cross_account_role"] = content["workspace"]["role"]
    assert paths(content) == [
        "bucket_owner[1].account",
        "buckets[0].kms_key",
        "buckets[0].prefixes[1]",
        "buckets[1].name",
        "buckets[1].policy",
        "buckets[2]",
        "buckets[3].owner",
        "permissions_boundary",
        "tags.team",
        "workspace.cross_account_role",
    ]


def test_every_fault_of_a_unity_catalog_setup_is_reported_at_once() -> None:
    content = on_aws(
        tags={"team": "R&D"},
        storage_credential=credential(
            workspaces=["1234567890123456"], unity_catalog_iam_arn="arn:aws-us-gov:iam::111122223333:role/uc"
        ),
        file_events="managed",
        buckets=[
            lake_bucket("lake-one", access="read-only", prefixes=["raw"]),
            lake_bucket("lake-two", owner=OTHER_OWNER, policy="none"),
        ],
        external_locations=[
            {"name": "first", "url": "s3://lake-three/raw"},
            {"name": "second", "url": "s3://lake-one/elsewhere", "read_only": False},
            {"name": "second", "url": "s3://lake-two/raw"},
            {"name": "third", "url": "s3://lake-two/raw/2026"},
        ],
    )
    assert paths(content) == [
        "buckets[1].policy",
        "external_locations[0].url",
        "external_locations[1].read_only",
        "external_locations[1].url",
        "external_locations[2].name",
        "external_locations[3].url",
        "file_events",
        "storage_credential.unity_catalog_iam_arn",
        "storage_credential.workspaces",
        "tags.team",
    ]


def test_every_fault_of_a_tag_is_reported() -> None:
    assert paths(document(tags={"a&": "x", "b": "y!", "Team": "x", "team": "y", "lakehouse-iam:setup": "z"})) == [
        "tags.a&",
        "tags.b",
        "tags.lakehouse-iam:setup",
        "tags.team",
    ]


FOLLOWING = {
    "a wrong partition says nothing of shards and keys": (
        document(
            region="us-gov-west-1",
            buckets=[
                bucket(kms_key=f"arn:aws-us-gov:kms:us-gov-west-1:{OWNER}:key/1234abcd-12ab-34cd-56ef-1234567890ab")
            ],
        ),
        ["region"],
    ),
    "a wrong partition says nothing of Databricks' role": (on_aws(region="us-gov-west-1"), ["region"]),
    "an unknown owner makes nobody idle": (
        document(
            bucket_owner=[{"account": OWNER, "role": "a"}, {"account": OTHER_OWNER, "role": "b"}],
            buckets=[bucket("one", owner=OWNER), bucket("two", owner="999988887777")],
        ),
        ["buckets[1].owner"],
    ),
    "a location of an unknown bucket says nothing of its access": (
        from_azure(external_locations=[{"name": "x", "url": "s3://nowhere-at-all/x", "read_only": False}]),
        ["external_locations[0].url"],
    ),
}


@pytest.mark.parametrize("case", FOLLOWING)
def test_what_only_follows_from_a_fault_is_not_reported(case: str) -> None:
    content, expected = FOLLOWING[case]
    assert paths(content) == expected


def test_the_faults_of_all_documents_are_reported_together() -> None:
    texts = [json.dumps(document(setup=name, tags={"t": "R&D"})) for name in ("one", "two")]
    with pytest.raises(SetupError) as caught:
        setups_from_text("\n---\n".join(texts), "s.yaml")
    assert [problem.path for problem in caught.value.problems] == ["tags.t", "tags.t"]
