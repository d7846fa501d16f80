"""Rehearsals of saml-passthrough: sign-ins as each group, what they reach, and a trust policy that somebody has widened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from fake_clock import FakeClock

from lakehouse_iam.databricks import saml_passthrough
from lakehouse_iam.databricks.outcome import State
from lakehouse_iam.databricks.session import Options, Session
from lakehouse_iam.plan import Plan
from lakehouse_iam.policy import PolicyDocument
from lakehouse_iam.rehearsal.attempts import Happened
from lakehouse_iam.rehearsal.deployment import deploy
from lakehouse_iam.rehearsal.local_aws import LocalAws, local_aws
from lakehouse_iam.rehearsal.preparation import Progress
from lakehouse_iam.rehearsal.run import Rehearsal, rehearse
from lakehouse_iam.rehearsal.workspace import client_of, stand_in_workspace
from lakehouse_iam.resources import Role
from lakehouse_iam.setups import load_setups
from lakehouse_iam.setups.saml_passthrough import SamlPassthroughSetup

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
(EXAMPLE,) = load_setups(ROOT / "examples" / "saml-passthrough.yaml")
(SEVERAL,) = load_setups(ROOT / "tests" / "golden" / "saml-passthrough" / "several-accounts.yaml")


def silent(_: str) -> None:
    """Progress that nobody reads."""


def happened(rehearsal: Rehearsal) -> dict[str, Happened]:
    return {attempt.probe.question: attempt.happened for attempt in rehearsal.attempts}


def test_a_user_of_group_a_reads_the_bucket_of_team_a_and_not_that_of_team_b() -> None:
    rehearsal = rehearse(EXAMPLE, silent)
    assert rehearsal.wrong == ()
    said = happened(rehearsal)
    assert said["a user whom the identity provider gives it takes role-a"] is Happened.ALLOWED
    assert said["as role-a: read an object of team-a-data"] is Happened.ALLOWED
    assert said["role-a reads team-b-data, which is not for GroupA,"] is Happened.DENIED
    assert said["as role-b: read an object of team-a-data/published/"] is Happened.ALLOWED
    assert said["an assertion for the AWS console takes role-a"] is Happened.DENIED
    assert said["another identity provider of the account takes role-a"] is Happened.DENIED


def test_roles_and_buckets_of_several_accounts_are_rehearsed_as_far_as_the_local_aws_goes() -> None:
    rehearsal = rehearse(SEVERAL, silent)
    assert rehearsal.wrong == ()
    assert happened(rehearsal)["the identity provider of 444455556666 takes role-a"] is Happened.DENIED


def without_the_address(aws: LocalAws, plan: Plan, progress: Progress) -> None:
    """A deployment of trust policies in which somebody has left out the condition."""

    def open_to_all(trust: PolicyDocument) -> PolicyDocument:
        return PolicyDocument(tuple(replace(statement, conditions=()) for statement in trust.statements))

    phases = tuple(
        replace(
            phase,
            resources=tuple(
                replace(one, trust=open_to_all(one.trust)) if isinstance(one, Role) and one.id == "RoleARole" else one
                for one in phase.resources
            ),
        )
        for phase in plan.phases
    )
    deploy(aws, replace(plan, phases=phases), progress)


def test_a_trust_policy_without_the_address_is_found() -> None:
    rehearsal = rehearse(EXAMPLE, silent, deployed_by=without_the_address)
    wrong = {attempt.probe.question for attempt in rehearsal.wrong}
    assert {
        "an assertion for the AWS console takes role-a",
        "an assertion for another workspace takes role-a",
        "an assertion without a recipient takes role-a",
    } <= wrong
    assert not any("role-b" in question for question in wrong)


def test_the_meta_instance_profile_is_registered_over_http_and_taken_out_again() -> None:
    clock = FakeClock()
    profile = "arn:aws:iam::111122223333:instance-profile/databricks-passthrough"
    with local_aws(EXAMPLE.region) as aws, stand_in_workspace(aws) as workspace:
        session = Session(client_of(workspace, clock), clock, silent)
        setup = cast("SamlPassthroughSetup", EXAMPLE)
        assert saml_passthrough.connect(setup, session, Options()).state is State.CONNECTED
        assert workspace.metastore.profiles == {
            profile: {
                "instance_profile_arn": profile,
                "iam_role_arn": "arn:aws:iam::111122223333:role/databricks-passthrough",
                "is_meta_instance_profile": True,
            }
        }
        assert saml_passthrough.disconnect(setup, session).state is State.DISCONNECTED
        assert workspace.metastore.profiles == {}
