"""Names, paths and ARNs of IAM. Source of the limits: IAM "IAM and AWS STS quotas" and "IAM identifiers", read 2026-11-21."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lakehouse_iam.arns.arn import ACCOUNT_ID, WILDCARDS, AccountId, Arn
from lakehouse_iam.errors import InvalidValue

ROLE_NAME_LENGTH = 64
INSTANCE_PROFILE_NAME_LENGTH = 128
POLICY_NAME_LENGTH = 128
PATH_LENGTH = 512
SAML_PROVIDER_NAME_LENGTH = 128
_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]+")
_PATH = re.compile(r"/([\x21-\x2e\x30-\x7e]+/)*")
_SAML_PROVIDER_NAME = re.compile(r"[\w.-]{1,128}", re.ASCII)
_NOT_IN_SAML_PROVIDER_NAME = re.compile(r"[^\w.-]", re.ASCII)
_POLICY_PATH_AND_NAME = re.compile(r"([\x21-\x2e\x30-\x7e]+/)*[A-Za-z0-9_+=,.@-]{1,128}")


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
        wild = sorted(set(text) & set(WILDCARDS))
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
        owner_known = arn.account == "aws" or ACCOUNT_ID.fullmatch(arn.account)
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
class SamlProviderName:
    """The name of an IAM SAML provider: 1 to 128 of letters, digits and `._-`.

    The CDK's own check also takes `+=,@`, which the API refuses. Source: CloudFormation `AWS::IAM::SAMLProvider`
    (`Name`), read 2026-11-24.
    """

    value: str

    @classmethod
    def parse(cls, text: str) -> SamlProviderName:
        """Check the name of a SAML provider.

        Raises:
            InvalidValue: an ARN, another character, or over 128 characters.
        """
        _refuse_arn(text, kind="SAML provider name", resource_type="saml-provider")
        if not _SAML_PROVIDER_NAME.fullmatch(text):
            found = "".join(sorted(set(_NOT_IN_SAML_PROVIDER_NAME.findall(text))))
            raise InvalidValue(
                f"the SAML provider name {text!r} contains {found!r}"
                if found
                else f"the SAML provider name has {len(text)} characters",
                allowed=f"allowed are 1 to {SAML_PROVIDER_NAME_LENGTH} letters, digits or ._-",
                next_step="IAM refuses the others, though the CDK lets +=,@ through"
                if set(found) & set("+=,@")
                else "",
            )
        return cls(text)

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class SamlProviderArn:
    """The ARN of an IAM SAML provider. It has no path."""

    partition: str
    account: AccountId
    name: SamlProviderName

    @classmethod
    def parse(cls, text: str) -> SamlProviderArn:
        """Read a SAML provider's ARN.

        Raises:
            InvalidValue: not an ARN, or the ARN of anything else.
        """
        arn = Arn.parse(text)
        kind, _, name = arn.resource.partition("/")
        if arn.service != "iam" or kind != "saml-provider" or arn.region:
            raise InvalidValue(
                f"{text!r} is not a SAML provider's ARN", allowed="arn:partition:iam::account:saml-provider/name"
            )
        return cls(arn.partition, AccountId.parse(arn.account), SamlProviderName.parse(name))

    def __str__(self) -> str:
        return f"arn:{self.partition}:iam::{self.account}:saml-provider/{self.name}"
