"""Instance profiles: not there, empty, with another role, under another path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakehouse_iam.arns.arn import name_of
from lakehouse_iam.aws_cli import AwsCommand, command
from lakehouse_iam.doctor.case import Case
from lakehouse_iam.doctor.finding import Change, Finding, Patch
from lakehouse_iam.plan.phases import Phase
from lakehouse_iam.resources import InstanceProfile
from lakehouse_iam.snapshot.collected import UNREAD


def instance_profiles(case: Case) -> Iterator[Finding]:
    """What is wrong with the instance profiles that the setup makes."""
    for phase, profile in case.expected.instance_profiles:
        found = case.snapshots.of_account(str(phase.account), "instance_profiles", str(profile.name))
        if found is UNREAD:
            continue
        yield from _of_profile(case, phase, profile, found if isinstance(found, Mapping) else None)


def profile_arn(case: Case, phase: Phase, profile: InstanceProfile) -> str:
    """The ARN of a profile."""
    return f"arn:{case.plan.partition}:iam::{phase.account}:instance-profile{profile.path}{profile.name}"


def role_of(case: Case, phase: Phase, profile: InstanceProfile) -> str:
    """The ARN of the role that belongs into a profile."""
    account = str(phase.account)
    return next(
        arn
        for arn, (at, role) in case.expected.roles.items()
        if str(at.account) == account and role.arn.name == profile.role
    )


def _of_profile(
    case: Case, phase: Phase, profile: InstanceProfile, live: Mapping[str, object] | None
) -> Iterator[Finding]:
    arn, role = profile_arn(case, phase, profile), role_of(case, phase, profile)
    if role in case.live.absent and role not in case.live.elsewhere:
        # A profile cannot hold a role that is not there; the role comes first.
        return
    held = live.get("roles", []) if live is not None else []
    roles = [str(one) for one in held] if isinstance(held, list) else []
    if live is None:
        disease, found = "instance-profile-missing", ""
    elif live["arn"] != arn:
        disease, found = "instance-profile-path-differs", str(live["arn"])
    elif not roles:
        disease, found = "instance-profile-empty", ""
    elif roles != [role]:
        disease, found = "instance-profile-holds-other-role", ", ".join(roles)
    else:
        return
    values = {"profile": str(profile.name), "role": name_of(role), "found": found, "wanted": role}
    shown = {"arn": arn, "roles": [role]}
    patch = Patch(
        (Change(str(phase.account), ("instance_profiles", str(profile.name)), shown),),
        commands=tuple(_commands(profile, disease, roles)),
        stack=phase.stack,
    )
    yield Finding(disease, arn, str(phase.account), case.rank(role) - 0.3, values, patch=patch)


def _commands(profile: InstanceProfile, disease: str, held: list[str]) -> Iterator[AwsCommand]:
    name = str(profile.name)
    for role in held:
        yield command("iam", "remove-role-from-instance-profile", instance_profile_name=name, role_name=name_of(role))
    if disease == "instance-profile-path-differs":
        yield command("iam", "delete-instance-profile", instance_profile_name=name)
    if disease in ("instance-profile-missing", "instance-profile-path-differs"):
        yield command("iam", "create-instance-profile", instance_profile_name=name, path=str(profile.path))
    yield command("iam", "add-role-to-instance-profile", instance_profile_name=name, role_name=str(profile.role))
