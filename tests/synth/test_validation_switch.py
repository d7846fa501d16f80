"""The validations can be switched off for one part of an app, with a reason that the report keeps."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from aws_cdk import App, Stack
from foreign_app import OWNER

from lakehouse_iam.cdk import BucketOwnerRole, switch_off_validation
from lakehouse_iam.errors import InvalidValue

pytestmark = pytest.mark.synth

MISSING = "arn:aws:iam::444455556666:role/missing"


def test_nothing_fails_inside_the_scope_and_the_report_keeps_the_reason(new_foreign_app: Callable[[], App]) -> None:
    app = new_foreign_app()
    role = BucketOwnerRole(Stack(app, "Lake", env=OWNER), "Owner", trusted_role=MISSING)
    switch_off_validation(role, reason="the platform team's app makes that role")
    report = json.loads((Path(app.synth().directory) / "validation-report.json").read_text())
    suppressed = [found for plugin in report["pluginReports"] for found in plugin.get("suppressedViolations", ())]
    assert {found["reason"] for found in suppressed} == {"the platform team's app makes that role"}
    assert {found["acknowledgedId"] for found in suppressed} == {"lakehouse-iam::PrincipalExists"}


def test_another_scope_is_still_checked(new_foreign_app: Callable[[], App]) -> None:
    app = new_foreign_app()
    switched_off, other = (
        BucketOwnerRole(Stack(app, id, env=OWNER), "Owner", trusted_role=MISSING) for id in ("A", "B")
    )
    switch_off_validation(switched_off, reason="the platform team's app makes that role")
    with pytest.raises(RuntimeError) as caught:
        app.synth()
    assert f"{other.node.path}/Role/Resource" in str(caught.value)
    assert f"{switched_off.node.path}/Role/Resource" not in str(caught.value)


def test_a_reason_is_needed(stack: Stack) -> None:
    with pytest.raises(InvalidValue, match="a sentence that says why"):
        switch_off_validation(stack, reason=" ")
