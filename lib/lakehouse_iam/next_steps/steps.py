"""From where a setup stands to the next step of each admin."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.next_steps.state import PatternSteps, State
from lakehouse_iam.next_steps.step import EVERYBODY, Admin, Step, admin_of
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan.phases import Phase


def next_steps(state: State) -> tuple[Step, ...]:
    """The next step of each admin, in the order in which the steps are done."""
    number = len(state.setup.placeholders)
    if number:
        what = "the value of an example" if number == 1 else f"the {number} values of examples"
        return (
            Step(EVERYBODY, f"replace {what}; check lists where the real ones are found", run=("check", state.file)),
        )
    own = _of_pattern(state)
    first = own.before(state) if own else None
    steps = [first] if first else []
    steps += _in_accounts(state, first)
    if own:
        # Whoever has something to do first is told of that first.
        steps += (step for step in own.after(state) if first is None or step.admin != first.admin)
    return tuple(steps)


def _of_pattern(state: State) -> PatternSteps | None:
    reference = pattern_named(state.setup.pattern).next_steps
    own: PatternSteps | None = reference.load() if reference else None
    return own


def _in_accounts(state: State, first: Step | None) -> Iterator[Step]:
    for account in dict.fromkeys(phase.account for phase in state.plan.phases):
        phases = tuple(phase for phase in state.plan.phases if phase.account == account)
        yield _in_account(state, admin_of(phases), phases, first)


def _in_account(state: State, admin: Admin, phases: tuple[Phase, ...], first: Step | None) -> Step:
    if not any(phase.has_stack or phase.handoffs for phase in phases):
        told = [f"{one.to} the {one.name}" for phase in phases for one in phase.hands_over]
        return Step(admin, f"tell {' and '.join(told)}; there is nothing to deploy")
    if first is not None:
        return Step(admin, _deploying(phases), after=(f"{first.admin}: {first.do}",))
    if not state.templates:
        exchanges = (word for file in state.exchanges for word in ("--exchange", file))
        words = ("template", state.file, *exchanges, "--out", state.folder)
        return Step(admin, f"write the templates, then {_deploying(phases)}", run=words)
    return Step(
        admin,
        _deploying(phases),
        deploys=tuple(phase.id for phase in phases if phase.has_stack),
        after=tuple(_awaited(state, phases)),
    )


def _deploying(phases: tuple[Phase, ...]) -> str:
    stacks = [phase.stack for phase in phases if phase.has_stack]
    deploy = f"deploy {' and then '.join(stacks)}" if stacks else ""
    merge = "have the hand-off statements merged" if any(phase.handoffs for phase in phases) else ""
    return ", and ".join(part for part in (deploy, merge) if part)


def _awaited(state: State, phases: tuple[Phase, ...]) -> Iterator[str]:
    own = {phase.id for phase in phases}
    for id in dict.fromkeys(before for phase in phases for before in phase.after if before not in own):
        other = state.plan.phase(id)
        yield f"account {other.account} has deployed {other.stack}"


def deployed_sentences(state: State) -> tuple[str, ...]:
    """What must have happened before anything uses the stacks: all of them deployed, all hand-offs merged."""
    stacks = [f"account {phase.account} has deployed {phase.stack}" for phase in state.plan.phases if phase.has_stack]
    merged = ["the hand-off statements are merged"] if any(phase.handoffs for phase in state.plan.phases) else []
    return (*stacks, *merged)
