"""The handler over its whole life, disturbed once at every call it makes: always the same end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass

import pytest

from tests.unit.custom_resource.fake_aws import FakeAws, Json
from tests.unit.custom_resource.lives import LIVES, Life
from tests.unit.custom_resource.stack import KILLED_AFTER, KILLED_BEFORE, TWICE, Plan, Stack
from tests.unit.custom_resource.transports import BUSY, BUSY_AFTER, LOST, REFUSED, THROTTLED, Transport

FOR_GOOD = " for good"
DISTURBANCES = (
    BUSY,
    BUSY_AFTER,
    THROTTLED,
    LOST,
    REFUSED,
    KILLED_BEFORE,
    KILLED_AFTER,
    KILLED_BEFORE + FOR_GOOD,
    KILLED_AFTER + FOR_GOOD,
    TWICE,
)


@dataclass
class Stage:
    """One stage of a life, ready to be gone through again and again.

    Args:
        start: the stack and the AWS as the stage finds them.
        go: carries the stage out; whether it succeeded.
        end: the state of the AWS after it, undisturbed.
        attributes: what `Fn::GetAtt` gives after it, without what differs each time.
        calls: how many calls it makes.
    """

    start: tuple[Stack, FakeAws]
    go: Callable[[Stack], bool]
    end: Json
    attributes: Json
    calls: int


TABLE: dict[tuple[str, str], list[int]] = {}


def _stack(transport: Transport, life: Life) -> Stack:
    transport.aws = FakeAws()
    life.prepare(transport.aws)
    return Stack(transport, life.resource_type)


def _delete(stack: Stack) -> bool:
    stack.delete()
    return True


def _stages(transport: Transport, life: Life) -> Iterator[tuple[str, Stage]]:
    steps: list[tuple[str, Callable[[Stack], bool]]] = [("create", lambda stack: stack.create(life.created(stack.aws)))]
    if life.updated:
        updated = life.updated
        steps.append(("update", lambda stack: stack.update(updated(stack.aws))))
    if life.replaced:
        replaced = life.replaced
        steps.append(("replace", lambda stack: stack.update(replaced(stack.aws))))
    stack = _stack(transport, life)
    yield from _walk(stack, [*steps, ("delete", _delete)])
    if life.adopt:
        stack = _stack(transport, life)
        life.adopt(transport.aws)
        yield from _walk(stack, [("adopt", steps[0][1]), ("delete adopted", _delete)])


def _walk(stack: Stack, steps: list[tuple[str, Callable[[Stack], bool]]]) -> Iterator[tuple[str, Stage]]:
    for name, go in steps:
        start = _copy(stack), deepcopy(stack.aws)
        stack.plan = Plan()
        assert go(stack), stack.reasons
        yield name, Stage(start, go, stack.aws.state(), _stable(stack.attributes), stack.plan.calls)


def _copy(stack: Stack) -> Stack:
    kept = ("resource_type", "logical_id", "stack_id", "physical_id", "properties", "attributes")
    return Stack(stack.transport, **{name: getattr(stack, name) for name in kept})


def _stable(attributes: Json) -> Json:
    return {name: value for name, value in attributes.items() if name != "ApplicationArn"}


def _once(stage: Stage, what: str, at: int) -> tuple[Stack, bool]:
    """Go through a stage with one disturbance; the stack after it, and whether the stage succeeded."""
    stack = _copy(stage.start[0])
    stack.transport.aws = deepcopy(stage.start[1])
    stack.transport.answers = []
    stack.again = not what.endswith(FOR_GOOD)
    stack.plan = Plan(at, what.removesuffix(FOR_GOOD))
    return stack, stage.go(stack)


@pytest.mark.parametrize("what", DISTURBANCES)
@pytest.mark.parametrize("name", LIVES)
def test_a_life_with_one_disturbance_at_any_call_ends_as_one_without(
    transport: Transport, name: str, what: str
) -> None:
    for stage_name, stage in _stages(transport, LIVES[name]):
        runs = TABLE.setdefault((transport.name, what), [0] * 5)  # type: ignore[attr-defined]
        kept = transport.aws
        for at in range(stage.calls):
            stack, succeeded = _once(stage, what, at)
            where = f"{name}: {stage_name}, {what} at call {at}: {stack.reasons}"
            assert stack.plan.happened, where
            if succeeded:
                assert stack.aws.state() == stage.end, where
                assert _stable(stack.attributes) == stage.attributes, where
            else:
                # What was adopted and changed before the failure keeps the change: its old settings are written nowhere.
                before = [stage.start[1].state(), *([stage.end] if stage_name == "adopt" else [])]
                assert stack.aws.state() in before, where
            runs[0] += 1
            runs[1] += stack.deliveries
            runs[2] += stack.plan.calls
            runs[3] += succeeded
            runs[4] += not succeeded
        transport.aws = kept


def test_the_table_of_these_runs(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(
            "\n\ncustom resource, one disturbance a run     runs  deliveries  calls  same end  rolled back to the start"
        )
        for (way, what), (runs, deliveries, calls, same, back) in sorted(TABLE.items()):
            print(f"{way:8}{what:33}{runs:6}{deliveries:12}{calls:7}{same:10}{back:26}")
    assert all(runs == same + back for runs, _, _, same, back in TABLE.values())
