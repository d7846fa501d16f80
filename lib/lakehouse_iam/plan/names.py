"""The ids that plans give to the resources of a bucket within a stack."""

from __future__ import annotations

import hashlib

from lakehouse_iam.arns import BucketName


def bucket_id(bucket: BucketName) -> str:
    """A bucket's name as part of a resource id; where joining its words would hide how it was split, with a hash."""
    words = bucket.value.split("-")
    joined = "".join(word.capitalize() for word in words)
    if all(word and not word[0].isdigit() for word in words[1:]):
        return joined
    return joined + hashlib.sha256(bucket.value.encode()).hexdigest()[:8].upper()
