"""Who can reach what: the answers of a proof that are "allow", put together by the way that leads there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.probes.buckets import PROBED_OBJECT
from lakehouse_iam.proof.prove import Answer, Verdict

Json = dict[str, Any]


def reach_of(answers: Iterable[Answer]) -> list[Json]:
    """Every way by which something may be done, with what may be done to what at its end."""
    ways: dict[tuple[str, tuple[str, ...]], dict[str, list[str]]] = {}
    for answer in answers:
        if answer.verdict is not Verdict.ALLOW:
            continue
        probe = answer.probe
        targets = ways.setdefault((probe.principal, probe.assumes), {})
        actions = targets.setdefault(_place(probe.resource), [])
        if probe.action not in actions:
            actions.append(probe.action)
    return [
        {
            "principal": principal,
            "assumes": list(assumes),
            "targets": [{"resource": resource, "actions": actions} for resource, actions in targets.items()],
        }
        for (principal, assumes), targets in ways.items()
    ]


def _place(resource: str) -> str:
    """What a probe stands for: the bucket or folder whose made-up object it asks for."""
    fields = split_arn(resource)
    if fields is None or fields.service != "s3" or "/" not in fields.resource:
        return resource
    folder, _, object_key = resource.rpartition("/")
    return f"{folder}/*" if object_key == PROBED_OBJECT else resource
