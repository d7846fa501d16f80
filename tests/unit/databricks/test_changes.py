"""A setup that changes after it was connected: what is sent, in which order, and what is validated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from fake_clock import FakeClock
from stand_in_workspaces import CREDENTIALS, LOCATIONS, OTHER_ROLE, ROLE, Client, ClientAsWorkspace, new_client
from unity_catalog_setups import SETUP, TEXT

from lakehouse_iam.arns import RoleArn
from lakehouse_iam.databricks.broken_links import Link
from lakehouse_iam.databricks.exchange import Exchange
from lakehouse_iam.databricks.grants import Grant
from lakehouse_iam.databricks.outcome import Outcome, State
from lakehouse_iam.databricks.refusals import Conflict, SharedCredential
from lakehouse_iam.databricks.session import Options, Session
from lakehouse_iam.databricks.unity_catalog import connect, disconnect
from lakehouse_iam.databricks.workspace import DryRun, Workspace
from lakehouse_iam.setups import setups_from_text
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup


def changed(change: Callable[[str], str]) -> UnityCatalogSetup:
    return cast("UnityCatalogSetup", setups_from_text(change(TEXT))[0])


RENAMED_CREDENTIAL = changed(lambda text: text.replace("{name: sales-lake}", "{name: sales-2}"))
RENAMED_LOCATION = changed(lambda text: text.replace("sales-bronze,", "sales-raw,"))
MANAGED_EVENTS = changed(lambda text: text + "file_events: managed\n")
READ_ONLY = changed(lambda text: text.replace("read-write", "read-only"))
OTHER = replace(SETUP, role=RoleArn.parse(OTHER_ROLE))


class Workspaces:
    """One workspace, and connecting setups to it one after the other."""

    def __init__(self) -> None:
        self.client: Client = new_client()
        self.exchanges: list[Exchange] = []
        self.clock = FakeClock()

    def connect(self, setup: UnityCatalogSetup, workspace: Workspace | None = None, **options: Any) -> Outcome:
        self.workspace = ClientAsWorkspace(self.client)
        session = Session(
            workspace or self.workspace,
            self.clock,
            lambda _: None,
            lambda exchange, plan: self.exchanges.append(exchange),
        )
        return connect(setup, session, Options(**({"in_one_run": True, "wait_seconds": 20} | options)))

    @property
    def there(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.client.store.credentials, self.client.store.locations


def connected(setup: UnityCatalogSetup = SETUP) -> Workspaces:
    workspaces = Workspaces()
    assert workspaces.connect(setup).state is State.CONNECTED
    return workspaces


def test_running_again_changes_nothing() -> None:
    workspaces = connected()
    assert workspaces.connect(SETUP).state is State.CONNECTED
    assert workspaces.workspace.changes() == []


# ---------------------------------------------------------------- other names


def test_a_renamed_location_is_shown_first_and_with_update_renamed_in_one_run() -> None:
    workspaces = connected()
    with pytest.raises(
        Conflict, match=r"the external location sales-bronze exists(.|\n)*name  there: sales-bronze\n.*sales-raw"
    ):
        workspaces.connect(RENAMED_LOCATION)
    assert workspaces.workspace.changes() == []
    assert workspaces.connect(RENAMED_LOCATION, update=True).state is State.CONNECTED
    assert workspaces.workspace.changes() == [("PATCH", "sales-bronze", {"new_name": "sales-raw"})]
    assert list(workspaces.there[1]) == ["sales-raw"]
    assert workspaces.connect(RENAMED_LOCATION).state is State.CONNECTED
    assert workspaces.workspace.changes() == []


def test_a_renamed_storage_credential_keeps_its_external_id_and_its_locations() -> None:
    workspaces = connected()
    before = workspaces.there[0]["sales-lake"]["aws_iam_role"]
    with pytest.raises(Conflict, match="storage credential"):
        workspaces.connect(RENAMED_CREDENTIAL)
    assert workspaces.connect(RENAMED_CREDENTIAL, update=True).state is State.CONNECTED
    assert workspaces.workspace.changes() == [("PATCH", "sales-lake", {"new_name": "sales-2"})]
    credentials, locations = workspaces.there
    assert {name: info["aws_iam_role"] for name, info in credentials.items()} == {"sales-2": before}
    assert locations["sales-bronze"]["credential_name"] == "sales-2"
    assert workspaces.exchanges[-1].credential.external_id == before["external_id"]


def test_a_credential_that_serves_other_locations_too_is_not_renamed_for_them() -> None:
    workspaces = connected()
    other = {"name": "other", "url": "s3://sales-lake-other", "credential_name": "sales-lake"}
    workspaces.client("POST", LOCATIONS, other)
    assert workspaces.connect(RENAMED_CREDENTIAL, update=True).state is State.CONNECTED
    credentials, locations = workspaces.there
    assert sorted(credentials) == ["sales-2", "sales-lake"]
    assert {name: info["credential_name"] for name, info in locations.items()} == {
        "other": "sales-lake",
        "sales-bronze": "sales-2",
    }


def test_both_names_change_in_one_run_and_disconnect_finds_everything() -> None:
    workspaces = connected()
    both = replace(RENAMED_CREDENTIAL, external_locations=RENAMED_LOCATION.external_locations)
    assert workspaces.connect(both, update=True).state is State.CONNECTED
    assert [sorted(found) for found in workspaces.there] == [["sales-2"], ["sales-raw"]]
    session = Session(ClientAsWorkspace(workspaces.client), FakeClock(), lambda _: None)
    assert disconnect(both, session).state is State.DISCONNECTED
    assert workspaces.there == ({}, {})


def test_a_dry_run_of_other_names_shows_the_renaming_and_does_none() -> None:
    workspaces = connected()
    both = replace(RENAMED_CREDENTIAL, external_locations=RENAMED_LOCATION.external_locations)
    dry = DryRun(ClientAsWorkspace(workspaces.client))
    assert workspaces.connect(both, dry, update=True).state is State.DRY_RUN
    would = [call.body for call in dry.would_make if call.method == "PATCH"]
    assert would == [{"new_name": "sales-2"}, {"new_name": "sales-raw"}]
    assert [sorted(found) for found in workspaces.there] == [["sales-lake"], ["sales-bronze"]]


# ---------------------------------------------------------------- another role


def test_another_role_is_validated_before_the_old_one_is_let_go() -> None:
    workspaces = connected()
    workspaces.client.access.lets_in = {ROLE}
    outcome = workspaces.connect(OTHER, update=True)
    assert (outcome.state, [one.link for one in outcome.broken]) == (State.NOT_VALID, [Link.TRUST])
    assert dict(outcome.values)["role_arn"] == OTHER_ROLE
    assert workspaces.clock.now() == 20
    role = workspaces.there[0]["sales-lake"]["aws_iam_role"]
    assert role["role_arn"] == ROLE
    # The bucket owner has been told all the same what the new role must ask for.
    assert workspaces.exchanges[-1].to_json()["role_arn"] == OTHER_ROLE
    assert workspaces.exchanges[-1].to_json()["external_id"] == role["external_id"]
    workspaces.client.access.lets_in = {ROLE, OTHER_ROLE}
    assert workspaces.connect(OTHER, update=True).state is State.CONNECTED
    assert workspaces.workspace.changes() == [
        ("PATCH", "sales-lake", {"aws_iam_role": {"role_arn": OTHER_ROLE}, "force": True})
    ]
    assert "skip_validation" not in str(workspaces.workspace.changes())
    places = [call for call in workspaces.workspace.calls if call.path.endswith("validate-storage-credentials")]
    assert len(places) == 1


def test_another_role_under_locations_of_other_setups_is_refused_with_their_names() -> None:
    workspaces = connected()
    other = {"name": "other", "url": "s3://sales-lake-other", "credential_name": "sales-lake"}
    workspaces.client("POST", LOCATIONS, other)
    with pytest.raises(SharedCredential) as shared:
        workspaces.connect(OTHER, update=True)
    assert shared.value.users == ("external location other at s3://sales-lake-other",)
    assert workspaces.workspace.changes() == []


# ---------------------------------------------------------------- less and more than before


def test_file_events_are_switched_off_before_anything_else_and_the_bucket_owner_is_told_when() -> None:
    workspaces = connected(MANAGED_EVENTS)
    with pytest.raises(Conflict, match=r"file events  there: yes\n +setup: no"):
        workspaces.connect(SETUP)
    # The bucket owner was too fast: the role has lost the permissions, and every validation fails.
    workspaces.client.access.closed = {"s3://sales-lake-bronze/raw"}
    outcome = workspaces.connect(SETUP, update=True)
    assert outcome.state is State.NOT_VALID
    assert workspaces.workspace.changes() == [
        ("PATCH", "sales-bronze", {"enable_file_events": False, "skip_validation": True})
    ]
    assert outcome.notes == (
        "file events of sales-bronze are off: only now may the bucket owner deploy the role without the permissions for them",
    )


def test_a_location_becomes_read_only_before_its_credential_does() -> None:
    workspaces = connected()
    assert workspaces.connect(READ_ONLY, update=True).state is State.CONNECTED
    assert workspaces.workspace.changes() == [
        ("PATCH", "sales-bronze", {"read_only": True, "skip_validation": True}),
        ("PATCH", "sales-lake", {"read_only": True}),
    ]


def test_a_credential_may_write_before_its_location_does_and_the_location_is_validated() -> None:
    workspaces = connected(READ_ONLY)
    assert workspaces.connect(SETUP, update=True).state is State.CONNECTED
    assert workspaces.workspace.changes() == [
        ("PATCH", "sales-lake", {"read_only": False}),
        ("PATCH", "sales-bronze", {"read_only": False}),
    ]


def test_file_events_are_switched_on_after_the_places_are_valid() -> None:
    workspaces = connected()
    workspaces.client.access.closed = {"s3://sales-lake-bronze/raw"}
    assert workspaces.connect(MANAGED_EVENTS, update=True).state is State.NOT_VALID
    assert workspaces.workspace.changes() == []
    workspaces.client.access.closed = set()
    assert workspaces.connect(MANAGED_EVENTS, update=True).state is State.CONNECTED
    on = {"enable_file_events": True, "file_event_queue": {"managed_sqs": {}}}
    assert workspaces.workspace.changes() == [("PATCH", "sales-bronze", on)]


def test_a_comment_alone_is_sent_alone() -> None:
    workspaces = connected()
    commented = replace(SETUP, storage_credential=replace(SETUP.storage_credential, comment="the lake"))
    assert workspaces.connect(commented, update=True).state is State.CONNECTED
    assert workspaces.workspace.changes() == [("PATCH", "sales-lake", {"comment": "the lake"})]


def test_names_in_another_case_are_the_same_names() -> None:
    workspaces = Workspaces()
    workspaces.client("POST", CREDENTIALS, {"name": "Sales-Lake", "aws_iam_role": {"role_arn": ROLE}})
    assert workspaces.connect(SETUP).state is State.CONNECTED
    assert [method for method, _, _ in workspaces.workspace.changes()] == ["POST"]


def test_a_dry_run_of_nothing_shows_bindings_and_grants_of_what_it_would_make() -> None:
    isolated = replace(SETUP.storage_credential, isolated=True, workspaces=("2222222222222222",))
    setup = replace(SETUP, storage_credential=isolated)
    workspaces = Workspaces()
    dry = DryRun(ClientAsWorkspace(workspaces.client))
    grants = (Grant("analysts", ("READ_FILES",)),)
    assert workspaces.connect(setup, dry, grants=grants).state is State.DRY_RUN
    would = [(call.method, call.path.split("/unity-catalog/")[1]) for call in dry.would_make if not call.reads]
    assert workspaces.connect(setup, grants=grants).state is State.CONNECTED
    made = [
        (call.method, call.path.split("/unity-catalog/")[1]) for call in workspaces.workspace.calls if not call.reads
    ]
    assert would == made
    assert ("PATCH", "bindings/external_location/sales-bronze") in would
    assert ("PATCH", "permissions/external_location/sales-bronze") in would
