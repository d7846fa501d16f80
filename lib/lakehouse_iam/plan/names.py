"""The ids that plans give to resources within a stack, made of the names of buckets and roles."""

from __future__ import annotations

import hashlib
import re

from lakehouse_iam.arns import BucketName, RoleName


def bucket_id(bucket: BucketName) -> str:
    """A bucket's name as part of a resource id; where joining its words would hide how it was split, with a hash."""
    words = bucket.value.split("-")
    joined = "".join(word.capitalize() for word in words)
    if all(word and not word[0].isdigit() for word in words[1:]):
        return joined
    return joined + hashlib.sha256(bucket.value.encode()).hexdigest()[:8].upper()


def role_id(role: RoleName) -> str:
    """A role's name as part of a resource id and of Sids; with a hash where the name is not its words in lower case."""
    words = re.findall("[a-z0-9]+", role.value.lower())
    joined = "".join(word.capitalize() for word in words)
    if "-".join(words) == role.value and not any(word[0].isdigit() for word in words[1:]):
        return joined
    return joined + hashlib.sha256(role.value.encode()).hexdigest()[:8].upper()
