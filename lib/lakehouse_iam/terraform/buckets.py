"""The buckets of one account: those that are created, and the policies that give a role access."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from constructs import Construct

from lakehouse_iam.arns import AccountId, BucketName, KeyArn, ObjectPrefix, RoleArn
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import Partition, partition_named
from lakehouse_iam.plan import assemble
from lakehouse_iam.resources import Bucket, BucketPolicy, HandOff, Resource
from lakehouse_iam.roles.role_spec import ResourcePolicies
from lakehouse_iam.setups.buckets import Bucket as BucketInSetup
from lakehouse_iam.setups.buckets import BucketPolicyMode
from lakehouse_iam.statements.s3 import Access, ObjectOwnership
from lakehouse_iam.terraform.elements import Element, make_elements
from lakehouse_iam.terraform.engine import TerraformResource
from lakehouse_iam.terraform.placement import InAccount
from lakehouse_iam.terraform_json import aws
from lakehouse_iam.terraform_json.blocks import Address
from lakehouse_iam.terraform_json.literals import known
from lakehouse_iam.terraform_json.render import KEPT, render
from lakehouse_iam.terraform_json.render import TerraformResource as RenderedResource


@dataclass(frozen=True)
class BucketAccess:
    """What a role may do with one bucket.

    Args:
        bucket: its name.
        access: read-only or read-write.
        prefixes: folders; everything below each is included and nothing beside it. Default: the whole bucket.
        kms_key: the ARN of the customer key of its objects; never an alias.
        object_ownership: the bucket's setting.
        policy: who keeps the bucket policy. `MANAGED`: this stack, whole, in the place of the one the bucket had.
            `HANDOFF`: somebody else; the statements come out as a hand-off. `NONE`: nobody; the role's own policy is enough
            within the bucket's account.
        create: whether this stack makes the bucket; Terraform then refuses to destroy it.
        file_events: where the role has file events, whether Databricks may change the bucket's notifications. Default: where
            the bucket is written to.

    Raises:
        InvalidValue: a name, prefix or key that AWS would refuse, or a hand-off to nobody.
    """

    bucket: str
    access: Access
    prefixes: tuple[str, ...] = ()
    kms_key: str | None = None
    object_ownership: ObjectOwnership = ObjectOwnership.BUCKET_OWNER_ENFORCED
    policy: BucketPolicyMode = BucketPolicyMode.HANDOFF
    create: bool = False
    file_events: bool | None = None

    def __post_init__(self) -> None:
        BucketName.parse(known(self.bucket, what="the name of the bucket"))
        for prefix in self.prefixes:
            ObjectPrefix.parse(known(prefix, what="the prefix"))
        if self.kms_key is not None:
            KeyArn.parse(known(self.kms_key, what="the key"))
        if self.create and self.policy is BucketPolicyMode.HANDOFF:
            raise InvalidValue(
                f"the bucket {self.bucket} is created here, so there is nobody to hand its policy to",
                allowed="policy=BucketPolicyMode.MANAGED or NONE where create is true",
            )

    def in_account(self, account: AccountId) -> BucketInSetup:
        """The same bucket as setups describe it.

        Args:
            account: whose bucket it is.
        """
        return BucketInSetup(
            name=BucketName.parse(self.bucket),
            owner=account,
            access=self.access,
            prefixes=tuple(ObjectPrefix.parse(prefix) for prefix in sorted(set(self.prefixes))),
            create=self.create,
            policy=self.policy,
            object_ownership=self.object_ownership,
            key=KeyArn.parse(self.kms_key) if self.kms_key else None,
        )


@dataclass(frozen=True)
class BucketElements:
    """The buckets and bucket policies that were made.

    Args:
        elements: all of them, to wait for.
        kept: the addresses of what Terraform refuses to destroy, by the bucket's name.
    """

    elements: tuple[Element, ...]
    kept: dict[str, list[str]]


def make_buckets(
    scope: Construct, resources: Sequence[Resource], *, place: InAccount, roles: Sequence[TerraformResource] = ()
) -> BucketElements:
    """Make planned buckets and bucket policies of one account.

    Args:
        scope: where they live.
        resources: the buckets before their policies.
        place: the account.
        roles: the roles that the policies name, where this stack makes them.
    """
    principals = {
        Address(aws.AwsIamRole.TERRAFORM_TYPE, f"Principal{number}"): element for number, element in enumerate(roles)
    }
    bucket_of = dict(_bucket_names(resources))
    rendered = render(resources, tags=place.tags, principals=tuple(principals))
    made = make_elements(
        scope,
        rendered,
        id_ends={name: f"-{bucket}" for name, bucket in bucket_of.items()},
        provider=place.provider,
        given=principals,
    )
    return BucketElements(tuple(made.values()), kept_addresses(resources, rendered, made))


def kept_addresses(
    resources: Sequence[Resource], rendered: Sequence[RenderedResource], made: Mapping[Address, Element]
) -> dict[str, list[str]]:
    """The addresses of what Terraform refuses to destroy, by the bucket's name.

    Args:
        resources: the planned resources.
        rendered: what they became.
        made: the elements of those.
    """
    bucket_of = dict(_bucket_names(resources))
    kept: dict[str, list[str]] = {}
    for one in rendered:
        if one.lifecycle is KEPT:
            kept.setdefault(bucket_of[one.name], []).append(made[one.address].address)
    return kept


class Buckets(Construct):
    """The buckets of one account that a role uses: those that this stack creates, and the bucket policies it keeps.

    Args:
        buckets: all of one account.
        account: the account.
        policies: what bucket policies must allow so that the role can use the buckets.
        place: the account as the stack reaches it.
        role: the role itself, where this stack makes it: S3 refuses a policy that names a role that does not exist.

    Attributes:
        elements: what was created, to wait for.
        kept: the addresses of each created bucket and of what protects it, by the bucket's name: its encryption, ownership
            controls, Block Public Access and policy. Terraform refuses to destroy them.
        handoffs: statements that somebody else must merge.

    Raises:
        QuotaExceeded: a bucket policy would be larger than S3 accepts; SeveralQuotas, where several would be.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        buckets: Sequence[BucketAccess],
        account: AccountId,
        policies: ResourcePolicies,
        place: InAccount,
        role: Sequence[TerraformResource] = (),
    ) -> None:
        super().__init__(scope, id)
        partition = _partition(policies)
        described = [bucket.in_account(account) for bucket in buckets]
        resources = tuple(assemble.bucket_resources(described, policies, partition))
        made = make_buckets(self, resources, place=place, roles=role)
        self.elements, self.kept = made.elements, made.kept
        self.handoffs = tuple(assemble.bucket_handoffs(described, policies, partition))


def key_handoffs(
    buckets: Sequence[BucketAccess], policies: ResourcePolicies, *, account: AccountId
) -> tuple[HandOff, ...]:
    """What the owners of the buckets' keys must merge: one statement for each key, for the most that any bucket needs."""
    described = [bucket.in_account(account) for bucket in buckets]
    return tuple(assemble.key_handoffs(described, policies, _partition(policies)))


def _partition(policies: ResourcePolicies) -> Partition:
    return partition_named(RoleArn.parse(policies.role_arn).partition)


def _bucket_names(resources: Sequence[Resource]) -> Iterator[tuple[str, str]]:
    """The ids of planned resources, with the bucket that each is about."""
    for resource in resources:
        if isinstance(resource, Bucket):
            yield resource.id, str(resource.name)
        if isinstance(resource, BucketPolicy):
            yield resource.id, str(resource.bucket)
