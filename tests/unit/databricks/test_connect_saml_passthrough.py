"""Registering the meta instance profile of a setup of saml-passthrough, from a script of answers."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from fake_clock import FakeClock
from fakes import ScriptedWorkspace

import lakehouse_iam
from lakehouse_iam.databricks.outcome import State
from lakehouse_iam.databricks.refusals import Conflict
from lakehouse_iam.databricks.saml_passthrough import AUTO_SYNC, NOTHING_TO_REGISTER, connect, disconnect
from lakehouse_iam.databricks.session import Options, Session
from lakehouse_iam.setups import load_setups
from lakehouse_iam.setups.saml_passthrough import SamlPassthroughSetup

ROOT = Path(lakehouse_iam.__file__).parents[2]
PROFILE = "arn:aws:iam::111122223333:instance-profile/databricks-passthrough"
ROLE = "arn:aws:iam::111122223333:role/databricks-passthrough"
LIST = ("GET", "/api/2.0/instance-profiles/list")
ADD = ("POST", "/api/2.0/instance-profiles/add")


def setup(file: str) -> SamlPassthroughSetup:
    (found,) = load_setups(ROOT / file)
    return cast("SamlPassthroughSetup", found)


WITH_JOBS = setup("examples/saml-passthrough.yaml")
WITHOUT = setup("tests/golden/saml-passthrough/seed-002.yaml")


def session(workspace: ScriptedWorkspace) -> Session:
    return Session(workspace, FakeClock(), lambda _: None)


def test_the_profile_is_registered_with_the_meta_flag() -> None:
    workspace = ScriptedWorkspace({LIST: [{}], ADD: [{}]})
    outcome = connect(WITH_JOBS, session(workspace), Options())
    assert (outcome.state, outcome.notes) == (State.CONNECTED, (AUTO_SYNC,))
    assert workspace.calls[-1].body == {
        "instance_profile_arn": PROFILE,
        "iam_role_arn": ROLE,
        "is_meta_instance_profile": True,
    }


def test_a_profile_that_is_registered_without_the_flag_is_a_conflict() -> None:
    registered = {"instance_profiles": [{"instance_profile_arn": PROFILE, "iam_role_arn": ROLE}]}
    with pytest.raises(Conflict, match="meta instance profile"):
        connect(WITH_JOBS, session(ScriptedWorkspace({LIST: [registered]})), Options())


def test_a_setup_without_one_says_that_there_is_nothing_to_make() -> None:
    workspace = ScriptedWorkspace({})
    assert connect(WITHOUT, session(workspace), Options()).notes == (NOTHING_TO_REGISTER,)
    assert disconnect(WITHOUT, session(workspace)).notes == (NOTHING_TO_REGISTER,)
    assert workspace.calls == []


def test_a_profile_that_is_not_there_is_disconnected_already() -> None:
    assert disconnect(WITH_JOBS, session(ScriptedWorkspace({LIST: [{}]}))).state is State.DISCONNECTED
