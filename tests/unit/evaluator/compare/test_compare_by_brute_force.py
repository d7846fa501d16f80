"""Compare against the truth: every request of a small universe is asked of both versions."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from lakehouse_iam.evaluator import Policies, PolicyKind, Request, load_policy
from lakehouse_iam.evaluator.compare import (
    Attached,
    Comparison,
    Guard,
    OwnPolicies,
    Witness,
    compare_attached,
    compare_resource,
    compare_trust,
)
from lakehouse_iam.evaluator.evaluate import resource_policy_kind
from tests.unit.evaluator.compare.small_universe import (
    ACTIONS,
    BUCKET,
    CALLER_VALUES,
    CALLERS,
    KEY,
    OWN,
    RESOURCES,
    ROLE,
    VALUES,
    Json,
    allowed,
    contexts,
    document,
    keys_tested,
    loaded,
    may_ask,
    policy_pair,
    told_apart,
)

Pair = tuple[Policies, Policies]
EVERYTHING = load_policy(
    document([{"Effect": "Allow", "Action": "*", "Resource": "*"}]), PolicyKind.IDENTITY, "everything"
)


def _truth(requests: Iterator[tuple[Request, Pair]]) -> tuple[bool, bool]:
    """Whether some request is allowed after only, and whether some is allowed before only."""
    wider = narrower = False
    for request, (before, after) in requests:
        was, now = allowed(request, before), allowed(request, after)
        wider, narrower = wider or (now and not was), narrower or (was and not now)
        if wider and narrower:
            break
    return wider, narrower


def _holds(witness: Witness, refused: Policies, granted: Policies) -> bool:
    request = Request(
        witness.principal, witness.action, witness.resource, witness.resource_account, dict(witness.context)
    )
    return allowed(request, granted) and not allowed(request, refused)


def _check(found: Comparison, truth: tuple[bool, bool], documents: tuple[Json, Json]) -> None:
    assert found.not_decided == (), documents
    assert (bool(found.wider), bool(found.narrower)) == truth, documents


@pytest.mark.parametrize("seed", range(10))
def test_identity_policies_are_compared_as_asking_every_request_does(seed: int) -> None:
    source = random.Random(seed)
    for _ in range(100):
        documents = policy_pair(source, PolicyKind.IDENTITY)
        before, after = (
            loaded(one, PolicyKind.IDENTITY, name) for one, name in zip(documents, ("old", "new"), strict=True)
        )
        found = compare_attached(Attached((before,)), Attached((after,)), ROLE)
        pair = Policies(identity=(before,)), Policies(identity=(after,))
        requests = (
            (Request(ROLE, action, resource, OWN, context), pair)
            for context in contexts(documents, VALUES)
            for action in told_apart(documents, ("Action", "NotAction"), ACTIONS)
            for resource in told_apart(documents, ("Resource", "NotResource"), RESOURCES)
        )
        _check(found, _truth(requests), documents)
        assert all(_holds(witness, *_let_in(pair, witness)) for witness in found.wider), documents
        assert all(_holds(one, *reversed(_let_in(pair, one))) for one in found.narrower), documents


def _let_in(pair: Pair, witness: Witness) -> Pair:
    """The other side says yes: a key, or a resource of another account, leaves it to the role's account."""
    kind = resource_policy_kind(witness.resource)
    statement: Json = {"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "*", "Resource": "*"}
    if kind is PolicyKind.TRUST:
        del statement["Resource"]
    policy = load_policy(document([statement]), kind, "the other side")
    return replace(pair[0], resource=policy), replace(pair[1], resource=policy)


def _pairs_of_guards(before: Guard, after: Guard) -> dict[OwnPolicies, Pair]:
    return {
        own: (Policies(identity=identity, resource=before.policy), Policies(identity=identity, resource=after.policy))
        for own, identity in ((OwnPolicies.EVERYTHING, (EVERYTHING,)), (OwnPolicies.NOTHING, ()))
    }


@pytest.mark.parametrize("kind", [PolicyKind.TRUST, PolicyKind.BUCKET, PolicyKind.KEY], ids=lambda kind: kind.name)
@pytest.mark.parametrize("seed", range(7))
def test_resource_policies_are_compared_as_asking_every_request_does(seed: int, kind: PolicyKind) -> None:
    source = random.Random(seed)
    for _ in range(100):
        documents = policy_pair(source, kind)
        before, after = (Guard(loaded(one, kind, name)) for one, name in zip(documents, ("old", "new"), strict=True))
        if kind is PolicyKind.TRUST:
            found = compare_trust(before, after, ROLE)
            actions, resources = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"), (ROLE,)
        elif kind is PolicyKind.BUCKET:
            found = compare_resource(before, after, BUCKET, OWN)
            actions = told_apart(documents, ("Action", "NotAction"), [one for one in ACTIONS if one.startswith("s3:")])
            inside = [one for one in RESOURCES if one == BUCKET or one.startswith(f"{BUCKET}/")]
            resources = told_apart(documents, ("Resource", "NotResource"), inside)
        else:
            found = compare_resource(before, after, KEY, OWN)
            actions, resources = ("kms:Decrypt", "kms:Encrypt"), (KEY,)
        pairs = _pairs_of_guards(before, after)
        values = {"aws:SourceVpce": VALUES["aws:SourceVpce"], **CALLER_VALUES}
        tested = {key for one in documents for key in keys_tested(one)}
        requests = (
            (Request(caller, action, resource, OWN, context), pair)
            for context in contexts(documents, values)
            for caller in CALLERS
            if may_ask(caller, context) or "aws:PrincipalAccount" not in tested
            for own, pair in pairs.items()
            if own is OwnPolicies.EVERYTHING or f"::{OWN}:" in caller
            for action in actions
            for resource in resources
        )
        _check(found, _truth(requests), documents)
        assert all(_holds(one, *pairs[one.own_policies]) for one in found.wider), documents
        assert all(_holds(one, *reversed(pairs[one.own_policies])) for one in found.narrower), documents
