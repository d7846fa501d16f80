"""`snapshot --workspace`: what a Databricks workspace holds of a setup."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from lakehouse_iam.cli.databricks_access import databricks_answers, log_in_for
from lakehouse_iam.cli.terminal import say

if TYPE_CHECKING:
    from lakehouse_iam.databricks.workspace_objects import WorkspaceObjects
    from lakehouse_iam.plan import Plan
    from lakehouse_iam.snapshot.document import Snapshot


def read_workspace_of(plan: Plan, host: str, profile: str, *, as_json: bool) -> Snapshot:
    """Read the workspace of a setup.

    Args:
        plan: the setup's plan.
        host: another address of the workspace; empty for the setup's own.
        profile: a profile of Databricks; empty for whatever logs in.
        as_json: whether to say nothing on the way, and how to end where it cannot be read.
    """
    with databricks_answers(as_json=as_json):
        from lakehouse_iam.databricks.clock import SystemClock
        from lakehouse_iam.databricks.login import address_of
        from lakehouse_iam.databricks.workspace_snapshot import read_workspace
        from lakehouse_iam.patterns import pattern_named

        objects = _objects(plan)
        setup = plan.source
        workspace = log_in_for(setup, SystemClock(), host=host, profile=profile)
        own = str(getattr(setup, "host", ""))
        address = address_of(own, "", cloud=pattern_named(plan.pattern).cloud) if own else ""

        def progress(line: str) -> None:
            if not as_json:
                say(f"  {line}", err=True)

        return read_workspace(plan.setup, workspace, objects, datetime.now(timezone.utc), progress, address)


def _objects(plan: Plan) -> WorkspaceObjects:
    from lakehouse_iam.errors import InvalidValue
    from lakehouse_iam.patterns import every_pattern, pattern_named

    reference = pattern_named(plan.pattern).workspace_objects
    if reference is None:
        with_objects = [pattern.name for pattern in every_pattern() if pattern.workspace_objects]
        raise InvalidValue(
            f"the setup {plan.setup} is of the pattern {plan.pattern}, of which a Databricks workspace holds nothing",
            allowed=f"setups of {', '.join(with_objects)}",
        )
    found: WorkspaceObjects = reference.load()(plan.source)
    return found
