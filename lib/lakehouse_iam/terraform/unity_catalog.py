"""Unity Catalog: from a storage credential to a validated external location, in one apply.

Order of events, and why:

1. The storage credential, with the role's ARN put together as text. The role need not exist yet, and nothing is validated
   (`skip_validation`), because it cannot be: the role's trust policy needs the external id, and only the storage credential
   has it. A reference to the role instead of the text would create a cycle.
2. The trust policy, from the storage credential's attributes `external_id` and `unity_catalog_iam_arn`: never guessed, and
   rewritten when the storage credential is recreated.
3. The role, its policies and their attachments; the buckets that are made here, and the bucket policies, which may name the
   role only once it exists.
4. A wait that begins when all of that is there, for IAM takes seconds until it is seen everywhere. It is repeated when the
   role is another one (its unique id), when the external id is, and when what the role may do changes. It is repeated too
   when external locations come or go: Terraform then deletes those that go before the wait, and creates those that come
   after it, so that one under another name does not overlap with itself.
5. The external locations, validated: Unity Catalog really assumes the role, lists, reads and writes. What is wrong with
   the credential, the trust, the role or the bucket comes out here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from constructs import Construct

from lakehouse_iam.arns import AccountId
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.roles.unity_catalog import with_file_events
from lakehouse_iam.s3_url import S3Url
from lakehouse_iam.setups.buckets import BucketPolicyMode
from lakehouse_iam.terraform.buckets import BucketAccess, Buckets
from lakehouse_iam.terraform.elements import element_id
from lakehouse_iam.terraform.engine import TerraformProvider
from lakehouse_iam.terraform.placement import UNNAMED, InAccount
from lakehouse_iam.terraform.propagation import Propagation
from lakehouse_iam.terraform.storage_credential import ExternalLocation, StorageCredential
from lakehouse_iam.terraform.storage_credential_role import StorageCredentialRole
from lakehouse_iam.terraform_json.time import PROPAGATION_SECONDS


@dataclass(frozen=True)
class Credential:
    """A storage credential to create; see `StorageCredential`."""

    name: str
    read_only: bool = False
    isolated: bool = False
    workspaces: tuple[str, ...] = ()
    comment: str = ""
    owner: str = ""


@dataclass(frozen=True)
class Location:
    """An external location to create; see `ExternalLocation`."""

    name: str
    url: str
    read_only: bool = False
    comment: str = ""


@dataclass(frozen=True)
class OtherOwner:
    """Another account that owns buckets and not the role.

    Args:
        place: the account as the stack reaches it.
        buckets: its buckets.
    """

    place: InAccount
    buckets: tuple[BucketAccess, ...]


class UnityCatalogStorage(Construct):
    """Everything between Unity Catalog and the buckets of one role, in the order above.

    Args:
        credential: the storage credential.
        role_arn: the ARN that the role will have.
        buckets: what it may use in its own account.
        locations: the external locations.
        file_events: whether Databricks sets up and reads notification queues of its own, for the buckets that are written to
            or that ask for it, and for the locations in them. Default: no.
        region: the region of the buckets; needed with file events.
        further_external_ids: those of other storage credentials that share the role.
        other_owners: buckets of other accounts, by account id. AWS allows it; Databricks documents buckets of the role's
            own account only.
        place: the role's account as the stack reaches it.
        databricks: the configuration of `databricks/databricks` for the workspace. Default: the unnamed one.
        seconds: how long to wait for IAM.

    Attributes:
        credential: the storage credential.
        role: the role, its policies and buckets.
        other_owners: the buckets of other accounts.
        wait: the wait, or `None` where there is no external location to wait with.
        locations: the external locations.
        handoffs: statements that somebody else must merge.

    Raises:
        InvalidValue: an ARN, a bucket, a URL or a combination that AWS or Databricks would refuse.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        credential: Credential,
        role_arn: str,
        buckets: Sequence[BucketAccess],
        locations: Sequence[Location],
        file_events: bool = False,
        region: str = "",
        further_external_ids: Sequence[str] = (),
        other_owners: Mapping[str, OtherOwner] | None = None,
        place: InAccount = UNNAMED,
        databricks: TerraformProvider | None = None,
        seconds: int = PROPAGATION_SECONDS,
    ) -> None:
        super().__init__(scope, id)
        others = other_owners or {}
        _check_locations(credential, locations)
        self.credential = StorageCredential(  # 1
            self,
            "StorageCredential",
            name=credential.name,
            role_arn=role_arn,
            read_only=credential.read_only,
            isolated=credential.isolated,
            workspaces=credential.workspaces,
            comment=credential.comment,
            owner=credential.owner,
            provider=databricks,
        )
        self.role = StorageCredentialRole(  # 2 and 3
            self,
            "StorageCredentialRole",
            role_arn=role_arn,
            external_ids=(self.credential.external_id, *further_external_ids),
            unity_catalog_iam_arn=self.credential.unity_catalog_iam_arn,
            buckets=[*buckets, *(_in_role_only(bucket) for other in others.values() for bucket in other.buckets)],
            file_events=file_events,
            region=region,
            place=place,
        )
        self.other_owners = {
            account: self._buckets_of(account, other)  # 3
            for account, other in others.items()
        }
        self.wait = self._wait(locations, seconds) if locations else None  # 4
        told = {
            bucket.bucket
            for bucket in buckets
            if with_file_events(bucket.access, bucket.file_events, managed=file_events)
        }
        self.locations = tuple(  # 5
            self._location(location, str(S3Url.parse(location.url).bucket) in told, databricks)
            for location in locations
        )
        self.handoffs = (
            *self.role.handoffs,
            *(handoff for made in self.other_owners.values() for handoff in made.handoffs),
        )

    def _buckets_of(self, account: str, other: OtherOwner) -> Buckets:
        return Buckets(
            self,
            f"BucketOwner{account}",
            buckets=other.buckets,
            account=AccountId.parse(account),
            policies=self.role.resource_policies,
            place=other.place,
            role=(self.role.role,),
        )

    def _wait(self, locations: Sequence[Location], seconds: int) -> Propagation:
        elsewhere = [element for made in self.other_owners.values() for element in made.elements]
        return Propagation(
            self,
            "Propagation",
            after=[*self.role.attachments, *self.role.buckets.elements, *elsewhere],
            triggers=(
                ("external_id", self.credential.external_id),
                ("external_locations", _digest(sorted(location.name for location in locations))),
                ("permissions", _digest(policy.document.compact() for policy in self.role.permissions)),
                ("role", self.role.role.reference("unique_id")),
            ),
            seconds=seconds,
        )

    def _location(
        self, location: Location, file_events: bool, databricks: TerraformProvider | None
    ) -> ExternalLocation:
        return ExternalLocation(
            self,
            element_id("ExternalLocation", location.name),
            name=location.name,
            url=location.url,
            credential=self.credential,
            after=[self.wait.element] if self.wait else [],
            read_only=location.read_only,
            file_events=file_events,
            comment=location.comment,
            provider=databricks,
        )


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _in_role_only(bucket: BucketAccess) -> BucketAccess:
    """A bucket of another account as the role sees it: its policy is written there."""
    return replace(bucket, policy=BucketPolicyMode.NONE, create=False)


def _check_locations(credential: Credential, locations: Sequence[Location]) -> None:
    written = [location.name for location in locations if not location.read_only]
    if credential.read_only and written:
        raise InvalidValue(
            f"the external location {written[0]} is to be written to, and the storage credential is read-only",
            allowed="read_only=True for every location of a read-only storage credential",
        )
