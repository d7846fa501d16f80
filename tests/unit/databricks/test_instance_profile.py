"""Registering an instance profile and taking it out again, from a script of answers."""

from __future__ import annotations

from typing import Any, cast

import pytest
from fake_clock import FakeClock
from fakes import ScriptedWorkspace

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.databricks.instance_profile import connect, disconnect
from lakehouse_iam.databricks.outcome import Outcome, State
from lakehouse_iam.databricks.refusals import Conflict, NoSuchApi, NotAllowed, NotThere, Refused, StillUsed
from lakehouse_iam.databricks.session import Options, Session
from lakehouse_iam.databricks.workspace import DryRun
from lakehouse_iam.setups import setups_from_text
from lakehouse_iam.setups.instance_profile import InstanceProfileSetup

TEXT = """\
setup: partner
pattern: instance-profile
region: us-west-2
workspace: {account: "111122223333", role: clusters, instance_profile: machines}
bucket_owner: {account: "444455556666", role: owner}
buckets: [{name: partner-data, access: read-only}]
"""
SETUP = cast("InstanceProfileSetup", setups_from_text(TEXT)[0])
PROFILE = "arn:aws:iam::111122223333:instance-profile/machines"
ROLE = "arn:aws:iam::111122223333:role/clusters"
LIST = ("GET", "/api/2.0/instance-profiles/list")
ADD = ("POST", "/api/2.0/instance-profiles/add")
EDIT = ("POST", "/api/2.0/instance-profiles/edit")
REMOVE = ("POST", "/api/2.0/instance-profiles/remove")
NOT_SEEN = Refused("Invalid IAM Instance Profile ARN")


def registered(role: str = ROLE, **more: Any) -> Json:
    return {"instance_profiles": [{"instance_profile_arn": PROFILE, "iam_role_arn": role} | more]}


def run(workspace: ScriptedWorkspace | DryRun, clock: FakeClock | None = None, **options: Any) -> Outcome:
    return connect(SETUP, Session(workspace, clock or FakeClock(), lambda _: None), Options(**options))


def test_it_is_registered_with_its_role_whose_name_differs() -> None:
    workspace = ScriptedWorkspace({LIST: [{}], ADD: [{}]})
    outcome = run(workspace)
    assert outcome.state is State.CONNECTED
    assert workspace.calls[-1].body == {"instance_profile_arn": PROFILE, "iam_role_arn": ROLE}
    assert dict(outcome.values) == {"instance_profile_arn": PROFILE, "iam_role_arn": ROLE}


def test_the_trial_run_is_skipped_and_a_meta_profile_made_only_when_asked_for() -> None:
    workspace = ScriptedWorkspace({LIST: [{}], ADD: [{}]})
    run(workspace, skip_validation=True, meta=True)
    body = workspace.calls[-1].body or {}
    assert (body["skip_validation"], body["is_meta_instance_profile"]) == (True, True)


def test_a_registration_that_is_right_is_left_alone() -> None:
    workspace = ScriptedWorkspace({LIST: [registered()]})
    assert run(workspace).state is State.CONNECTED
    assert all(call.reads for call in workspace.calls)


def test_one_without_a_role_gets_it_and_one_with_another_role_is_kept_unless_update_is_said() -> None:
    bare = ScriptedWorkspace({LIST: [registered("")], EDIT: [{}]})
    assert run(bare).state is State.CONNECTED
    assert bare.calls[-1].body == {"instance_profile_arn": PROFILE, "iam_role_arn": ROLE}
    other = ScriptedWorkspace({LIST: [registered(f"{ROLE}-old")], EDIT: [{}]})
    with pytest.raises(Conflict, match=f"there: {ROLE}-old"):
        run(other)
    assert run(other, update=True).state is State.CONNECTED


def test_a_meta_profile_is_never_turned_into_a_plain_one() -> None:
    workspace = ScriptedWorkspace({LIST: [registered(is_meta_instance_profile=True)]})
    with pytest.raises(Conflict, match=r"meta instance profile  there: yes"):
        run(workspace, update=True)


def test_ec2_is_waited_for_and_the_deadline_says_what_to_deploy() -> None:
    clock = FakeClock()
    workspace = ScriptedWorkspace({LIST: [{}], ADD: [NOT_SEEN, NOT_SEEN, {}]})
    assert (run(workspace, clock).state, clock.now()) == (State.CONNECTED, 10.0)
    never = ScriptedWorkspace({LIST: [{}], ADD: [NOT_SEEN]})
    with pytest.raises(Refused, match="has the stack of the workspace's account been deployed"):
        run(never, FakeClock(), wait_seconds=20)
    assert len(never.made("POST")) == 5


@pytest.mark.parametrize(
    ("refusal", "kind", "words"),
    [
        (NotAllowed("PERMISSION_DENIED"), NotAllowed, "only a workspace admin may register"),
        (Refused("UnauthorizedOperation"), Refused, r"needs iam:PassRole on .*clusters.*--skip-validation"),
        (Refused("something new"), Refused, "^something new$"),
    ],
)
def test_a_refusal_says_who_can_do_what_about_it(refusal: Exception, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        run(ScriptedWorkspace({LIST: [{}], ADD: [refusal]}))


def test_a_server_without_instance_profiles_is_said_to_be_one_and_is_not_disconnected_from() -> None:
    workspace = ScriptedWorkspace({LIST: [NotThere("not found")]})
    with pytest.raises(NoSuchApi, match=r"answers GET /api/2\.0/instance-profiles/list with 404"):
        run(workspace)
    with pytest.raises(NoSuchApi):
        disconnect(SETUP, Session(workspace, FakeClock(), lambda _: None))


def test_a_dry_run_registers_nothing() -> None:
    workspace = ScriptedWorkspace({LIST: [{}]})
    dry = DryRun(workspace)
    assert run(dry).state is State.DRY_RUN
    assert [call.path for call in dry.would_make if not call.reads] == [ADD[1]]


def uses(**found: Json) -> ScriptedWorkspace:
    """A workspace in which only the named lists hold anything."""
    lists = {
        "clusters": ("/api/2.1/clusters/list", {}),
        "jobs": ("/api/2.2/jobs/list", {}),
        "pools": ("/api/2.0/instance-pools/list", {}),
        "policies": ("/api/2.0/policies/clusters/list", {}),
        "warehouses": ("/api/2.0/sql/config/warehouses", {}),
    }
    script: dict[tuple[str, str], list[Any]] = {
        ("GET", path): [found.get(kind, empty)] for kind, (path, empty) in lists.items()
    }
    return ScriptedWorkspace(script | {LIST: [registered()], REMOVE: [{}]})


@pytest.mark.parametrize(
    ("kind", "answer", "words"),
    [
        (
            "clusters",
            {"clusters": [{"cluster_name": "etl", "aws_attributes": {"instance_profile_arn": PROFILE}}]},
            "cluster etl",
        ),
        (
            "jobs",
            {"jobs": [{"job_id": 7, "settings": {"name": "nightly", "tasks": [{"x": {"arn": PROFILE}}]}}]},
            r"job nightly \(7\)",
        ),
        (
            "pools",
            {"instance_pools": [{"instance_pool_name": "small", "aws_attributes": {"instance_profile_arn": PROFILE}}]},
            "instance pool small",
        ),
        (
            "policies",
            {"policies": [{"name": "fixed", "definition": f'{{"aws_attributes.x": {{"value": "{PROFILE}"}}}}'}]},
            "cluster policy fixed",
        ),
        ("warehouses", {"instance_profile_arn": PROFILE}, "the configuration of all SQL warehouses"),
    ],
)
def test_whatever_starts_machines_with_it_is_named_and_nothing_is_removed(kind: str, answer: Json, words: str) -> None:
    workspace = uses(**{kind: answer})
    with pytest.raises(StillUsed, match=words):
        disconnect(SETUP, Session(workspace, FakeClock(), lambda _: None))
    assert all(call.reads for call in workspace.calls)


def test_a_profile_with_a_longer_name_is_not_taken_for_it() -> None:
    workspace = uses(clusters={"clusters": [{"aws_attributes": {"instance_profile_arn": f"{PROFILE}-2"}}]})
    assert disconnect(SETUP, Session(workspace, FakeClock(), lambda _: None)).state is State.DISCONNECTED
    assert workspace.calls[-1].body == {"instance_profile_arn": PROFILE}


def test_what_is_not_registered_is_disconnected_already() -> None:
    workspace = ScriptedWorkspace({LIST: [{}]})
    assert disconnect(SETUP, Session(workspace, FakeClock(), lambda _: None)).state is State.DISCONNECTED
    assert len(workspace.calls) == 1
