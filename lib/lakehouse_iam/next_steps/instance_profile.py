"""What the pattern `instance-profile` needs beside its stacks: the instance profile is registered in the workspace."""

from __future__ import annotations

from lakehouse_iam.next_steps.state import PatternSteps, State, nothing_before
from lakehouse_iam.next_steps.step import DATABRICKS, Step
from lakehouse_iam.next_steps.steps import deployed_sentences


def _after(state: State) -> tuple[Step, ...]:
    register = "register the instance profile in the workspace"
    if not getattr(state.setup, "host", ""):
        register = f"write the address of the workspace into the setup (databricks: {{host: …}}), then {register}"
    return (Step(DATABRICKS, register, run=("connect", state.file), after=deployed_sentences(state)),)


STEPS = PatternSteps(before=nothing_before, after=_after)
