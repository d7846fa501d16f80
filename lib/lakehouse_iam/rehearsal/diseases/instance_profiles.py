"""Diseases of instance profiles in AWS: gone, empty, with another role, under another path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lakehouse_iam.doctor.finding import Change
from lakehouse_iam.rehearsal.diseases.healthy import Healthy
from lakehouse_iam.rehearsal.diseases.injection import Changes, Inject, Injection

_EVERYBODY = "another-role"


def _each(*steps: str, value: Any) -> Inject:
    """Each instance profile of the setup, with a value in some place of it."""

    def inject(healthy: Healthy) -> Iterator[Changes]:
        for account, name in _profiles(healthy):
            yield (Change(account, ("instance_profiles", name, *steps), value),)

    return inject


def _profiles(healthy: Healthy) -> Iterator[tuple[str, str]]:
    for phase, profile in healthy.expected.instance_profiles:
        if str(profile.name) in healthy.objects(str(phase.account), "instance_profiles"):
            yield str(phase.account), str(profile.name)


def _another_role(healthy: Healthy) -> Iterator[Changes]:
    """A role of the account that is there already, or one that is made for it."""
    for account, name in _profiles(healthy):
        other = f"arn:{healthy.plan.partition}:iam::{account}:role/{_EVERYBODY}"
        yield (Change(account, ("instance_profiles", name, "roles"), [other]),)


def _moved(healthy: Healthy) -> Iterator[Changes]:
    for account, name in _profiles(healthy):
        arn = f"arn:{healthy.plan.partition}:iam::{account}:instance-profile/team/{name}"
        yield (Change(account, ("instance_profiles", name, "arn"), arn),)


INJECTIONS = (
    Injection("instance-profile-missing", _each(value=None)),
    Injection("instance-profile-empty", _each("roles", value=[])),
    Injection("instance-profile-holds-other-role", _another_role),
    Injection("instance-profile-path-differs", _moved),
)
