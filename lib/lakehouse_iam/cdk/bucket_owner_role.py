"""The role in the bucket owner's account that clusters assume."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from lakehouse_iam.arns import AccountId
from lakehouse_iam.cdk.arguments import HasRole, argument, chosen, role_in, text
from lakehouse_iam.cdk.assembly_metadata import record_trust
from lakehouse_iam.cdk.bucket_access import BucketAccess, buckets_of
from lakehouse_iam.cdk.documents import attach_policies, make_role
from lakehouse_iam.cdk.references import (
    account_of_role,
    arn_beforehand,
    deploy_after,
    is_known,
    partition_name_of,
    role_arn,
)
from lakehouse_iam.cdk.resource_policies import ResourcePolicyWriter
from lakehouse_iam.cdk.role_with_buckets import RoleWithBuckets
from lakehouse_iam.cdk.token_placeholders import TokenPlaceholders
from lakehouse_iam.cdk.validation import LakehouseIamValidation
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.policy import PackedPolicy, PolicyDocument
from lakehouse_iam.roles import instance_profile as documents
from lakehouse_iam.roles.bucket_access import BucketAccess as Grant
from lakehouse_iam.roles.bucket_access import bucket_access_documents
from lakehouse_iam.roles.instance_profile import TrustBy


class BucketOwnerRole(RoleWithBuckets):
    """The role that clusters of another account assume to use buckets of this one, with both sides of every grant.

    Each bucket is allowed in the role's own policy and in the bucket policy; each key in the role's policy and in the key
    policy. What this app may not write (the policy of an imported bucket or key) comes out as a hand-off: see `handoffs`.

    A bucket or key that another stack of the app makes is allowed through the account on condition of the role's ARN,
    because that stack is deployed before this role exists; where `role_name` does not tell the ARN beforehand, as a
    hand-off.

    Examples:
        >>> from aws_cdk import App, Environment, Stack
        >>> from aws_cdk import aws_s3 as s3
        >>> from lakehouse_iam.cdk import Access, BucketAccess, BucketOwnerRole
        >>> app = App()
        >>> stack = Stack(app, "Lake", env=Environment(account="444455556666", region="us-west-2"))
        >>> role = BucketOwnerRole(
        ...     stack,
        ...     "BucketOwnerRole",
        ...     role_name="databricks-bucket-access",
        ...     trusted_role="arn:aws:iam::111122223333:role/databricks-s3-access",
        ...     buckets=[BucketAccess(s3.Bucket(stack, "Bronze"), Access.READ_ONLY, prefixes=("raw",))],
        ... )
        >>> granted = role.grant_read_write("a-bucket-of-another-team")
        >>> [(handoff.kind.name, handoff.target) for handoff in role.handoffs]
        [('BUCKET_POLICY', 'a-bucket-of-another-team')]

    Args:
        trusted_role: the deployment-account role: the construct, a CDK role, or an ARN. With a role of another stack, this
            stack is made to wait for that one.
        trust: by the role's ARN (default), or through its account on condition of the ARN.
        trusted_account: that account; needed for `TrustBy.ACCOUNT` where the ARN is a token.
        buckets: what it may use. They are packed into managed policies of which a new bucket changes one; what `grant`
            adds goes into the role's default policy, which the CDK splits where it grows and may shuffle when it does.
        role_name: at most 64 characters. Give one: the other account needs the ARN beforehand. Default: CloudFormation
            chooses one.
        path: IAM path. Default: `/`.
        permissions_boundary: Default: whatever `iam.PermissionsBoundary.of(scope)` applies.

    Attributes:
        role: the CDK role. Its ARN is what the cluster's Spark configuration names.
        trusted_role_arn: the ARN of the role that it trusts, possibly a token.
        arn_beforehand: the role's ARN as text, which makes no stack wait for this one; `None` where only the deployment
            knows it.

    Raises:
        InvalidValue: a name, ARN, prefix or combination that AWS would refuse.
        QuotaExceeded: a single grant is larger than a managed policy.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        trusted_role: iam.IRole | iam.Role | HasRole | str,
        buckets: Sequence[BucketAccess] = (),
        trust: TrustBy = TrustBy.ROLE,
        trusted_account: str | None = None,
        role_name: str | None = None,
        path: str = "/",
        permissions_boundary: iam.IManagedPolicy | None = None,
    ) -> None:
        super().__init__(scope, id)
        buckets = buckets_of(self, buckets)
        with argument(self, "trust"):
            trust = chosen(TrustBy, trust, name="trust")
        with argument(self, "trusted_role"):
            given = role_in(trusted_role)
            trusted = role_arn(given, self)
        trust_document = self._trust(given, trust, trusted_account)
        self.role = make_role(
            self,
            role_name=role_name,
            path=path,
            description=documents.BUCKET_OWNER_ROLE_DESCRIPTION,
            trust=trust_document,
            permissions_boundary=permissions_boundary,
        )
        if trust is TrustBy.ROLE:
            deploy_after(self, given)
        grants = self._grants_of(buckets)
        placeholders = TokenPlaceholders(self)
        spec = documents.bucket_owner_role(
            self.role_arn, trust=trust_document, buckets=[placeholders.bucket_access(grant) for grant in grants]
        )
        attach_policies(self, self.role, spec, role_name=role_name, placeholders=placeholders)
        self.trusted_role_arn = trusted
        self.arn_beforehand = arn_beforehand(self, self.role, role_name, path)
        self._resource_policies = ResourcePolicyWriter(
            self,
            self.role,
            arn_beforehand=self.arn_beforehand,
            policies=documents.resource_policies(self.role_arn),
        )
        self._resource_policies.add(buckets, grants)
        record_trust(self, self.role_arn, trusted)
        LakehouseIamValidation.add_to(self)

    def _grant_of(self, bucket: BucketAccess) -> Grant:
        if bucket.file_events:
            raise InvalidValue(
                "file_events=True is given for a bucket that clusters use",
                allowed="file_events with a StorageCredentialRole; only Unity Catalog has file events",
                next_step="leave file_events out",
            )
        return super()._grant_of(bucket)

    def _own_policies(self, grant: Grant) -> tuple[PackedPolicy, ...]:
        return bucket_access_documents([grant])

    def _trust(self, role: iam.IRole | str, trust: TrustBy, given: str | None) -> PolicyDocument:
        arn, account = role_arn(role, self), account_of_role(role)
        if given is not None and is_known(given):
            with argument(self, "trusted_account"):
                AccountId.parse(text(given, example="an account id of 12 digits"))
            if account not in (None, given):
                raise InvalidValue(
                    f"trusted_account={given!r} is not the account of the trusted role",
                    allowed=f"allowed is {account}, or leave trusted_account out",
                )
        if trust is TrustBy.ACCOUNT and not (account or given):
            raise InvalidValue(
                "the account of the trusted role is known at deployment only",
                allowed="allowed is trust=TrustBy.ACCOUNT with an account that is known",
                next_step='pass trusted_account="111122223333"',
            )
        root = f"arn:{partition_name_of(self)}:iam::{account or given}:root"
        return documents.bucket_owner_trust(arn, account_root=root, by=trust)
