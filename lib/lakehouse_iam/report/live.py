"""The live state beside the intended one: what snapshots answer to the same checks, and where live policies differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from lakehouse_iam.evaluator.compare import Change, compare_worlds
from lakehouse_iam.evaluator.compare.worlds import TRUST
from lakehouse_iam.evaluator.world import World
from lakehouse_iam.moments import utc_text
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.proof.deployed import Deployed
from lakehouse_iam.proof.prove import Answer, answer_probes
from lakehouse_iam.proof.unresolved import Reading
from lakehouse_iam.report.differences import unit_json
from lakehouse_iam.snapshot.document import Snapshot
from lakehouse_iam.snapshot.live_world import LiveWorld, live_world

Json = dict[str, Any]


def live_of(plan: Plan, snapshots: Sequence[Snapshot], notes: Sequence[str] = ()) -> Json:
    """What snapshots show of a plan's setup.

    Args:
        plan: the plan.
        snapshots: of its accounts and its workspace.
        notes: what whoever read them was told, such as that one is older than the setup.

    Raises:
        InvalidValue: a snapshot is of another setup.
        PolicyError: a live policy that AWS would refuse.
    """
    live = live_world(plan, snapshots)
    answers = answer_probes(live.deployed, live.probes)
    return {
        "snapshots": [
            {"of": one.account or one.workspace, "taken": utc_text(one.taken), "file": one.file}
            for one in live.snapshots.all
        ],
        "as_expected": sum(answer.as_expected for answer in answers),
        "total": len(answers),
        "differs": [_answer(answer) for answer in answers if not answer.as_expected],
        "units": list(_units(live)),
        "absent": [{"arn": arn, "account": account} for arn, account in live.absent.items()],
        "not_read": [
            {"arn": one.arn, "path": one.path, "account": one.account, "why": one.why, "decides": one.decides}
            for one in live.not_read
        ],
        "notes": [*notes, *live.snapshots.notes],
    }


def _answer(answer: Answer) -> Json:
    return {
        "question": answer.probe.question,
        "expected": answer.probe.expected.value,
        "answer": answer.verdict.value if answer.reached else "not reached",
        "because": list(answer.because),
    }


def _units(live: LiveWorld) -> Iterator[Json]:
    """Where a live policy lets in more or less than the intended one; what was not read whole is left out.

    A policy that belongs to somebody else may let in whom its owner likes: of that only what is missing is told.
    """
    intended = live.meaning.deployed
    unread = {one.arn for one in live.not_read} | live.deployed.open_arns
    wanted = {arn for arn in (*intended.roles, *intended.buckets, *intended.keys) if arn not in unread}
    worlds = (_only(deployed, wanted) for deployed in (intended, live.deployed))
    of_others = _of_others(intended)
    for unit in compare_worlds(*worlds).units:
        if unit.arn in of_others:
            unit = replace(unit, change=Change.NARROWER, comparison=replace(unit.comparison, wider=()))
            if unit.kind == TRUST or not unit.comparison.narrower:
                continue
        if unit.change is not Change.SAME:
            yield unit_json(unit)


def _of_others(intended: Deployed) -> set[str]:
    """Roles that exist already, and buckets and keys whose policy the setup does not write."""
    roles = {arn for arn, role in intended.roles.items() if role.exists}
    buckets = {arn for arn, bucket in intended.buckets.items() if bucket.policy is None}
    return roles | buckets | {arn for arn, key in intended.keys.items() if key.policy is None}


def _only(deployed: Deployed, wanted: set[str]) -> World:
    return Deployed(
        roles={arn: one for arn, one in deployed.roles.items() if arn in wanted},
        buckets={arn: one for arn, one in deployed.buckets.items() if arn in wanted},
        keys={arn: one for arn, one in deployed.keys.items() if arn in wanted},
    ).world(Reading.LEAST)
