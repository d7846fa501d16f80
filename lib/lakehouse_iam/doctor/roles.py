"""Roles that are not there, or that are there under another path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakehouse_iam.arns.arn import account_of, name_of
from lakehouse_iam.aws_cli import command, json_document
from lakehouse_iam.doctor.case import Case
from lakehouse_iam.doctor.finding import Change, Finding, Patch
from lakehouse_iam.resources import ManagedPolicy, Role

_HOUR = 3600


def roles(case: Case) -> Iterator[Finding]:
    """The setup's roles that no account has."""
    for arn in case.live.absent:
        if ":role/" not in arn:
            continue
        elsewhere = case.live.elsewhere.get(arn, "")
        disease = "role-path-differs" if elsewhere else "role-missing"
        values = {"role": name_of(arn), "found": elsewhere, "wanted": arn}
        yield Finding(
            disease,
            arn,
            account_of(arn),
            case.rank(arn) - 0.5,
            values,
            patch=_made_anew(case, arn),
            links=case.links_through(arn),
        )


def _made_anew(case: Case, arn: str) -> Patch:
    """The role as the setup makes it. One under another path must go first, for names are unique whatever the path."""
    if arn not in case.expected.roles:
        return Patch()
    phase, role = case.expected.roles[arn]
    account, name = str(phase.account), name_of(arn)
    meant = case.live.meaning.deployed.roles[arn]
    trust = meant.trust.document if meant.trust is not None else {}
    attached = {
        f"arn:{case.plan.partition}:iam::{account}:policy/{policy}": {"version": "v1", "document": written.document}
        for policy, written in meant.identity.items()
        if (account, policy) in case.expected.managed_policies
    }
    inline = {
        policy: written.document
        for policy, written in meant.identity.items()
        if (account, policy) not in case.expected.managed_policies
    }
    shown = {
        "arn": arn,
        "trust": trust,
        "inline": inline,
        "attached": attached,
        "boundary": None,
        "session_seconds": (role.session_hours or 1) * _HOUR,
        "tags": {},
    }
    return Patch(
        (Change(account, ("roles", name), shown),),
        (),
        trust,
        (*_commands(case, arn, role, trust),),
        phase.stack,
    )


def _commands(case: Case, arn: str, role: Role, trust: dict[str, object]) -> Iterator[str]:
    name, account = name_of(arn), account_of(arn)
    if arn in case.live.elsewhere:
        yield from _taken_away(case, case.live.elsewhere[arn])
    made = command(
        "iam",
        "create-role",
        role_name=name,
        path=str(role.arn.path),
        max_session_duration=(role.session_hours or 1) * _HOUR,
        assume_role_policy_document=json_document(trust),
    )
    yield str(
        made.with_options(("permissions-boundary", str(boundary))) if (boundary := role.permissions_boundary) else made
    )
    for (of, policy), (_, one) in case.expected.managed_policies.items():
        if of == account and _is_of(one, name):
            own = f"arn:{case.plan.partition}:iam::{account}:policy/{policy}"
            document = json_document(one.document.to_json())
            # A policy outlives the roles that it was attached to.
            there = command("iam", "get-policy", policy_arn=own)
            created = command("iam", "create-policy", policy_name=policy, policy_document=document)
            yield f"{there} > /dev/null 2>&1 || {created}"
            yield str(command("iam", "attach-role-policy", role_name=name, policy_arn=own))
    for profile in _profiles_with(case, case.live.elsewhere.get(arn, "")):
        yield str(command("iam", "add-role-to-instance-profile", instance_profile_name=profile, role_name=name))


def _taken_away(case: Case, arn: str) -> Iterator[str]:
    """The role under the wrong path, for there cannot be two of a name: IAM deletes only one that holds nothing."""
    name, role = name_of(arn), case.role(arn)
    for profile in _profiles_with(case, arn):
        yield str(command("iam", "remove-role-from-instance-profile", instance_profile_name=profile, role_name=name))
    if isinstance(role, Mapping):
        for policy in role.get("inline", {}):
            yield str(command("iam", "delete-role-policy", role_name=name, policy_name=policy))
        for policy in role.get("attached", {}):
            yield str(command("iam", "detach-role-policy", role_name=name, policy_arn=policy))
    yield str(command("iam", "delete-role", role_name=name))


def _profiles_with(case: Case, arn: str) -> Iterator[str]:
    """The names of the instance profiles that hold a role."""
    snapshot = case.snapshots.accounts.get(account_of(arn))
    for name, profile in (snapshot.objects("instance_profiles") if snapshot is not None else {}).items():
        if profile is not None and arn in profile.get("roles", ()):
            yield name


def _is_of(policy: ManagedPolicy, role: str) -> bool:
    return str(policy.role) == role
