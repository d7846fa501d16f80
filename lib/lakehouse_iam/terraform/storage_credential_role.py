"""The role behind a Unity Catalog storage credential."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.roles import unity_catalog as documents
from lakehouse_iam.terraform.buckets import BucketAccess, Buckets, Words, key_handoffs
from lakehouse_iam.terraform.placement import UNNAMED, InAccount
from lakehouse_iam.terraform.role_elements import Permissions, make_role, parsed_role

WORDS = Words(documents.bucket_policy_statements, documents.bucket_policy_document, documents.key_policy_statement)


class StorageCredentialRole(Construct):
    """The role that Unity Catalog assumes for a storage credential, able to assume itself, made in one pass.

    Args:
        role_arn: the ARN that it will have: account, path and name.
        external_ids: what its trust policy asks for: `StorageCredential.external_id`, and those of further storage
            credentials that share the role.
        unity_catalog_iam_arn: who assumes it: `StorageCredential.unity_catalog_iam_arn`.
        buckets: what it may use, in any account.
        file_events: whether Databricks may set up and read notification queues named `csms-…` in the account. Default: no.
        place: its account as the stack reaches it.

    Attributes:
        role: the role.
        attachments: what lets it act, assuming itself included.
        permissions: the documents of its policies.
        buckets: the buckets that were made, and the policies that let it in.
        handoffs: statements that somebody else must merge.

    Raises:
        InvalidValue: an ARN that is none, no external id, or a bucket with ACLs.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        role_arn: str,
        external_ids: Sequence[str],
        unity_catalog_iam_arn: str,
        buckets: Sequence[BucketAccess],
        file_events: bool = False,
        place: InAccount = UNNAMED,
    ) -> None:
        super().__init__(scope, id)
        self.arn = parsed_role(role_arn, what="role_arn")
        if any(bucket.object_ownership.uses_acls for bucket in buckets):
            raise InvalidValue(
                "a bucket with ACLs is given to a storage credential",
                allowed="buckets whose Object Ownership is bucket-owner-enforced; Unity Catalog does not support ACLs",
            )
        made = documents.storage_credential_role(
            documents.StorageCredentialInputs(
                partition=self.arn.partition,
                account=str(self.arn.account),
                role_arn=str(self.arn),
                unity_catalog_role=unity_catalog_iam_arn,
                external_ids=tuple(external_ids),
                buckets=tuple(bucket.grant(self.arn.partition) for bucket in buckets),
                file_events=file_events,
            )
        )
        self.permissions = made.policies
        elements = make_role(
            self,
            arn=self.arn,
            trust=made.trust,
            description=documents.ROLE_DESCRIPTION,
            permissions=Permissions("storage-credential-access", documents.POLICY_DESCRIPTION, made.policies),
            place=place,
        )
        self.role, self.attachments = elements.role, elements.attachments
        self.buckets = Buckets(
            self,
            "Buckets",
            buckets=buckets,
            role_arn=str(self.arn),
            partition=self.arn.partition,
            words=WORDS,
            place=place,
            role=(self.role,),
        )
        keys = key_handoffs(buckets, role_arn=str(self.arn), partition=self.arn.partition, words=WORDS)
        self.handoffs = (*self.buckets.handoffs, *keys)
