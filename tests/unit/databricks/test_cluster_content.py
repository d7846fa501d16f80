"""What a snapshot keeps of clusters and cluster policies, and that no secret is among it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakehouse_iam.databricks.cluster_content import NOT_KEPT, SECRET_REFERENCE, clusters, kept, policies
from lakehouse_iam.databricks.workspace_objects import WorkspaceObjects
from lakehouse_iam.spark.configuration import BucketRoute, databricks_form, hadoop_form, per_bucket_form

PROFILE = "arn:aws:iam::111122223333:instance-profile/clusters"
ROLE = "arn:aws:iam::444455556666:role/path/owner"
OTHER = "arn:aws:iam::444455556666:role/other"
KEY = "arn:aws:kms:us-west-2:444455556666:key/11111111-2222-3333-4444-555555555555"
OBJECTS = WorkspaceObjects(instance_profiles=(PROFILE,), roles=(ROLE,), buckets=("sales",))
S3A = "spark.hadoop.fs.s3a."


def cluster(**more: Any) -> dict[str, Any]:
    return {"cluster_id": "0101-1", "cluster_name": "etl", "spark_env_vars": {"TOKEN": "t"}} | more


@pytest.mark.parametrize(
    "conf",
    [
        databricks_form(ROLE, acls=True),
        hadoop_form(ROLE, region="us-west-2", dns_suffix="amazonaws.com", acls=True),
        per_bucket_form([BucketRoute("sales", ROLE, True, KEY)], region="cn-north-1", dns_suffix="amazonaws.com.cn"),
    ],
    ids=["Databricks", "Hadoop", "each bucket"],
)
def test_what_we_tell_people_to_write_is_kept_as_it_is(conf: dict[str, str]) -> None:
    assert kept(conf) == conf


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        (f"{S3A}access.key", "AKIAIOSFODNN7EXAMPLE", NOT_KEPT),
        (f"{S3A}secret.key", "{{secrets/aws/key}}", SECRET_REFERENCE),
        (f"{S3A}secret.key", "abcdefghijklmnopqrstuvwxyz", NOT_KEPT),
        (f"{S3A}session.token", "true", NOT_KEPT),
        (f"{S3A}endpoint", "https://user:password@example.com", NOT_KEPT),
        (f"{S3A}endpoint", "https://s3.us-west-2.amazonaws.com", "https://s3.us-west-2.amazonaws.com"),
        (f"{S3A}bucket.sales.anything", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", NOT_KEPT),
        (f"{S3A}bucket.sales.anything", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2ln", NOT_KEPT),
        (f"{S3A}bucket.sales.anything", "AKIAIOSFODNN7EXAMPLE", NOT_KEPT),
        (f"{S3A}server-side-encryption.key", KEY, KEY),
        (f"{S3A}server-side-encryption.key", "SGVyZUJlRHJhZ29ucw==", NOT_KEPT),
        (f"{S3A}assumed.role.arn", "arn:aws:iam::444455556666:role/{{secrets/a/b}}", SECRET_REFERENCE),
        (f"{S3A}aws.credentials.provider", "com.a.b.First, org.c.d.Second", "com.a.b.First, org.c.d.Second"),
    ],
)
def test_a_value_that_may_be_a_secret_is_replaced_by_a_mark(key: str, value: str, shown: str) -> None:
    assert kept({key: value}) == {key: shown}


def test_of_a_cluster_that_names_the_profile_nothing_is_kept_but_how_it_reaches_s3() -> None:
    conf = {f"{S3A}assumed.role.arn": OTHER, "spark.password": "x", "spark.sql.shuffle.partitions": "8"}
    mine = cluster(aws_attributes={"instance_profile_arn": PROFILE}, spark_conf=conf, data_security_mode="NONE")
    assert dict(clusters(OBJECTS, [mine])) == {
        "0101-1": {
            "name": "etl",
            "kind": "cluster",
            "instance_profile": PROFILE,
            "spark_conf": {f"{S3A}assumed.role.arn": OTHER},
            "data_security_mode": "NONE",
        }
    }


@pytest.mark.parametrize(
    ("more", "is_ours"),
    [
        ({}, False),
        ({"aws_attributes": {"instance_profile_arn": PROFILE + "-2"}}, False),
        ({"spark_conf": {f"{S3A}assumed.role.arn": OTHER}}, False),
        ({"spark_conf": {f"{S3A}stsAssumeRole.arn": ROLE}}, True),
        ({"spark_conf": {f"{S3A}bucket.sales.assumed.role.arn": OTHER}}, True),
        ({"spark_conf": {f"{S3A}bucket.sales-2.assumed.role.arn": OTHER}}, False),
        ({"aws_attributes": None, "spark_conf": None}, False),
    ],
)
def test_clusters_of_others_are_left_out(more: dict[str, Any], is_ours: bool) -> None:
    assert bool(dict(clusters(OBJECTS, [cluster(**more)]))) is is_ours


def test_a_policy_is_read_from_its_definition() -> None:
    definition = {
        "aws_attributes.instance_profile_arn": {"type": "fixed", "value": PROFILE},
        f"spark_conf.{S3A}assumed.role.arn": {"type": "unlimited", "defaultValue": ROLE},
        f"spark_conf.{S3A}secret.key": {"type": "fixed", "value": "abc"},
        "spark_conf.spark.any": {"type": "fixed", "value": "abc"},
        "autotermination_minutes": {"type": "range", "maxValue": 60},
    }
    overrides = {"data_security_mode": {"type": "fixed", "value": "SINGLE_USER"}}
    listed = {
        "policy_id": "P1",
        "name": "sales",
        "definition": json.dumps(definition),
        "policy_family_definition_overrides": json.dumps(overrides),
    }
    assert dict(policies(OBJECTS, [listed])) == {
        "P1": {
            "name": "sales",
            "kind": "policy",
            "instance_profile": PROFILE,
            "spark_conf": {f"{S3A}assumed.role.arn": ROLE, f"{S3A}secret.key": NOT_KEPT},
            "data_security_mode": "SINGLE_USER",
        }
    }


@pytest.mark.parametrize("definition", [None, "", "{", "[]", '{"a": 1}', '{"spark_conf.x": {"type": "forbidden"}}'])
def test_a_policy_that_names_nothing_of_the_setup_is_left_out(definition: Any) -> None:
    assert dict(policies(OBJECTS, [{"policy_id": "P1", "name": "n", "definition": definition}])) == {}


def test_a_policy_that_offers_the_profile_among_others_names_it() -> None:
    rule = {"aws_attributes.instance_profile_arn": {"type": "allowlist", "values": ["arn:x", PROFILE]}}
    listed = {"policy_id": "P1", "name": "n", "definition": json.dumps(rule)}
    assert dict(policies(OBJECTS, [listed]))["P1"]["instance_profile"] is None
