"""Golden setups of the pattern instance-profile; see `golden_setups`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from golden_setups import GOLDEN, cases, compared, expected, listed, orphans, statements, templates_of

PATTERN = "instance-profile"
CASES = cases(PATTERN)
SEED = f"{PATTERN}/seed-001"

WRITING = {"s3:PutObject", "s3:DeleteObject", "s3:PutObjectAcl", "kms:GenerateDataKey"}


def _policy(template: dict[str, Any], id: str, property: str = "PolicyDocument") -> dict[str, Any]:
    document: dict[str, Any] = template["Resources"][id]["Properties"][property]
    return document


@pytest.mark.parametrize("case", CASES)
def test_a_setup_becomes_exactly_these_templates(case: str) -> None:
    now, then = compared(case)
    assert now == then


def test_every_expected_file_has_its_setup() -> None:
    assert orphans(PATTERN) == set()


# ---------------------------------------------------------------- the seed, statement by statement

SEED_BUCKET_POLICY = "S3TyDatabricksCrossAccountBucketBucketPolicy"


def _seed(title: str) -> Any:
    source = (GOLDEN / PATTERN / "seed-001.source.json").read_text(encoding="utf-8")
    filled = source.replace("<deployment-acct-id>", "111122223333").replace("<bucket-owner-acct-id>", "444455556666")
    return json.loads(filled)[title]


def _core(statement: dict[str, Any]) -> dict[str, Any]:
    """What the seed says in a statement; the order of actions and one-element lists mean nothing to AWS."""
    return {
        "Effect": statement["Effect"],
        "Principal": statement.get("Principal"),
        "Action": sorted(listed(statement["Action"])),
        "Resource": sorted(listed(statement.get("Resource", []))),
    }


def test_the_bucket_owner_role_trusts_exactly_whom_the_seed_trusts() -> None:
    made = _policy(templates_of(SEED)["BucketOwner"], "BucketOwnerRole", "AssumeRolePolicyDocument")
    assert made == _seed("trust of bucket-owner-acct-s3-access-role")


def test_the_bucket_policy_is_the_seeds_with_sids_tls_and_a_condition_on_acls() -> None:
    listing, objects, acls, denied = _policy(templates_of(SEED)["BucketOwner"], SEED_BUCKET_POLICY)["Statement"]
    seed_listing, seed_objects = _seed("bucket policy of ty-databricks-cross-account-bucket")["Statement"]

    assert _core(listing) == _core(seed_listing)
    # Together the two say what the seed says in one statement: which ACL may be set is a condition of its own.
    assert _core({**objects, "Action": [*objects["Action"], acls["Action"]]}) == _core(seed_objects)
    assert _core({**acls, "Action": objects["Action"]}) == _core(objects)
    assert [statement["Sid"] for statement in (listing, objects, acls)] == [
        "ListBuckets",
        "ReadWriteObjects",
        "GiveBucketOwnerControl",
    ]
    assert not any("Condition" in statement for statement in (listing, objects))
    assert acls["Condition"] == {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    assert denied == {
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [
            "arn:aws:s3:::ty-databricks-cross-account-bucket",
            "arn:aws:s3:::ty-databricks-cross-account-bucket/*",
        ],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def test_the_role_has_the_same_permissions_as_the_bucket_policy_gives_it() -> None:
    template = templates_of(SEED)["BucketOwner"]
    of_role = _policy(template, "BucketAccess")["Statement"]
    of_bucket = [s for s in _policy(template, SEED_BUCKET_POLICY)["Statement"] if s["Effect"] == "Allow"]
    without_principal = [{key: value for key, value in s.items() if key != "Principal"} for s in of_bucket]
    assert of_role == without_principal


def test_the_deployment_role_may_assume_exactly_what_the_seed_lets_it_assume() -> None:
    made = _policy(templates_of(SEED)["DeploymentAccount"], "AssumeBucketOwnerRoles")["Statement"]
    seed = _seed("policy of deployment-acct-cross-account-s3-role")["Statement"]
    assert [_core(statement) for statement in made] == [_core(statement) for statement in seed]
    assert made[0]["Sid"] == "AssumeRoles"


def test_the_pass_role_block_is_the_seeds_tightened_by_one_condition() -> None:
    (made,) = _policy(templates_of(SEED)["DeploymentAccount"], "PassRoleGrant")["Statement"]
    seed = _seed("block added to the cross-account role")
    added = {key: value for key, value in made.items() if key not in seed}
    assert {key: made[key] for key in seed} == seed
    assert added == {
        "Sid": "PassRoleToEc2",
        "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
    }


def test_the_seeds_mount_options_are_the_spark_configuration() -> None:
    value = templates_of(SEED)["DeploymentAccount"]["Outputs"]["SparkConfiguration"]["Value"]
    assert value.splitlines() == [
        "spark.hadoop.fs.s3a.credentialsType AssumeRole",
        "spark.hadoop.fs.s3a.stsAssumeRole.arn arn:aws:iam::444455556666:role/bucket-owner-acct-s3-access-role",
        "spark.hadoop.fs.s3a.canned.acl BucketOwnerFullControl",
        "spark.hadoop.fs.s3a.acl.default BucketOwnerFullControl",
    ]


# ---------------------------------------------------------------- rules that the expected files must keep


@pytest.mark.parametrize("case", ["read-only", "trust-account", "serverless", "boundary-and-paths"])
def test_a_read_only_setup_allows_no_action_that_writes(case: str) -> None:
    found = statements(expected(f"{PATTERN}/{case}"))
    allowed = {action for s in found if s["Effect"] == "Allow" for action in listed(s["Action"])}
    assert "s3:GetObject" in allowed
    assert allowed.isdisjoint(WRITING)


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_allowed_with_a_wildcard_action_or_to_anyone(case: str) -> None:
    for statement in statements(expected(case)):
        if statement["Effect"] == "Allow":
            assert not any("*" in action for action in listed(statement["Action"]))
            assert statement.get("Principal") not in ("*", {"AWS": "*"})


@pytest.mark.parametrize("case", CASES)
def test_an_acl_is_set_only_in_the_bucket_owners_favour(case: str) -> None:
    for statement in statements(expected(case)):
        if "s3:PutObjectAcl" in listed(statement["Action"]):
            assert statement["Action"] == "s3:PutObjectAcl"
            assert statement["Condition"] == {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}


@pytest.mark.parametrize("case", CASES)
def test_pass_role_is_always_for_ec2_only(case: str) -> None:
    passing = [s for s in statements(expected(case)) if "iam:PassRole" in listed(s["Action"])]
    assert len(passing) == 1
    assert passing[0]["Condition"] == {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}


def test_a_govcloud_setup_names_no_arn_of_another_partition() -> None:
    written = (GOLDEN / PATTERN / "gov.json").read_text(encoding="utf-8")
    assert "arn:aws-us-gov:" in written
    assert "arn:aws:" not in written
