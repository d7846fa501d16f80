"""No patch opens what was not open: every disease is brought about, mended, and held against the world before it.

What a disease itself opens stays open until somebody closes it; the doctor tells it as open. A patch may add to that nothing.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from lakehouse_iam.aws_cli import AwsCommand
from lakehouse_iam.doctor import Diagnosis, after_patch, diagnose
from lakehouse_iam.languages import Language
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.policy_merge.meaning import meaning
from lakehouse_iam.proof.closed import beyond_policies
from lakehouse_iam.proof.deployed import Deployed
from lakehouse_iam.snapshot.document import Snapshot
from lakehouse_iam.snapshot.live_world import live_world
from tests.unit.doctor.injected import DEPLOYMENT, INJECTED, IP, A, Injected, deny, plans_in, policy, scp
from tests.unit.healthy_snapshots import as_snapshots, healthy

Json = dict[str, Any]
_ORGANIZATION = {"scp-allows-too-little"}
"""Patches of what only caps: an SCP has no resource of one setup."""


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Plan]:
    return plans_in(tmp_path_factory.mktemp("setups"))


@pytest.fixture(scope="module")
def wells(plans: dict[str, Plan]) -> dict[str, Deployed]:
    return {name: deployed(plan, as_snapshots(healthy(plan))) for name, plan in plans.items()}


def deployed(plan: Plan, snapshots: Sequence[Snapshot]) -> Deployed:
    return live_world(plan, snapshots).deployed


def openings(now: Deployed, before: Deployed) -> set[tuple[str, str]]:
    # A statement may stand at another number and say the same.
    return {
        (str(one.where), re.sub(r"statement \\d+", "statement", one.what)) for one in beyond_policies(now, before, ())
    }


def sick(case: Injected, plan: Plan) -> tuple[tuple[Snapshot, ...], Diagnosis]:
    contents = healthy(plan)
    case.inject(contents)
    snapshots = tuple(as_snapshots(contents))
    return snapshots, diagnose(plan, snapshots)


@pytest.mark.parametrize("case", INJECTED, ids=lambda case: case.id)
def test_a_patch_opens_nothing_that_was_closed_and_says_what_it_risks(
    case: Injected, plans: dict[str, Plan], wells: dict[str, Deployed]
) -> None:
    plan, well = plans[case.setup], wells[case.setup]
    snapshots, found = sick(case, plan)
    for broken in found.broken:
        patch = broken.patch
        mended = after_patch(snapshots, patch)
        opened = openings(deployed(plan, mended), well) - openings(deployed(plan, snapshots), well)
        assert not opened, (broken.finding.disease, opened)
        meant = [meaning(one) for one in statements_of([plan_document(plan)])]
        for statement in patch.statements:
            if meaning(statement) not in meant and broken.finding.disease not in _ORGANIZATION:
                assert_modest(statement)
        removed = denies(snapshots) - denies(mended)
        kinds = {one.kind for one in broken.risks}
        assert bool(removed) is bool(kinds & {"removes-deny", "excepts-from-deny"}), (removed, kinds)
        touches = {change.path[0] for change in patch.changes}
        assert ("organization" in touches) is ("changes-organization" in kinds)
        assert ("key-disabled" in broken.finding.disease) <= ("enables-key" in kinds)
        assert any(change.path[-1] == "boundary" for change in patch.changes) is ("changes-boundary" in kinds)
        told = broken.to_json(Language.ENGLISH)["patch"]["risks"]
        assert [one["kind"] for one in told] == [one.kind for one in broken.risks]
        for language in Language:
            assert all(one.what.in_words(language) for one in broken.risks)


def assert_modest(statement: Json) -> None:
    """A statement that nobody planned gives nobody everything."""
    assert statement["Effect"] == "Allow"
    principals = statement.get("Principal")
    assert principals != "*"
    assert not isinstance(principals, dict) or "*" not in str(principals.get("AWS"))
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    assert not [one for one in actions if one == "*" or one.endswith(":*")]
    assert statement.get("Resource") != "*"
    assert not {"NotAction", "NotResource", "NotPrincipal"} & set(statement)


def plan_document(plan: Plan) -> list[Json]:
    """Every policy that the plan writes or hands off."""
    found = []
    for phase in plan.phases:
        for resource in phase.resources:
            for name in ("trust", "document"):
                document = getattr(resource, name, None)
                if document is not None and hasattr(document, "to_json"):
                    found.append(document.to_json())
        found.append({"Statement": [one.to_json() for handoff in phase.handoffs for one in handoff.statements]})
    return found


def statements_of(value: Any) -> Iterator[Json]:
    """Every statement of every policy in a value."""
    if isinstance(value, dict):
        listed = value.get("Statement")
        if listed is None:
            for inner in value.values():
                yield from statements_of(inner)
        else:
            yield from (one for one in (listed if isinstance(listed, list) else [listed]) if isinstance(one, dict))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from statements_of(inner)


def denies(snapshots: Sequence[Snapshot]) -> set[str]:
    return {
        json.dumps(one, sort_keys=True)
        for snapshot in snapshots
        for one in statements_of(dict(snapshot.content))
        if one.get("Effect") == "Deny"
    }


# ---------------------------------------------------------------- names of others in commands


HOSTILE = "x$(touch pwned)`touch pwned`';\"\\ touch pwned"


def test_the_name_of_an_scp_is_only_data_in_commands(plans: dict[str, Plan], tmp_path: Path) -> None:
    plan = plans[IP]
    contents = healthy(plan)
    guard = deny(action="sts:AssumeRole")
    organization = scp(policy(guard))
    organization["service_control_policies"] = [
        {HOSTILE if name == "Guard" else name: document for name, document in level.items()}
        for level in organization["service_control_policies"]
    ]
    contents[A]["organization"] = organization
    found = diagnose(plan, as_snapshots(contents))
    (broken,) = [one for one in found.broken if one.finding.disease == "scp-denies"]
    assert DEPLOYMENT in broken.finding.values["caller"]
    texts = [one.shell() if isinstance(one, AwsCommand) else one for one in broken.patch.commands]
    asked = next(text for text in texts if "list-policies" in text)
    said = subprocess.run(
        ["sh"],
        input=f"aws() {{ printf '%s\\n' \"$@\"; }}\n{asked}\n",
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Policies[?Name==`" + json.dumps(HOSTILE).replace("`", "\\`") + "`].Id" in said.stdout.splitlines()
    assert list(tmp_path.iterdir()) == []
