"""Places in S3 as Unity Catalog names them: `s3://bucket/folder`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lakehouse_iam.arns import BucketName, ObjectPrefix
from lakehouse_iam.errors import InvalidValue

_S3 = re.compile(r"s3[an]?://(.*)")
_VIRTUAL_HOST = re.compile(r"https?://([a-z0-9-]+)\.s3[.-][a-z0-9.-]*amazonaws\.[a-z.]+/?(.*)")
_PATH_STYLE = re.compile(r"https?://s3[.-][a-z0-9.-]*amazonaws\.[a-z.]+/([a-z0-9-]+)/?(.*)")
_CONSOLE = re.compile(r"https?://[a-z0-9.-]*console\.(?:aws\.amazon|amazonaws)\.[a-z.]+/.*")
_ASCII = re.compile(r"[\x21-\x7e]*")
_FORM = "allowed is s3://bucket or s3://bucket/folder"


@dataclass(frozen=True)
class S3Url:
    """A bucket, or a folder of it. Printed as `s3://bucket/folder`, without a final slash.

    Unity Catalog takes `s3a://` for `s3://`, compares the two as texts and so holds them for different places (ucx issue
    2413); one form is kept here. Paths are ASCII (Databricks "Create a storage credential", read 2026-11-21).
    """

    bucket: BucketName
    folder: ObjectPrefix | None = None

    @classmethod
    def parse(cls, text: str) -> S3Url:
        """Read a URL; `s3a://` and `s3n://` become `s3://`, and one final slash is dropped.

        Raises:
            InvalidValue: another scheme, no bucket, or a bucket or folder that is not allowed.
        """
        match = _S3.fullmatch(text)
        if match is None:
            raise _other_scheme(text)
        name, _, rest = match[1].partition("/")
        if not name:
            raise InvalidValue(f"{text!r} names no bucket", allowed=_FORM)
        if not _ASCII.fullmatch(rest):
            raise InvalidValue(
                f"the path of {text!r} has a space or a character beyond ASCII",
                allowed="allowed are printable ASCII characters without spaces",
                next_step="Unity Catalog does not take such paths; rename the folder",
            )
        return cls(BucketName.parse(name), ObjectPrefix.parse(rest) if rest else None)

    def covers(self, other: S3Url) -> bool:
        """Whether the other place is this one or lies within it."""
        if self.bucket != other.bucket:
            return False
        return self.folder is None or (other.folder is not None and self.folder.covers(other.folder))

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.folder}" if self.folder else f"s3://{self.bucket}"


def _other_scheme(text: str) -> InvalidValue:
    if _CONSOLE.fullmatch(text):
        return InvalidValue(f"{text!r} is an address of the AWS console", allowed=_FORM)
    web = _VIRTUAL_HOST.fullmatch(text) or _PATH_STYLE.fullmatch(text)
    if web:
        place = f"s3://{web[1]}/{web[2]}".rstrip("/")
        return InvalidValue(f"{text!r} is a web address", allowed=_FORM, next_step=f"write {place!r}")
    scheme, found, _ = text.partition("://")
    if found:
        return InvalidValue(f"{text!r} begins with {scheme}://", allowed=_FORM, next_step="only S3 is reached this way")
    return InvalidValue(f"{text!r} is not a URL", allowed=_FORM)
