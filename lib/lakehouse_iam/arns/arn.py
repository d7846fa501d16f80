"""ARNs of any service, and the account ids in them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import partition_named

ACCOUNT_ID = re.compile(r"[0-9]{12}")
# What policies do not read literally: wildcards, and the beginning of a policy variable.
WILDCARDS = "*?$"


@dataclass(frozen=True)
class Arn:
    """An Amazon Resource Name split into its six fields; the last keeps its own colons and slashes."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn:
        """Split an ARN.

        Raises:
            InvalidValue: not six fields, or a partition that the library does not know.
        """
        fields = text.split(":", 5)
        if len(fields) != 6 or fields[0] != "arn" or not fields[5]:
            raise InvalidValue(
                f"{text!r} is not an ARN", allowed="an ARN is arn:partition:service:region:account:resource"
            )
        partition_named(fields[1])
        return cls(*fields[1:])

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def account_of(arn: str) -> str:
    """The account in an ARN that nobody has checked; empty for a service, an address, and an ARN without an account."""
    fields = arn.split(":", 5)
    return fields[4] if len(fields) == 6 else ""


def name_of(arn: str) -> str:
    """The last part of an ARN that nobody has checked: the name without its path."""
    return arn.rpartition("/" if "/" in arn else ":")[2]


@dataclass(frozen=True)
class AccountId:
    """An AWS account: exactly twelve digits, kept as text because many start with a zero."""

    value: str

    @classmethod
    def parse(cls, text: str) -> AccountId:
        """Check an account id.

        Raises:
            InvalidValue: anything but twelve digits.
        """
        if not ACCOUNT_ID.fullmatch(text):
            raise InvalidValue(
                f"{text!r} is not an AWS account id", allowed='allowed are exactly 12 digits, in quotes: "111122223333"'
            )
        return cls(text)

    def __str__(self) -> str:
        return self.value
