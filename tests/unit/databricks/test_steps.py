"""A step: act only where something is missing, look again when the answer got lost."""

from __future__ import annotations

import pytest
from fake_clock import FakeClock
from fakes import Answer, ScriptedWorkspace

from lakehouse_iam.databricks.calls import Call
from lakehouse_iam.databricks.refusals import AlreadyThere, NotThere, Refused, Unavailable
from lakehouse_iam.databricks.steps import converge, remove

PATH = "/api/2.1/unity-catalog/things/a"


def run(answers: list[Answer], seen: list[str], clock: FakeClock | None = None) -> tuple[str, ScriptedWorkspace]:
    workspace = ScriptedWorkspace({("POST", "things/a"): answers})
    looks = iter(seen)
    there = converge(
        workspace,
        clock or FakeClock(),
        found="nothing",
        look=lambda: next(looks),
        missing=lambda found: None if found == "made" else Call("POST", PATH, {}),
        taken=lambda _, answer: str(answer.get("state", "made")),
    )
    return there, workspace


def test_one_call_is_enough_where_it_is_answered() -> None:
    there, workspace = run([{}], [])
    assert (there, len(workspace.calls)) == ("made", 1)


@pytest.mark.parametrize("lost", [Unavailable("500"), AlreadyThere("there")], ids=["no answer", "exists already"])
def test_a_lost_answer_is_followed_by_a_look_and_not_by_a_second_call(lost: Exception) -> None:
    there, workspace = run([lost], ["made"])
    assert (there, len(workspace.calls)) == ("made", 1)


def test_a_call_that_was_not_carried_out_is_made_again_with_growing_pauses() -> None:
    clock = FakeClock()
    there, workspace = run([Unavailable("500"), Unavailable("500"), {}], ["nothing", "nothing"], clock)
    assert (there, len(workspace.calls), clock.now()) == ("made", 3, 3.0)


def test_after_six_calls_the_last_problem_is_raised() -> None:
    with pytest.raises(Unavailable, match="500"):
        run([Unavailable("500")], ["nothing"] * 6)
    with pytest.raises(Refused, match="says yes and does not do it"):
        run([{"state": "nothing"}], [])


def test_a_refusal_ends_the_step_at_once() -> None:
    with pytest.raises(Refused, match="not like this"):
        run([Refused("not like this")], [])


def test_what_is_gone_counts_as_removed_and_lost_answers_are_asked_for_again() -> None:
    clock = FakeClock()
    workspace = ScriptedWorkspace({("DELETE", "things/a"): [Unavailable("500"), Unavailable("500"), NotThere("gone")]})
    remove(workspace, clock, Call("DELETE", PATH))
    assert (len(workspace.calls), clock.now()) == (3, 3.0)
    never = ScriptedWorkspace({("DELETE", "things/a"): [Unavailable("500")]})
    with pytest.raises(Unavailable):
        remove(never, clock, Call("DELETE", PATH))
    assert len(never.calls) == 5
