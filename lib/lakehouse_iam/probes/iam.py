"""What a role must not change about itself."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.probes.buckets import AccessPath
from lakehouse_iam.probes.probe import Expected, Probe


def iam_probes(path: AccessPath, who: str, role: str) -> Iterator[Probe]:
    """Whether a role can make itself stronger.

    Args:
        path: to a session of the role.
        who: the role in words.
        role: its ARN.
    """
    yield path.probe(f"{who} gives itself more permissions", "iam:PutRolePolicy", role, Expected.DENY)
    yield path.probe(f"{who} changes whom it trusts", "iam:UpdateAssumeRolePolicy", role, Expected.DENY)


def iam_probes_of_another(path: AccessPath, who: str, whose: str, role: str) -> Iterator[Probe]:
    """Whether one role can make another stronger.

    Args:
        path: to a session of the role that asks.
        who: that role in words.
        whose: the other in words.
        role: the ARN of the other.
    """
    yield path.probe(f"{who} gives {whose} more permissions", "iam:PutRolePolicy", role, Expected.DENY)
    yield path.probe(f"{who} changes whom {whose} trusts", "iam:UpdateAssumeRolePolicy", role, Expected.DENY)
