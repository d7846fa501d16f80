"""What the patterns of Unity Catalog need beside their stacks.

The external id is known only when the storage credential exists, so Databricks comes first, then the account of the role, then
Databricks again.
"""

from __future__ import annotations

from lakehouse_iam.next_steps.state import PatternSteps, State
from lakehouse_iam.next_steps.step import DATABRICKS, Step
from lakehouse_iam.next_steps.steps import deployed_sentences


def _before(state: State) -> Step | None:
    if any(phase.parameters for phase in state.plan.phases):
        return Step(
            DATABRICKS,
            "make the storage credential, and send the bucket owner the exchange file that connect writes",
            run=("connect", state.file),
        )
    return None


def _after(state: State) -> tuple[Step, ...]:
    return (
        Step(
            DATABRICKS,
            "wait until Unity Catalog gets in, and make the external locations",
            run=("connect", state.file),
            after=deployed_sentences(state),
        ),
    )


STEPS = PatternSteps(before=_before, after=_after)
