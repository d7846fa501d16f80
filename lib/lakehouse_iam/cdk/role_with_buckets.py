"""What the roles that use buckets have in common: further grants, on both sides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lakehouse_iam.cdk.arguments import argument, listed
from lakehouse_iam.cdk.assembly_metadata import record_permissions
from lakehouse_iam.cdk.bucket_access import BucketAccess, buckets_of
from lakehouse_iam.cdk.resource_policies import ResourcePolicyWriter, grant_of
from lakehouse_iam.policy import PackedPolicy, Statement
from lakehouse_iam.resources import HandOff
from lakehouse_iam.roles.bucket_access import BucketAccess as Grant
from lakehouse_iam.statements.s3 import Access


@jsii.implements(iam.IGrantable)
class RoleWithBuckets(Construct):
    """The base of the constructs whose role uses buckets. Each of them sets `role` and `_resource_policies`.

    Each of them also has `_own_policies`: what the role's own policies need for one more bucket.

    Attributes:
        role: the CDK role.
    """

    role: iam.Role
    _resource_policies: ResourcePolicyWriter
    _own_policies: Callable[[Grant], tuple[PackedPolicy, ...]]

    @property
    def role_arn(self) -> str:
        """The role's ARN."""
        return self.role.role_arn

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The role, for the `grant…` methods of the CDK: `table.grant_read_data(construct)`."""
        return self.role

    @property
    def handoffs(self) -> tuple[HandOff, ...]:
        """The statements that somebody else must merge; also in the template's metadata."""
        return self._resource_policies.handoffs

    def grant_read(
        self, bucket: s3.IBucket | str, *, prefixes: Sequence[str] = (), kms_key: kms.IKey | str | None = None
    ) -> iam.Grant:
        """Let the role list and read one more bucket or folder.

        Args:
            bucket: as in `BucketAccess`.
            prefixes: as in `BucketAccess`.
            kms_key: as in `BucketAccess`.

        Returns:
            What `grant` returns.

        Raises:
            InvalidValue: what `grant` raises.
        """
        return self.grant(self._access(bucket, Access.READ_ONLY, prefixes, kms_key))

    def grant_read_write(
        self, bucket: s3.IBucket | str, *, prefixes: Sequence[str] = (), kms_key: kms.IKey | str | None = None
    ) -> iam.Grant:
        """Let the role list, read, write and delete in one more bucket or folder.

        Args:
            bucket: as in `BucketAccess`.
            prefixes: as in `BucketAccess`.
            kms_key: as in `BucketAccess`.

        Returns:
            What `grant` returns.

        Raises:
            InvalidValue: what `grant` raises.
        """
        return self.grant(self._access(bucket, Access.READ_WRITE, prefixes, kms_key))

    def grant(self, bucket: BucketAccess) -> iam.Grant:
        """Let the role use one more bucket, with all the details of `BucketAccess`.

        The statements of the role go into its default policy. Those of the bucket and the key go where the construct
        writes them for its `buckets`: into their policies, or into `handoffs`.

        Returns:
            The grant of the role's own statements; `apply_before` makes a resource wait for them.

        Raises:
            InvalidValue: a bucket, prefix or key that is not allowed.
        """
        (bucket,) = buckets_of(self, [bucket])
        with argument(self, "bucket"):
            grant = self._grant_of(bucket)
        # The default policy collects the statements of several calls, so they carry no Sids, which might be equal.
        statements = [statement for policy in self._own_policies(grant) for statement in policy.document.statements]
        record_permissions(self, self.role_arn, [statement.to_json() for statement in statements])
        granted = reduce(iam.Grant.combine, [self._grant_to_role(statement) for statement in statements])
        self._resource_policies.add([bucket], [grant])
        return granted

    def _grants_of(self, buckets: Sequence[BucketAccess]) -> tuple[Grant, ...]:
        """The `buckets` of the construct as the role documents take them."""
        grants = []
        for index, bucket in enumerate(buckets):
            with argument(self, f"buckets[{index}]"):
                grants.append(self._grant_of(bucket))
        return tuple(grants)

    def _grant_of(self, bucket: BucketAccess) -> Grant:
        """A bucket as the role documents take it."""
        return grant_of(self, bucket)

    def _access(
        self, bucket: s3.IBucket | str, access: Access, prefixes: Sequence[str], kms_key: kms.IKey | str | None
    ) -> BucketAccess:
        with argument(self, "grant"):
            return BucketAccess(bucket, access, tuple(listed(prefixes, name="prefixes")), kms_key)

    def _grant_to_role(self, statement: Statement) -> iam.Grant:
        return iam.Grant.add_to_principal(
            grantee=self.role,
            actions=list(statement.actions),
            resource_arns=list(statement.resources),
            conditions=statement.to_json().get("Condition"),
        )
