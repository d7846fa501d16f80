"""Who does what: as the pattern says, or, where it says nothing, one turn for each phase of the plan."""

from __future__ import annotations

from lakehouse_iam.handoff.runbook.account_steps import phase_steps
from lakehouse_iam.handoff.runbook.parts import Message, PatternRunbook, Turn, owner_of
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan import Plan


def runbook_of(plan: Plan) -> PatternRunbook:
    """What the pattern of a plan has for the runbook."""
    reference = pattern_named(plan.pattern).runbook
    found: PatternRunbook = reference.load() if reference else PatternRunbook(_one_for_each_phase)
    return found


def turns_of(plan: Plan) -> tuple[Turn, ...]:
    """Who does what, in order."""
    return runbook_of(plan).turns(plan)


def _one_for_each_phase(plan: Plan) -> tuple[Turn, ...]:
    return tuple(
        Turn(
            owner_of(phase.account),
            "deploy" if phase.has_stack else "merge",
            {"stack": phase.stack},
            phase_steps(plan, phase),
            tuple(
                Message("told", owner_of(phase.account), one.value, {"name": one.name, "to": one.to, "why": one.why})
                for one in phase.hands_over
            ),
            phase.stack if phase.has_stack else "",
        )
        for phase in plan.phases
    )
