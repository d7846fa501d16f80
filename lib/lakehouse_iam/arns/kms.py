"""ARNs of KMS keys. Source: KMS "Key identifiers (KeyId)", read 2026-11-21."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lakehouse_iam.arns.arn import AccountId, Arn
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import partition_of_region

_KEY_ID = re.compile(r"(mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")


@dataclass(frozen=True)
class KeyArn:
    """The ARN of a KMS key. Never an alias: IAM ignores alias ARNs as the identity of a key."""

    partition: str
    region: str
    account: AccountId
    key_id: str

    @classmethod
    def parse(cls, text: str) -> KeyArn:
        """Read a key's ARN.

        Raises:
            InvalidValue: an alias (with the reason), a bare key id, or the ARN of anything else.
        """
        form = "arn:partition:kms:region:account:key/key-id"
        if "alias/" in text:
            raise InvalidValue(
                f"{text!r} is a KMS alias",
                allowed=f"allowed is the key's own ARN, {form}",
                next_step="policies identify a key by its key ARN only; "
                f"aws kms describe-key --key-id {text!r} --query KeyMetadata.Arn shows it",
            )
        if _KEY_ID.fullmatch(text):
            raise InvalidValue(
                f"{text!r} is a key id",
                allowed=f"allowed is the key's whole ARN, {form}",
                next_step="a key of another account is found by its ARN only",
            )
        arn = Arn.parse(text)
        key_id = arn.resource.removeprefix("key/")
        if arn.service != "kms" or not arn.resource.startswith("key/") or not _KEY_ID.fullmatch(key_id):
            raise InvalidValue(f"{text!r} is not a KMS key's ARN", allowed=form)
        if partition_of_region(arn.region).name != arn.partition:
            raise InvalidValue(
                f"{text!r} names the region {arn.region}, which is not in the partition {arn.partition}",
                allowed=f"the partition of {arn.region} is {partition_of_region(arn.region).name}",
            )
        return cls(arn.partition, arn.region, AccountId.parse(arn.account), key_id)

    def __str__(self) -> str:
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:key/{self.key_id}"
