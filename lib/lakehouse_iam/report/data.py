"""The report as data: one JSON document, of which the page, the diagram and the comparison are made.

Its shape is `report.schema.json` beside this file, which `lakehouse-iam schema` writes too. It is versioned and only grows:
what an older version of this library wrote, a newer one reads.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from lakehouse_iam.evaluator.compare import Witness
from lakehouse_iam.plan.phases import HandOver, Phase, Plan
from lakehouse_iam.probes.document import probe_json
from lakehouse_iam.proof.prove import Answer, Proof, Verdict
from lakehouse_iam.report.drawing import diagram_of
from lakehouse_iam.report.policies import policies_of
from lakehouse_iam.report.reach import reach_of
from lakehouse_iam.report.sizes import sizes_of
from lakehouse_iam.resources import BucketPolicy, ManagedPolicy, Resource, RolePolicy, SessionPolicy
from lakehouse_iam.statements.reasons import reasons

Json = dict[str, Any]

KIND = "lakehouse-iam report"
VERSION = 1


def report_of(
    proved: Sequence[tuple[Plan, Proof]],
    *,
    written_at: str,
    tool: str,
    proved_from: str = "plan",
    live: Mapping[str, Json] | None = None,
) -> Json:
    """The report of setups.

    Args:
        proved: each setup's plan with its proof.
        written_at: when, as ISO 8601; a report of the same setups differs in nothing else.
        tool: the version of this library.
        proved_from: `plan` where the setups' own plans were proved, `templates` where templates were.
        live: what snapshots show, by the names of the setups, as `live_of` gives it.

    Raises:
        PlanError: a template would be larger than CloudFormation takes.
    """
    setups = [_setup(plan, proof) for plan, proof in proved]
    for setup in setups:
        if live and setup["setup"] in live:
            setup["live"] = live[setup["setup"]]
    used = {one["reason"] for setup in setups for policy in setup["policies"] for one in policy["statements"]}
    return {
        "kind": KIND,
        "version": VERSION,
        "tool": tool,
        "written_at": written_at,
        "proved_from": proved_from,
        "fingerprint": fingerprint(setups),
        "holds": all(setup["holds"] for setup in setups),
        "setups": setups,
        "reasons": {key: reason.to_json() for key, reason in reasons().items() if key in used},
    }


def fingerprint(setups: Sequence[Json]) -> str:
    """The SHA-256 of the policies, resources and hand-offs: the same for the same access, whenever it was reported."""
    what = [[setup["setup"], setup["policies"], setup["resources"]] for setup in setups]
    return hashlib.sha256(json.dumps(what, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _setup(plan: Plan, proof: Proof) -> Json:
    policies = policies_of(plan)
    return {
        "setup": plan.setup,
        "pattern": plan.pattern,
        "partition": plan.partition,
        "region": plan.source.region,
        "holds": proof.holds,
        "definition": _shortened(dict(plan.source.written)),
        "phases": [_phase(phase) for phase in plan.phases],
        "policies": policies,
        "resources": [_resource(phase, one) for phase in plan.phases for one in phase.resources],
        "reach": reach_of(proof.answers),
        "probes": [_answer(answer) for answer in proof.answers],
        "beyond": [one.to_json() for one in proof.beyond],
        "not_read": [one.to_json() for one in proof.not_read],
        "warnings": [one.to_json() for one in proof.warnings],
        "taken_as_given": list(proof.taken),
        "notes": [*plan.notes, *plan.source.cautions],
        "sizes": sizes_of(plan, policies),
        "diagram": diagram_of(plan, policies).to_json(),
    }


def _phase(phase: Phase) -> Json:
    return {
        "id": phase.id,
        "stack": phase.stack if phase.has_stack else "",
        "party": phase.party.value,
        "account": str(phase.account),
        "region": phase.region,
        "after": list(phase.after),
        "existing": [_plain(one) for one in phase.existing],
        "parameters": [{"id": one.id, "description": one.description} for one in phase.parameters],
        "outputs": [{"id": one.id, "value": one.value, "description": one.description} for one in phase.outputs],
        "hands_over": [_hand_over(one) for one in phase.hands_over],
        "is_told": [_hand_over(one) for one in phase.is_told],
    }


def _hand_over(one: HandOver) -> Json:
    return {"name": one.name, "value": one.value, "to": one.to, "why": one.why}


# Their documents stand under `policies`.
_POLICIES = (ManagedPolicy, SessionPolicy, RolePolicy, BucketPolicy)


def _resource(phase: Phase, resource: Resource) -> Json:
    without = {"trust", "document"} if not isinstance(resource, _POLICIES) else {"document"}
    properties = {
        field.name: _plain(getattr(resource, field.name)) for field in fields(resource) if field.name not in without
    }
    return {
        "phase": phase.id,
        "account": str(phase.account),
        "type": type(resource).__name__,
        **{key: _shortened(value) for key, value in properties.items()},
    }


_LONG = 2_000
"""Longer texts, such as the metadata of an identity provider, are named by their SHA-256: up to ten million characters."""


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shortened(item) for item in value]
    if isinstance(value, str) and len(value) > _LONG:
        return f"sha256:{hashlib.sha256(value.encode()).hexdigest()} ({len(value):,} characters)"
    return value


def _plain(value: Any) -> Any:
    """A value of a resource as JSON: names and ARNs as their texts, other dataclasses key by key."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        if type(value).__str__ is not object.__str__:
            return str(value)
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | dict):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int) else str(value)


def _answer(answer: Answer) -> Json:
    because = answer.because
    if answer.as_expected and answer.verdict is Verdict.DENY:
        beside = (_CLOSEST,) if answer.probe.assumes else (_CLOSEST, _ONLY_STEP)
        because = tuple(_without_advice(sentence) for sentence in because if not sentence.startswith(beside))
    return {
        **probe_json(answer.probe),
        "answer": answer.verdict.value if answer.reached else "not reached",
        "as_expected": answer.as_expected,
        "because": list(because),
        **({"notes": list(answer.notes)} if answer.notes else {}),
    }


_CLOSEST = "closest: "
_ONLY_STEP = "step 1 of the chain, "
# How the evaluator's sentences go on: with what somebody would have to add. Where a refusal is right, nobody should.
_ADVICE = ("; the owner of ", "; the administrator of the organization adds", "; whoever starts ")


def _without_advice(sentence: str) -> str:
    for advice in _ADVICE:
        sentence = sentence.partition(advice)[0]
    return sentence


def witness_text(witness: Witness) -> Json:
    """A request that shows a difference, as the page prints it."""
    return {
        "principal": witness.principal,
        "chain": list(witness.chain),
        "action": witness.action,
        "resource": witness.resource,
        "text": witness.text,
        "statement": witness.statement,
        "policy": witness.policy,
    }
