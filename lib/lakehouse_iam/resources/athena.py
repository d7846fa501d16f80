"""Athena workgroups. One with Identity Center is a custom resource: CloudFormation has no property for it."""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse_iam.arns import AccountId, KeyArn


@dataclass(frozen=True)
class Workgroup:
    """A regular workgroup, whose queries run and keep their results with the role of who asks.

    Args:
        id: its id within the stack.
        name: its name.
        results: where results are written, such as `s3://bucket/folder/`.
        owner: the account that must own the bucket.
        key: the key of the results.
        after: the `id`s of what must be there first.
    """

    id: str
    name: str
    results: str
    owner: AccountId
    key: KeyArn | None = None
    after: tuple[str, ...] = ()
