"""Statements that AWS takes no more: the snapshot was edited, or the rules were other ones when they were saved."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from lakehouse_iam.arns.arn import name_of
from lakehouse_iam.doctor.case import Case
from lakehouse_iam.doctor.finding import Finding
from lakehouse_iam.doctor.likeness import Likeness, of_role
from lakehouse_iam.doctor.patches import identity_patch, policy_patch
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.policy_elements import listed
from lakehouse_iam.snapshot.live_world import Malformed


def malformed(case: Case) -> Iterator[Finding]:
    """Every such statement of the setup's roles, buckets and keys."""
    for one in case.live.malformed:
        kind = _kind(one)
        links = tuple(link for link in case.links if one.arn in (link.holder, link.caller))
        if not links:
            continue
        wrong = _wrong_principal(one, links[0].caller) if kind in _PREFIXES else None
        disease = f"{_PREFIXES[kind]}-{wrong.kind}" if wrong is not None else "policy-malformed"
        found = wrong.found if wrong is not None else json.dumps(one.statement)
        values = {"found": found, "rule": one.rule, "path": one.path}
        patch = policy_patch(case, kind, one.arn) if kind in _PREFIXES else identity_patch(case, one.arn)
        told = {**values, "wanted": links[0].caller, "caller": links[0].caller, **_named(one)}
        yield Finding(disease, one.arn, one.account, links[0].rank - 0.1, told, links[0].because, patch, links)


_PREFIXES = {PolicyKind.TRUST: "trust", PolicyKind.BUCKET: "bucket-policy", PolicyKind.KEY: "key-policy"}


def _kind(one: Malformed) -> PolicyKind:
    section = one.path.partition(".")[0]
    if section == "buckets":
        return PolicyKind.BUCKET
    if section == "keys":
        return PolicyKind.KEY
    return PolicyKind.TRUST if one.path.endswith(".trust") else PolicyKind.IDENTITY


def _named(one: Malformed) -> dict[str, str]:
    name = name_of(one.arn)
    return {"role": name, "bucket": name, "key": one.arn}


def _wrong_principal(one: Malformed, caller: str) -> Likeness | None:
    """The principal that AWS would not take, if it is like the one that is meant."""
    principal = one.statement.get("Principal") if isinstance(one.statement, Mapping) else None
    for name in listed(principal.get("AWS")) if isinstance(principal, Mapping) else []:
        if "*" in name and name != "*":
            return Likeness("wildcard-in-principal", name)
        like = of_role(name, caller)
        if like is not None:
            return like
    return None
