"""The buckets of one account: those that are made here, and the policies that let a role in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from constructs import Construct

from lakehouse_iam.arns import BucketName, KeyArn, ObjectPrefix
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import partition_named
from lakehouse_iam.policy import PolicyDocument, Statement
from lakehouse_iam.resources import HandOff, HandOffKind
from lakehouse_iam.roles import bucket_access as roles
from lakehouse_iam.setups.buckets import BucketPolicyMode
from lakehouse_iam.statements.kms import KeyGrant, strongest_key_grants
from lakehouse_iam.statements.s3 import Access, ObjectOwnership
from lakehouse_iam.terraform import aws
from lakehouse_iam.terraform.elements import Element
from lakehouse_iam.terraform.engine import TerraformResource
from lakehouse_iam.terraform.literals import known
from lakehouse_iam.terraform.placement import InAccount

_OWNERSHIP = {
    ObjectOwnership.BUCKET_OWNER_ENFORCED: "BucketOwnerEnforced",
    ObjectOwnership.BUCKET_OWNER_PREFERRED: "BucketOwnerPreferred",
    ObjectOwnership.OBJECT_WRITER: "ObjectWriter",
}


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

    def grant(self, partition: str) -> roles.BucketAccess:
        """The same in the words of the role documents."""
        return roles.BucketAccess(
            bucket_arn=BucketName(self.bucket).arn(partition),
            access=self.access,
            prefixes=tuple(str(ObjectPrefix.parse(prefix)) for prefix in self.prefixes),
            acls=self.object_ownership.uses_acls,
            key=self._key_grant(partition),
        )

    def _key_grant(self, partition: str) -> KeyGrant | None:
        if self.kms_key is None:
            return None
        via = partition_named(partition).via_service("s3", KeyArn.parse(self.kms_key).region)
        return KeyGrant(self.kms_key, self.access, via)


@dataclass(frozen=True)
class Words:
    """What the documents of a role's pattern say on the side of the bucket and the key."""

    bucket_statements: Callable[[roles.BucketAccess, str], tuple[Statement, ...]]
    bucket_document: Callable[[roles.BucketAccess, str], PolicyDocument]
    key_statement: Callable[[KeyGrant, str], Statement]


class Buckets(Construct):
    """The other half of what a role may do: buckets that this stack makes, and bucket policies.

    Args:
        buckets: all of one account.
        role_arn: who is let in.
        partition: the partition of the buckets.
        words: how the role's pattern says it.
        place: the account.
        role: the role itself, where this stack makes it: S3 refuses a policy that names a role which does not exist.

    Attributes:
        elements: what was made, to wait for.
        handoffs: statements that somebody else must merge.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        buckets: Sequence[BucketAccess],
        role_arn: str,
        partition: str,
        words: Words,
        place: InAccount,
        role: Sequence[TerraformResource] = (),
    ) -> None:
        super().__init__(scope, id)
        self._place = place
        elements: list[Element] = []
        handoffs: list[HandOff] = []
        for bucket in buckets:
            grant = bucket.grant(partition)
            made = self._made(bucket) if bucket.create else []
            elements += made
            if bucket.policy is BucketPolicyMode.MANAGED:
                document = words.bucket_document(grant, role_arn)
                elements.append(self._policy(bucket, document, [*role, *made]))
            if bucket.policy is BucketPolicyMode.HANDOFF:
                statements = words.bucket_statements(grant, role_arn)
                handoffs.append(HandOff(HandOffKind.BUCKET_POLICY, bucket.bucket, statements, _BUCKET_IS_KEPT))
        self.elements = tuple(elements)
        self.handoffs = tuple(handoffs)

    def _made(self, bucket: BucketAccess) -> list[Element]:
        made = Element(
            self,
            f"Bucket-{bucket.bucket}",
            aws.S3Bucket(bucket=bucket.bucket, tags=self._place.tags),
            provider=self._place.provider,
            keep=True,
        )
        name = made.reference("bucket")
        key = bucket.kms_key
        rule = aws.EncryptionRule(
            aws.DefaultEncryption("aws:kms" if key else "AES256", key), bucket_key_enabled=True if key else None
        )
        settings = {
            "Encryption": aws.S3BucketEncryption(name, rule),
            "Ownership": aws.S3BucketOwnershipControls(name, aws.OwnershipRule(_OWNERSHIP[bucket.object_ownership])),
            "PublicAccess": aws.S3BucketPublicAccessBlock(name),
        }
        return [
            made,
            *(
                Element(self, f"{kind}-{bucket.bucket}", setting, provider=self._place.provider)
                for kind, setting in settings.items()
            ),
        ]

    def _policy(self, bucket: BucketAccess, document: PolicyDocument, after: Sequence[TerraformResource]) -> Element:
        return Element(
            self,
            f"Policy-{bucket.bucket}",
            aws.S3BucketPolicy(bucket.bucket, document),
            provider=self._place.provider,
            depends_on=after,
        )


_BUCKET_IS_KEPT = "the bucket's policy is kept by somebody else; merge it after the role exists"
_KEY_IS_KEPT = "a key is used only by those its own policy allows; merge it after the role exists"


def key_handoffs(
    buckets: Sequence[BucketAccess], *, role_arn: str, partition: str, words: Words
) -> tuple[HandOff, ...]:
    """What the owners of the buckets' keys must merge: one statement for each key, for the most that any bucket needs."""
    grants = [key for bucket in buckets for key in (bucket.grant(partition).key,) if key]
    return tuple(
        HandOff(HandOffKind.KEY_POLICY, grant.key_arn, (words.key_statement(grant, role_arn),), _KEY_IS_KEPT)
        for grant in strongest_key_grants(grants)
    )
