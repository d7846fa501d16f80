"""Merging statements into a policy that somebody keeps, as a careful admin would, and taking exactly those back out.

    merged = merge(existing_text, handoff.statements, PolicyKind.BUCKET, name="the policy of the bucket sales")
    merged.document, merged.added, merged.already, merged.renamed, merged.blocked_by, merged.size

`meaning` says when two statements are the same and when one lies within others, `blocking` which Deny of the existing policy
stands in the way, `merging` puts it together. Nothing is deployed and nothing is read but the texts.
"""

from lakehouse_iam.policy_merge.blocking import Blocking
from lakehouse_iam.policy_merge.merging import (
    Merged,
    MergeError,
    RenamedSid,
    Unmerged,
    merge,
    policy_size,
    read_policy,
    size_limit,
    unmerge,
)

__all__ = [
    "Blocking",
    "MergeError",
    "Merged",
    "RenamedSid",
    "Unmerged",
    "merge",
    "policy_size",
    "read_policy",
    "size_limit",
    "unmerge",
]
