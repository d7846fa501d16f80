"""The names AWS gives things: parsed once, checked against AWS's own limits, printed back unchanged.

Every type here is a frozen value with `parse`, which raises `InvalidValue` saying what is allowed, and `str()`, which
gives the text back. Sources of the limits: IAM "IAM and AWS STS quotas" and "IAM identifiers"; S3 "Bucket naming
rules"; KMS "Key identifiers"; all read 2026-11-21.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import partition_named, partition_of_region

ROLE_NAME_LENGTH = 64
INSTANCE_PROFILE_NAME_LENGTH = 128
POLICY_NAME_LENGTH = 128
PATH_LENGTH = 512
OBJECT_KEY_LENGTH = 1024
EXTERNAL_ID_LENGTHS = (2, 1224)
# Written so that CloudFormation, which reads it as Java does, and Python, told to keep to ASCII, mean the same.
EXTERNAL_ID_PATTERN = r"[\w+=,.@:\/-]{2,1224}"
# What the vendor's written guides put into the trust policy before the storage credential exists.
PLACEHOLDER_EXTERNAL_ID = "0000"

_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]+")
_PATH = re.compile(r"/([\x21-\x2e\x30-\x7e]+/)*")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_BUCKET_WITH_DOTS = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_BUCKET_ARN = re.compile(r"arn:[a-z-]+:s3:::([^/:]+)")
_BUCKET_URL = re.compile(r"s3[an]?://([^/]+)")
_IPV4 = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_RESERVED_BUCKET_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_BUCKET_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_KEY_ID = re.compile(r"(mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
_ACCOUNT = re.compile(r"[0-9]{12}")
_EXTERNAL_ID = re.compile(EXTERNAL_ID_PATTERN, re.ASCII)
_POLICY_PATH_AND_NAME = re.compile(r"([\x21-\x2e\x30-\x7e]+/)*[A-Za-z0-9_+=,.@-]{1,128}")
# What policies do not read literally: wildcards, and the beginning of a policy variable.
_WILD = "*?$"


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
        if not _ACCOUNT.fullmatch(text):
            raise InvalidValue(
                f"{text!r} is not an AWS account id", allowed='allowed are exactly 12 digits, in quotes: "111122223333"'
            )
        return cls(text)

    def __str__(self) -> str:
        return self.value


def _check_name(text: str, *, kind: str, longest: int) -> None:
    if not text:
        raise InvalidValue(f"the {kind} is empty", allowed=f"allowed are 1 to {longest} letters, digits or _+=,.@-")
    if len(text) > longest:
        raise InvalidValue(
            f"the {kind} {text!r} has {len(text)} characters",
            allowed=f"allowed are at most {longest}",
            next_step=f"shorten it by {len(text) - longest}",
        )
    if not _NAME.fullmatch(text):
        found = "".join(sorted(set(_NAME.sub("", text))))
        raise InvalidValue(
            f"the {kind} {text!r} contains {found!r}",
            allowed="allowed are letters, digits and _+=,.@- (no path, no spaces)",
        )


def _refuse_arn(text: str, *, kind: str, resource_type: str) -> None:
    """Explain an ARN that stands where a bare name belongs, offering the name in it when it is the right kind."""
    if not text.startswith("arn:"):
        return
    found_type, _, rest = text.split(":", 5)[-1].partition("/")
    path, _, name = rest.rpartition("/")
    if found_type == resource_type:
        write = f"write {name!r}; the account is known already"
        raise InvalidValue(
            f"{text!r} is an ARN",
            allowed=f"allowed here is only the {kind}",
            next_step=f"{write}, and the path /{path}/ goes into role_path" if path else write,
        )
    if {found_type, resource_type} == {"role", "instance-profile"}:
        found = "an instance profile" if found_type == "instance-profile" else "a role"
        raise InvalidValue(
            f"{text!r} is the ARN of {found}",
            allowed=f"allowed here is only the {kind}, not its ARN",
            next_step="a role holds the permissions, and an instance profile is the envelope in which EC2 hands it over; "
            "the two may share a name but are not the same",
        )
    raise InvalidValue(f"{text!r} is the ARN of something else", allowed=f"allowed here is only the {kind}")


@dataclass(frozen=True)
class RoleName:
    """The name of an IAM role, without path: 1 to 64 of letters, digits and `_+=,.@-`.

    Names are unique regardless of case within an account, so two names that differ only in case are one name.
    """

    value: str

    @classmethod
    def parse(cls, text: str) -> RoleName:
        """Check a role name.

        Raises:
            InvalidValue: an ARN in its place (its name is offered), a path, a bad character, or over 64 characters.
        """
        _refuse_arn(text, kind="role name", resource_type="role")
        _check_name(text, kind="role name", longest=ROLE_NAME_LENGTH)
        return cls(text)

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class InstanceProfileName:
    """The name of an instance profile, without path: 1 to 128 of letters, digits and `_+=,.@-`."""

    value: str

    @classmethod
    def parse(cls, text: str) -> InstanceProfileName:
        """Check an instance-profile name.

        Raises:
            InvalidValue: an ARN in its place, a path, a bad character, or over 128 characters.
        """
        _refuse_arn(text, kind="instance-profile name", resource_type="instance-profile")
        _check_name(text, kind="instance-profile name", longest=INSTANCE_PROFILE_NAME_LENGTH)
        return cls(text)

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class IamPath:
    """The path of an IAM role or instance profile: `/` or `/one/two/`, at most 512 characters.

    IAM would also take `*`, `?` and `$` in it. They are refused: an ARN with one of them, standing as a resource or in
    a condition, is a pattern that reaches other roles too.
    """

    value: str

    @classmethod
    def parse(cls, text: str) -> IamPath:
        """Check a path.

        Raises:
            InvalidValue: it does not begin and end with a slash, is too long, or holds a space, a non-ASCII character or
                one that policies read as a wildcard or variable.
        """
        wild = sorted(set(text) & set(_WILD))
        if wild:
            raise InvalidValue(
                f"the path {text!r} contains {''.join(wild)!r}",
                allowed="allowed is a path such as /lakehouse/, without * ? or $",
                next_step="a policy that names the role would read them as wildcards or variables and reach other roles",
            )
        if not _PATH.fullmatch(text) or len(text) > PATH_LENGTH:
            raise InvalidValue(
                f"{text!r} is not an IAM path",
                allowed=f"it begins and ends with a slash, like /lakehouse/, at most {PATH_LENGTH} printable ASCII characters",
            )
        return cls(text)

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class RoleArn:
    """The ARN of an IAM role, path included."""

    partition: str
    account: AccountId
    name: RoleName
    path: IamPath = IamPath("/")

    @classmethod
    def parse(cls, text: str) -> RoleArn:
        """Read a role's ARN.

        Raises:
            InvalidValue: not an ARN, or the ARN of anything else; an instance profile gets an explanation of its own.
        """
        arn = Arn.parse(text)
        kind, _, rest = arn.resource.partition("/")
        if arn.service == "iam" and kind == "instance-profile":
            raise InvalidValue(
                f"{text!r} is the ARN of an instance profile",
                allowed="a role's ARN: arn:partition:iam::account:role/name",
                next_step="IAM > Roles shows both; take the one with :role/ in it",
            )
        if arn.service == "sts" and kind == "assumed-role":
            raise InvalidValue(
                f"{text!r} is the ARN of a session",
                allowed="a role's ARN: arn:partition:iam::account:role/name",
                next_step=f"the role behind it is {rest.split('/', 1)[0]!r} in {arn.account}",
            )
        if arn.service != "iam" or kind != "role" or arn.region or rest.startswith("/"):
            raise InvalidValue(
                f"{text!r} is not a role's ARN", allowed="a role's ARN is arn:partition:iam::account:role/name"
            )
        directory, _, name = rest.rpartition("/")
        path = IamPath.parse(f"/{directory}/" if directory else "/")
        return cls(arn.partition, AccountId.parse(arn.account), RoleName.parse(name), path)

    def __str__(self) -> str:
        return f"arn:{self.partition}:iam::{self.account}:role{self.path}{self.name}"


@dataclass(frozen=True)
class InstanceProfileArn:
    """The ARN of an EC2 instance profile, path included."""

    partition: str
    account: AccountId
    name: InstanceProfileName
    path: IamPath = IamPath("/")

    @classmethod
    def parse(cls, text: str) -> InstanceProfileArn:
        """Read an instance profile's ARN.

        Raises:
            InvalidValue: not an ARN, or the ARN of anything else; a role gets an explanation of its own.
        """
        arn = Arn.parse(text)
        kind, _, rest = arn.resource.partition("/")
        if arn.service == "iam" and kind == "role":
            raise InvalidValue(
                f"{text!r} is the ARN of a role",
                allowed="an instance profile's ARN: arn:partition:iam::account:instance-profile/name",
                next_step="Databricks registers the instance profile that contains the role, not the role",
            )
        if arn.service != "iam" or kind != "instance-profile" or arn.region or rest.startswith("/"):
            raise InvalidValue(
                f"{text!r} is not an instance profile's ARN",
                allowed="arn:partition:iam::account:instance-profile/name",
            )
        directory, _, name = rest.rpartition("/")
        path = IamPath.parse(f"/{directory}/" if directory else "/")
        return cls(arn.partition, AccountId.parse(arn.account), InstanceProfileName.parse(name), path)

    def __str__(self) -> str:
        return f"arn:{self.partition}:iam::{self.account}:instance-profile{self.path}{self.name}"


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
        wild = sorted(set(value) & set(_WILD))
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


@dataclass(frozen=True)
class ManagedPolicyArn:
    """The ARN of a managed policy, such as a permissions boundary: customer managed, or AWS managed (`iam::aws:`)."""

    partition: str
    account: str
    name: str

    @classmethod
    def parse(cls, text: str) -> ManagedPolicyArn:
        """Read a managed policy's ARN.

        Raises:
            InvalidValue: anything but `arn:partition:iam::account:policy/name`.
        """
        arn = Arn.parse(text)
        owner_known = arn.account == "aws" or _ACCOUNT.fullmatch(arn.account)
        if arn.service != "iam" or arn.region or not owner_known or not arn.resource.startswith("policy/"):
            raise InvalidValue(
                f"{text!r} is not a managed policy's ARN", allowed="arn:partition:iam::account:policy/name"
            )
        return cls(arn.partition, arn.account, cls.parse_name(arn.resource.removeprefix("policy/")))

    @staticmethod
    def parse_name(text: str) -> str:
        """Check what stands in a managed policy's ARN after `policy/`: its path, if any, and its name.

        Raises:
            InvalidValue: a bad character, or a name over 128 characters.
        """
        if not _POLICY_PATH_AND_NAME.fullmatch(text):
            raise InvalidValue(
                f"{text!r} is not the name of a managed policy",
                allowed=f"allowed are at most {POLICY_NAME_LENGTH} letters, digits or _+=,.@-, after its path if it has one",
            )
        return text

    def __str__(self) -> str:
        return f"arn:{self.partition}:iam::{self.account}:policy/{self.name}"


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
