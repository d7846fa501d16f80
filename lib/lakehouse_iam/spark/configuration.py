"""Spark configuration that makes S3A assume the bucket owner's role.

Two forms exist. The *Databricks form* is understood by Databricks' own S3 client and names one role for the whole
cluster. The *Hadoop form* is open-source S3A's; it can name a role for each bucket, so it is the one for several bucket
owners. Sources: Databricks "Access cross-account S3 buckets with an AssumeRole policy" (archived) and "Connect to
Amazon S3"; Hadoop "Working with IAM Assumed Roles" and "Configuring different S3 buckets with per-bucket
configuration"; read 2026-11-21. Which further keys Databricks honours for each bucket is unverified.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PREFIX = "spark.hadoop."
FULL_CONTROL = "BucketOwnerFullControl"
_ASSUMED_ROLE_PROVIDER = "org.apache.hadoop.fs.s3a.auth.AssumedRoleCredentialProvider"
_INSTANCE_PROVIDER = "org.apache.hadoop.fs.s3a.auth.IAMInstanceCredentialsProvider"

SparkConfiguration = dict[str, str]


@dataclass(frozen=True)
class BucketRoute:
    """The way to one bucket.

    Args:
        bucket: its name.
        role_arn: the bucket-owner role to assume for it.
        acls: whether the bucket still uses ACLs, so that writers must hand the owner control of each object.
        key_arn: the KMS key to encrypt new objects with; empty to leave it to the bucket's default encryption.
    """

    bucket: str
    role_arn: str
    acls: bool = False
    key_arn: str = ""


def databricks_form(role_arn: str, *, acls: bool = False) -> SparkConfiguration:
    """Databricks' own form: one role for everything the cluster reads from S3.

    Args:
        role_arn: the bucket-owner role.
        acls: whether its buckets still use ACLs.
    """
    configuration = {
        f"{PREFIX}fs.s3a.credentialsType": "AssumeRole",
        f"{PREFIX}fs.s3a.stsAssumeRole.arn": role_arn,
    }
    if acls:
        configuration[f"{PREFIX}fs.s3a.canned.acl"] = FULL_CONTROL
        configuration[f"{PREFIX}fs.s3a.acl.default"] = FULL_CONTROL
    return configuration


def hadoop_form(role_arn: str, *, region: str, dns_suffix: str, acls: bool = False) -> SparkConfiguration:
    """Open-source S3A's form: one role for everything, credentials from the instance profile, regional STS.

    Args:
        role_arn: the bucket-owner role.
        region: where to ask STS.
        dns_suffix: the partition's domain, such as `amazonaws.com`.
        acls: whether its buckets still use ACLs.
    """
    configuration = {
        f"{PREFIX}fs.s3a.aws.credentials.provider": _ASSUMED_ROLE_PROVIDER,
        f"{PREFIX}fs.s3a.assumed.role.arn": role_arn,
        **_base_credentials(region, dns_suffix),
    }
    if acls:
        configuration[f"{PREFIX}fs.s3a.acl.default"] = FULL_CONTROL
    return configuration


def per_bucket_form(routes: Sequence[BucketRoute], *, region: str, dns_suffix: str) -> SparkConfiguration:
    """Open-source S3A's form with a role for each bucket; every other bucket keeps the cluster's own way.

    Args:
        routes: the buckets and the roles to assume for them.
        region: where to ask STS.
        dns_suffix: the partition's domain, such as `amazonaws.com`.
    """
    configuration: SparkConfiguration = {}
    for route in sorted(routes, key=lambda route: route.bucket):
        of_bucket = f"{PREFIX}fs.s3a.bucket.{route.bucket}."
        configuration[f"{of_bucket}aws.credentials.provider"] = _ASSUMED_ROLE_PROVIDER
        configuration[f"{of_bucket}assumed.role.arn"] = route.role_arn
        if route.acls:
            configuration[f"{of_bucket}acl.default"] = FULL_CONTROL
        if route.key_arn:
            configuration[f"{of_bucket}server-side-encryption-algorithm"] = "SSE-KMS"
            configuration[f"{of_bucket}server-side-encryption.key"] = route.key_arn
    return configuration | _base_credentials(region, dns_suffix)


def _base_credentials(region: str, dns_suffix: str) -> SparkConfiguration:
    return {
        f"{PREFIX}fs.s3a.assumed.role.credentials.provider": _INSTANCE_PROVIDER,
        f"{PREFIX}fs.s3a.assumed.role.sts.endpoint": f"sts.{region}.{dns_suffix}",
        f"{PREFIX}fs.s3a.assumed.role.sts.endpoint.region": region,
    }


def as_text(configuration: SparkConfiguration) -> str:
    """The configuration as Databricks' cluster page takes it: a key, a space and a value on each line."""
    return "\n".join(f"{key} {value}" for key, value in configuration.items())
