"""Spark configuration, cluster policy and mounts."""

from __future__ import annotations

import ast

import pytest

from lakehouse_iam.arns import BucketName, InstanceProfileArn, RoleArn
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.spark.cluster_policy import cluster_policy
from lakehouse_iam.spark.configuration import BucketRoute, as_text, databricks_form, hadoop_form, per_bucket_form
from lakehouse_iam.spark.mount import mount_snippet, unmount_snippet

ROLE = "arn:aws:iam::444455556666:role/owner"
OTHER = "arn:aws:iam::777788889999:role/other"
KEY = "arn:aws:kms:us-west-2:444455556666:key/k"
S3A = "spark.hadoop.fs.s3a"
ASSUMED = "org.apache.hadoop.fs.s3a.auth.AssumedRoleCredentialProvider"


def test_databricks_form_names_one_role_for_the_whole_cluster() -> None:
    assert databricks_form(ROLE) == {f"{S3A}.credentialsType": "AssumeRole", f"{S3A}.stsAssumeRole.arn": ROLE}


def test_full_control_is_sent_only_where_the_buckets_use_acls() -> None:
    added = databricks_form(ROLE, acls=True).items() - databricks_form(ROLE).items()
    assert added == {(f"{S3A}.canned.acl", "BucketOwnerFullControl"), (f"{S3A}.acl.default", "BucketOwnerFullControl")}
    hadoop = [hadoop_form(ROLE, region="us-west-2", dns_suffix="amazonaws.com", acls=acls) for acls in (True, False)]
    assert hadoop[0].items() - hadoop[1].items() == {(f"{S3A}.acl.default", "BucketOwnerFullControl")}


def test_hadoop_form_asks_the_regional_sts_with_the_instance_profiles_credentials() -> None:
    assert hadoop_form(ROLE, region="us-gov-west-1", dns_suffix="amazonaws.com") == {
        f"{S3A}.aws.credentials.provider": ASSUMED,
        f"{S3A}.assumed.role.arn": ROLE,
        f"{S3A}.assumed.role.credentials.provider": "org.apache.hadoop.fs.s3a.auth.IAMInstanceCredentialsProvider",
        f"{S3A}.assumed.role.sts.endpoint": "sts.us-gov-west-1.amazonaws.com",
        f"{S3A}.assumed.role.sts.endpoint.region": "us-gov-west-1",
    }


def test_the_form_for_several_owners_names_a_role_for_each_bucket_and_none_for_the_others() -> None:
    routes = [BucketRoute("bbb", OTHER), BucketRoute("aaa", ROLE, acls=True, key_arn=KEY)]
    made = per_bucket_form(routes, region="us-west-2", dns_suffix="amazonaws.com")
    assert {key: value for key, value in made.items() if ".bucket." in key} == {
        f"{S3A}.bucket.aaa.aws.credentials.provider": ASSUMED,
        f"{S3A}.bucket.aaa.assumed.role.arn": ROLE,
        f"{S3A}.bucket.aaa.acl.default": "BucketOwnerFullControl",
        f"{S3A}.bucket.aaa.server-side-encryption-algorithm": "SSE-KMS",
        f"{S3A}.bucket.aaa.server-side-encryption.key": KEY,
        f"{S3A}.bucket.bbb.aws.credentials.provider": ASSUMED,
        f"{S3A}.bucket.bbb.assumed.role.arn": OTHER,
    }
    assert f"{S3A}.aws.credentials.provider" not in made
    backwards = per_bucket_form(routes[::-1], region="us-west-2", dns_suffix="amazonaws.com")
    assert as_text(made) == as_text(backwards)


def test_the_text_is_a_key_a_space_and_a_value_a_line() -> None:
    assert as_text(databricks_form(ROLE)).splitlines() == [
        f"{S3A}.credentialsType AssumeRole",
        f"{S3A}.stsAssumeRole.arn {ROLE}",
    ]


def test_a_cluster_policy_fixes_the_instance_profile_and_every_key() -> None:
    profile = InstanceProfileArn.parse("arn:aws:iam::111122223333:instance-profile/clusters")
    assert cluster_policy(profile, databricks_form(ROLE)) == {
        "aws_attributes.instance_profile_arn": {"type": "fixed", "value": str(profile)},
        f"spark_conf.{S3A}.credentialsType": {"type": "fixed", "value": "AssumeRole"},
        f"spark_conf.{S3A}.stsAssumeRole.arn": {"type": "fixed", "value": ROLE},
    }


def test_the_mount_cell_is_the_seeds_and_may_run_twice() -> None:
    assert mount_snippet(BucketName("lake"), RoleArn.parse(ROLE), name="partner-lake", acls=True) == (
        'if not any(mount.mountPoint == "/mnt/partner-lake" for mount in dbutils.fs.mounts()):\n'
        "    dbutils.fs.mount(\n"
        '        "s3a://lake",\n'
        '        "/mnt/partner-lake",\n'
        "        extra_configs={\n"
        '            "fs.s3a.credentialsType": "AssumeRole",\n'
        f'            "fs.s3a.stsAssumeRole.arn": "{ROLE}",\n'
        '            "fs.s3a.canned.acl": "BucketOwnerFullControl",\n'
        '            "fs.s3a.acl.default": "BucketOwnerFullControl",\n'
        "        },\n"
        "    )\n"
    )


def test_the_unmount_cell_may_run_twice_too() -> None:
    assert unmount_snippet(name="partner-lake") == (
        'if any(mount.mountPoint == "/mnt/partner-lake" for mount in dbutils.fs.mounts()):\n'
        '    dbutils.fs.unmount("/mnt/partner-lake")\n'
    )


@pytest.mark.parametrize("path", ["/", '/a"b/', "/a\\b/", "/a'b/"])
def test_whatever_the_roles_path_the_cell_is_python_and_says_the_same_arn(path: str) -> None:
    role = RoleArn.parse(f"arn:aws:iam::444455556666:role{path}owner")
    cell = ast.parse(mount_snippet(BucketName("lake"), role, name="lake"))
    assert str(role) in {node.value for node in ast.walk(cell) if isinstance(node, ast.Constant)}


@pytest.mark.parametrize("name", ["", "a b", "../up", 'x"', "a/b", ".hidden"])
def test_a_mount_name_is_one_plain_word(name: str) -> None:
    with pytest.raises(InvalidValue, match="is not a mount name: letters, digits, dots, underscores and hyphens"):
        unmount_snippet(name=name)
