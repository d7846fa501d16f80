"""`snapshot --from`: a snapshot of what the printed script, or the AWS CLI itself, put out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakehouse_iam.cli.answers import wrong_input

if TYPE_CHECKING:
    from lakehouse_iam.plan import Plan
    from lakehouse_iam.snapshot.document import Snapshot


def converted(plan: Plan, source: str, account: str | None, *, as_json: bool) -> Snapshot:
    """The snapshot that a file becomes.

    Args:
        plan: the setup's plan.
        source: the file.
        account: the account that it must be of; none for any account of the setup.
        as_json: how to end where it cannot be read.
    """
    from lakehouse_iam.errors import InvalidValue
    from lakehouse_iam.snapshot.any_file import load_for

    with wrong_input(as_json=as_json):
        (snapshot,) = load_for(plan, [source]).found
        if account and snapshot.account != account:
            raise InvalidValue(
                f"{source} is of {snapshot.account or snapshot.workspace}", allowed=f"the account {account}"
            )
    return snapshot
