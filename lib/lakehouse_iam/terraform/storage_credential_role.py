"""The role behind a Unity Catalog storage credential."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from constructs import Construct

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import partition_named
from lakehouse_iam.policy import PackedPolicy, PolicyDocument
from lakehouse_iam.roles.bucket_access import BucketAccess as Grant
from lakehouse_iam.roles.role_spec import RoleSpec
from lakehouse_iam.roles.unity_catalog import (
    StorageCredentialInputs,
    require_file_events,
    resource_policies,
    storage_credential_role,
    with_file_events,
)
from lakehouse_iam.statements.file_events import is_about_file_events
from lakehouse_iam.terraform.buckets import BucketAccess, Buckets, key_handoffs
from lakehouse_iam.terraform.placement import UNNAMED, InAccount
from lakehouse_iam.terraform.role_elements import make_role, parsed_role


class StorageCredentialRole(Construct):
    """The role that Unity Catalog assumes for a storage credential, able to assume itself, created in one pass.

    Args:
        role_arn: the ARN that it will have: account, path and name.
        external_ids: what its trust policy asks for: `StorageCredential.external_id`, and those of further storage
            credentials that share the role.
        unity_catalog_iam_arn: who assumes it: `StorageCredential.unity_catalog_iam_arn`.
        buckets: what it may use, in any account.
        file_events: whether Databricks may set up and read notification queues named `csms-…` in the account and region, for
            the buckets that are written to or that ask for it. Default: no.
        region: the region of the buckets; needed with file events.
        place: its account as the stack reaches it.

    Attributes:
        role: the role.
        attachments: what lets it act, assuming itself included.
        permissions: the documents of its policies.
        resource_policies: what the policies of its buckets and keys must allow.
        buckets: the buckets that were created, and the policies that allow it access.
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
        region: str = "",
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
        grants = tuple(
            _grant(bucket.in_account(self.arn.account).grant(partition), bucket, file_events) for bucket in buckets
        )
        if file_events:
            _check_file_events(grants, region)
        spec = storage_credential_role(
            StorageCredentialInputs(
                partition=partition.name,
                region=region,
                account=str(self.arn.account),
                role_arn=str(self.arn),
                unity_catalog_role=unity_catalog_iam_arn,
                external_ids=tuple(external_ids),
                buckets=grants,
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


def _grant(grant: Grant, bucket: BucketAccess, file_events: bool) -> Grant:
    return replace(grant, file_events=with_file_events(bucket.access, bucket.file_events, managed=file_events))


def _check_file_events(grants: Sequence[Grant], region: str) -> None:
    require_file_events(grants)
    if not region:
        raise InvalidValue(
            "file events are managed, and the region of the buckets is not said",
            allowed="file_events=True together with region, such as us-west-2: queues and topics are of one region",
        )


def _with_file_events_apart(spec: RoleSpec) -> RoleSpec:
    """The same permissions, with those for file events in policies of their own, named after their content.

    Where file events are turned off, for one bucket or for all, Terraform updates the external locations first and then
    destroys the policy as it was (`REPLACED_BEFORE_DESTROYED`). Statements taken out of a policy in place would be gone
    before, and Databricks could not remove its queues.
    """
    permissions, events = [], []
    for policy in spec.policies:
        about_events = tuple(filter(is_about_file_events, policy.document.statements))
        others = tuple(statement for statement in policy.document.statements if statement not in about_events)
        if others:
            permissions.append(PackedPolicy(policy.label, PolicyDocument(others)))
        if about_events:
            document = PolicyDocument(about_events)
            digest = hashlib.sha256(document.compact().encode()).hexdigest()[:8]
            events.append(PackedPolicy(f"FileEvents{policy.label}-{digest}", document))
    return replace(spec, policies=(*permissions, *events))
