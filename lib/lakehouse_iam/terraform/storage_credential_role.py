"""The role behind a Unity Catalog storage credential."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from constructs import Construct

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import partition_named
from lakehouse_iam.policy import PackedPolicy, PolicyDocument
from lakehouse_iam.roles.role_spec import RoleSpec
from lakehouse_iam.roles.unity_catalog import StorageCredentialInputs, resource_policies, storage_credential_role
from lakehouse_iam.statements.file_events import is_about_file_events
from lakehouse_iam.terraform.buckets import BucketAccess, Buckets, key_handoffs
from lakehouse_iam.terraform.placement import UNNAMED, InAccount
from lakehouse_iam.terraform.role_elements import make_role, parsed_role


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
        resource_policies: what the policies of its buckets and keys must allow.
        buckets: the buckets that were made, and the policies that let it in.
        handoffs: statements that somebody else must merge.

    Raises:
        InvalidValue: a text that is not a role's ARN, no external id, or a bucket with ACLs.
        QuotaExceeded: a policy would be larger, or the role would need more policies, than AWS accepts.
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
        partition = partition_named(self.arn.partition)
        spec = storage_credential_role(
            StorageCredentialInputs(
                partition=partition.name,
                account=str(self.arn.account),
                role_arn=str(self.arn),
                unity_catalog_role=unity_catalog_iam_arn,
                external_ids=tuple(external_ids),
                buckets=tuple(bucket.in_account(self.arn.account).grant(partition) for bucket in buckets),
                file_events=file_events,
            )
        )
        self.permissions = spec.policies
        made = make_role(self, _with_file_events_apart(spec), place=place)
        self.role, self.attachments = made.role, made.attachments
        self.resource_policies = resource_policies(str(self.arn))
        self.buckets = Buckets(
            self,
            "Buckets",
            buckets=buckets,
            account=self.arn.account,
            policies=self.resource_policies,
            place=place,
            role=(self.role,),
        )
        keys = key_handoffs(buckets, self.resource_policies, account=self.arn.account)
        self.handoffs = (*self.buckets.handoffs, *keys)


def _with_file_events_apart(spec: RoleSpec) -> RoleSpec:
    """The same permissions, with those for file events in policies of their own.

    Where file events are turned off these policies go, and Terraform destroys them after it has told the external locations
    (`REPLACED_BEFORE_DESTROYED`). Statements taken out of a policy would be gone before, and Databricks could not remove
    its queues.
    """
    permissions, events = [], []
    for policy in spec.policies:
        about_events = tuple(filter(is_about_file_events, policy.document.statements))
        others = tuple(statement for statement in policy.document.statements if statement not in about_events)
        if others:
            permissions.append(PackedPolicy(policy.label, PolicyDocument(others)))
        if about_events:
            events.append(PackedPolicy(f"FileEvents{policy.label}", PolicyDocument(about_events)))
    return replace(spec, policies=(*permissions, *events))
