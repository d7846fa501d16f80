"""A snapshot of a workspace: the stand-in workspace read, and refusals of single calls."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from lakehouse_iam.databricks.calls import Call, Json
from lakehouse_iam.databricks.refusals import (
    DatabricksError,
    NotAllowed,
    NotLoggedIn,
    NotThere,
    Refused,
    Unavailable,
    Unreachable,
)
from lakehouse_iam.databricks.workspace_objects import WorkspaceObjects
from lakehouse_iam.databricks.workspace_requests import requests_for
from lakehouse_iam.databricks.workspace_snapshot import read_workspace
from lakehouse_iam.patterns import every_pattern
from lakehouse_iam.setups import load_setups
from lakehouse_iam.snapshot.document import Snapshot
from tests.unit.stand_in_workspaces import (
    CREDENTIALS,
    LOCATIONS,
    MASTER,
    ROLE,
    UC,
    Client,
    ClientAsWorkspace,
    new_client,
)

TAKEN = datetime(2026, 11, 26, 3, 4, 5, tzinfo=timezone.utc)
PROFILE = "arn:aws:iam::111122223333:instance-profile/clusters"
UNREGISTERED = "arn:aws:iam::111122223333:instance-profile/other"
OBJECTS = WorkspaceObjects(
    storage_credentials=("sales-lake",),
    external_locations=(("bronze", "s3://sales/raw"), ("gone", "s3://sales/gone")),
    instance_profiles=(PROFILE, UNREGISTERED),
    roles=(ROLE,),
)
ROOT = Path(__file__).parents[3]
SCHEMA = json.loads(files("lakehouse_iam.snapshot").joinpath("snapshot.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def client() -> Client:
    client = new_client()
    client("POST", CREDENTIALS, {"name": "sales-lake", "aws_iam_role": {"role_arn": ROLE}})
    client("PATCH", f"{CREDENTIALS}/sales-lake", {"isolation_mode": "ISOLATION_MODE_ISOLATED"})
    body = {"name": "bronze", "url": "s3://sales/raw", "credential_name": "sales-lake", "enable_file_events": False}
    client("POST", LOCATIONS, body)
    client.store.profiles[PROFILE] = {"instance_profile_arn": PROFILE, "iam_role_arn": ROLE}
    client.store.lists["clusters"] = [
        {"cluster_id": "1", "cluster_name": "etl", "aws_attributes": {"instance_profile_arn": PROFILE}},
        {"cluster_id": "2", "cluster_name": "of others", "aws_attributes": {"instance_profile_arn": "arn:other"}},
    ]
    return client


class Failing(ClientAsWorkspace):
    """A workspace that fails calls whose path ends in a text."""

    def __init__(self, client: Client, ending: str, error: DatabricksError) -> None:
        super().__init__(client)
        self.ending, self.error = ending, error

    def do(self, call: Call) -> Json | None:
        if call.path.endswith(self.ending):
            raise self.error
        return super().do(call)


def read(workspace: ClientAsWorkspace, objects: WorkspaceObjects = OBJECTS) -> Snapshot:
    snapshot = read_workspace("sales-lake", workspace, objects, TAKEN)
    Draft202012Validator(SCHEMA).validate(snapshot.content)
    return snapshot


def unread(snapshot: Snapshot) -> dict[str, str]:
    return {one.what: one.action for one in snapshot.not_read}


def test_a_workspace_is_read_as_it_is(client: Client) -> None:
    snapshot = read(ClientAsWorkspace(client))
    assert snapshot.content["of"] == {
        "workspace": "https://dbc-a1b2345c-d6e7.cloud.databricks.com",
        "workspace_id": "1234567890123456",
        "caller": "admin@example.com",
    }
    credential = dict(snapshot.objects("storage_credentials")["sales-lake"])
    assert credential.pop("id")
    assert credential == {
        "role_arn": ROLE,
        "external_id": "external-id-0",
        "unity_catalog_iam_arn": MASTER,
        "read_only": False,
        "isolation": "ISOLATED",
        "owner": "admin@example.com",
        "bindings": [{"workspace": "1234567890123456", "access": "BINDING_TYPE_READ_WRITE"}],
    }
    assert snapshot.objects("external_locations") == {
        "bronze": {
            "url": "s3://sales/raw",
            "credential": "sales-lake",
            "read_only": False,
            "isolation": "OPEN",
            "file_events": False,
            "owner": "admin@example.com",
            "bindings": [],
        },
        "gone": None,
    }
    assert snapshot.objects("instance_profiles") == {PROFILE: {"arn": PROFILE, "roles": [ROLE]}, UNREGISTERED: None}
    assert list(snapshot.objects("clusters")) == ["1"]
    assert snapshot.not_read == ()


def test_it_only_reads(client: Client) -> None:
    before = repr(client.store.content())
    workspace = ClientAsWorkspace(client)
    read(workspace)
    assert all(call.reads and call.body is None for call in workspace.calls)
    assert repr(client.store.content()) == before
    assert len(workspace.calls) == len({(call.path, call.query) for call in workspace.calls}) == 10


def test_whoever_is_no_admin_is_not_believed_that_something_is_not_there(client: Client) -> None:
    client.store.is_admin = False
    snapshot = read(ClientAsWorkspace(client))
    assert list(snapshot.objects("instance_profiles")) == [PROFILE]
    assert list(snapshot.objects("clusters")) == ["1"]
    assert unread(snapshot) == {
        f"instance_profiles.{UNREGISTERED}": "workspace admin",
        "clusters": "workspace admin",
    }


@pytest.mark.parametrize(
    "error", [NotAllowed("no"), Refused("no"), Unavailable("500"), Unreachable("dropped")], ids=repr
)
@pytest.mark.parametrize(
    ("ending", "what", "permission"),
    [
        ("storage-credentials/sales-lake", "storage_credentials.sales-lake", "CREATE EXTERNAL LOCATION"),
        ("external-locations/bronze", "external_locations.bronze", "BROWSE"),
        ("storage_credential/sales-lake", "storage_credentials.sales-lake.bindings", "owner"),
        ("external_location/bronze", "external_locations.bronze.bindings", "owner"),
        ("instance-profiles/list", "instance_profiles", "workspace admin"),
        ("2.1/clusters/list", "clusters", "workspace admin"),
        ("policies/clusters/list", "clusters", "workspace admin"),
    ],
)
def test_a_call_that_fails_is_in_the_file_and_the_rest_is_read(
    client: Client, ending: str, what: str, permission: str, error: DatabricksError
) -> None:
    whole = read(ClientAsWorkspace(client))
    snapshot = read(Failing(client, ending, error))
    (missing,) = snapshot.not_read
    assert (missing.what, missing.why) == (what, str(error))
    assert permission in missing.action
    # Everything else stands as it would.
    for kind in ("storage_credentials", "external_locations", "instance_profiles"):
        for name, value in whole.objects(kind).items():
            if not what.startswith((f"{kind}.{name}", "instance_profiles")):
                assert snapshot.objects(kind)[name] == value


def test_a_list_that_is_not_found_is_not_an_empty_list(client: Client) -> None:
    snapshot = read(Failing(client, "instance-profiles/list", NotThere("404")))
    assert snapshot.objects("instance_profiles") == {}
    assert unread(snapshot) == {"instance_profiles": "workspace admin"}


@pytest.mark.parametrize("error", [NotLoggedIn("who?"), Unreachable("nobody")], ids=repr)
def test_where_nobody_answers_nothing_else_is_asked(client: Client, error: DatabricksError) -> None:
    workspace = Failing(client, "/Me", error)
    with pytest.raises(type(error)):
        read(workspace)
    assert workspace.calls == []


def test_the_login_may_not_be_told(client: Client) -> None:
    snapshot = read(Failing(client, "/Me", Refused("no")))
    assert "caller" not in snapshot.content["of"]
    assert unread(snapshot)["of.caller"] == "a login"


def test_names_are_quoted_in_paths() -> None:
    asked = requests_for(WorkspaceObjects(storage_credentials=("a/../b?c",)))
    assert [one.call.path for one in asked] == [
        f"{CREDENTIALS}/a%2F..%2Fb%3Fc",
        f"{UC}/bindings/storage_credential/a%2F..%2Fb%3Fc",
    ]


def test_every_pattern_that_connects_says_what_its_workspace_holds() -> None:
    for pattern in every_pattern():
        assert (pattern.workspace_objects is None) is (pattern.connect is None)


@pytest.mark.parametrize(
    ("example", "kinds"),
    [
        ("examples/unity-catalog-aws.yaml", {"storage_credentials", "external_locations"}),
        ("examples/instance-profile.yaml", {"instance_profiles", "clusters"}),
    ],
)
def test_the_objects_of_the_examples_are_looked_for(example: str, kinds: set[str], client: Client) -> None:
    (setup, *_) = load_setups(str(ROOT / example))
    pattern = next(one for one in every_pattern() if one.name == setup.pattern)
    assert pattern.workspace_objects is not None
    objects: Any = pattern.workspace_objects.load()(setup)
    snapshot = read(ClientAsWorkspace(client), objects)
    assert {kind for kind in snapshot.content if isinstance(snapshot.content[kind], dict)} - {"of"} == kinds
