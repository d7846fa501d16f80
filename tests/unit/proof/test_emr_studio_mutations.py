"""Whoever changes one thing about who may take a role of `emr-studio`, or where results go, is noticed by a probe.

The permissions of the other roles have too many actions for a probe each: whatever is added to them is beyond the setup, and
`test_closed_answer` tries that for every statement.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from policy_mutations import Mutation, mutations

from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.probes.document import probe_document
from lakehouse_iam.proof.from_plan import templates_of
from lakehouse_iam.proof.prove import Prover, deployed_by
from lakehouse_iam.setups import Setup, load_setups

ROOT = Path(__file__).parents[3]
FILES = (ROOT / "examples" / "emr-studio.yaml", ROOT / "tests" / "golden" / "emr-studio" / "three-accounts.yaml")
ASKED = ("AssumeRolePolicyDocument", "LocationRolePermissions", "RegistrationRolePermissions")
# The name of a bucket is unique, so the condition says nothing while the bucket exists; no probe can tell.
UNSEEN = re.compile(r"Condition: drop StringEquals aws:ResourceAccount")


def setup_in(file: Path) -> Setup:
    (setup,) = load_setups(file)
    return setup


def noticed(setup: Setup, mutation: Mutation) -> bool:
    document = probe_document(plan_setup(setup))
    try:
        prover = Prover(deployed_by(mutation.templates, document))
    except LakehouseIamError:
        return True
    return any(not prover.answer(probe).as_expected for probe in document.probes)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_change_of_a_trust_policy_and_of_the_way_to_results_and_data_is_noticed(file: Path) -> None:
    setup = setup_in(file)
    asked = [
        mutation
        for mutation in mutations(templates_of(plan_setup(setup)))
        if any(document in mutation.name for document in ASKED)
    ]
    assert len(asked) > 100
    survived = [mutation.name for mutation in asked if not noticed(setup, mutation)]
    assert [name for name in survived if not UNSEEN.search(name)] == []
    assert any(UNSEEN.search(name) for name in survived)
