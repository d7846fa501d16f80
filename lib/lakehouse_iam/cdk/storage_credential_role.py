"""The role behind a Unity Catalog storage credential."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aws_cdk import CfnParameter, PhysicalName, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from lakehouse_iam.arns import EXTERNAL_ID_PATTERN, ExternalId
from lakehouse_iam.cdk.arguments import argument, listed, shard_in, shown, text
from lakehouse_iam.cdk.assembly_metadata import record_trust
from lakehouse_iam.cdk.bucket_access import BucketAccess, buckets_of
from lakehouse_iam.cdk.documents import attach_policies, make_role
from lakehouse_iam.cdk.references import checked_path, checked_role_name, is_known, partition_name_of, role_arn
from lakehouse_iam.cdk.resource_policies import ResourcePolicyWriter
from lakehouse_iam.cdk.role_with_buckets import RoleWithBuckets
from lakehouse_iam.cdk.token_placeholders import TokenPlaceholders
from lakehouse_iam.cdk.validation import LakehouseIamValidation
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import DATABRICKS_SHARDS, PRE_PRODUCTION_UNITY_CATALOG_ROLE, DatabricksShard
from lakehouse_iam.policy import PackedPolicy
from lakehouse_iam.roles import unity_catalog as documents
from lakehouse_iam.roles.bucket_access import BucketAccess as Grant

_DESCRIPTION = "The external id that the storage credential shows in Databricks"


def external_id_parameter(scope: Construct, id: str = "ExternalId") -> CfnParameter:
    """A parameter for an external id that is not known yet. It has no default, so nothing deploys with a guess."""
    return CfnParameter(
        scope,
        id,
        description=_DESCRIPTION,
        allowed_pattern=EXTERNAL_ID_PATTERN,
        constraint_description=f"must match {EXTERNAL_ID_PATTERN}",
    )


class StorageCredentialRole(RoleWithBuckets):
    """The role that Unity Catalog assumes for a storage credential, able to assume itself, made in one pass.

    Its trust policy asks for the external id of the storage credential, from Unity Catalog's master role and from the role
    itself. Each bucket and key is allowed in the role's own policy, and in the bucket's and key's as far as this app may
    write those; the rest comes out as a hand-off: see `handoffs`.

    Examples:
        >>> from aws_cdk import App, Environment, Stack
        >>> from aws_cdk import aws_s3 as s3
        >>> from lakehouse_iam.cdk import Access, BucketAccess, StorageCredentialRole
        >>> app = App()
        >>> stack = Stack(app, "Lake", env=Environment(account="444455556666", region="us-west-2"))
        >>> role = StorageCredentialRole(
        ...     stack,
        ...     "StorageCredentialRole",
        ...     role_name="unity-catalog-lake",
        ...     buckets=[BucketAccess(s3.Bucket(stack, "Bronze"), Access.READ_WRITE)],
        ...     external_id="b0834ee0-0ead-4165-9d0a-6f081fdae9bc",
        ... )
        >>> granted = role.grant_read(s3.Bucket(stack, "Reference"))
        >>> role.handoffs
        ()

    Args:
        role_name: at most 64 characters. Needed, because the role's policies name the role before it exists.
        buckets: what it may use. Buckets must have ACLs off.
        external_id: what the storage credential shows: text, a token, a `CfnParameter` of type String, or a list of these
            where several storage credentials share the role. Default: a parameter of the stack without a default, see
            `external_id_parameter`.
        shard: the Databricks deployment, as its name (`commercial`, `gov`, `gov-dod`) or from
            `partitions.DATABRICKS_SHARDS`. For a workspace on Azure leave it. Default: commercial.
        unity_catalog_iam_arn: the master role that the storage credential shows. Default: the published one of the shard.
        file_events: whether Databricks may set up and read notification queues named `csms-…` in the account and region of
            the stack, for the buckets that are written to or that ask for it. Default: no.
        path: IAM path. Default: `/`.
        permissions_boundary: Default: whatever `iam.PermissionsBoundary.of(scope)` applies.

    Attributes:
        role: the CDK role. Its ARN is what the storage credential names.
        external_id_parameter: the parameter that was made because no external id was given, or `None`.

    Raises:
        InvalidValue: a name, ARN, prefix, external id or combination that AWS or Databricks would refuse.
        QuotaExceeded: a single grant is larger than a managed policy.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        role_name: str,
        buckets: Sequence[BucketAccess],
        external_id: str | CfnParameter | Sequence[str | CfnParameter] | None = None,
        shard: DatabricksShard | str = DATABRICKS_SHARDS["commercial"],
        unity_catalog_iam_arn: str | None = None,
        file_events: bool = False,
        path: str = "/",
        permissions_boundary: iam.IManagedPolicy | None = None,
    ) -> None:
        super().__init__(scope, id)
        buckets = buckets_of(self, buckets)
        with argument(self, "shard"):
            shard = shard_in(shard)
        if role_name == PhysicalName.GENERATE_IF_NEEDED:
            raise InvalidValue(
                "the name of the role is left to the CDK",
                allowed="role_name with a name: the role's policies name the role before it exists",
            )
        _check_buckets(buckets)
        with argument(self, "role_name"):
            name = checked_role_name(text(role_name, example="a role's name of at most 64 characters"))
        with argument(self, "path"):
            own_path = checked_path(path)
        account, partition = Stack.of(self).account, partition_name_of(self)
        self.external_id_parameter = external_id_parameter(self) if external_id is None else None
        self._file_events = file_events
        self._inputs = documents.StorageCredentialInputs(
            partition=partition,
            region=Stack.of(self).region,
            account=account,
            role_arn=f"arn:{partition}:iam::{account}:role{own_path}{name}",
            unity_catalog_role=self._unity_catalog_role(unity_catalog_iam_arn, shard),
            external_ids=self._external_ids(external_id),
            buckets=self._grants_of(buckets),
        )
        if file_events:
            documents.require_file_events(self._inputs.buckets)
        spec = documents.storage_credential_role(self._inputs)
        self.role = make_role(
            self,
            role_name=role_name,
            path=path,
            description=spec.description,
            trust=spec.trust,
            permissions_boundary=permissions_boundary,
        )
        self._check_precreated(spec.arn)
        self._attach_policies(role_name)
        self._resource_policies = ResourcePolicyWriter(
            self, self.role, arn_beforehand=spec.arn, policies=documents.resource_policies(self.role_arn)
        )
        self._resource_policies.add(buckets, self._inputs.buckets)
        record_trust(self, self.role_arn, self._inputs.unity_catalog_role, self._inputs.external_ids)
        LakehouseIamValidation.add_to(self)

    def grant(self, bucket: BucketAccess) -> iam.Grant:
        """Let the role use one more bucket; as `RoleWithBuckets.grant`, with a bucket whose ACLs are off."""
        _check_buckets([bucket])
        return super().grant(bucket)

    def _grant_of(self, bucket: BucketAccess) -> Grant:
        events = documents.with_file_events(bucket.access, bucket.file_events, managed=self._file_events)
        return replace(super()._grant_of(bucket), file_events=events)

    def _own_policies(self, grant: Grant) -> tuple[PackedPolicy, ...]:
        return documents.bucket_permissions(self._inputs, [grant])

    def _check_precreated(self, arn: str) -> None:
        """Refuse a role that `iam.Role.customize_roles` puts in the place of this one under another name."""
        if is_known(self.role_arn) and self.role_arn != arn:
            raise InvalidValue(
                f"{self.node.path}: the precreated role {self.role_arn} takes the place of {arn}, which its policies name",
                allowed="a precreated role whose name and path are role_name and path",
                next_step="give role_name and path as the precreated role has them",
            )

    def _unity_catalog_role(self, given: str | None, shard: DatabricksShard) -> str:
        with argument(self, "shard" if given is None else "unity_catalog_iam_arn"):
            example = "the ARN that the storage credential shows as unity_catalog_iam_arn"
            arn = role_arn(text(shard.unity_catalog_role if given is None else given, example=example), self)
        if arn == PRE_PRODUCTION_UNITY_CATALOG_ROLE:
            raise InvalidValue(
                f"{arn!r} is the role of Databricks' own pre-production systems",
                allowed="the role that the storage credential shows as unity_catalog_iam_arn",
            )
        return arn

    def _external_ids(self, given: object) -> tuple[str, ...]:
        if self.external_id_parameter is not None:
            return (self.external_id_parameter.value_as_string,)
        with argument(self, "external_id"):
            several = [given] if isinstance(given, str | CfnParameter) else listed(given, name="external_id")
            return tuple(_external_id(one) for one in several)

    def _attach_policies(self, role_name: str) -> None:
        placeholders = TokenPlaceholders(self)
        packed = replace(
            self._inputs,
            partition=placeholders.partition(self._inputs.partition),
            region=placeholders.region(self._inputs.region),
            account=placeholders.account(self._inputs.account),
            role_arn=placeholders.role_arn(self._inputs.role_arn),
            buckets=tuple(placeholders.bucket_access(grant) for grant in self._inputs.buckets),
        )
        spec = documents.storage_credential_role(packed)
        attach_policies(self, self.role, spec, role_name=role_name, placeholders=placeholders)


def _check_buckets(buckets: Sequence[BucketAccess]) -> None:
    if not buckets:
        raise InvalidValue("the role has no bucket", allowed="at least one BucketAccess in buckets")
    if any(bucket.uses_acls for bucket in buckets):
        raise InvalidValue(
            "a bucket with ACLs is given to a storage credential",
            allowed="buckets whose Object Ownership is bucket-owner-enforced; Unity Catalog does not support ACLs",
            next_step="turn ACLs off on the bucket",
        )


def _external_id(given: object) -> str:
    if isinstance(given, str):
        return str(ExternalId.parse(given)) if is_known(given) else given
    if not isinstance(given, CfnParameter):
        raise InvalidValue(
            f"it is {shown(given)}", allowed="allowed are text, a token for text, a CfnParameter, or a list of these"
        )
    if given.type != "String":
        raise InvalidValue(
            f"the parameter {given.node.id} is of the type {given.type}",
            allowed="external_id with parameters of the type String, one for each external id",
        )
    if given.default is not None:
        raise InvalidValue(
            f"the parameter {given.node.id} has a default",
            allowed="external_id with parameters without a default, so that nothing deploys with a guess",
        )
    return given.value_as_string
