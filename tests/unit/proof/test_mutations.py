"""Drop, widen or change one thing in the templates of every example, at every place: the proof notices what matters.

Within one account a role's own policy and the bucket policy each let the role in, so a fault in one of them hides behind
the other. Every mutation is therefore tried three times: with both sides, with the role's side alone, and with the side of
the buckets and keys alone. What survives all three is explained in `mutation_survivors.json`, or the test fails.

`python -m pytest tests/unit/proof/test_mutations.py -s` prints the report.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from policy_mutations import Json, Mutation, mutations

from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.probes.document import ProbeDocument, probe_document
from lakehouse_iam.proof.from_plan import templates_of
from lakehouse_iam.proof.prove import Prover, deployed_by
from lakehouse_iam.proof.real_world import RealWorld
from lakehouse_iam.proof.stack_templates import StackTemplate
from lakehouse_iam.setups import Setup, load_setups
from lakehouse_iam.setups.buckets import BucketPolicyMode, SetupWithBuckets

ROOT = Path(__file__).parents[3]
SETUPS = {
    setup.name: setup
    for source in (*sorted((ROOT / "examples").glob("*.yaml")), ROOT / "tests" / "e2e" / "rich.yaml")
    for setup in load_setups(source)
    # The two sides that are taken apart here are those of a role and a bucket; emr-studio has a test of its own.
    if isinstance(setup, SetupWithBuckets)
}
SURVIVORS = json.loads((Path(__file__).parent / "mutation_survivors.json").read_text(encoding="utf-8"))
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

Templates = tuple[StackTemplate, ...]


def both_sides(setup: Setup) -> Templates:
    return templates_of(plan_setup(setup))


def role_side_alone(setup: Setup) -> Templates:
    """Bucket policies that allow nothing, and keys that leave everything to the IAM of their account."""
    return tuple(replace(template, body=_without_bucket_policies(template.body)) for template in both_sides(setup))


def resource_side_alone(setup: Setup) -> Templates:
    """Roles without policies on buckets and keys, and a policy for every bucket."""
    buckets = tuple(
        replace(bucket, policy=BucketPolicyMode.HANDOFF) if bucket.policy is BucketPolicyMode.NONE else bucket
        for bucket in setup.buckets
    )
    return tuple(
        replace(template, body={**template.body, "Resources": _without_data_policies(template.body["Resources"])})
        for template in both_sides(replace(setup, buckets=buckets))
    )


def _without_bucket_policies(body: Any) -> Json:
    changed: Json = json.loads(json.dumps(body))
    for logical_id, resource in list(changed["Resources"].items()):
        if resource["Type"] == "AWS::S3::BucketPolicy":
            document = resource["Properties"]["PolicyDocument"]
            document["Statement"] = [s for s in document["Statement"] if s["Effect"] == "Deny"]
            if not document["Statement"]:
                del changed["Resources"][logical_id]
    for key, handoffs in changed.get("Metadata", {}).items():
        changed["Metadata"][key] = [_left_to_iam(handoff) for handoff in handoffs if "BucketPolicyOf" not in handoff]
    return changed


def _left_to_iam(handoff: Json) -> Json:
    if "KeyPolicyOf" not in handoff:
        return handoff
    root = f"arn:{handoff['KeyPolicyOf'].split(':')[1]}:iam::{handoff['KeyPolicyOf'].split(':')[4]}:root"
    delegation = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
    return {**handoff, "Statements": [delegation]}


def _without_data_policies(resources: Json) -> Json:
    def on_data(resource: Json) -> bool:
        text = json.dumps(resource["Properties"].get("PolicyDocument", ""))
        return resource["Type"] == "AWS::IAM::ManagedPolicy" and '"s3:GetObject"' in text

    return {logical_id: resource for logical_id, resource in resources.items() if not on_data(resource)}


LENSES: tuple[Callable[[Setup], Templates], ...] = (both_sides, role_side_alone, resource_side_alone)


def _real_world(setup: Setup) -> RealWorld:
    accounts = {str(phase.account) for phase in plan_setup(setup).phases}
    boundary = setup.permissions_boundary
    return RealWorld(
        "world", "aws", {"policies": {f"arn:aws:iam::{id}:policy/{boundary}": EVERYTHING for id in accounts}}
    )


def _noticed(templates: Templates, document: ProbeDocument, real: RealWorld) -> bool:
    try:
        prover = Prover(deployed_by(templates, document, real))
    except LakehouseIamError:
        return True
    return any(not prover.answer(probe).as_expected for probe in document.probes)


@cache
def results(name: str) -> tuple[tuple[Mutation, str], ...]:
    """Every mutation of a setup with the lens that it was caught through; empty when it survived."""
    setup = SETUPS[name]
    document, real = probe_document(plan_setup(setup)), _real_world(setup)
    every = {mutation.name: mutation for mutation in mutations(both_sides(setup))}
    caught: dict[str, str] = {}
    for lens in LENSES:
        templates = lens(setup)
        if _noticed(templates, document, real):
            assert lens is not both_sides
            continue
        for mutation in mutations(templates):
            unseen = mutation.name in every and mutation.name not in caught
            if unseen and _noticed(mutation.templates, document, real):
                caught[mutation.name] = lens.__name__
    return tuple((mutation, caught.get(mutation_name, "")) for mutation_name, mutation in every.items())


def _explanations(mutation: Mutation) -> list[str]:
    return [entry["because"] for entry in SURVIVORS if re.search(entry["mutation"], mutation.name)]


@pytest.mark.parametrize("name", SETUPS)
def test_every_mutation_is_noticed_or_its_survival_is_explained(name: str) -> None:
    found = results(name)
    unexplained = [m.name for m, caught in found if not caught and not _explanations(m)]
    counted = Counter(caught or "survived, explained" for _, caught in found)
    print(f"\n{name}: {len(found)} mutations: {dict(counted)}")
    assert not unexplained, "\n".join(unexplained)
    assert len(found) > 50


def test_no_explanation_is_left_without_a_survivor() -> None:
    survived = [mutation.name for name in SETUPS for mutation, caught in results(name) if not caught]
    stale = [entry["mutation"] for entry in SURVIVORS if not any(re.search(entry["mutation"], m) for m in survived)]
    assert not stale


def test_what_is_explained_away_is_never_a_change_that_somebody_could_notice() -> None:
    """An explanation that is too wide would hide a mutation that is caught today and not tomorrow."""
    caught = [mutation for name in SETUPS for mutation, how in results(name) if how == "both_sides"]
    hidden = [mutation.name for mutation in caught if _explanations(mutation)]
    assert not hidden, "\n".join(hidden)
