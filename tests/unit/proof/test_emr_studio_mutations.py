"""Whoever changes one thing in the templates of `emr-studio` is noticed: what falls out by a probe, what is added as beyond.

Every role of the pattern is mutated at every place: an action dropped, widened or replaced, a resource widened or renamed, a
condition dropped or changed, a statement or a policy dropped. What no probe and no closed answer can notice is listed with the
reason. Who may take a role, and the way to results and data, must be noticed by probes alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from policy_mutations import Mutation, mutations

from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.probes.document import ProbeDocument, probe_document
from lakehouse_iam.proof.from_plan import templates_of
from lakehouse_iam.proof.meaning import Meaning, meaning_of
from lakehouse_iam.proof.prove import Prover, deployed_by
from lakehouse_iam.proof.prove_files import held_against
from lakehouse_iam.proof.stack_templates import StackTemplate
from lakehouse_iam.proof.template_files import TemplateFiles
from lakehouse_iam.setups import Setup, load_setups

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "emr-studio"
SEED, SHARED = ROOT / "examples" / "emr-studio.yaml", GOLDEN / "three-accounts.yaml"
FILES = (SEED, SHARED, GOLDEN / "workspaces-and-keys.yaml", GOLDEN / "regular-workgroup.yaml")
ROLES = ("ServiceRole", "UserRole", "ExecutionRole", "LocationRole", "RegistrationRole", "FunctionRole")
BY_PROBES_ALONE = ("AssumeRolePolicyDocument", "LocationRolePermissions", "RegistrationRolePermissions")
# The name of a bucket is unique, so the condition says nothing while the bucket exists; no probe can tell.
UNSEEN = re.compile(r"Condition: drop StringEquals aws:ResourceAccount")
# What nothing notices, and why that is right.
SURVIVORS = {
    r"BucketPolicy\.PolicyDocument DenyInsecureTransport \| (Action: s3:\* to|Resource: \S+ (to \*|with))": (
        "It denies, and what S3 lets a bucket policy speak of is this bucket alone: a wider Deny denies no more."
    ),
    r"CreateApplication \| Resource: (drop )?arn:aws:sso:::?\w*:?(instance|applicationProvider)/\S+": (
        "Whose an instance of Identity Center or a provider is, its ARN does not say, so no probe can ask for it."
    ),
    r"ServiceRolePermissions\S* ReadIdentityCenter \| (drop the statement|flip Effect)": (
        "Whose an instance of Identity Center is, its ARN does not say, so no probe can ask for it."
    ),
    r"QuerySessionPolicy \| drop the policy": (
        "CloudFormation refuses a template in which something refers to a policy that is not there."
    ),
    r"ReadClusterLogs \| (drop the statement|flip Effect)": (
        "EMR makes the bucket of its logs by itself, so what its policy says is not known."
    ),
    r"Permissions(Catalog)?\.PolicyDocument \w+ \| Resource: (drop )?arn:aws:glue:ap-northeast-1:444455556666:": (
        "Lake Formation shares a catalog of another account by a policy that no setup writes, so no probe can ask for it."
    ),
}


@cache
def setup_in(file: Path) -> Setup:
    (setup,) = load_setups(file)
    return setup


@cache
def documents(file: Path) -> tuple[ProbeDocument, Meaning]:
    plan = plan_setup(setup_in(file))
    return probe_document(plan), meaning_of(plan, {})


def noticed_by_a_probe(file: Path, templates: tuple[StackTemplate, ...], of_role: str = "") -> bool:
    """Whether a probe gets another answer.

    Args:
        file: the setup.
        templates: what is deployed of it.
        of_role: ask only what this role may do.
    """
    document, _ = documents(file)
    try:
        prover = Prover(deployed_by(templates, document))
    except LakehouseIamError:
        return True
    asked = (probe for probe in document.probes if not of_role or probe.principal.endswith(f"/{of_role}"))
    return any(not prover.answer(probe).as_expected for probe in asked)


def role_of(mutation: Mutation) -> str:
    """The name of the role whose permissions a mutation changes; empty for anything else."""
    for template in mutation.templates:
        for role in ROLES:
            if mutation.where.startswith(f"{role}Permissions") and role in template.body["Resources"]:
                return str(template.body["Resources"][role]["Properties"]["RoleName"])
    return ""


def noticed_as_beyond(file: Path, templates: tuple[StackTemplate, ...]) -> bool:
    _, meaning = documents(file)
    try:
        return bool(held_against(TemplateFiles(templates, (meaning.document,)), meaning).beyond)
    except LakehouseIamError:
        return True


def keys_left_to_iam(templates: tuple[StackTemplate, ...]) -> tuple[StackTemplate, ...]:
    """The same where the policies of keys name no role: else a key opens by its own policy what a role's has lost."""
    return tuple(replace(template, body=_left_to_iam(template.body)) for template in templates)


def _left_to_iam(body: Any) -> Any:
    changed = json.loads(json.dumps(body))
    for handoff in (one for handoffs in changed.get("Metadata", {}).values() for one in handoffs):
        key = handoff.get("KeyPolicyOf", "")
        if key:
            root = f"arn:{key.split(':')[1]}:iam::{key.split(':')[4]}:root"
            delegation = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
            handoff["Statements"] = [delegation]
    return changed


def noticed(file: Path, mutation: Mutation) -> bool:
    # The same answer whatever is asked first; what a role itself may do is asked quickly, and misses most of what is dropped.
    role = role_of(mutation)
    return (
        (role != "" and noticed_by_a_probe(file, mutation.templates, role))
        or noticed_as_beyond(file, mutation.templates)
        or noticed_by_a_probe(file, mutation.templates)
        or noticed_by_a_probe(file, keys_left_to_iam(mutation.templates))
    )


def tried_in(file: Path) -> Iterator[Mutation]:
    """The mutations of a setup at the places that no setup before it has."""
    before = {where for other in FILES[: FILES.index(file)] for where in places(other)}
    for mutation in mutations(templates_of(plan_setup(setup_in(file)))):
        if mutation.where not in before:
            yield mutation


@cache
def places(file: Path) -> frozenset[str]:
    return frozenset(mutation.where for mutation in mutations(templates_of(plan_setup(setup_in(file)))))


def test_every_role_of_the_pattern_is_mutated() -> None:
    tried = {where for file in FILES for where in places(file)}
    for role in ROLES:
        assert any(where.startswith(f"{role}.AssumeRolePolicyDocument") for where in tried), role
        assert any(where.startswith(f"{role}Permissions") for where in tried), role


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_change_is_noticed_by_a_probe_or_as_beyond_the_setup(file: Path) -> None:
    tried = list(tried_in(file))
    assert len(tried) > 20
    survived = [mutation.name for mutation in tried if not noticed(file, mutation)]
    assert [name for name in survived if not any(re.search(pattern, name) for pattern in SURVIVORS)] == []


@pytest.mark.parametrize("file", [SEED, SHARED], ids=lambda file: file.stem)
def test_every_change_of_a_trust_policy_and_of_the_way_to_results_and_data_is_noticed_by_a_probe(file: Path) -> None:
    asked = [
        mutation
        for mutation in mutations(templates_of(plan_setup(setup_in(file))))
        if any(document in mutation.name for document in BY_PROBES_ALONE)
    ]
    assert len(asked) > 100
    survived = [mutation.name for mutation in asked if not noticed_by_a_probe(file, mutation.templates)]
    assert [name for name in survived if not UNSEEN.search(name)] == []
    assert any(UNSEEN.search(name) for name in survived)
