"""SAML 2.0 federation for credential passthrough: the documents of the roles that an identity provider gives to groups.

The chain, in the order in which a request walks it:

1. A user signs in to Databricks. The identity provider's assertion names the roles of the user's groups, each with the
   provider of the role's account.
2. Databricks sends the assertion to STS. The role's trust policy takes the provider and, as audience, the workspace's SAML
   address (`federated_trust`); tags and a source identity need actions of their own.
3. The user's session acts on the buckets: the role's own policy, and for buckets of other accounts their bucket policies.
4. Jobs and JDBC have no sign-in. Their clusters carry a *meta instance profile*, whose role may assume the roles of the
   groups and nothing else (`meta_role`); each of those trusts it.

Sources: Databricks "Access S3 with IAM credential passthrough with SAML 2.0 federation" (retired), the original tutorial; IAM
"Create a role for SAML 2.0 federation"; read 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lakehouse_iam.partitions import EC2_SERVICE
from lakehouse_iam.policy import PolicyDocument
from lakehouse_iam.roles.bucket_access import BucketAccess, bucket_access_documents
from lakehouse_iam.roles.cluster_role import assume_role_documents
from lakehouse_iam.roles.role_spec import PolicyNames, ResourcePolicies, RoleSpec
from lakehouse_iam.statements import s3, sts

FEDERATED_ROLE_DESCRIPTION = "Given by the identity provider to a group of Databricks users, to use the listed buckets"
META_ROLE_DESCRIPTION = "Carried by Databricks clusters with passthrough; may only assume the roles of the groups"
FEDERATED_ROLE_POLICIES = PolicyNames(
    id="BucketAccess",
    suffix="bucket-access",
    description="The buckets, folders and keys that a group of Databricks users may use",
)
META_ROLE_POLICIES = PolicyNames(
    id="AssumeGroupRoles",
    suffix="assume-role",
    description="Lets the role of the meta instance profile assume the roles of the groups",
)


@dataclass(frozen=True)
class Federation:
    """Who vouches for users, and how their sessions may look.

    Args:
        provider_arn: the identity provider in the role's own account, or a token for it.
        saml_url: the workspace's SAML address, which the assertion must name as its recipient.
        session_tags: the names of the tags that the assertion may carry.
        source_identity: whether the assertion carries a source identity.
    """

    provider_arn: str
    saml_url: str
    session_tags: tuple[str, ...] = ()
    source_identity: bool = False


@dataclass(frozen=True)
class MetaRole:
    """The role of a meta instance profile, as the roles of the groups trust it.

    Args:
        role_arn: its ARN.
        account_root: the root ARN of its account.
    """

    role_arn: str
    account_root: str


def federated_trust(federation: Federation, meta_role: MetaRole | None = None) -> PolicyDocument:
    """The trust policy of a group's role.

    Args:
        federation: who vouches for the users.
        meta_role: the role of the meta instance profile, where jobs and JDBC use the role too. It is named by a condition
            under its account, so it need not exist first.
    """
    statements = [sts.trust_saml_provider(federation.provider_arn, federation.saml_url)]
    if federation.session_tags:
        statements.append(sts.trust_session_tags(federation.provider_arn, federation.session_tags))
    if federation.source_identity:
        statements.append(sts.trust_source_identity(federation.provider_arn))
    if meta_role:
        statements.append(sts.trust_role_through_account(meta_role.account_root, meta_role.role_arn))
    return PolicyDocument(tuple(statements))


def federated_role(
    arn: str,
    *,
    trust: PolicyDocument,
    buckets: Sequence[BucketAccess],
    session_hours: int,
    label: str = "",
    sid_label: str = "",
) -> RoleSpec:
    """The role of a group.

    Args:
        arn: its ARN, or a token for it.
        trust: as `federated_trust` writes it.
        buckets: what the group may use.
        session_hours: how long a session may last at most.
        label: tells the role apart from others of its stack: what the ids of its policies begin with.
        sid_label: tells its statements apart from others in one policy; as in `ResourcePolicies`.

    Raises:
        QuotaExceeded: a single grant is larger than a managed policy.
    """
    return RoleSpec(
        arn=arn,
        description=FEDERATED_ROLE_DESCRIPTION,
        trust=trust,
        policies=bucket_access_documents(buckets),
        policy_names=replace(FEDERATED_ROLE_POLICIES, id=f"{label}{FEDERATED_ROLE_POLICIES.id}"),
        resource_policies=resource_policies(arn, label=sid_label),
        session_hours=session_hours,
    )


def meta_role(arn: str, *, group_roles: Sequence[str]) -> RoleSpec:
    """The role of the meta instance profile.

    Args:
        arn: its ARN, or a token for it.
        group_roles: the ARNs of the roles that it may assume.

    Raises:
        QuotaExceeded: one of the ARNs alone is larger than a managed policy.
    """
    return RoleSpec(
        arn=arn,
        description=META_ROLE_DESCRIPTION,
        trust=PolicyDocument((sts.trust_service(EC2_SERVICE),)),
        policies=assume_role_documents(group_roles),
        policy_names=META_ROLE_POLICIES,
    )


def resource_policies(role_arn: str, *, label: str = "") -> ResourcePolicies:
    """What the policies of buckets and keys must allow so that the role of a group can use them."""
    return ResourcePolicies(
        role_arn, s3.bucket_statements, key_sid="LakehouseGroupRole", role_title="role of the group", label=label
    )
