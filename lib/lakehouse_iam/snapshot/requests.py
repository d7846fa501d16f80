"""Every call of a snapshot of an AWS account, as a table: what is asked, what that takes, and where the answer belongs.

The reader, the permissions that it needs and whoever reads an account by other means go by this table. All operations read:
their names begin with Get, List or Describe.

Sources: operations, parameters and errors: the service models of botocore 1.43.106. Actions and the resources that they take:
`evaluator/service_actions.json`, from the Service Authorization Reference; of AWS Organizations
`service-authorization/latest/reference/list_awsorganizations.html`, from memory, to be checked against the page. Codes of S3:
"Error responses" of the Amazon S3 API Reference, which lists AccessGrantsInstanceNotExistsError, read 2026-11-26; the other
codes of S3, which its model does not name, as public programs that handle them have them, read 2026-11-26.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lakehouse_iam.snapshot.subjects import Subjects

Names = tuple[tuple[str, str], ...]

_ROLE = "arn:{partition}:iam::{account}:role/{name}"
_ROLE_WITH_ANY_PATH = (_ROLE, "arn:{partition}:iam::{account}:role/*/{name}")
_PROFILE = "arn:{partition}:iam::{account}:instance-profile/{name}"
_POLICIES = ("arn:{partition}:iam::{account}:policy/*", "arn:{partition}:iam::aws:policy/*")
_BUCKET = "arn:{partition}:s3:::{name}"
_KEYS = ("arn:{partition}:kms:*:{account}:key/*",)
_STUDIOS = ("arn:{partition}:elasticmapreduce:{region}:{account}:studio/*",)
_GRANTS = "arn:{partition}:s3:{region}:{account}:access-grants/default"
_NO_ENTITY = ("NoSuchEntity",)
_NO_BUCKET = ("NoSuchBucket",)
_NO_KEY = ("NotFoundException",)
_OF_BUCKET = {"Bucket": "{name}", "ExpectedBucketOwner": "{account}"}
_OF_ACCOUNT = {"AccountId": "{account}"}


@dataclass(frozen=True, eq=False)
class Call:
    """One kind of call.

    `{…}` in texts stands for a name of the request.

    Args:
        name: its name here.
        service: as botocore names it.
        operation: as the API names it.
        action: the IAM action that it needs.
        at: the path in the snapshot of what it tells; where it is refused, that is what was not read.
        parameters: the operation's own.
        on: the ARN that it is asked of; `*` where the action takes none.
        grants: ARNs that a policy names for it, where `on` is not known before it is asked; `on` otherwise.
        object: the path in the snapshot of what is not there when a code of `gone` comes; `at` unless it is given.
        gone: the codes with which AWS says that the object is not there.
        gone_words: words of the message, where the code alone does not say that.
        nothing: the codes with which AWS says that the object is there and has no such property.
        empty: what stands at `at` then.
        member: what of each page holds the list, where the operation lists.
        then: the calls that its answer leads to.
        goes_on: whether those are made even where this one is refused.
    """

    name: str
    service: str
    operation: str
    action: str
    at: tuple[str, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    on: str = "*"
    grants: tuple[str, ...] = ()
    object: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    gone_words: str = ""
    nothing: tuple[str, ...] = ()
    empty: Any = None
    member: str = ""
    then: tuple[str, ...] = ()
    goes_on: bool = False


CALLS: tuple[Call, ...] = (
    # ------------------------------------------------------------ IAM
    Call(
        "role",
        "iam",
        "GetRole",
        "iam:GetRole",
        ("roles", "{name}"),
        {"RoleName": "{name}"},
        _ROLE,
        _ROLE_WITH_ANY_PATH,
        gone=_NO_ENTITY,
        then=("role-inline-names", "role-attached", "policy"),
    ),
    Call(
        "role-inline-names",
        "iam",
        "ListRolePolicies",
        "iam:ListRolePolicies",
        ("roles", "{name}", "inline"),
        {"RoleName": "{name}"},
        _ROLE,
        _ROLE_WITH_ANY_PATH,
        object=("roles", "{name}"),
        gone=_NO_ENTITY,
        member="PolicyNames",
        then=("role-inline",),
    ),
    Call(
        "role-inline",
        "iam",
        "GetRolePolicy",
        "iam:GetRolePolicy",
        ("roles", "{name}", "inline", "{policy}"),
        {"RoleName": "{name}", "PolicyName": "{policy}"},
        _ROLE,
        _ROLE_WITH_ANY_PATH,
    ),
    Call(
        "role-attached",
        "iam",
        "ListAttachedRolePolicies",
        "iam:ListAttachedRolePolicies",
        ("roles", "{name}", "attached"),
        {"RoleName": "{name}"},
        _ROLE,
        _ROLE_WITH_ANY_PATH,
        object=("roles", "{name}"),
        gone=_NO_ENTITY,
        member="AttachedPolicies",
        then=("policy",),
    ),
    Call(
        "policy",
        "iam",
        "GetPolicy",
        "iam:GetPolicy",
        ("_policies", "{policy}"),
        {"PolicyArn": "{policy}"},
        "{policy}",
        _POLICIES,
        then=("policy-version",),
    ),
    Call(
        "policy-version",
        "iam",
        "GetPolicyVersion",
        "iam:GetPolicyVersion",
        ("_policies", "{policy}", "document"),
        {"PolicyArn": "{policy}", "VersionId": "{version}"},
        "{policy}",
        _POLICIES,
    ),
    Call(
        "instance-profile",
        "iam",
        "GetInstanceProfile",
        "iam:GetInstanceProfile",
        ("instance_profiles", "{name}"),
        {"InstanceProfileName": "{name}"},
        _PROFILE,
        (_PROFILE, "arn:{partition}:iam::{account}:instance-profile/*/{name}"),
        gone=_NO_ENTITY,
    ),
    Call(
        "saml-provider",
        "iam",
        "GetSAMLProvider",
        "iam:GetSAMLProvider",
        ("saml_providers", "{name}"),
        {"SAMLProviderArn": "{name}"},
        "{name}",
        gone=_NO_ENTITY,
    ),
    # ------------------------------------------------------------ S3
    Call(
        "bucket-location",
        "s3",
        "GetBucketLocation",
        "s3:GetBucketLocation",
        ("buckets", "{name}", "region"),
        _OF_BUCKET,
        _BUCKET,
        object=("buckets", "{name}"),
        gone=_NO_BUCKET,
        then=(
            "bucket-policy",
            "bucket-ownership",
            "bucket-acl",
            "bucket-public-access",
            "bucket-encryption",
            "access-points",
        ),
        goes_on=True,
    ),
    Call(
        "bucket-policy",
        "s3",
        "GetBucketPolicy",
        "s3:GetBucketPolicy",
        ("buckets", "{name}", "policy"),
        _OF_BUCKET,
        _BUCKET,
        object=("buckets", "{name}"),
        gone=_NO_BUCKET,
        nothing=("NoSuchBucketPolicy",),
    ),
    Call(
        "bucket-ownership",
        "s3",
        "GetBucketOwnershipControls",
        "s3:GetBucketOwnershipControls",
        ("buckets", "{name}", "ownership"),
        _OF_BUCKET,
        _BUCKET,
        object=("buckets", "{name}"),
        gone=_NO_BUCKET,
        nothing=("OwnershipControlsNotFoundError",),
    ),
    Call(
        "bucket-acl",
        "s3",
        "GetBucketAcl",
        "s3:GetBucketAcl",
        ("buckets", "{name}", "acl_grantees"),
        _OF_BUCKET,
        _BUCKET,
        object=("buckets", "{name}"),
        gone=_NO_BUCKET,
    ),
    Call(
        "bucket-public-access",
        "s3",
        "GetPublicAccessBlock",
        "s3:GetBucketPublicAccessBlock",
        ("buckets", "{name}", "block_public_access"),
        _OF_BUCKET,
        _BUCKET,
        object=("buckets", "{name}"),
        gone=_NO_BUCKET,
        nothing=("NoSuchPublicAccessBlockConfiguration",),
    ),
    Call(
        "bucket-encryption",
        "s3",
        "GetBucketEncryption",
        "s3:GetEncryptionConfiguration",
        ("buckets", "{name}", "encryption"),
        _OF_BUCKET,
        _BUCKET,
        object=("buckets", "{name}"),
        gone=_NO_BUCKET,
        nothing=("ServerSideEncryptionConfigurationNotFoundError",),
        # S3 encrypts with keys of its own where nothing else is set. Source: Amazon S3 User Guide, "Protecting data with
        # server-side encryption" (since 2023-01-05), from memory, to be checked against the page.
        empty={"algorithm": "AES256", "key": None, "bucket_key": False},
        then=("key",),
    ),
    Call(
        "access-points",
        "s3control",
        "ListAccessPoints",
        "s3:ListAccessPoints",
        ("_access_points", "{region}"),
        _OF_ACCOUNT,
        member="AccessPointList",
    ),
    Call(
        "account-public-access",
        "s3control",
        "GetPublicAccessBlock",
        "s3:GetAccountPublicAccessBlock",
        ("account_block_public_access",),
        _OF_ACCOUNT,
        nothing=("NoSuchPublicAccessBlockConfiguration",),
    ),
    # ------------------------------------------------------------ KMS
    Call(
        "key",
        "kms",
        "DescribeKey",
        "kms:DescribeKey",
        ("keys", "{key}", "state"),
        {"KeyId": "{key}"},
        "{key}",
        _KEYS,
        object=("keys", "{key}"),
        gone=_NO_KEY,
        then=("key-policy", "key-grants"),
        goes_on=True,
    ),
    Call(
        "key-policy",
        "kms",
        "GetKeyPolicy",
        "kms:GetKeyPolicy",
        ("keys", "{key}", "policy"),
        {"KeyId": "{key}", "PolicyName": "default"},
        "{key}",
        _KEYS,
        object=("keys", "{key}"),
        gone=_NO_KEY,
    ),
    Call(
        "key-grants",
        "kms",
        "ListGrants",
        "kms:ListGrants",
        ("keys", "{key}", "grants"),
        {"KeyId": "{key}"},
        "{key}",
        _KEYS,
        object=("keys", "{key}"),
        gone=_NO_KEY,
        member="Grants",
    ),
    # ------------------------------------------------------------ AWS Organizations
    Call(
        "organization",
        "organizations",
        "DescribeOrganization",
        "organizations:DescribeOrganization",
        ("organization",),
        nothing=("AWSOrganizationsNotInUseException",),
        empty={"id": None},
        then=("parents", "policies-of-target"),
    ),
    Call(
        "parents",
        "organizations",
        "ListParents",
        "organizations:ListParents",
        ("_parents", "{child}"),
        {"ChildId": "{child}"},
        member="Parents",
        then=("parents", "policies-of-target"),
    ),
    Call(
        "policies-of-target",
        "organizations",
        "ListPoliciesForTarget",
        "organizations:ListPoliciesForTarget",
        ("_targets", "{type}", "{target}"),
        {"TargetId": "{target}", "Filter": "{type}"},
        member="Policies",
        then=("organization-policy",),
    ),
    Call(
        "organization-policy",
        "organizations",
        "DescribePolicy",
        "organizations:DescribePolicy",
        ("_organization_policies", "{policy}"),
        {"PolicyId": "{policy}"},
    ),
    # ------------------------------------------------------------ EMR Studio and Athena
    Call(
        "studios",
        "emr",
        "ListStudios",
        "elasticmapreduce:ListStudios",
        ("studios", "{name}"),
        member="Studios",
        then=("studio",),
    ),
    Call(
        "studio",
        "emr",
        "DescribeStudio",
        "elasticmapreduce:DescribeStudio",
        ("studios", "{name}"),
        {"StudioId": "{studio}"},
        "arn:{partition}:elasticmapreduce:{region}:{account}:studio/{studio}",
        _STUDIOS,
        then=("studio-assignments",),
    ),
    Call(
        "studio-assignments",
        "emr",
        "ListStudioSessionMappings",
        "elasticmapreduce:ListStudioSessionMappings",
        ("studios", "{name}", "assigned"),
        {"StudioId": "{studio}"},
        member="SessionMappings",
    ),
    Call(
        "workgroup",
        "athena",
        "GetWorkGroup",
        "athena:GetWorkGroup",
        ("workgroups", "{name}"),
        {"WorkGroup": "{name}"},
        "arn:{partition}:athena:{region}:{account}:workgroup/{name}",
        gone=("InvalidRequestException",),
        gone_words="is not found",
    ),
    # ------------------------------------------------------------ S3 Access Grants
    Call(
        "access-grants-instance",
        "s3control",
        "GetAccessGrantsInstance",
        "s3:GetAccessGrantsInstance",
        ("access_grants", "instance"),
        _OF_ACCOUNT,
        _GRANTS,
        nothing=("AccessGrantsInstanceNotExistsError",),
        then=("access-grants-locations", "access-grants"),
    ),
    Call(
        "access-grants-locations",
        "s3control",
        "ListAccessGrantsLocations",
        "s3:ListAccessGrantsLocations",
        ("access_grants", "locations"),
        _OF_ACCOUNT,
        _GRANTS,
        member="AccessGrantsLocationsList",
    ),
    Call(
        "access-grants",
        "s3control",
        "ListAccessGrants",
        "s3:ListAccessGrants",
        ("access_grants", "grants"),
        _OF_ACCOUNT,
        _GRANTS,
        member="AccessGrantsList",
    ),
    # ------------------------------------------------------------ Lake Formation
    Call(
        "lake-formation-identity-center",
        "lakeformation",
        "DescribeLakeFormationIdentityCenterConfiguration",
        "lakeformation:DescribeLakeFormationIdentityCenterConfiguration",
        ("lake_formation", "identity_center"),
        nothing=("EntityNotFoundException",),
    ),
    Call(
        "lake-formation-settings",
        "lakeformation",
        "GetDataLakeSettings",
        "lakeformation:GetDataLakeSettings",
        ("lake_formation", "admins"),
    ),
    Call(
        "lake-formation-location",
        "lakeformation",
        "DescribeResource",
        "lakeformation:DescribeResource",
        ("lake_formation", "locations", "{name}"),
        {"ResourceArn": "{name}"},
        gone=("EntityNotFoundException",),
    ),
    Call(
        "lake-formation-database-permissions",
        "lakeformation",
        "ListPermissions",
        "lakeformation:ListPermissions",
        ("_permissions", "{catalog}/{database}"),
        {"CatalogId": "{catalog}", "Resource": {"Database": {"CatalogId": "{catalog}", "Name": "{database}"}}},
        member="PrincipalResourcePermissions",
    ),
    Call(
        "lake-formation-tables-permissions",
        "lakeformation",
        "ListPermissions",
        "lakeformation:ListPermissions",
        ("_permissions", "{catalog}/{database}/*"),
        {
            "CatalogId": "{catalog}",
            "Resource": {"Table": {"CatalogId": "{catalog}", "DatabaseName": "{database}", "TableWildcard": {}}},
        },
        member="PrincipalResourcePermissions",
    ),
    Call(
        "lake-formation-table-permissions",
        "lakeformation",
        "ListPermissions",
        "lakeformation:ListPermissions",
        ("_permissions", "{catalog}/{database}/{table}"),
        # Permissions on columns are listed with those on their table: the operation takes no columns.
        {
            "CatalogId": "{catalog}",
            "Resource": {"Table": {"CatalogId": "{catalog}", "DatabaseName": "{database}", "Name": "{table}"}},
        },
        member="PrincipalResourcePermissions",
    ),
    Call(
        "glue-database",
        "glue",
        "GetDatabase",
        "glue:GetDatabase",
        ("lake_formation", "databases", "{name}"),
        {"Name": "{name}"},
        "arn:{partition}:glue:{region}:{account}:database/{name}",
        (
            "arn:{partition}:glue:{region}:{account}:catalog",
            "arn:{partition}:glue:{region}:{account}:database/{name}",
        ),
        gone=("EntityNotFoundException",),
    ),
)
CALL_NAMED = {call.name: call for call in CALLS}


@dataclass(frozen=True)
class Request:
    """One call, with the names that it is made with.

    Args:
        call: the kind of call.
        names: the names, in alphabetical order: always `account`, `partition` and `region`, where it is asked.
    """

    call: Call
    names: Names

    @property
    def named(self) -> dict[str, str]:
        """The names by what they are."""
        return dict(self.names)

    @property
    def region(self) -> str:
        """Where it is asked."""
        return self.named["region"]

    @property
    def parameters(self) -> dict[str, Any]:
        """The operation's parameters."""
        filled: dict[str, Any] = _filled(self.call.parameters, self.named)
        return filled

    @property
    def on(self) -> str:
        """The ARN that it is asked of, or `*`."""
        return self.call.on.format_map(self.named)

    @property
    def at(self) -> tuple[str, ...]:
        """Where in the snapshot the answer belongs."""
        return tuple(step.format_map(self.named) for step in self.call.at)

    @property
    def object(self) -> tuple[str, ...]:
        """The path of what is not there if AWS says so."""
        return tuple(step.format_map(self.named) for step in self.call.object or self.call.at)

    @property
    def grants(self) -> tuple[str, ...]:
        """The ARNs that a policy names for it."""
        return tuple(arn.format_map(self.named) for arn in self.call.grants or (self.call.on,))

    def next(self, call: str, without: tuple[str, ...] = (), **more: str) -> Request:
        """The call of that name with the names of this one and more.

        Args:
            call: its name.
            without: names of this one that mean nothing there; requests that are equal are made once.
            **more: further names, or others for the same.
        """
        kept = {name: value for name, value in self.names if name not in without}
        return request(call, kept | more)


def request(call: str, names: Mapping[str, str]) -> Request:
    """The call of that name."""
    return Request(CALL_NAMED[call], tuple(sorted(names.items())))


def _filled(template: Any, names: Mapping[str, str]) -> Any:
    if isinstance(template, Mapping):
        return {key: _filled(value, names) for key, value in template.items()}
    return template.format_map(names) if isinstance(template, str) else template


_PERMISSIONS = {"": "lake-formation-database-permissions", "*": "lake-formation-tables-permissions"}
_FIRST_OF_EACH = {
    "roles": "role",
    "instance_profiles": "instance-profile",
    "saml_providers": "saml-provider",
    "buckets": "bucket-location",
    "studios": "studios",
    "workgroups": "workgroup",
    "locations": "lake-formation-location",
}


def first_requests(subjects: Subjects) -> tuple[Request, ...]:
    """What is asked first of an account; the answers lead to the rest."""
    everywhere = {"account": subjects.account, "partition": subjects.partition, "region": subjects.region}
    return tuple(request(call, everywhere | names) for call, names in _first(subjects))


def _first(subjects: Subjects) -> Iterator[tuple[str, dict[str, str]]]:
    yield "organization", {}
    for kind, call in _FIRST_OF_EACH.items():
        for name in getattr(subjects, kind):
            yield call, {"name": name}
    for key in subjects.keys:
        yield "key", {"key": key, "region": key.split(":")[3]}
    if subjects.buckets:
        yield "account-public-access", {}
    if subjects.access_grants:
        yield "access-grants-instance", {}
    if subjects.lake_formation:
        yield "lake-formation-identity-center", {}
        yield "lake-formation-settings", {}
    for granted in subjects.databases:
        names = {"catalog": granted.catalog, "database": granted.database, "table": granted.table}
        yield _PERMISSIONS.get(granted.table, "lake-formation-table-permissions"), names
    own = {granted.database for granted in subjects.databases if granted.catalog == subjects.account}
    for name in sorted(own.union(subjects.links)):
        yield "glue-database", {"name": name}


def every_request(subjects: Subjects) -> tuple[Request, ...]:
    """Every call that a snapshot of an account may come to, once each, as far as it can be known beforehand.

    What only answers tell, such as the names of policies, is missing from the names of those that they lead to.
    """
    return tuple(_with_all_that_follow(first_requests(subjects), subjects))


def _with_all_that_follow(requests: Iterable[Request], subjects: Subjects) -> Iterator[Request]:
    found = dict.fromkeys(requests)
    to_do = list(found)
    while to_do:
        one = to_do.pop()
        following = (one.next(name) for name in one.call.then if follows(name, subjects))
        new = [each for each in following if each not in found]
        found |= dict.fromkeys(new)
        to_do += new
    yield from found


def follows(call: str, subjects: Subjects) -> bool:
    """Whether a call that an answer may lead to is needed for these subjects."""
    return call != "studio-assignments" or subjects.assigned
