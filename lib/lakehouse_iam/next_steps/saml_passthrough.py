"""What the pattern `saml-passthrough` needs beside its stacks.

The identity provider is told the roles, and a meta instance profile is registered in the workspace.
"""

from __future__ import annotations

from lakehouse_iam.file_names import IDENTITY_PROVIDER_TEXT_FILE
from lakehouse_iam.next_steps.state import PatternSteps, State, nothing_before
from lakehouse_iam.next_steps.step import DATABRICKS, IDENTITY_PROVIDER, Step
from lakehouse_iam.next_steps.steps import deployed_sentences


def _after(state: State) -> tuple[Step, ...]:
    file = f"{state.folder}/{state.setup.name}{IDENTITY_PROVIDER_TEXT_FILE}"
    deployed = deployed_sentences(state)
    steps = [
        Step(IDENTITY_PROVIDER, f"enter what stands in {file}", after=deployed)
        if state.templates
        else Step(
            IDENTITY_PROVIDER,
            f"enter what stands in {file}, which template writes",
            run=("template", state.file, "--out", state.folder),
            after=deployed,
        )
    ]
    if getattr(state.setup, "meta_instance_profile", None):
        steps.append(
            Step(DATABRICKS, "register the meta instance profile", run=("connect", state.file), after=deployed)
        )
    return tuple(steps)


STEPS = PatternSteps(before=nothing_before, after=_after)
