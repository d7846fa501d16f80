"""Sessions that may last less long than the setup says.

Source: IAM "Update the maximum session duration for a role", from memory, to be checked against the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakehouse_iam.arns.arn import account_of, name_of
from lakehouse_iam.aws_cli import command
from lakehouse_iam.doctor.case import Case
from lakehouse_iam.doctor.finding import Change, Finding, Patch

_HOUR = 3600


def session(case: Case) -> Iterator[Finding]:
    """Roles whose sessions are too short."""
    for arn, (phase, role) in case.expected.roles.items():
        live = case.role(arn)
        seconds = live.get("session_seconds") if isinstance(live, Mapping) else None
        wanted = (role.session_hours or 1) * _HOUR
        if seconds is None or seconds >= wanted:
            continue
        name = name_of(arn)
        run = command("iam", "update-role", role_name=name, max_session_duration=wanted)
        patch = Patch(
            (Change(account_of(arn), ("roles", name, "session_seconds"), wanted),), commands=(run,), stack=phase.stack
        )
        values = {"role": name, "found": f"{seconds:,}", "wanted": f"{wanted:,}"}
        yield Finding("session-too-short", arn, account_of(arn), case.rank(arn) + 0.2, values, patch=patch)
