"""The role behind a Unity Catalog storage credential: its trust policy and its permissions.

The chain, in the order in which a request walks it:

1. Unity Catalog's master role, in Databricks' own account, assumes the role and names the storage credential's external
   id. The role trusts it by its ARN, on that condition.
2. The role assumes itself, again with the external id. Unity Catalog refuses roles that cannot (since 2025-01-20). Two
   halves make it possible: the trust policy lets the role in through its own account, and the role's own policy allows
   the step. One half alone looks right and does nothing, so `storage_credential_role`
   makes both or nothing.
3. The role acts on the bucket. Its own policy is enough for a bucket and key of its own account as far as they delegate
   to IAM; elsewhere the bucket policy and the key policy (`resource_policies`) must agree.

Sources: databricks/terraform-provider-databricks `aws/data_aws_unity_catalog_assume_role_policy.go` and
`aws/data_aws_unity_catalog_policy.go` at v1.128.0; Databricks community "UC will begin prohibiting … non self-assuming
roles"; read 2026-11-21. What is different here, and why: `docs/vendor-differences.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.policy import PackedPolicy, PolicyDocument, Statement, pack
from lakehouse_iam.roles.bucket_access import BucketAccess
from lakehouse_iam.roles.role_spec import PolicyNames, ResourcePolicies, RoleSpec
from lakehouse_iam.statements import file_events, kms, s3, sts

ROLE_DESCRIPTION = "Assumed by Databricks Unity Catalog to use the listed buckets through a storage credential"
STORAGE_CREDENTIAL_POLICIES = PolicyNames(
    id="StorageCredentialAccess",
    suffix="storage-credential-access",
    description="The buckets, folders and keys that the storage credential may use, and leave to assume itself",
)


@dataclass(frozen=True)
class StorageCredentialInputs:
    """What the documents of the role are made from. Every text may be an unresolved token in a CDK app.

    Args:
        partition: the partition's name.
        region: the region of the buckets; needed where one of them has file events.
        account: the account of the role.
        role_arn: the role's ARN, path included, known before the role exists.
        unity_catalog_role: the ARN of the master role that assumes it.
        external_ids: those of every storage credential that shares the role; at least one.
        buckets: what it may use.
    """

    partition: str
    region: str
    account: str
    role_arn: str
    unity_catalog_role: str
    external_ids: tuple[str, ...]
    buckets: tuple[BucketAccess, ...]


def storage_credential_role(inputs: StorageCredentialInputs) -> RoleSpec:
    """The role that Unity Catalog assumes for a storage credential.

    Raises:
        InvalidValue: no external id.
        QuotaExceeded: a single grant is larger than a managed policy.
    """
    trust, policies = _trust(inputs), permissions(inputs, inputs.buckets)
    require_self_assuming(inputs.role_arn, trust, policies)
    return RoleSpec(
        arn=inputs.role_arn,
        description=ROLE_DESCRIPTION,
        trust=trust,
        policies=policies,
        policy_names=STORAGE_CREDENTIAL_POLICIES,
        resource_policies=resource_policies(inputs.role_arn),
    )


def resource_policies(role_arn: str) -> ResourcePolicies:
    """What the policies of buckets and keys must allow so that the role can use them.

    A bucket policy is needed where the bucket is in another account than the role.
    """
    return ResourcePolicies(
        role_arn, s3.unity_catalog_statements, key_sid="LakehouseStorageCredentialRole", role_title="role"
    )


def require_self_assuming(role_arn: str, trust: PolicyDocument, policies: Sequence[PackedPolicy]) -> None:
    """Refuse documents of a role that cannot assume itself, or that trusts without an external id.

    Raises:
        InvalidValue: a statement of the trust policy without an external id, or one of the two statements that make
            self-assuming possible is missing.
    """
    if not all(_names_external_id(statement) for statement in trust.statements):
        raise InvalidValue(
            f"the trust policy of {role_arn} lets somebody in without an external id",
            allowed="sts:ExternalId in every statement, with at least one value",
            next_step="give the external id that the storage credential shows",
        )
    own = [statement for policy in policies for statement in policy.document.statements]
    needed = {
        "its trust policy does not let itself in": any(
            condition.key == "aws:PrincipalArn" and role_arn in condition.values
            for statement in trust.statements
            for condition in statement.conditions
        ),
        "its own policy does not allow sts:AssumeRole on itself": any(
            statement.actions == sts.ASSUME_ROLE and role_arn in statement.resources for statement in own
        ),
    }
    missing = [what for what, there in needed.items() if not there]
    if missing:
        raise InvalidValue(
            f"the role {role_arn} cannot assume itself: {' and '.join(missing)}",
            allowed="both halves together; Unity Catalog refuses a role with one of them",
        )


def with_file_events(access: s3.Access, asked: bool | None, *, managed: bool) -> bool:
    """Whether a bucket has file events.

    A bucket that is only read has them only where they are asked for: they let Databricks change its notifications, which
    is writing. For lack of them new files of an external location are found by listing.

    Args:
        access: what may be done with the bucket.
        asked: what is said of this bucket; `None` where nothing is.
        managed: whether those of the role's buckets are managed at all.

    Raises:
        InvalidValue: this bucket asks for them, and none are managed.
    """
    if asked and not managed:
        raise InvalidValue(
            "a bucket asks for file events, and none are managed",
            allowed="file events of a bucket where those of the role's buckets are managed",
            next_step="have them managed, or leave them out of the bucket",
        )
    return managed and (access is s3.Access.READ_WRITE if asked is None else asked)


def require_file_events(buckets: Sequence[BucketAccess]) -> None:
    """Refuse managed file events of a role none of whose buckets has any.

    Raises:
        InvalidValue: there is no such bucket.
    """
    if not any(bucket.file_events for bucket in buckets):
        raise InvalidValue(
            "file events are managed, and no bucket has any: a bucket that is only read has them only if it asks for them",
            allowed="managed file events where a bucket is written to, or asks for them",
            next_step="ask for them on the buckets whose new files Databricks shall be told of, or leave them out here",
        )


def _names_external_id(statement: Statement) -> bool:
    return any(condition.key == "sts:ExternalId" and condition.values for condition in statement.conditions)


@dataclass(frozen=True)
class _Item:
    """One grant, or, with none, what the account needs once."""

    group: str = ""
    grant: s3.BucketGrant | None = None
    key: kms.KeyGrant | None = None
    file_events: bool = False

    @property
    def name(self) -> str:
        return f"{self.group}/{self.grant.prefix}" if self.grant else ""


def permissions(credential: StorageCredentialInputs, buckets: Sequence[BucketAccess]) -> tuple[PackedPolicy, ...]:
    """The role's own policies for some of its buckets, packed so that adding a bucket changes one of them at most."""
    # The queues are the account's, so they stand where the role's leave to assume itself does.
    once = _Item(file_events=any(bucket.file_events for bucket in credential.buckets))
    return _packed(credential, [once, *_items(buckets)])


def bucket_permissions(
    credential: StorageCredentialInputs, buckets: Sequence[BucketAccess]
) -> tuple[PackedPolicy, ...]:
    """What the role's own policies need for further buckets, without what the role needs once."""
    return _packed(credential, _items(buckets))


def _items(buckets: Sequence[BucketAccess]) -> list[_Item]:
    return [
        _Item(bucket.name or bucket.bucket_arn, grant, bucket.key, bucket.file_events)
        for bucket in buckets
        for grant in bucket.grants()
    ]


def _packed(credential: StorageCredentialInputs, items: Sequence[_Item]) -> tuple[PackedPolicy, ...]:
    return pack(
        items,
        group=lambda item: item.group,
        key=lambda item: item.name,
        render=lambda some: _permissions(credential, some),
    )


def _trust(credential: StorageCredentialInputs) -> PolicyDocument:
    root = f"arn:{credential.partition}:iam::{credential.account}:root"
    ids = credential.external_ids
    return PolicyDocument(
        (
            sts.trust_role_with_external_ids(credential.unity_catalog_role, ids),
            sts.trust_itself(root, credential.role_arn, ids),
        )
    )


def _permissions(credential: StorageCredentialInputs, items: Sequence[_Item]) -> PolicyDocument:
    grants = [item.grant for item in items if item.grant]
    statements = [
        *s3.unity_catalog_statements(grants),
        *kms.key_statements([item.key for item in items if item.key]),
    ]
    told = [item.grant.bucket_arn for item in items if item.grant and item.file_events]
    if told:
        statements.append(file_events.bucket_notifications(told))
    for account in (item for item in items if item.grant is None):
        statements.append(sts.assume_itself(credential.role_arn))
        if account.file_events:
            statements += file_events.queues_and_topics(credential.partition, credential.region, credential.account)
    return PolicyDocument(tuple(statements))
