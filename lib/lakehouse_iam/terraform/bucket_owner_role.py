"""The role in the bucket owner's account that clusters assume."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct

from lakehouse_iam.partitions import partition_named
from lakehouse_iam.roles import instance_profile as documents
from lakehouse_iam.roles.instance_profile import TrustBy
from lakehouse_iam.terraform.buckets import BucketAccess, Buckets, Words, key_handoffs
from lakehouse_iam.terraform.engine import TerraformResource
from lakehouse_iam.terraform.placement import UNNAMED, InAccount
from lakehouse_iam.terraform.role_elements import Permissions, make_role, parsed_role

_WORDS = Words(documents.bucket_policy_statements, documents.bucket_policy_document, documents.key_policy_statement)


class BucketOwnerRole(Construct):
    """The role that clusters of another account assume, with its buckets and their policies.

    Args:
        role_arn: the ARN that it will have: account, path and name.
        trusted_role: the ARN of the role that clusters carry.
        trust: how that role is named; see `TrustBy`.
        buckets: what it may use.
        after: the trusted role, where this stack makes it: IAM refuses a trust policy that names a role which does not
            exist.
        place: its account as the stack reaches it.

    Attributes:
        role: the role.
        attachments: what lets it act.
        buckets: the buckets that were made, and the policies that let it in.
        handoffs: statements that somebody else must merge.

    Raises:
        InvalidValue: an ARN that is none, or a reference that only the apply resolves.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        role_arn: str,
        trusted_role: str,
        buckets: Sequence[BucketAccess],
        trust: TrustBy = TrustBy.ROLE,
        after: Sequence[TerraformResource] = (),
        place: InAccount = UNNAMED,
    ) -> None:
        super().__init__(scope, id)
        self.arn = parsed_role(role_arn, what="role_arn")
        trusted = parsed_role(trusted_role, what="trusted_role")
        partition = partition_named(self.arn.partition)
        grants = [bucket.grant(partition.name) for bucket in buckets]
        made = make_role(
            self,
            arn=self.arn,
            trust=documents.bucket_owner_trust(
                str(trusted), account_root=partition.root(str(trusted.account)), by=trust
            ),
            description=documents.BUCKET_OWNER_ROLE_DESCRIPTION,
            permissions=Permissions(
                "bucket-access", documents.BUCKET_POLICY_DESCRIPTION, documents.bucket_owner_documents(grants)
            ),
            place=place,
            depends_on=after,
        )
        self.role, self.attachments = made.role, made.attachments
        self.buckets = Buckets(
            self,
            "Buckets",
            buckets=buckets,
            role_arn=str(self.arn),
            partition=partition.name,
            words=_WORDS,
            place=place,
            role=(self.role,),
        )
        keys = key_handoffs(buckets, role_arn=str(self.arn), partition=partition.name, words=_WORDS)
        self.handoffs = (*self.buckets.handoffs, *keys)
