"""Removing external locations and a storage credential, from a script of answers."""

from __future__ import annotations

import pytest
from fake_clock import FakeClock
from fakes import Answer, ScriptedWorkspace, credential, location
from unity_catalog_setups import SETUP

from lakehouse_iam.databricks.outcome import State
from lakehouse_iam.databricks.refusals import Conflict, NotAllowed, StillUsed
from lakehouse_iam.databricks.session import Session
from lakehouse_iam.databricks.unity_catalog import disconnect
from lakehouse_iam.databricks.workspace import DryRun

CREDENTIAL = ("GET", "storage-credentials/sales-lake")
LOCATION = ("GET", "external-locations/sales-bronze")
LOCATIONS = ("GET", "external-locations")
CATALOGS = ("GET", "catalogs")
Script = dict[tuple[str, str], list[Answer]]
CONNECTED: Script = {
    CREDENTIAL: [credential()],
    LOCATION: [location()],
    LOCATIONS: [{"external_locations": [location()]}],
    CATALOGS: [{"catalogs": []}],
    ("DELETE", "external-locations/sales-bronze"): [{}],
    ("DELETE", "storage-credentials/sales-lake"): [{}],
}


def run(script: Script) -> tuple[State, ScriptedWorkspace]:
    workspace = ScriptedWorkspace({name: list(answers) for name, answers in script.items()})
    return disconnect(SETUP, Session(workspace, FakeClock(), lambda _: None)).state, workspace


def test_the_locations_go_before_the_credential_and_never_by_force() -> None:
    state, workspace = run(CONNECTED)
    assert state is State.DISCONNECTED
    deleted = [call for call in workspace.calls if call.method == "DELETE"]
    assert [call.path.rsplit("/", 2)[-2] for call in deleted] == ["external-locations", "storage-credentials"]
    assert all(not call.query and not call.body for call in deleted)


def test_what_is_not_there_is_disconnected_already() -> None:
    state, workspace = run({CATALOGS: [{}]})
    assert (state, workspace.made("DELETE")) == (State.DISCONNECTED, [])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({CREDENTIAL: [credential(aws_iam_role={"role_arn": "arn:aws:iam::444455556666:role/other"})]}, "role/other"),
        ({LOCATION: [location(url="s3://elsewhere")]}, "there: s3://elsewhere"),
        ({LOCATION: [location(credential_name="other")]}, "there: other"),
    ],
)
def test_what_another_setup_made_under_the_name_is_kept(changed: Script, words: str) -> None:
    with pytest.raises(Conflict, match=words):
        run(CONNECTED | changed)


def test_another_location_of_the_credential_is_named_on_whatever_page_it_is() -> None:
    pages: list[Answer] = [
        {"external_locations": [location()], "next_page_token": "2"},
        {"next_page_token": "3"},
        {"external_locations": [location(name="other", url="s3://sales-lake-bronze/other")]},
    ]
    with pytest.raises(StillUsed) as still:
        run(CONNECTED | {LOCATIONS: pages})
    assert still.value.users == ("external location other at s3://sales-lake-bronze/other",)


def test_data_in_the_location_is_named_whatever_its_scheme_and_data_beside_it_is_not() -> None:
    inside = "s3a://sales-lake-bronze/raw/orders/"
    script: Script = CONNECTED | {
        CATALOGS: [
            {"catalogs": [{"name": "sales"}, {"name": "system"}, {"name": "s", "catalog_type": "SYSTEM_CATALOG"}]}
        ],
        ("GET", "schemas"): [{"schemas": [{"name": "b", "storage_root": inside}, {"name": "information_schema"}]}],
        ("GET", "tables"): [
            {
                "tables": [
                    {"name": "t", "storage_location": inside},
                    {"name": "beside", "storage_location": "s3://sales-lake-bronze/raw-old"},
                    {"name": "view"},
                ]
            }
        ],
        ("GET", "volumes"): [{"volumes": [{"name": "v", "storage_location": "s3://sales-lake-bronze/raw"}]}],
    }
    with pytest.raises(StillUsed) as still:
        run(script)
    assert still.value.users == (
        f"schema sales.b at {inside}",
        f"table sales.b.t at {inside}",
        "volume sales.b.v at s3://sales-lake-bronze/raw",
    )


def test_catalogs_that_may_not_be_listed_leave_the_refusal_to_databricks() -> None:
    state, _ = run(CONNECTED | {CATALOGS: [NotAllowed("no")]})
    assert state is State.DISCONNECTED


def test_a_dry_run_removes_nothing() -> None:
    workspace = ScriptedWorkspace({name: list(answers) for name, answers in CONNECTED.items()})
    dry = DryRun(workspace)
    assert disconnect(SETUP, Session(dry, FakeClock(), lambda _: None)).state is State.DRY_RUN
    assert [call.method for call in dry.would_make if not call.reads] == ["DELETE", "DELETE"]
    assert all(call.reads for call in workspace.calls)
