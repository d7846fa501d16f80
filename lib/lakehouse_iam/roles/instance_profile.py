"""Instance profile → AssumeRole: the documents of the two accounts.

The chain, in the order in which a request walks it:

1. EC2 hands the *deployment-account role* to a cluster through its instance profile (`deployment_trust`).
2. To start that cluster, Databricks' *cross-account role* had to pass the role to EC2 (`pass_role_document`).
3. On the cluster, S3A assumes the *bucket-owner role*: the deployment-account role must be allowed to
   (`assume_role_documents`) and the bucket-owner role must trust it (`bucket_owner_trust`).
4. The bucket-owner role acts on the bucket: its own policy (`bucket_access_documents`) and the bucket policy
   (`resource_policies`) allow it; for SSE-KMS the key policy must too.

Source: Databricks "Access cross-account S3 buckets with an AssumeRole policy" (archived) and the original tutorial,
read 2026-11-21.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from lakehouse_iam.partitions import EC2_SERVICE
from lakehouse_iam.policy import PolicyDocument
from lakehouse_iam.roles.bucket_access import BucketAccess, bucket_access_documents
from lakehouse_iam.roles.cluster_role import assume_role_documents
from lakehouse_iam.roles.role_spec import PolicyNames, ResourcePolicies, RoleSpec
from lakehouse_iam.statements import s3, sts

DEPLOYMENT_ROLE_DESCRIPTION = "Carried by Databricks clusters; may only assume the bucket owners' roles"
BUCKET_OWNER_ROLE_DESCRIPTION = "Assumed by Databricks clusters of another account to use the listed buckets"
ASSUME_ROLE_POLICIES = PolicyNames(
    id="AssumeBucketOwnerRoles",
    suffix="assume-role",
    description="Lets the deployment-account role assume the bucket owners' roles",
)
BUCKET_ACCESS_POLICIES = PolicyNames(
    id="BucketAccess",
    suffix="bucket-access",
    description="The buckets, folders and keys that the bucket-owner role may use",
)


class TrustBy(Enum):
    """How the bucket-owner role names the deployment-account role.

    `ROLE`: by its ARN. It must exist first; recreated under the same name it is another principal.
    `ACCOUNT`: by a condition under its account. No order, survives re-creation; whoever may create roles in that
    account decides who bears the name.
    """

    ROLE = "role"
    ACCOUNT = "account"


def deployment_account_role(
    arn: str,
    *,
    bucket_owner_roles: Sequence[str],
    serverless_role: str | None = None,
    workspace_ids: Sequence[str] = (),
) -> RoleSpec:
    """The role that clusters carry through an instance profile.

    Args:
        arn: its ARN, or a token for it.
        bucket_owner_roles: the ARNs of the roles that it may assume.
        serverless_role: as in `deployment_trust`.
        workspace_ids: as in `deployment_trust`.

    Raises:
        QuotaExceeded: one of the ARNs alone is larger than a managed policy.
    """
    return RoleSpec(
        arn=arn,
        description=DEPLOYMENT_ROLE_DESCRIPTION,
        trust=deployment_trust(serverless_role, workspace_ids),
        policies=assume_role_documents(bucket_owner_roles),
        policy_names=ASSUME_ROLE_POLICIES,
    )


def bucket_owner_role(arn: str, *, trust: PolicyDocument, buckets: Sequence[BucketAccess]) -> RoleSpec:
    """The role in a bucket owner's account that clusters assume.

    Args:
        arn: its ARN, or a token for it.
        trust: as `bucket_owner_trust` writes it.
        buckets: what it may use.

    Raises:
        QuotaExceeded: a single grant is larger than a managed policy.
    """
    return RoleSpec(
        arn=arn,
        description=BUCKET_OWNER_ROLE_DESCRIPTION,
        trust=trust,
        policies=bucket_access_documents(buckets),
        policy_names=BUCKET_ACCESS_POLICIES,
        resource_policies=resource_policies(arn),
    )


def resource_policies(bucket_owner_role_arn: str) -> ResourcePolicies:
    """What the policies of buckets and keys must allow so that a bucket-owner role can use them."""
    return ResourcePolicies(
        bucket_owner_role_arn, s3.bucket_statements, key_sid="LakehouseBucketOwnerRole", role_title="bucket-owner role"
    )


def deployment_trust(serverless_role: str | None = None, workspace_ids: Sequence[str] = ()) -> PolicyDocument:
    """The trust policy of the deployment-account role: EC2, and serverless SQL where workspaces are named.

    Args:
        serverless_role: the ARN of Databricks' serverless role; see `partitions.DATABRICKS_SHARDS`.
        workspace_ids: the workspaces whose serverless SQL warehouses may use the role.
    """
    statements = [sts.trust_service(EC2_SERVICE)]
    if serverless_role and workspace_ids:
        external_ids = [f"databricks-serverless-{workspace_id}" for workspace_id in workspace_ids]
        statements.append(sts.trust_role_with_external_ids(serverless_role, external_ids))
    return PolicyDocument(tuple(statements))


def bucket_owner_trust(deployment_role_arn: str, *, account_root: str, by: TrustBy) -> PolicyDocument:
    """The trust policy of the bucket-owner role.

    Args:
        deployment_role_arn: who may assume it.
        account_root: the root ARN of that role's account; used where the trust goes through the account.
        by: how the role is named.
    """
    if by is TrustBy.ROLE:
        return PolicyDocument((sts.trust_role(deployment_role_arn),))
    return PolicyDocument((sts.trust_role_through_account(account_root, deployment_role_arn),))
