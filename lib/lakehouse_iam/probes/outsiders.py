"""Outside principals and similarly named resources: who and what lies just outside a setup, and must be found shut out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import count

from lakehouse_iam.arns import ROLE_NAME_LENGTH, BucketName, ObjectPrefix, RoleArn, RoleName
from lakehouse_iam.setups.buckets import Bucket

STRANGER_ACCOUNT = "999988887777"
OTHER_ROLE = "lakehouse-iam-other-role"
# Source: IAM "Configure SAML assertions for the authentication response" (the console's address), read 2026-11-24.
CONSOLE_AUDIENCE = "https://signin.aws.amazon.com/saml"
UNNAMED_ROLE = "lakehouse-iam-unnamed-role"
"""Stands for a role of the setup's own account that a statement is handed off for and whose name the setup was not told."""
OTHER_KEY_ID = "00000000-0000-4000-8000-000000000000"
OTHER_SERVICE = "lambda.amazonaws.com"
OTHER_WORKSPACE = "99999999999999999999"


def sister_folder(prefix: ObjectPrefix, bucket: Bucket) -> ObjectPrefix:
    """A folder whose name begins with the prefix and which the setup does not give away."""
    sister = ObjectPrefix(f"{prefix}-secret")
    return sister_folder(sister, bucket) if any(p.covers(sister) for p in bucket.prefixes) else sister


def sister_bucket(bucket: BucketName, taken: Collection[BucketName]) -> BucketName:
    """A bucket whose name begins like this one's and which is not among those taken."""
    stem = bucket.value[:50].rstrip("-")
    names = (BucketName.parse(f"{stem}-sister{number or ''}") for number in count())
    return next(name for name in names if name not in taken)


def sister_role(role: RoleArn) -> RoleArn:
    """A role of the same account and path whose name begins like this one's."""
    return replace(role, name=RoleName(f"{role.name.value[: ROLE_NAME_LENGTH - len('-sister')]}-sister"))
