"""IAM Identity Center: its instance, and the users and groups of its directory.

Source: API references of `sso-admin` (`InstanceArn`), `identitystore` (`ResourceId`) and Lake Formation ("IAM Identity Center
integration", principals), read 2026-11-24.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from lakehouse_iam.arns.arn import Arn
from lakehouse_iam.errors import InvalidValue

_INSTANCE = re.compile(r"instance/((sso)?ins-[a-zA-Z0-9.-]{16})")
# Users and groups that came from a directory of before 2021 have ten more digits in front.
_DIRECTORY_ID = re.compile(r"([0-9a-f]{10}-)?[A-Fa-f0-9]{8}(-[A-Fa-f0-9]{4}){3}-[A-Fa-f0-9]{12}")
_INSTANCE_FORM = "arn:aws:sso:::instance/ssoins-0123456789abcdef"
_ID_FORM = "an id such as 1234567890-1234abcd-12ab-34cd-56ef-1234567890ab, or the same without the first ten digits"


@dataclass(frozen=True)
class IdentityCenterInstance:
    """An instance of IAM Identity Center. Its ARN carries neither region nor account."""

    partition: str
    id: str

    @classmethod
    def parse(cls, text: str) -> IdentityCenterInstance:
        """Read an instance's ARN.

        Raises:
            InvalidValue: the bare id (its ARN is offered), the id of a directory, or anything else.
        """
        if _INSTANCE.fullmatch(f"instance/{text}"):
            raise InvalidValue(
                f"{text!r} is the id of an instance",
                allowed=f"allowed is its ARN, such as {_INSTANCE_FORM}",
                next_step=f"write 'arn:aws:sso:::instance/{text}'",
            )
        if re.fullmatch("d-[0-9a-f]{10}", text):
            raise InvalidValue(
                f"{text!r} is the id of the directory",
                allowed=f"allowed is the ARN of the instance, such as {_INSTANCE_FORM}",
                next_step="aws sso-admin list-instances shows both",
            )
        arn = Arn.parse(text)
        found = _INSTANCE.fullmatch(arn.resource)
        if arn.service != "sso" or arn.region or arn.account or not found:
            raise InvalidValue(
                f"{text!r} is not an instance of IAM Identity Center",
                allowed=f"allowed is its ARN, such as {_INSTANCE_FORM}",
                next_step="aws sso-admin list-instances shows it",
            )
        return cls(arn.partition, found[1])

    def __str__(self) -> str:
        return f"arn:{self.partition}:sso:::instance/{self.id}"


class DirectoryKind(Enum):
    """What an id in the directory stands for; the value is what the APIs of Identity Center call it."""

    USER = "USER"
    GROUP = "GROUP"

    @property
    def noun(self) -> str:
        """The word for it, which is also its key in a setup."""
        return self.value.lower()


@dataclass(frozen=True)
class DirectoryPrincipal:
    """A user or a group of IAM Identity Center, by its id: names may change, and a name may be given again."""

    kind: DirectoryKind
    id: str

    @staticmethod
    def parse_id(text: str) -> str:
        """Check the id of a user or a group.

        Raises:
            InvalidValue: an ARN or a name in its place, or anything else.
        """
        if text.startswith("arn:"):
            id = text.rpartition("/")[2]
            raise InvalidValue(
                f"{text!r} is an ARN",
                allowed="allowed here is only the id",
                next_step=f"write {id!r}" if _DIRECTORY_ID.fullmatch(id) else "",
            )
        if not _DIRECTORY_ID.fullmatch(text):
            raise InvalidValue(
                f"{text!r} is not the id of a user or group of IAM Identity Center",
                allowed=f"allowed is {_ID_FORM}",
                next_step="aws identitystore list-groups, or list-users, --identity-store-id d-… shows the ids by name",
            )
        return text

    def arn(self, partition: str) -> str:
        """How Lake Formation names it."""
        return f"arn:{partition}:identitystore:::{self.kind.noun}/{self.id}"

    def __str__(self) -> str:
        return f"{self.kind.noun} {self.id}"
