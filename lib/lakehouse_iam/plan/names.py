"""Names that plans give: of policies in AWS, and of a bucket's resources within a stack."""

from __future__ import annotations

import hashlib

from lakehouse_iam.arns import BucketName
from lakehouse_iam.policy import PackedPolicy


def policy_name(role: str, purpose: str, policy: PackedPolicy) -> str:
    """The name of one of the policies that a role's permissions were packed into."""
    return "-".join(part for part in (role, purpose, policy.label) if part)


def bucket_id(bucket: BucketName) -> str:
    """A bucket's name as part of a resource id; where joining its words would hide how it was split, with a hash."""
    words = bucket.value.split("-")
    joined = "".join(word.capitalize() for word in words)
    if all(word and not word[0].isdigit() for word in words[1:]):
        return joined
    return joined + hashlib.sha256(bucket.value.encode()).hexdigest()[:8].upper()
