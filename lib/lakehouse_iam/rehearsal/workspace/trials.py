"""Trying a place as Unity Catalog would, for a validation and before an external location is made."""

from __future__ import annotations

from botocore.exceptions import ClientError

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.rehearsal.workspace.metastore import Metastore
from lakehouse_iam.rehearsal.workspace.request import Refusal, Request, existing, invalid, role_arn
from lakehouse_iam.s3_url import S3Url


def validate(store: Metastore, request: Request) -> Json:
    """Try a place with a storage credential that exists, or with a role that is only named.

    A URL wins over an external location; with both, an overlap with that location is no fault (databricks-sdk
    `StorageCredentialsAPI.validate`). A role that is only named has no external id yet, so Unity Catalog sends none.
    """
    read_only = request.flag("read_only")
    if "storage_credential_name" in request.body:
        name = request.required("storage_credential_name")
        credential = existing(store.credentials, "Storage Credential", name)
    else:
        role = {"role_arn": role_arn(request.body), "external_id": ""}
        credential = {"aws_iam_role": role, "read_only": read_only}
    url = _place_of(store, request)
    return {"isDir": True, "results": attempt(store, credential, url, read_only)}


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
        raise invalid(str(error)) from error


def _place_of(store: Metastore, request: Request) -> S3Url:
    named = request.body.get("external_location_name")
    if "url" in request.body:
        url = place(request.required("url"))
        refuse_overlap(store, url, but=str(named or "").lower())
        return url
    if not named:
        raise invalid("One of url and external_location_name must be provided")
    return place(existing(store.locations, "External Location", str(named))["url"])
