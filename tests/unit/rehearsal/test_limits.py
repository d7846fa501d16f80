"""What the local AWS cannot judge is recognised by the probes alone."""

from __future__ import annotations

import pytest

from lakehouse_iam.probes import Expected, Probe
from lakehouse_iam.rehearsal.limits import OTHER_ACCOUNTS_BUCKET, not_judged, used_across_accounts

MASTER = "arn:aws:iam::414351767826:role/master"
ROLE = "arn:aws:iam::444455556666:role/uc"
OTHER_ROLE = "arn:aws:iam::444455556666:role/another"
OWNERS = {"own": "444455556666", "partner": "777788889999"}


def probe(bucket: str, *assumes: str, expected: Expected = Expected.ALLOW, action: str = "s3:GetObject") -> Probe:
    return Probe("?", MASTER, assumes, action, f"arn:aws:s3:::{bucket}/key", expected)


PROBES = (probe("own", ROLE), probe("partner", ROLE), probe("partner", OTHER_ROLE, expected=Expected.DENY))
ACROSS = used_across_accounts(PROBES, OWNERS)


def test_what_a_role_is_to_use_in_another_account_is_found() -> None:
    assert {(ROLE, "partner")} == ACROSS


@pytest.mark.parametrize("expected", list(Expected))
def test_whatever_that_role_asks_there_is_not_judged_and_the_reason_is_said(expected: Expected) -> None:
    for action in ("s3:GetObject", "s3:DeleteBucket"):
        assert not_judged(probe("partner", ROLE, expected=expected, action=action), frozenset(), ACROSS) == (
            OTHER_ACCOUNTS_BUCKET
        )
    assert "against that account's root where AWS takes the role" in OTHER_ACCOUNTS_BUCKET


@pytest.mark.parametrize(
    "asked",
    [
        probe("own", ROLE),
        probe("sister", ROLE, expected=Expected.DENY),
        probe("partner", OTHER_ROLE, expected=Expected.DENY),
        probe("partner", expected=Expected.DENY),
    ],
    ids=["its own bucket", "no bucket of the setup", "a role that is not to use it", "an outsider"],
)
def test_everything_else_at_a_bucket_is_judged(asked: Probe) -> None:
    assert not_judged(asked, frozenset(), ACROSS) == ""
