"""Diseases of roles as such: gone, under another path, too new, or with sessions that are too short."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.arns.arn import account_of, name_of
from lakehouse_iam.doctor.finding import Change
from lakehouse_iam.rehearsal.diseases.healthy import Healthy
from lakehouse_iam.rehearsal.diseases.injection import Changes, Injection
from lakehouse_iam.rehearsal.diseases.names import under_path

_HOUR = 3600


def _gone(healthy: Healthy) -> Iterator[Changes]:
    for arn in healthy.made_roles:
        # A role must leave its instance profile before it can be deleted.
        for name, profile in healthy.objects(account_of(arn), "instance_profiles").items():
            if arn in profile["roles"]:
                emptied = Change(account_of(arn), ("instance_profiles", name, "roles"), [])
                yield emptied, Change(account_of(arn), ("roles", name_of(arn)), None)
                break
        else:
            yield (Change(account_of(arn), ("roles", name_of(arn)), None),)


def _moved(healthy: Healthy) -> Iterator[Changes]:
    for arn in healthy.made_roles:
        yield (Change(account_of(arn), ("roles", name_of(arn), "arn"), under_path(arn)),)


def _short(healthy: Healthy) -> Iterator[Changes]:
    for arn, (_, role) in healthy.expected.roles.items():
        if healthy.role(arn) is not None and (role.session_hours or 1) > 1:
            yield (Change(account_of(arn), ("roles", name_of(arn), "session_seconds"), _HOUR),)


def _just_made(healthy: Healthy) -> Iterator[Changes]:
    for arn in healthy.made_roles:
        account = account_of(arn)
        taken = healthy.contents[account]["taken"]
        yield (Change(account, ("roles", name_of(arn), "created"), taken),)


INJECTIONS = (
    Injection("role-missing", _gone),
    Injection("role-path-differs", _moved),
    Injection("session-too-short", _short),
    Injection("not-propagated-yet", _just_made, mended=False),
)
