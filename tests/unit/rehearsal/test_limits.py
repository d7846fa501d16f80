"""What the local AWS cannot judge is recognised by the probe alone."""

from __future__ import annotations

import pytest

from lakehouse_iam.probes import Expected, Probe
from lakehouse_iam.rehearsal.limits import OTHER_ACCOUNTS_BUCKET, not_judged

MASTER = "arn:aws:iam::414351767826:role/master"
ROLE = "arn:aws:iam::444455556666:role/uc"
OWNERS = {"own": "444455556666", "partner": "777788889999"}


def reason(bucket: str, assumes: tuple[str, ...], action: str = "s3:GetObject") -> str:
    probe = Probe("?", MASTER, assumes, action, f"arn:aws:s3:::{bucket}/key", Expected.ALLOW)
    return not_judged(probe, frozenset(), OWNERS)


def test_a_role_at_a_bucket_of_another_account_is_not_judged_and_the_reason_is_said() -> None:
    assert reason("partner", (ROLE,)) == OTHER_ACCOUNTS_BUCKET
    assert "against that account's root where AWS takes the role" in OTHER_ACCOUNTS_BUCKET


@pytest.mark.parametrize(
    ("bucket", "assumes"),
    [("own", (ROLE,)), ("unknown-sister", (ROLE,)), ("partner", ())],
    ids=["own bucket", "no bucket of the setup", "an outsider, whom AWS refuses too"],
)
def test_everything_else_at_a_bucket_is_judged(bucket: str, assumes: tuple[str, ...]) -> None:
    assert reason(bucket, assumes) == ""
