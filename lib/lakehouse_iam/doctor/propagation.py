"""Roles that were made a moment ago: IAM takes some seconds until every service knows them.

Sources: IAM "Troubleshoot IAM: changes that I make are not always immediately visible", read 2026-11-21;
hashicorp/terraform-provider-aws issue 6566 (10 to 30 seconds), read 2026-11-21.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from lakehouse_iam.arns.arn import account_of, name_of
from lakehouse_iam.doctor.case import Case
from lakehouse_iam.doctor.finding import Finding
from lakehouse_iam.moments import read_utc

PROPAGATION = timedelta(minutes=2)
"""Four times what was measured in the field."""


def propagation(case: Case) -> Iterator[Finding]:
    """Roles that are so new that AWS may still refuse them."""
    for arn in case.expected.roles:
        live = case.role(arn)
        created = live.get("created") if isinstance(live, Mapping) else None
        if created is None:
            continue
        taken = case.snapshots.accounts[account_of(arn)].taken
        age = taken - read_utc(created)
        if age < PROPAGATION:
            values = {"role": name_of(arn), "found": str(int(age.total_seconds()))}
            rank = float(len(case.live.probes)) + case.rank(arn)
            yield Finding("not-propagated-yet", arn, account_of(arn), rank, values)
