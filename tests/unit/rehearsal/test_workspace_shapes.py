"""Every answer of the stand-in workspace has the fields that databricks-sdk's own dataclasses read, and no other."""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from databricks.sdk.service import catalog, compute, iam
from stand_in_workspaces import CREDENTIALS, LOCATIONS, ROLE, UC, connected

from lakehouse_iam.databricks.calls import Json

ACCOUNT = "/api/2.0/accounts/a/metastores/m/storage-credentials"
PROFILE = {"instance_profile_arn": "arn:aws:iam::111122223333:instance-profile/machines", "iam_role_arn": ROLE}
BIND = {"add": [{"workspace_id": 1, "binding_type": "BINDING_TYPE_READ_WRITE"}]}
GRANT = {"changes": [{"principal": "analysts", "add": ["READ_FILES"]}]}
NEW = {"name": "second", "aws_iam_role": {"role_arn": ROLE}}
PLACE = {"url": "s3://other", "credential_name": "sales-lake"}
VEND = "/api/2.0/unity-catalog/temporary-path-credentials"

CALLS: list[tuple[str, str, Json | None, Any]] = [
    ("GET", f"{UC}/current-metastore-assignment", None, catalog.MetastoreAssignment),
    ("GET", f"{UC}/metastore_summary", None, catalog.GetMetastoreSummaryResponse),
    ("GET", CREDENTIALS, None, catalog.ListStorageCredentialsResponse),
    ("GET", f"{CREDENTIALS}/sales-lake", None, catalog.StorageCredentialInfo),
    ("POST", CREDENTIALS, NEW, catalog.StorageCredentialInfo),
    ("PATCH", f"{CREDENTIALS}/sales-lake", {"comment": "x"}, catalog.StorageCredentialInfo),
    ("GET", f"{UC}/credentials", None, catalog.ListCredentialsResponse),
    ("GET", f"{UC}/credentials/sales-lake", None, catalog.CredentialInfo),
    ("GET", ACCOUNT, None, catalog.ListAccountStorageCredentialsResponse),
    ("GET", f"{ACCOUNT}/sales-lake", None, catalog.AccountsStorageCredentialInfo),
    ("POST", ACCOUNT, {"credential_info": NEW}, catalog.AccountsCreateStorageCredentialInfo),
    (
        "PUT",
        f"{ACCOUNT}/sales-lake",
        {"credential_info": {"comment": "x"}},
        catalog.AccountsUpdateStorageCredentialResponse,
    ),
    ("GET", LOCATIONS, None, catalog.ListExternalLocationsResponse),
    ("GET", f"{LOCATIONS}/bronze", None, catalog.ExternalLocationInfo),
    ("POST", LOCATIONS, PLACE | {"name": "new"}, catalog.ExternalLocationInfo),
    (
        "PATCH",
        f"{LOCATIONS}/bronze",
        {"enable_file_events": True, "file_event_queue": {"managed_sqs": {}}, "fallback": True},
        catalog.ExternalLocationInfo,
    ),
    (
        "PATCH",
        f"{LOCATIONS}/bronze",
        {"encryption_details": {"sse_encryption_details": {"algorithm": "AWS_SSE_KMS", "aws_kms_key_arn": "arn:x"}}},
        catalog.ExternalLocationInfo,
    ),
    (
        "POST",
        f"{UC}/validate-storage-credentials",
        {"storage_credential_name": "sales-lake", "external_location_name": "bronze"},
        catalog.ValidateStorageCredentialResponse,
    ),
    (
        "POST",
        VEND,
        {"url": "s3://sales/raw", "operation": "PATH_READ"},
        catalog.GenerateTemporaryPathCredentialResponse,
    ),
    ("PATCH", f"{UC}/bindings/external_location/bronze", BIND, catalog.UpdateWorkspaceBindingsResponse),
    ("GET", f"{UC}/bindings/storage_credential/sales-lake", None, catalog.GetWorkspaceBindingsResponse),
    ("PATCH", f"{UC}/permissions/external_location/bronze", GRANT, catalog.UpdatePermissionsResponse),
    ("GET", f"{UC}/permissions/storage_credential/sales-lake", None, catalog.GetPermissionsResponse),
    ("GET", f"{UC}/effective-permissions/external_location/bronze", None, catalog.EffectivePermissionsList),
    ("GET", "/api/2.0/instance-profiles/list", None, compute.ListInstanceProfilesResponse),
    ("GET", "/api/2.0/preview/scim/v2/Me", None, iam.User),
]

# What a workspace always says of these; the rest of a dataclass is of other clouds, or there only where it was set.
ALWAYS = {
    catalog.StorageCredentialInfo: {
        "aws_iam_role",
        "comment",
        "created_at",
        "created_by",
        "full_name",
        "id",
        "isolation_mode",
        "metastore_id",
        "name",
        "owner",
        "read_only",
        "updated_at",
        "updated_by",
        "used_for_managed_storage",
    },
    catalog.ExternalLocationInfo: {
        "browse_only",
        "comment",
        "created_at",
        "created_by",
        "credential_id",
        "credential_name",
        "effective_enable_file_events",
        "enable_file_events",
        "fallback",
        "isolation_mode",
        "metastore_id",
        "name",
        "owner",
        "read_only",
        "updated_at",
        "updated_by",
        "url",
    },
    catalog.AwsIamRoleResponse: {"role_arn", "external_id", "unity_catalog_iam_arn"},
    catalog.AwsCredentials: {"access_key_id", "secret_access_key", "session_token"},
}


def _json_names(shape: Any) -> dict[str, str]:
    """The name of each field in JSON, from what the dataclass itself reads."""

    class Asked(dict[str, Any]):
        """Notes what is asked for."""

        def get(self, key: str, default: Any = None) -> Any:
            asked.append(key)
            return default

        def __getitem__(self, key: str) -> Any:
            asked.append(key)
            raise KeyError(key)

        def __contains__(self, key: object) -> bool:
            asked.append(str(key))
            return False

    asked: list[str] = []
    shape.from_dict(Asked())
    # SCIM writes `$ref`.
    plain = {name.replace("_", "").lstrip("$").lower(): name for name in asked}
    return {field.name: plain[field.name.replace("_", "").lower()] for field in dataclasses.fields(shape)}


def wrong(answer: Any, shape: Any, where: str = "") -> list[str]:
    """What of an answer a dataclass of the SDK would not read as it is meant."""
    if get_origin(shape) is not None and type(None) in get_args(shape):
        shape = next(one for one in get_args(shape) if one is not type(None))
    if get_origin(shape) is list:
        return [
            found for index, one in enumerate(answer) for found in wrong(one, get_args(shape)[0], f"{where}[{index}]")
        ]
    if isinstance(shape, type) and issubclass(shape, Enum):
        return [] if answer in {one.value for one in shape} else [f"{where}: {answer!r} is no {shape.__name__}"]
    if not dataclasses.is_dataclass(shape):
        fits = isinstance(answer, shape) and not (shape is int and isinstance(answer, bool))
        return [] if fits else [f"{where}: {answer!r} is no {shape}"]
    names = _json_names(shape)
    hints = get_type_hints(shape, vars(catalog) | vars(compute) | vars(iam))
    problems = [f"{where}.{key} is unknown" for key in answer if key not in names.values()]
    problems += [f"{where}.{key} is missing" for key in ALWAYS.get(shape, set()) if names[key] not in answer]
    return problems + [
        found
        for field, key in names.items()
        if key in answer
        for found in wrong(answer[key], hints[field], f"{where}.{key}")
    ]


@pytest.mark.parametrize(("method", "path", "body", "shape"), CALLS, ids=lambda value: str(value)[-60:])
def test_every_answer_is_what_the_sdk_reads(method: str, path: str, body: Json | None, shape: Any) -> None:
    with connected() as client:
        client("POST", "/api/2.0/instance-profiles/add", PROFILE)
        client("PATCH", f"{UC}/permissions/external_location/bronze", GRANT)
        assert wrong(client(method, path, body), shape) == []


def test_an_unknown_field_a_missing_one_and_a_wrong_type_are_each_noticed() -> None:
    assert set(wrong({"role_arn": 1, "arn": ""}, catalog.AwsIamRoleResponse)) == {
        ".arn is unknown",
        ".external_id is missing",
        ".unity_catalog_iam_arn is missing",
        ".role_arn: 1 is no <class 'str'>",
    }
    assert wrong({"isolation_mode": "OPEN"}, catalog.CredentialInfo) == [".isolation_mode: 'OPEN' is no IsolationMode"]


def test_every_endpoint_is_compared() -> None:
    from lakehouse_iam.rehearsal.workspace.routes import _ROUTES

    compared = {
        (method, pattern.pattern)
        for method, pattern, _ in _ROUTES
        for asked, path, _, _ in CALLS
        if asked == method and pattern.fullmatch(path)
    }
    # Answers that are empty, and lists that a test fills itself.
    lists = ("catalogs", "schemas", "tables", "volumes", "clusters", "jobs", "instance-pools", "warehouses")
    left = {
        (method, pattern.pattern)
        for method, pattern, _ in _ROUTES
        if method != "DELETE" and not any(name in pattern.pattern for name in lists)
        if not pattern.pattern.endswith(("/add", "/edit", "/remove"))
    }
    assert left <= compared
