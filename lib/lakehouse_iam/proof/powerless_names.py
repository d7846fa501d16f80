"""Principals that an Allow statement names, that the setup does not, and that nobody can use as things are.

No request is evidence for them, because AWS lets none of them in today: a provider of another account, a principal of
another partition, and the unique id of a principal, which IAM turns into the principal that has it, or leaves in place of one
that was deleted. They stand in a policy beyond the setup all the same.
Source: IAM "AWS JSON policy elements: Principal", "Create a role for SAML 2.0 federation", read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.policies import Policy

_PROVIDERS = ("saml-provider/", "oidc-provider/")


@dataclass(frozen=True)
class PowerlessName:
    """A principal that a statement names.

    Args:
        name: as it is written.
        statement: the statement, as sentences call it.
        why: why it lets nobody in as things are.
    """

    name: str
    statement: str
    why: str


def powerless_names(found: Policy | None, meant: Policy | None, arn: str) -> Iterator[PowerlessName]:
    """Every such principal.

    Args:
        found: the policy of a role, bucket or key.
        meant: the setup's.
        arn: of the role, bucket or key.
    """
    known = {name for name, _ in _allowed(meant)}
    holder = split_arn(arn)
    if holder is None:
        return
    for name, statement in _allowed(found):
        why = _why_powerless(name, holder.partition, holder.account)
        if why and name not in known:
            yield PowerlessName(name, statement, why)


def _allowed(policy: Policy | None) -> Iterator[tuple[str, str]]:
    for statement in policy.parsed.statements if policy is not None else ():
        principal = statement.principal
        if statement.allow and principal is not None and not principal.excludes:
            for name in (*sorted(principal.named), *principal.orphans):
                if not name.startswith("role:"):
                    yield name, statement.label


def _why_powerless(name: str, partition: str, account: str) -> str:
    arn = split_arn(name)
    if arn is None:
        is_service_or_account = "." in name or name.isdigit()
        return "" if is_service_or_account else "IAM puts the principal that has this unique id in its place"
    if arn.partition != partition:
        return f"it is of the partition {arn.partition}"
    if account and arn.account != account and arn.resource.startswith(_PROVIDERS):
        return f"it is of the account {arn.account}, and STS takes providers of the role's own account only"
    return ""
