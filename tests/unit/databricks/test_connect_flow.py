"""The flow of connecting, on a clock on which waiting takes no time."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import pytest
from fake_clock import FakeClock
from fakes import EXTERNAL_ID, MASTER, PASS, ROLE, ScriptedWorkspace, credential, failed, location
from unity_catalog_setups import SETUP, TEXT

from lakehouse_iam.databricks.broken_links import Link
from lakehouse_iam.databricks.exchange import Exchange
from lakehouse_iam.databricks.grants import Grant
from lakehouse_iam.databricks.outcome import Outcome, State
from lakehouse_iam.databricks.refusals import AlreadyThere, Conflict, NotAllowed, Refused, Unavailable
from lakehouse_iam.databricks.session import Options, Session
from lakehouse_iam.databricks.unity_catalog import connect
from lakehouse_iam.databricks.workspace import DryRun, Workspace
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.setups import setups_from_text
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup

CREDENTIAL = ("GET", "storage-credentials/sales-lake")
LOCATION = ("GET", "external-locations/sales-bronze")
CREATE = ("POST", "storage-credentials")
CREATE_LOCATION = ("POST", "external-locations")
VALIDATE = ("POST", "validate-storage-credentials")
DENIED = "AccessDenied: User is not authorized to perform: sts:AssumeRole"


class Run:
    """One run of connect and what came of it."""

    def __init__(self, workspace: Workspace, setup: UnityCatalogSetup = SETUP, **options: Any) -> None:
        self.clock = FakeClock()
        self.progress: list[str] = []
        self.exchanges: list[Exchange] = []
        session = Session(
            workspace,
            self.clock,
            self.progress.append,
            lambda exchange, plan: self.exchanges.append(exchange),
        )
        self.outcome: Outcome = connect(setup, session, Options(**options))


def test_the_first_run_makes_the_credential_without_validation_and_hands_over() -> None:
    workspace = ScriptedWorkspace({CREATE: [credential()]})
    run = Run(workspace)
    assert run.outcome.state is State.HANDED_OVER
    assert workspace.calls[-1].body == {
        "name": "sales-lake",
        "aws_iam_role": {"role_arn": ROLE},
        "read_only": False,
        "skip_validation": True,
    }
    content = json.loads(run.exchanges[0].text())
    assert (content["role_arn"], content["external_id"], content["unity_catalog_iam_arn"]) == (
        ROLE,
        EXTERNAL_ID,
        MASTER,
    )
    assert (content["storage_credential"], content["for"]) == (
        "sales-lake",
        "the owner of the AWS account 444455556666",
    )
    assert run.exchanges[0].setup.storage_credential.external_ids == (EXTERNAL_ID,)


def test_the_next_run_waits_for_iam_and_then_makes_the_location_without_file_events() -> None:
    slow = [failed(DENIED)] * 18 + [PASS]
    workspace = ScriptedWorkspace({CREDENTIAL: [credential()], VALIDATE: slow, CREATE_LOCATION: [location()]})
    run = Run(workspace)
    assert run.outcome.state is State.CONNECTED
    assert run.clock.now() == 90
    assert workspace.calls[-1].body == {
        "name": "sales-bronze",
        "url": "s3://sales-lake-bronze/raw",
        "credential_name": "sales-lake",
        "read_only": False,
        "enable_file_events": False,
    }


def test_after_the_deadline_it_says_which_link_is_broken_and_makes_nothing() -> None:
    workspace = ScriptedWorkspace({CREDENTIAL: [credential()], VALIDATE: [failed(DENIED)]})
    run = Run(workspace, wait_seconds=60)
    assert (run.outcome.state, run.clock.now()) == (State.NOT_VALID, 60)
    assert [broken.link for broken in run.outcome.broken] == [Link.TRUST]
    assert EXTERNAL_ID in run.outcome.broken[0].sentence
    assert CREATE_LOCATION[1] not in workspace.made("POST")


def test_the_exchange_is_written_again_in_every_run_before_anything_is_waited_for() -> None:
    run = Run(ScriptedWorkspace({CREDENTIAL: [credential()], VALIDATE: [failed(DENIED)]}), wait_seconds=0)
    assert len(run.exchanges) == 1


def test_a_location_whose_creation_meets_old_news_of_iam_is_tried_again() -> None:
    refused = Refused("PERMISSION_DENIED: AWS IAM role does not have READ permissions on url. AccessDenied")
    script = {CREDENTIAL: [credential()], VALIDATE: [PASS], CREATE_LOCATION: [refused, refused, location()]}
    run = Run(ScriptedWorkspace(script))
    assert (run.outcome.state, run.clock.now()) == (State.CONNECTED, 10)


def test_an_answer_that_got_lost_after_the_credential_was_made_makes_no_second_one() -> None:
    workspace = ScriptedWorkspace({CREATE: [AlreadyThere("exists already")]})
    workspace.script[CREDENTIAL] = [Unavailable("500"), credential()]
    with pytest.raises(Unavailable):
        Run(workspace)
    assert workspace.made("POST") == []
    looks = iter([False, True, True])

    def seen(call: Any) -> dict[str, Any]:
        if next(looks):
            return credential()
        from lakehouse_iam.databricks.refusals import NotThere

        raise NotThere("not yet")

    workspace.script[CREDENTIAL] = [seen]
    run = Run(workspace)
    assert run.outcome.state is State.HANDED_OVER
    assert workspace.made("POST") == ["storage-credentials"]


def test_a_credential_with_another_role_is_kept_unless_update_is_said() -> None:
    other = credential(
        aws_iam_role={"role_arn": f"{ROLE}-old", "external_id": "another", "unity_catalog_iam_arn": MASTER}
    )
    workspace = ScriptedWorkspace({CREDENTIAL: [other]})
    with pytest.raises(Conflict) as conflict:
        Run(workspace)
    assert str(conflict.value) == (
        "the storage credential sales-lake exists and differs from the setup; nothing was changed\n"
        f"  role  there: {ROLE}-old\n"
        f"        setup: {ROLE}\n"
        "if the setup is right, run connect again with --update; if not, give it another name in the setup"
    )
    assert all(call.reads for call in workspace.calls)
    workspace.script |= {
        ("PATCH", "storage-credentials/sales-lake"): [credential()],
        VALIDATE: [PASS],
        CREATE_LOCATION: [location()],
    }
    assert Run(workspace, update=True).outcome.state is State.CONNECTED
    patch = next(call for call in workspace.calls if call.method == "PATCH")
    assert patch.body == {"aws_iam_role": {"role_arn": ROLE}, "force": True}


def test_a_location_elsewhere_stops_everything_before_the_credential_is_made() -> None:
    workspace = ScriptedWorkspace({LOCATION: [location(url="s3://another-bucket")], CREATE: [credential()]})
    with pytest.raises(Conflict, match="s3://another-bucket"):
        Run(workspace)
    assert workspace.made("POST") == []


def test_what_somebody_isolated_is_not_opened_unasked() -> None:
    closed = credential(isolation_mode="ISOLATION_MODE_ISOLATED")
    with pytest.raises(Conflict, match=r"isolation  there: isolated"):
        Run(ScriptedWorkspace({CREDENTIAL: [closed]}))


def test_from_azure_the_credential_and_the_location_are_read_only() -> None:
    azure = (
        TEXT.replace("unity-catalog-aws", "unity-catalog-azure")
        .replace("dbc-a1b2345c-d6e7.cloud.databricks.com", "adb-1234567890123456.7.azuredatabricks.net")
        .replace("read-write", "read-only")
    )
    (setup,) = setups_from_text(azure)
    made = credential(read_only=True)
    workspace = ScriptedWorkspace({CREATE: [made], VALIDATE: [PASS], CREATE_LOCATION: [location(read_only=True)]})
    assert Run(workspace, cast("UnityCatalogSetup", setup), in_one_run=True).outcome.state is State.CONNECTED
    sent = [call.body for call in workspace.calls if call.method == "POST" and call.body]
    assert [body["read_only"] for body in sent] == [True, True, True]
    with pytest.raises(InvalidValue, match="a location that is read-only"):
        Run(workspace, cast("UnityCatalogSetup", setup), grants=(Grant.parse("loaders=WRITE_FILES"),))


def test_isolation_bindings_grants_and_owner_come_in_an_order_that_can_be_cut_off_anywhere() -> None:
    wanted = replace(SETUP.storage_credential, isolated=True, workspaces=("2222222222222222",), owner="data-platform")
    isolated = {"isolation_mode": "ISOLATION_MODE_ISOLATED"}
    bound = {"bindings": [{"workspace_id": 2222222222222222, "binding_type": "BINDING_TYPE_READ_WRITE"}]}
    workspace = ScriptedWorkspace(
        {
            CREDENTIAL: [credential()],
            VALIDATE: [PASS],
            CREATE_LOCATION: [location()],
            ("PATCH", "external-locations/sales-bronze"): [location() | isolated],
            ("GET", "bindings/external_location/sales-bronze"): [{}],
            ("PATCH", "bindings/external_location/sales-bronze"): [bound],
            ("GET", "permissions/external_location/sales-bronze"): [{}],
            ("PATCH", "permissions/external_location/sales-bronze"): [
                {"privilege_assignments": [{"principal": "analysts", "privileges": ["READ FILES"]}]}
            ],
            ("PATCH", "storage-credentials/sales-lake"): [
                credential() | isolated,
                credential(owner="data-platform") | isolated,
            ],
            ("GET", "bindings/storage_credential/sales-lake"): [bound],
        }
    )
    run = Run(workspace, replace(SETUP, storage_credential=wanted), grants=(Grant.parse("analysts=read files"),))
    assert run.outcome.state is State.CONNECTED
    assert [call.body for call in workspace.calls if call.method == "PATCH"] == [
        {"isolation_mode": "ISOLATION_MODE_ISOLATED"},
        {"add": [{"workspace_id": 2222222222222222, "binding_type": "BINDING_TYPE_READ_WRITE"}]},
        {"changes": [{"principal": "analysts", "add": ["READ_FILES"]}]},
        {"isolation_mode": "ISOLATION_MODE_ISOLATED"},
        {"owner": "data-platform"},
    ]


def test_databricks_that_says_yes_and_changes_nothing_is_not_asked_for_ever() -> None:
    wanted = replace(SETUP.storage_credential, owner="data-platform")
    workspace = ScriptedWorkspace(
        {
            CREDENTIAL: [credential()],
            LOCATION: [location()],
            VALIDATE: [PASS],
            ("PATCH", "storage-credentials/sales-lake"): [credential(owner="me")],
        }
    )
    with pytest.raises(Refused, match="says yes and does not do it"):
        Run(workspace, replace(SETUP, storage_credential=wanted))
    assert len(workspace.made("PATCH")) == 6


def test_a_dry_run_reads_and_keeps_every_other_call() -> None:
    workspace = ScriptedWorkspace({})
    dry = DryRun(workspace)
    run = Run(dry)
    assert run.outcome.state is State.DRY_RUN
    assert all(call.reads for call in workspace.calls)
    would = [(call.method, call.path.split("/unity-catalog/")[-1]) for call in dry.would_make if not call.reads]
    assert would == [CREATE, VALIDATE, CREATE_LOCATION]
    assert run.exchanges == []


def test_an_external_id_that_the_setup_does_not_have_is_noted_with_the_reason() -> None:
    account = ScriptedWorkspace.account_id
    wanted = replace(SETUP.storage_credential, external_ids=(account,))
    run = Run(ScriptedWorkspace({CREATE: [credential()]}), replace(SETUP, storage_credential=wanted))
    (note,) = run.outcome.notes
    assert f"external_id: {EXTERNAL_ID}" in note
    assert "right only for a storage credential that a Databricks account admin made" in note
    assert run.exchanges[0].setup.storage_credential.external_ids == tuple(sorted((account, EXTERNAL_ID)))


def test_no_permission_to_make_credentials_names_the_grant_and_the_caller() -> None:
    workspace = ScriptedWorkspace(
        {CREATE: [NotAllowed("no")], ("GET", "/api/2.0/preview/scim/v2/Me"): [{"userName": "kim"}]}
    )
    with pytest.raises(NotAllowed, match="GRANT CREATE STORAGE CREDENTIAL ON METASTORE TO `kim`;"):
        Run(workspace)
