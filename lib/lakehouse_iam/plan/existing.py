"""What a plan expects to find of the buckets that a setup names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lakehouse_iam.resources import Existing, ExistingBucket, ExistingKey
from lakehouse_iam.setups.buckets import Bucket


def existing_of(buckets: Sequence[Bucket]) -> Iterator[Existing]:
    """The keys, and the buckets that the setup does not create."""
    for key in sorted({bucket.key for bucket in buckets if bucket.key}, key=str):
        yield ExistingKey(key)
    for bucket in buckets:
        if not bucket.create:
            yield ExistingBucket(bucket.name, bucket.object_ownership, bucket.key)
