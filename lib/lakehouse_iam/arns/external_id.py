"""External ids. Source of the limits: STS `AssumeRole`, read 2026-11-21."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lakehouse_iam.errors import InvalidValue

EXTERNAL_ID_LENGTHS = (2, 1224)
# Written so that CloudFormation, which reads it as Java does, and Python, told to keep to ASCII, mean the same.
EXTERNAL_ID_PATTERN = r"[\w+=,.@:\/-]{2,1224}"
# What the vendor's written guides put into the trust policy before the storage credential exists.
PLACEHOLDER_EXTERNAL_ID = "0000"
_EXTERNAL_ID = re.compile(EXTERNAL_ID_PATTERN, re.ASCII)


@dataclass(frozen=True)
class ExternalId:
    """The `sts:ExternalId` that Databricks gave a storage credential: 2 to 1,224 letters, digits or `_+=,.@:/-`.

    It is opaque: only the storage credential's own response tells it. Source of the limits: STS `AssumeRole`, read
    2026-11-21.
    """

    value: str

    @classmethod
    def parse(cls, text: str) -> ExternalId:
        """Check an external id.

        Raises:
            InvalidValue: empty, too short or too long, a space or another character that STS refuses, or the `0000` that
                the written guides put in its place.
        """
        allowed = f"allowed are {EXTERNAL_ID_LENGTHS[0]} to {EXTERNAL_ID_LENGTHS[1]:,} letters, digits or _+=,.@:/-"
        if not text:
            raise InvalidValue(
                "the external id is empty",
                allowed=allowed,
                next_step="copy it from the storage credential; while it is not known leave the key out, and the template "
                "asks for it",
            )
        if text == PLACEHOLDER_EXTERNAL_ID:
            raise InvalidValue(
                f"{text!r} is the placeholder of the written guides, not an external id",
                allowed="allowed is the external id that the storage credential shows",
                next_step="while it is not known leave the key out, and the template asks for it; a trust policy with a "
                "placeholder would let in whoever guesses it",
            )
        if not EXTERNAL_ID_LENGTHS[0] <= len(text) <= EXTERNAL_ID_LENGTHS[1]:
            counted = "1 character" if len(text) == 1 else f"{len(text):,} characters"
            raise InvalidValue(f"the external id has {counted}", allowed=allowed)
        if not _EXTERNAL_ID.fullmatch(text):
            found = "".join(sorted({char for char in text if not _EXTERNAL_ID.fullmatch(char * 2)}))
            raise InvalidValue(
                f"the external id contains {found!r}",
                allowed=allowed,
                next_step="copy it again from the storage credential, without anything around it",
            )
        return cls(text)

    def __str__(self) -> str:
        return self.value
