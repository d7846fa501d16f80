"""No statement of any plan says `*` where AWS takes something narrower: neither for actions nor for resources.

The evaluator's table of the Service Authorization Reference says which actions take resources.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lakehouse_iam.evaluator.service_actions import service_actions
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.policy import PolicyDocument
from lakehouse_iam.policy_elements import listed
from lakehouse_iam.setups import load_setups
from lakehouse_iam.snapshot.permissions import reader_policies
from lakehouse_iam.snapshot.subjects import accounts_of, subjects_of

ROOT = Path(__file__).parents[3]
FILES = sorted([*(ROOT / "examples").glob("*.yaml"), *(ROOT / "tests" / "golden").glob("*/*.yaml")])
# A key policy's `*` is the key itself, and the administration of a key that a setup makes is its account's.
_IN_KEY_POLICIES = "Principal"
# Not in the table. What their actions that read take is not known well enough to narrow them.
_NOT_IN_THE_TABLE = ("organizations:Describe", "organizations:List", "ec2:Describe", "sso-directory:SearchUsers")


def plans(file: Path) -> Iterator[Plan]:
    yield from (plan_setup(setup) for setup in load_setups(file))


def documents(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every policy of a plan, and that of who reads each of its accounts."""
    for phase in plan.phases:
        for resource in phase.resources:
            for name in ("document", "policy"):
                found = getattr(resource, name, None)
                if isinstance(found, PolicyDocument):
                    yield f"{phase.id}.{resource.id}", found.to_json()
    for account in accounts_of(plan):
        for policy in reader_policies(subjects_of(plan, account)):
            yield f"reader of {account}", policy.document.to_json()


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_star_stands_only_where_the_action_takes_no_resource(file: Path) -> None:
    wide = []
    for plan in plans(file):
        for name, document in documents(plan):
            for statement in document["Statement"]:
                if statement["Effect"] != "Allow" or _IN_KEY_POLICIES in statement:
                    continue
                for action in listed(statement["Action"]):
                    service, _, operation = action.partition(":")
                    assert "*" not in action, (name, action)
                    known = service_actions(service)
                    if action.startswith(_NOT_IN_THE_TABLE) or "*" not in listed(statement["Resource"]):
                        continue
                    if known is None or known.actions[operation]:
                        wide.append((name, statement.get("Sid"), action))
    assert wide == []
