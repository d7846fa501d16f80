"""The stand-in workspace over HTTP: whatever arrives is answered, and only to whoever shows the token."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from databricks.sdk import WorkspaceClient
from fake_clock import FakeClock
from stand_in_workspaces import UC, FakeAccess

from lakehouse_iam.databricks.calls import Call
from lakehouse_iam.databricks.refusals import NotThere
from lakehouse_iam.rehearsal.workspace import ACCOUNT_ID, DISCOVERY, StandInWorkspace, client_of, stand_in_workspace


@pytest.fixture
def workspace() -> Iterator[StandInWorkspace]:
    with stand_in_workspace(cast("Any", None), identities=cast("Any", object())) as running:
        running.metastore.access = cast("Any", FakeAccess())
        yield running


def send(workspace: StandInWorkspace, method: str, path: str, body: bytes = b"", token: str = "") -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(workspace.url).netloc, timeout=5)
    headers = {"Authorization": f"Bearer {token or workspace.token}"}
    connection.request(method, path, body=body or None, headers=headers)
    answer = connection.getresponse()
    status, text = answer.status, answer.read()
    connection.close()
    return status, json.loads(text)


@pytest.mark.parametrize("body", [b"{", b"nonsense", b"\xff\xfe"], ids=repr)
def test_a_body_that_is_no_json_is_answered_with_400_and_not_with_a_dropped_connection(
    workspace: StandInWorkspace, body: bytes
) -> None:
    status, answer = send(workspace, "POST", f"{UC}/storage-credentials", body)
    assert (status, answer["error_code"]) == (400, "MALFORMED_REQUEST")


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"null", b"{}"], ids=repr)
def test_a_body_without_what_is_needed_is_answered_with_400(workspace: StandInWorkspace, body: bytes) -> None:
    for path in ("storage-credentials", "external-locations", "validate-storage-credentials"):
        assert send(workspace, "POST", f"{UC}/{path}", body)[0] == 400


@pytest.mark.parametrize("token", ["wrong", "w\xf6rng"])
def test_nobody_is_answered_without_the_token_but_for_the_discovery(workspace: StandInWorkspace, token: str) -> None:
    assert send(workspace, "GET", f"{UC}/storage-credentials", token=token)[0] == 401
    assert send(workspace, "GET", DISCOVERY, token=token) == (200, workspace.discovery)


def test_a_name_with_a_slash_is_one_segment(workspace: StandInWorkspace) -> None:
    client = client_of(workspace, FakeClock())
    with pytest.raises(NotThere, match=r"Storage Credential 'a/b' does not exist"):
        client.do(Call("GET", f"{UC}/storage-credentials/a%2Fb"))


def test_the_whole_sdk_works_with_it(workspace: StandInWorkspace) -> None:
    sdk = WorkspaceClient(host=workspace.url, token=workspace.token, auth_type="pat", account_id=ACCOUNT_ID)
    from databricks.sdk.service import catalog

    role = catalog.AwsIamRoleRequest("arn:aws:iam::444455556666:role/uc-sales-lake")
    for name in ("one", "two", "three"):
        sdk.storage_credentials.create(name=name, aws_iam_role=role)
    assert sorted(str(info.name) for info in sdk.storage_credentials.list()) == ["one", "three", "two"]
    assert len(list(sdk.credentials.list_credentials(purpose=catalog.CredentialPurpose.SERVICE))) == 0
    assert sdk.metastores.current().metastore_id == sdk.metastores.summary().metastore_id
    made = sdk.external_locations.create(
        "loc", "s3://bucket/x", "one", enable_file_events=False, encryption_details=catalog.EncryptionDetails()
    )
    assert sdk.external_locations.update("loc", new_name="other", fallback=True).fallback is True
    assert sdk.external_locations.get("other").credential_id == made.credential_id
    isolated = sdk.storage_credentials.update("one", isolation_mode=catalog.IsolationMode.ISOLATION_MODE_ISOLATED)
    assert isolated.isolation_mode is catalog.IsolationMode.ISOLATION_MODE_ISOLATED
    bound = list(sdk.workspace_bindings.get_bindings("storage_credential", "one"))
    assert [binding.workspace_id for binding in bound] == [1234567890123456]
    change = catalog.PermissionsChange(principal="analysts", add=[catalog.Privilege.READ_FILES])
    sdk.grants.update("external_location", "other", changes=[change])
    given = sdk.grants.get_effective("external_location", "other").privilege_assignments or []
    assert [one.principal for one in given] == ["analysts"]
