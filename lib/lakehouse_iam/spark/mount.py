"""Notebook code that mounts a bucket through the assumed role, and unmounts it again.

Mounts are deprecated by Databricks: everyone in the workspace sees them, with the rights of whoever made them. Prefer
the `s3a://` path, and Unity Catalog to both. Source: the original tutorial and the Databricks Terraform provider's
documentation of `databricks_mount`, read 2026-11-21.
"""

from __future__ import annotations

import json
import re

from lakehouse_iam.arns import BucketName, RoleArn
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.spark.configuration import PREFIX, databricks_form

_MOUNT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def mount_snippet(bucket: BucketName, role: RoleArn, *, name: str, folder: str = "", acls: bool = False) -> str:
    """A notebook cell that mounts a bucket, or a folder of it, at `/mnt/<name>`; running it twice is harmless.

    Args:
        bucket: the bucket.
        role: the bucket-owner role to assume.
        name: the mount's name: letters, digits, dots, underscores and hyphens.
        folder: a folder of the bucket, without slashes around it; empty for all of it.
        acls: whether the bucket still uses ACLs.

    Raises:
        InvalidValue: the name has another character in it.
    """
    point = _mount_point(name)
    source = f"s3a://{bucket}/{folder}" if folder else f"s3a://{bucket}"
    configuration = databricks_form(str(role), acls=acls)
    # An IAM path may hold quotes and backslashes; json.dumps writes them as Python reads them.
    lines = [f'        "{key.removeprefix(PREFIX)}": {json.dumps(value)},' for key, value in configuration.items()]
    return "\n".join(
        [
            f'if not any(mount.mountPoint == "{point}" for mount in dbutils.fs.mounts()):',
            "    dbutils.fs.mount(",
            f"        {json.dumps(source)},",
            f'        "{point}",',
            "        extra_configs={",
            *[f"    {line}" for line in lines],
            "        },",
            "    )",
            "",
        ]
    )


def unmount_snippet(*, name: str) -> str:
    """A notebook cell that unmounts `/mnt/<name>`; running it twice is harmless.

    Raises:
        InvalidValue: the name has another character than letters, digits, dots, underscores and hyphens in it.
    """
    point = _mount_point(name)
    return "\n".join(
        [
            f'if any(mount.mountPoint == "{point}" for mount in dbutils.fs.mounts()):',
            f'    dbutils.fs.unmount("{point}")',
            "",
        ]
    )


def _mount_point(name: str) -> str:
    if not _MOUNT_NAME.fullmatch(name):
        raise InvalidValue(
            f"{name!r} is not a mount name",
            allowed="letters, digits, dots, underscores and hyphens, such as partner-bucket",
        )
    return f"/mnt/{name}"
