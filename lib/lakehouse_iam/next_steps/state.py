"""What is known of a setup without asking anybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lakehouse_iam.next_steps.step import Step
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.setups.setup import Setup


@dataclass(frozen=True)
class State:
    """Where a setup stands.

    Args:
        setup: the setup, with what the exchange file tells.
        plan: what it becomes.
        exchanges: the exchange files that were read, by their paths.
        templates: the folder that holds the templates of the plan as it is now; empty where they are missing or older.
        folder: the folder that they belong into.
    """

    setup: Setup
    plan: Plan
    exchanges: tuple[str, ...]
    templates: str
    folder: str

    @property
    def file(self) -> str:
        """The setup's file, as commands name it."""
        return self.setup.file


@dataclass(frozen=True)
class PatternSteps:
    """What setups of one pattern need beside stacks in AWS accounts.

    Args:
        before: what must be done before the stacks can be deployed; `None` where nothing is.
        after: what is done when they are deployed.
    """

    before: Callable[[State], Step | None]
    after: Callable[[State], tuple[Step, ...]]


def nothing_before(state: State) -> None:
    """For patterns whose stacks need nothing first."""
