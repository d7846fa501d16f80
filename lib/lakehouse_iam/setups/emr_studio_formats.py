"""What the schema of `emr-studio` calls `format`: each a function that refuses a text with a reason."""

from __future__ import annotations

import re
from collections.abc import Callable

from lakehouse_iam.arns import DirectoryPrincipal, IamPath, IdentityCenterInstance, KeyArn, RoleArn, RoleName
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.s3_url import S3Url

# Source: CloudFormation `AWS::EMR::Studio` (patterns of Name, VpcId, SubnetIds; the latter without its anchors' slip),
# `AWS::Athena::WorkGroup` (Name) and Glue `GetDatabase` (names, folded to lower case), read 2026-11-24.
_STUDIO_NAME = re.compile(r"[a-zA-Z0-9_-]{1,256}")
_VPC = re.compile(r"vpc-([0-9a-f]{8}|[0-9a-f]{17})")
_SUBNET = re.compile(r"subnet-([0-9a-f]{8}|[0-9a-f]{17})")
_WORKGROUP = re.compile(r"[a-zA-Z0-9._-]{1,128}")
_CATALOG_NAME = re.compile(r"[a-z0-9_]{1,255}")
_ORGANIZATION = re.compile(
    r"arn:aws:organizations::[0-9]{12}:(organization/o-[a-z0-9]{10,32}|ou/o-[a-z0-9]{10,32}/ou-[a-z0-9-]+)"
)
# Its account may be another than the Studio's. Source: API reference of `sso-admin` (ApplicationArn), read 2026-11-24.
_APPLICATION = re.compile(r"arn:aws:sso::[0-9]{12}:application/(sso)?ins-[a-zA-Z0-9.-]{16}/apl-[a-zA-Z0-9]{16}")
_AWS_MANAGED_GLUE_KEY = "alias/aws/glue"


def studio_name(text: str) -> str:
    """Check the name of a Studio."""
    return _named(text, _STUDIO_NAME, "a Studio's name", "1 to 256 letters, digits, _ or -")


def vpc(text: str) -> str:
    """Check the id of a VPC."""
    return _named(text, _VPC, "the id of a VPC", "vpc- and 8 or 17 digits from 0 to f")


def subnet(text: str) -> str:
    """Check the id of a subnet."""
    return _named(text, _SUBNET, "the id of a subnet", "subnet- and 8 or 17 digits from 0 to f")


def workgroup(text: str) -> str:
    """Check the name of an Athena workgroup.

    Raises:
        InvalidValue: another form, or `primary`, which every account has and nobody can create.
    """
    if text == "primary":
        raise InvalidValue(
            "the workgroup primary exists in every account, and its authentication cannot be changed",
            allowed="a workgroup of its own",
            next_step="give it another name",
        )
    return _named(text, _WORKGROUP, "a workgroup's name", "1 to 128 letters, digits, ., _ or -")


def catalog_name(text: str) -> str:
    """Check the name of a database, a table or a column in the Glue Data Catalog."""
    return _named(
        text,
        _CATALOG_NAME,
        "a name that Athena can use",
        "1 to 255 lower-case letters, digits or _: Glue folds names to them",
    )


def table_name(text: str) -> str:
    """Check the name of a table, or `*` for all of a database."""
    return text if text == "*" else catalog_name(text)


def studio_role(text: str) -> RoleName:
    """Check the name of a role that a Studio is given.

    Raises:
        InvalidValue: as `RoleName.parse`, or a dot: `AWS::EMR::Studio` checks role ARNs with a pattern that ends in `[^.]+`.
    """
    name = RoleName.parse(text)
    if "." in text:
        raise InvalidValue(
            f"the role name {text!r} has a dot",
            allowed="allowed are letters, digits and _+=,@-",
            next_step=f"IAM permits dots, but AWS::EMR::Studio refuses such a role; write {text.replace('.', '-')!r}",
        )
    return name


def studio_path(text: str) -> IamPath:
    """Check the path of the roles.

    Raises:
        InvalidValue: as `IamPath.parse`, or a dot, for the reason in `studio_role`.
    """
    path = IamPath.parse(text)
    if "." in text:
        raise InvalidValue(
            f"the path {text!r} has a dot",
            allowed="allowed are paths without one",
            next_step="IAM permits dots, but AWS::EMR::Studio refuses a role in such a path",
        )
    return path


def grantee_role(text: str) -> RoleArn:
    """Check the ARN of a role that Lake Formation grants something to.

    Raises:
        InvalidValue: as `RoleArn.parse`, or a role of a permission set without its path, which Lake Formation does not find.
    """
    role = RoleArn.parse(text)
    if str(role.name).startswith("AWSReservedSSO_") and not str(role.path).startswith(
        "/aws-reserved/sso.amazonaws.com/"
    ):
        raise InvalidValue(
            f"{text!r} lacks its path",
            allowed="roles of permission sets have the path /aws-reserved/sso.amazonaws.com/, with the region after it outside "
            "us-east-1, and Lake Formation takes the whole ARN only",
            next_step=f"aws iam get-role --role-name {role.name} --query Role.Arn shows it",
        )
    return role


def catalog_key(text: str) -> KeyArn:
    """Check the key that a Data Catalog is encrypted with.

    Raises:
        InvalidValue: the AWS managed key, with which no identity is propagated, or as `KeyArn.parse`.
    """
    if text.endswith(_AWS_MANAGED_GLUE_KEY):
        raise InvalidValue(
            "a Data Catalog that is encrypted with the AWS managed key does not propagate identities",
            allowed="allowed is a key of your own, or no encryption: then leave catalog_key out",
            next_step="aws glue put-data-catalog-encryption-settings changes the key",
        )
    return KeyArn.parse(text)


def application(text: str) -> str:
    """Check the ARN of an application of Identity Center."""
    return _named(
        text,
        _APPLICATION,
        "an application of Identity Center",
        "arn:aws:sso::account:application/ssoins-…/apl-…, as aws sso-admin list-applications shows it",
    )


def share_recipient(text: str) -> str:
    """Check a recipient of shares: an account, an organization or an organizational unit.

    Raises:
        InvalidValue: it is none of them.
    """
    if re.fullmatch("[0-9]{12}", text) or _ORGANIZATION.fullmatch(text):
        return text
    raise InvalidValue(
        f"{text!r} is not a recipient of shares",
        allowed="allowed are account ids, and the ARNs of an organization or an organizational unit",
    )


def _named(text: str, form: re.Pattern[str], what: str, allowed: str) -> str:
    if not form.fullmatch(text):
        raise InvalidValue(f"{text!r} is not {what}", allowed=f"allowed are {allowed}")
    return text


FORMATS: dict[str, Callable[[str], object]] = {
    "aws-identity-center-instance": IdentityCenterInstance.parse,
    "aws-identity-center-application": application,
    "aws-directory-id": DirectoryPrincipal.parse_id,
    "s3-url": S3Url.parse,
    "emr-studio-name": studio_name,
    "emr-studio-role": studio_role,
    "emr-studio-path": studio_path,
    "aws-vpc-id": vpc,
    "aws-subnet-id": subnet,
    "athena-workgroup": workgroup,
    "glue-catalog-name": catalog_name,
    "glue-table-name": table_name,
    "lake-formation-role": grantee_role,
    "glue-catalog-key": catalog_key,
    "lake-formation-share-recipient": share_recipient,
}
