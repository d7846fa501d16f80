"""Trying a place as Unity Catalog would, for a validation and before an external location is made."""

from __future__ import annotations

from botocore.exceptions import ClientError

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.rehearsal.workspace.metastore import Metastore
from lakehouse_iam.rehearsal.workspace.refusal import Refusal, existing
from lakehouse_iam.s3_url import S3Url


def validate(store: Metastore, body: Json, query: dict[str, str]) -> Json:
    """Try a place as Unity Catalog would."""
    credential = existing(store.credentials, "Storage Credential", str(body["storage_credential_name"]))
    if "url" in body:
        url = place(str(body["url"]))
        refuse_overlap(store, url, but="")
    else:
        location = existing(store.locations, "External Location", str(body["external_location_name"]))
        url = place(location["url"])
    return {"isDir": True, "results": attempt(store, credential, url, bool(body.get("read_only", False)))}


def attempt(store: Metastore, credential: Json, url: S3Url, read_only: bool) -> list[Json]:
    """The results of a validation, operation by operation, as `ValidationResult` of the SDK."""
    role = credential["aws_iam_role"]
    only = read_only or credential["read_only"]
    return store.access.try_place(role["role_arn"], role["external_id"], url, read_only=only)


def assume(store: Metastore, role: str, external_id: str) -> tuple[str, str, str]:
    """Access key, secret and session token of a storage credential's role.

    Raises:
        Refusal: the role does not let Unity Catalog in.
    """
    try:
        given = store.access.assume(role, external_id).credentials
    except ClientError as error:
        message = f"The AWS IAM role in the storage credential is not configured correctly: {error}"
        raise Refusal(403, "PERMISSION_DENIED", message) from error
    return given.access_key_id, given.secret_access_key, given.session_token or ""


def refuse_overlap(store: Metastore, url: S3Url, *, but: str) -> None:
    """Two external locations may not contain each other.

    Raises:
        Refusal: another location than `but` contains the place or lies in it.
    """
    for name, info in store.locations.items():
        other = place(info["url"])
        if name != but and (other.covers(url) or url.covers(other)):
            message = f"Input path url '{url}' overlaps with other external tables or locations: {name} at {other}"
            raise Refusal(400, "LOCATION_OVERLAP", message)


def place(text: str) -> S3Url:
    """The place that a URL names.

    Raises:
        Refusal: it is not a URL of S3.
    """
    try:
        return S3Url.parse(text)
    except LakehouseIamError as error:
        raise Refusal(400, "INVALID_PARAMETER_VALUE", str(error)) from error
