"""The least that a reader of snapshots must be allowed: the actions of `requests`, on the setup's own objects where that can be.

What only an answer names, such as the policies of a role or the default key of a bucket, is allowed as a kind in the account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse_iam.policy import PackedPolicy, PolicyDocument, Statement, pack
from lakehouse_iam.snapshot.requests import every_request
from lakehouse_iam.snapshot.subjects import Subjects


@dataclass(frozen=True, order=True)
class _Right:
    """One action on one resource."""

    resource: str
    action: str


def reader_policies(subjects: Subjects) -> tuple[PackedPolicy, ...]:
    """The policies of a reader: identity policies, as many as their size asks for, none over what a managed policy may have.

    Args:
        subjects: what will be read.

    Raises:
        QuotaExceeded: a single name takes more than a whole policy.
    """
    rights = sorted({_Right(resource, one.call.action) for one in every_request(subjects) for resource in one.grants})
    return pack(
        rights,
        group=lambda right: right.resource,
        key=lambda right: f"{right.resource} {right.action}",
        render=_document,
    )


def _document(rights: Sequence[_Right]) -> PolicyDocument:
    """Statements by sets of actions: objects of a kind share one."""
    actions: dict[str, list[str]] = {}
    for right in rights:
        actions.setdefault(right.resource, []).append(right.action)
    resources: dict[tuple[str, ...], list[str]] = {}
    for resource, allowed in actions.items():
        resources.setdefault(tuple(sorted(allowed)), []).append(resource)
    return PolicyDocument(tuple(Statement(allowed, tuple(sorted(on))) for allowed, on in sorted(resources.items())))
