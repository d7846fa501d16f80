"""Names of buckets, and folders in them.

Source of the limits: S3 "Bucket naming rules" and "Naming Amazon S3 objects", read 2026-11-21.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lakehouse_iam.arns.arn import WILDCARDS
from lakehouse_iam.errors import InvalidValue

OBJECT_KEY_LENGTH = 1024
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_BUCKET_WITH_DOTS = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_BUCKET_ARN = re.compile(r"arn:[a-z-]+:s3:::([^/:]+)")
_BUCKET_URL = re.compile(r"s3[an]?://([^/]+)")
_IPV4 = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_RESERVED_BUCKET_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_BUCKET_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


@dataclass(frozen=True)
class BucketName:
    """A general-purpose S3 bucket: 3 to 63 lower-case letters, digits and hyphens.

    S3 itself allows dots; Databricks does not support such buckets (storage-credential documentation, read 2026-11-21),
    and virtual-hosted TLS fails on them, so they are refused.
    """

    value: str

    @classmethod
    def parse(cls, text: str) -> BucketName:
        """Check a bucket name.

        Raises:
            InvalidValue: an ARN or URL in its place (its name is offered), dots, upper case, or a shape S3 refuses.
        """
        if text.startswith("arn:"):
            of_bucket = _BUCKET_ARN.match(text)
            raise InvalidValue(
                f"{text!r} is an ARN",
                allowed="allowed here is only the name of a bucket",
                next_step=f"write {of_bucket[1]!r}" if of_bucket else "",
            )
        if "://" in text:
            of_bucket = _BUCKET_URL.match(text)
            raise InvalidValue(
                f"{text!r} is a URL",
                allowed="allowed here is only the name of a bucket",
                next_step=f"write {of_bucket[1]!r}, and put folders under prefixes" if of_bucket else "",
            )
        if text != text.lower():
            raise InvalidValue(
                f"the bucket name {text!r} has upper-case letters",
                allowed="allowed are lower-case letters, digits and hyphens",
            )
        if "." in text and _BUCKET_WITH_DOTS.fullmatch(text) and not _IPV4.fullmatch(text):
            raise InvalidValue(
                f"the bucket name {text!r} has a dot",
                allowed="allowed are lower-case letters, digits and hyphens",
                next_step="S3 permits dots, but Databricks does not support such buckets; copy the data to another bucket",
            )
        reserved = text.startswith(_RESERVED_BUCKET_PREFIXES) or text.endswith(_RESERVED_BUCKET_SUFFIXES)
        if not _BUCKET.fullmatch(text) or reserved:
            raise InvalidValue(
                f"{text!r} is not a bucket name",
                allowed="allowed are 3 to 63 lower-case letters, digits and hyphens, beginning and ending with a letter or "
                "digit, without the beginnings and endings that S3 reserves",
            )
        return cls(text)

    def arn(self, partition: str) -> str:
        """The bucket's ARN in a partition; S3 ARNs carry neither region nor account."""
        return f"arn:{partition}:s3:::{self.value}"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class ObjectPrefix:
    """A folder in a bucket, kept without its final slash: `raw` covers `raw/…` and nothing of `raw-secret/…`."""

    value: str

    @classmethod
    def parse(cls, text: str) -> ObjectPrefix:
        """Check a prefix; one trailing slash is allowed and dropped.

        Raises:
            InvalidValue: empty, a leading or double slash, a wildcard or policy-variable character, a URL, a character
                that IAM policies cannot hold (beyond Latin-1), or over 1,024 bytes.
        """
        value = text[:-1] if text.endswith("/") else text
        if not value:
            raise InvalidValue(
                "the prefix is empty" if not text else f"the prefix {text!r} is the whole bucket",
                allowed="allowed is a folder such as raw/2026",
                next_step="to give the whole bucket, leave prefixes out",
            )
        if "://" in value:
            raise InvalidValue(
                f"the prefix {text!r} is a URL",
                allowed="allowed is only the folder, such as raw/2026",
                next_step="leave the bucket out",
            )
        if value.startswith("/") or "//" in value or value.endswith("/"):
            found = "begins with a slash" if value.startswith("/") else "has two slashes in a row"
            folder = "/".join(part for part in value.split("/") if part)
            raise InvalidValue(
                f"the prefix {text!r} {found}",
                allowed="allowed is a folder such as raw/2026",
                next_step=f"write {folder!r}" if folder else "to give the whole bucket, leave prefixes out",
            )
        wild = sorted(set(value) & set(WILDCARDS))
        if wild:
            raise InvalidValue(
                f"the prefix {text!r} contains {''.join(wild)!r}",
                allowed="allowed is a literal folder such as raw/2026; everything below it is included",
                next_step="wildcards and policy variables would reach further than the text says; list the folders",
            )
        if len(value.encode()) > OBJECT_KEY_LENGTH - 1:
            raise InvalidValue(
                f"the prefix {text[:40]!r}… has {len(value.encode()):,} bytes",
                allowed=f"allowed are at most {OBJECT_KEY_LENGTH - 1:,}",
            )
        if any(not "\x20" <= char <= "\xff" or char == "\x7f" for char in value):
            raise InvalidValue(
                f"the prefix {text!r} has a character that an IAM policy cannot hold",
                allowed="allowed is printable Latin-1 (U+0020 to U+00FF)",
                next_step="rename the folder, or give the whole bucket by leaving prefixes out",
            )
        return cls(value)

    def covers(self, other: ObjectPrefix) -> bool:
        """Whether the other folder is this one or lies below it."""
        return other.value == self.value or other.value.startswith(f"{self.value}/")

    def __str__(self) -> str:
        return self.value
