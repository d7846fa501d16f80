"""Diseases of KMS keys as such: gone, disabled, about to be deleted, of another kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lakehouse_iam.arns.arn import account_of
from lakehouse_iam.doctor.finding import Change
from lakehouse_iam.rehearsal.diseases.healthy import Healthy
from lakehouse_iam.rehearsal.diseases.injection import Changes, Inject, Injection


def _each(*steps: str, value: Any) -> Inject:
    """Each key of the setup, with a value in some place of it."""

    def inject(healthy: Healthy) -> Iterator[Changes]:
        for arn in healthy.keys:
            yield (Change(account_of(arn), ("keys", arn, *steps), value),)

    return inject


INJECTIONS = (
    Injection("key-missing", _each(value=None), mended=False),
    Injection("key-disabled", _each("state", value="Disabled")),
    Injection("key-pending-deletion", _each("state", value="PendingDeletion")),
    Injection(
        "key-not-usable",
        _each("state", value="PendingImport"),
        mended=False,
        not_held="its keys are never without their material",
    ),
    Injection("key-not-symmetric", _each("spec", value="RSA_2048"), mended=False),
)
