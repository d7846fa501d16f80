"""A setup of the pattern `emr-studio`, typed; `emr_studio_reading` reads one.

What is under `lake_formation` is in `emr_studio_grants`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from lakehouse_iam.arns import (
    AccountId,
    BucketName,
    DirectoryPrincipal,
    IdentityCenterInstance,
    KeyArn,
    RoleArn,
)
from lakehouse_iam.s3_url import S3Url
from lakehouse_iam.setups.emr_studio_grants import LakeFormation
from lakehouse_iam.setups.setup import Setup

PATTERN = "emr-studio"
SUBNETS = 5
"""Source: EMR API reference `CreateStudio` (SubnetIds), read 2026-11-24."""


class Use(Enum):
    """What a Studio is for: queries with Athena only, or Workspaces on EMR clusters too."""

    ATHENA = "athena"
    FULL = "full"


class InstanceOrigin(Enum):
    """Where the S3 Access Grants instance comes from: an account has at most one in a region."""

    CREATE = "create"
    EXISTS = "exists"


@dataclass(frozen=True)
class IdentityCenter:
    """The instance that users sign in to, whose it is and its primary region."""

    instance: IdentityCenterInstance
    account: AccountId
    region: str


@dataclass(frozen=True)
class Assignee:
    """Somebody who may use the Studio.

    Args:
        principal: the user or group.
        name: its name, where the setup says it.
        queries_only: whether its sessions may do nothing but query.
    """

    principal: DirectoryPrincipal
    name: str
    queries_only: bool


@dataclass(frozen=True)
class Place:
    """A folder in a bucket of the Studio's account.

    Args:
        url: the folder.
        create: whether the setup makes the bucket.
        key: the key of its objects.
    """

    url: S3Url
    create: bool
    key: KeyArn | None

    @property
    def bucket(self) -> BucketName:
        """The bucket."""
        return self.url.bucket

    @property
    def folder(self) -> str:
        """The folder without slashes around it; empty for the whole bucket."""
        return str(self.url.folder) if self.url.folder else ""


@dataclass(frozen=True)
class Studio:
    """The EMR Studio, as the setup describes it."""

    name: str
    everyone: bool
    assigned: tuple[Assignee, ...]
    use: Use
    vpc: str
    subnets: tuple[str, ...]
    network_tagged: bool
    application_arn: str
    storage: Place
    service_role: RoleArn
    user_role: RoleArn


@dataclass(frozen=True)
class Workgroup:
    """The Athena workgroup, as the setup describes it."""

    name: str
    identity_center: bool
    results: Place
    user_prefixes: bool
    execution_role: RoleArn


@dataclass(frozen=True)
class AccessGrants:
    """S3 Access Grants for the results."""

    instance: InstanceOrigin
    location_role: RoleArn


@dataclass(frozen=True, kw_only=True)
class EmrStudioSetup(Setup):
    """Users of IAM Identity Center query with Athena in EMR Studio, and Lake Formation decides.

    Args:
        account: the account of the Studio, the workgroup and the results.
        identity_center: what users sign in to.
        studio: the Studio.
        workgroup: the workgroup.
        access_grants: for the results of a workgroup with Identity Center.
        lake_formation: what users may query.
    """

    account: AccountId
    identity_center: IdentityCenter
    studio: Studio
    workgroup: Workgroup
    access_grants: AccessGrants
    lake_formation: LakeFormation

    @property
    def shares_catalog(self) -> bool:
        """Whether the databases belong to another account than the Studio."""
        return self.lake_formation.catalog != self.account

    @property
    def directory_principals(self) -> tuple[DirectoryPrincipal, ...]:
        """The users and groups that the setup names."""
        assigned = {assignee.principal for assignee in self.studio.assigned}
        granted = {grant.to for grant in self.lake_formation.grants if isinstance(grant.to, DirectoryPrincipal)}
        return tuple(sorted(assigned | granted, key=str))

    @property
    def cautions(self) -> tuple[str, ...]:
        """What is right as it is written and still surprises people."""
        return tuple(_cautions(self))


def _cautions(setup: EmrStudioSetup) -> Iterator[str]:
    center, studio = setup.identity_center, setup.studio
    if center.region != setup.region:
        yield (
            f"Identity Center's primary region is {center.region} and the setup's is {setup.region}: that works only if the "
            f"instance was added to {setup.region}; aws sso-admin list-regions --region {center.region} "
            f"--instance-arn {center.instance} says so"
        )
    assigned = {assignee.principal for assignee in studio.assigned}
    strangers = [
        grant.to
        for grant in setup.lake_formation.grants
        if isinstance(grant.to, DirectoryPrincipal) and grant.to not in assigned
    ]
    if strangers:
        yield (
            f"{strangers[0]} has a grant and is not under studio.assigned: a user must be assigned, or belong to a group that "
            "is, to sign in"
        )
    for place, key in ((studio.storage, "studio.storage"), (setup.workgroup.results, "workgroup.results")):
        if not place.create:
            yield (
                f"the bucket {place.bucket} of {key} must exist in {setup.region}, in the account {setup.account}: "
                f"aws s3api head-bucket --bucket {place.bucket} --expected-bucket-owner {setup.account} shows its region"
            )
    if setup.workgroup.identity_center:
        yield (
            f"whether a workgroup authenticates with Identity Center cannot be changed: if {setup.workgroup.name} exists as a "
            f"regular one, give another name; aws athena get-work-group --work-group {setup.workgroup.name} shows it"
        )
