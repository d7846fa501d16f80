"""Each value of each request, replaced by each kind of wrong value: answered or refused, and a refusal changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from stand_in_workspaces import CREDENTIALS, LOCATIONS, OTHER_ROLE, ROLE, UC, connected

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.rehearsal.workspace.request import Refusal

PROFILE = "arn:aws:iam::111122223333:instance-profile/machines"
BINDING = {"workspace_id": 1, "binding_type": "BINDING_TYPE_READ_WRITE"}
NEW = {"name": "x", "aws_iam_role": {"role_arn": ROLE}, "read_only": True, "comment": "c", "skip_validation": True}
SETTINGS = {
    "url": "s3://other",
    "credential_name": "sales-lake",
    "read_only": True,
    "comment": "c",
    "enable_file_events": True,
    "file_event_queue": {"managed_sqs": {"queue_url": "q"}},
    "encryption_details": {"sse_encryption_details": {"algorithm": "AWS_SSE_S3"}},
    "fallback": True,
    "skip_validation": True,
}
REQUESTS: list[tuple[str, str, Json]] = [
    ("POST", CREDENTIALS, NEW),
    (
        "PATCH",
        f"{CREDENTIALS}/sales-lake",
        {
            "aws_iam_role": {"role_arn": OTHER_ROLE},
            "force": True,
            "new_name": "y",
            "owner": "o",
            "read_only": True,
            "comment": "c",
            "isolation_mode": "ISOLATION_MODE_ISOLATED",
            "skip_validation": True,
        },
    ),
    ("POST", LOCATIONS, SETTINGS | {"name": "x"}),
    ("PATCH", f"{LOCATIONS}/bronze", SETTINGS | {"new_name": "y", "owner": "o", "force": True}),
    ("PATCH", f"{LOCATIONS}/bronze", {"isolation_mode": "ISOLATION_MODE_ISOLATED"}),
    (
        "POST",
        f"{UC}/validate-storage-credentials",
        {"storage_credential_name": "sales-lake", "external_location_name": "bronze", "read_only": True},
    ),
    ("POST", f"{UC}/validate-storage-credentials", {"aws_iam_role": {"role_arn": ROLE}, "url": "s3://other"}),
    ("POST", "/api/2.0/unity-catalog/temporary-path-credentials", {"url": "s3://sales/raw", "operation": "PATH_READ"}),
    ("PATCH", f"{UC}/bindings/external_location/bronze", {"add": [BINDING], "remove": [BINDING]}),
    (
        "PATCH",
        f"{UC}/permissions/storage_credential/sales-lake",
        {"changes": [{"principal": "a", "add": ["READ_FILES"], "remove": ["WRITE_FILES"]}]},
    ),
    ("POST", "/api/2.0/accounts/a/metastores/m/storage-credentials", {"credential_info": NEW, "skip_validation": True}),
    ("PUT", "/api/2.0/accounts/a/metastores/m/storage-credentials/sales-lake", {"credential_info": {"comment": "c"}}),
    (
        "POST",
        "/api/2.0/instance-profiles/add",
        {"instance_profile_arn": PROFILE, "iam_role_arn": ROLE, "is_meta_instance_profile": True},
    ),
    ("POST", "/api/2.0/instance-profiles/edit", {"instance_profile_arn": PROFILE, "iam_role_arn": ROLE}),
    ("POST", "/api/2.0/instance-profiles/remove", {"instance_profile_arn": PROFILE}),
]
WRONG: tuple[Any, ...] = (None, True, -1, "", "nonsense", "s3://", [], ["x"], [None], [{}], {}, {"x": None}, {"x": {}})


def changed(value: Any) -> Iterator[Any]:
    """The value with each part of it replaced by each wrong value, or left out."""
    yield from WRONG
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {name: kept for name, kept in value.items() if name != key}
            yield from ({**value, key: wrong} for wrong in changed(inner))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from ([*value[:index], wrong, *value[index + 1 :]] for wrong in changed(inner))


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS, ids=lambda value: str(value)[-50:])
def test_a_wrong_value_is_answered_or_refused_and_a_refusal_changes_nothing(method: str, path: str, body: Json) -> None:
    with connected() as client:
        client(method, path, body) if not path.endswith(("/edit", "/remove")) else None
    for wrong in changed(body):
        with connected() as client:
            before = repr(client.store.content())
            try:
                assert isinstance(client(method, path, deepcopy(wrong)), dict)
            except Refusal as refusal:
                status, after = refusal.status, repr(client.store.content())
                assert (status in (400, 403, 404, 409), after) == (True, before), wrong
