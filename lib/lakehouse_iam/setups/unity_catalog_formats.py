"""Single values of Unity Catalog setups, checked by themselves: the `format`s of their schemas."""

from __future__ import annotations

import re
from collections.abc import Callable

from lakehouse_iam.arns import ExternalId, RoleArn
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.hosts import AWS, AZURE, WorkspaceHost
from lakehouse_iam.partitions import PRE_PRODUCTION_UNITY_CATALOG_ROLE
from lakehouse_iam.s3_url import S3Url

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NAME_LENGTH = 255
# Source: Databricks "Names" (object names in Unity Catalog: no period, space, forward slash or control character, at
# most 255, stored in lower case); from memory, to be checked against the live page.
_NOT_IN_NAMES = re.compile(r"[\x00-\x20./\x7f]")


def _account_id(text: str) -> None:
    if not _UUID.fullmatch(text):
        raise InvalidValue(
            f"{text!r} is not a Databricks account id",
            allowed="allowed is a UUID in lower case, such as 0d26daa6-5e44-4c97-a497-ef015f91254a",
            next_step="the account console shows it in the menu at the top right; an AWS account id is something else",
        )


def _name(text: str) -> None:
    allowed = f"allowed are 1 to {_NAME_LENGTH} characters without dots, spaces, slashes or upper case"
    if not text:
        raise InvalidValue("the name is empty", allowed=allowed)
    if len(text) > _NAME_LENGTH:
        raise InvalidValue(f"the name {text[:40]!r}… has {len(text)} characters", allowed=allowed)
    found = "".join(sorted(set(_NOT_IN_NAMES.findall(text))))
    if found:
        raise InvalidValue(f"the name {text!r} contains {found!r}", allowed=allowed)
    if text != text.lower():
        raise InvalidValue(
            f"the name {text!r} has upper-case letters",
            allowed=allowed,
            next_step=f"Unity Catalog would keep it as {text.lower()!r}; write it like that",
        )


def _unity_catalog_role(text: str) -> None:
    role = RoleArn.parse(text)
    if str(role) == PRE_PRODUCTION_UNITY_CATALOG_ROLE:
        raise InvalidValue(
            f"{text!r} is the role of Databricks' own pre-production systems",
            allowed="allowed is the role that the storage credential shows as unity_catalog_iam_arn",
            next_step="leave the key out to take the published one",
        )


def _access_from_azure(text: str) -> None:
    if text == "read-write":
        raise InvalidValue(
            "Azure Databricks cannot write to S3",
            allowed="allowed is read-only: S3 locations of Azure Databricks are read-only by product, whatever the role may do",
            next_step="to write, use a Databricks workspace on AWS (pattern: unity-catalog-aws) or copy the data to Azure",
        )


def _file_events_from_azure(text: str) -> None:
    if text == "managed":
        raise InvalidValue(
            "file events cannot be managed from Azure",
            allowed="allowed is none: setting up notifications is writing to AWS, and Azure Databricks only reads",
            next_step="leave file_events out; new files are found by listing",
        )


_SISTER_PATTERNS = {
    AWS: "for this one write pattern: unity-catalog-aws",
    AZURE: "for this one write pattern: unity-catalog-azure",
}

FORMATS: dict[str, Callable[[str], object]] = {
    "databricks-aws-host": lambda text: WorkspaceHost.parse(text, cloud=AWS, next_steps=_SISTER_PATTERNS),
    "databricks-azure-host": lambda text: WorkspaceHost.parse(text, cloud=AZURE, next_steps=_SISTER_PATTERNS),
    "databricks-account-id": _account_id,
    "aws-external-id": ExternalId.parse,
    "unity-catalog-name": _name,
    "unity-catalog-iam-arn": _unity_catalog_role,
    "access-from-azure": _access_from_azure,
    "file-events-from-azure": _file_events_from_azure,
    "s3-url": S3Url.parse,
}
