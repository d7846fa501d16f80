"""KMS keys for a rehearsal: the id of a key cannot be chosen, so each key of the setup gets a stand-in."""

from __future__ import annotations

from lakehouse_iam.arns import KeyArn
from lakehouse_iam.rehearsal.accounts import root_of
from lakehouse_iam.rehearsal.local_aws import LocalAws
from lakehouse_iam.setups import Setup
from lakehouse_iam.setups.buckets import SetupWithBuckets


def with_local_keys(aws: LocalAws, setup: Setup) -> Setup:
    """The same setup with every key replaced by one that was made on the local AWS in the same account."""
    if not isinstance(setup, SetupWithBuckets):
        return setup
    keys = sorted({bucket.key for bucket in setup.buckets if bucket.key}, key=str)
    local = {key: _make_key(aws, key) for key in keys}
    return setup.with_keys(local)


def _make_key(aws: LocalAws, key: KeyArn) -> KeyArn:
    answer = root_of(aws, str(key.account)).kms().create_key(Description=f"stands in for {key.key_id}")
    return KeyArn.parse(answer["KeyMetadata"]["Arn"])
