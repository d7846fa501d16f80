"""Calls to S3: buckets, access points, Block Public Access of the account."""

from __future__ import annotations

from lakehouse_iam.snapshot.calls.call import Call

_BUCKET = "arn:{partition}:s3:::{name}"
_NO_BUCKET = ("NoSuchBucket",)
_OF_BUCKET = {"Bucket": "{name}", "ExpectedBucketOwner": "{account}"}
_OF_ACCOUNT = {"AccountId": "{account}"}

CALLS = (
    Call(
        "bucket-location",
        "s3",
        "GetBucketLocation",
        "s3:GetBucketLocation",
        ("buckets", "{name}", "region"),
        _OF_BUCKET,
        _BUCKET,
        object=("buckets", "{name}"),
        gone=_NO_BUCKET,
        then=(
            "bucket-policy",
            "bucket-ownership",
            "bucket-acl",
            "bucket-public-access",
            "bucket-encryption",
            "access-points",
        ),
        goes_on=True,
    ),
    Call(
        "bucket-policy",
        "s3",
        "GetBucketPolicy",
        "s3:GetBucketPolicy",
        ("buckets", "{name}", "policy"),
        _OF_BUCKET,
        _BUCKET,
        object=("buckets", "{name}"),
        gone=_NO_BUCKET,
        nothing=("NoSuchBucketPolicy",),
    ),
    Call(
        "bucket-ownership",
        "s3",
        "GetBucketOwnershipControls",
        "s3:GetBucketOwnershipControls",
        ("buckets", "{name}", "ownership"),
        _OF_BUCKET,
        _BUCKET,
        object=("buckets", "{name}"),
        gone=_NO_BUCKET,
        nothing=("OwnershipControlsNotFoundError",),
    ),
    Call(
        "bucket-acl",
        "s3",
        "GetBucketAcl",
        "s3:GetBucketAcl",
        ("buckets", "{name}", "acl_grantees"),
        _OF_BUCKET,
        _BUCKET,
        object=("buckets", "{name}"),
        gone=_NO_BUCKET,
    ),
    Call(
        "bucket-public-access",
        "s3",
        "GetPublicAccessBlock",
        "s3:GetBucketPublicAccessBlock",
        ("buckets", "{name}", "block_public_access"),
        _OF_BUCKET,
        _BUCKET,
        object=("buckets", "{name}"),
        gone=_NO_BUCKET,
        nothing=("NoSuchPublicAccessBlockConfiguration",),
    ),
    Call(
        "bucket-encryption",
        "s3",
        "GetBucketEncryption",
        "s3:GetEncryptionConfiguration",
        ("buckets", "{name}", "encryption"),
        _OF_BUCKET,
        _BUCKET,
        object=("buckets", "{name}"),
        gone=_NO_BUCKET,
        nothing=("ServerSideEncryptionConfigurationNotFoundError",),
        # S3 encrypts with keys of its own where nothing else is set. Source: Amazon S3 User Guide, "Protecting data with
        # server-side encryption" (since 2023-01-05), from memory, to be checked against the page.
        empty={"algorithm": "AES256", "key": None, "bucket_key": False},
        then=("key",),
    ),
    Call(
        "access-points",
        "s3control",
        "ListAccessPoints",
        "s3:ListAccessPoints",
        ("_access_points", "{region}"),
        _OF_ACCOUNT,
        member="AccessPointList",
    ),
    Call(
        "account-public-access",
        "s3control",
        "GetPublicAccessBlock",
        "s3:GetAccountPublicAccessBlock",
        ("account_block_public_access",),
        _OF_ACCOUNT,
        nothing=("NoSuchPublicAccessBlockConfiguration",),
    ),
)
