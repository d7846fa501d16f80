"""What the roles of EMR Studio with IAM Identity Center have in common: a service assumes them, where the stack is."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import jsii
from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lakehouse_iam.arns import IdentityCenterInstance, KeyArn
from lakehouse_iam.cdk.arguments import argument, listed, text
from lakehouse_iam.cdk.bucket_access import BucketAccess
from lakehouse_iam.cdk.documents import attach_policies, make_role
from lakehouse_iam.cdk.references import dns_suffix_of, is_known, partition_name_of
from lakehouse_iam.cdk.resource_policies import grant_of
from lakehouse_iam.cdk.token_placeholders import TokenPlaceholders
from lakehouse_iam.cdk.validation import LakehouseIamValidation
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.roles.bucket_access import BucketAccess as Grant
from lakehouse_iam.roles.emr_studio import Queries
from lakehouse_iam.roles.role_spec import RoleSpec
from lakehouse_iam.statements.emr import Where
from lakehouse_iam.statements.glue import Catalog
from lakehouse_iam.statements.s3 import Access

# Source: API references of Athena (WorkGroupName) and Glue (NameString), read 2026-11-24; nothing that IAM would read as more
# than a name.
_NAME = re.compile(r"[A-Za-z0-9._-]{1,128}")
_EC2_ID = re.compile(r"(vpc|subnet)-[0-9a-f]{8,17}")


@dataclass(frozen=True)
class Surroundings:
    """Where a role is made, and its buckets; every text may be a token, or what stands for one while policies are packed.

    Args:
        partition: the partition's name.
        region: the stack's region.
        account: the stack's account.
        buckets: the buckets that the construct was given, in its own order.
    """

    partition: str
    region: str
    account: str
    buckets: tuple[Grant, ...] = ()

    @property
    def where(self) -> Where:
        """The region and account, to write ARNs in."""
        return Where(self.partition, self.region, self.account)

    def queries(self, asked: CatalogAccess) -> Queries:
        """What is queried there."""
        accounts = dict.fromkeys((self.account, asked.catalog_account or self.account))
        return Queries(
            self.where.arn("athena", f"workgroup/{asked.workgroup_name}"),
            tuple(
                Catalog(f"arn:{self.partition}:glue:{self.region}:{account}", asked.databases) for account in accounts
            ),
            asked.catalog_key,
        )


@dataclass(frozen=True)
class CatalogAccess:
    """What users query, checked.

    Args:
        workgroup_name: the Athena workgroup.
        databases: the databases.
        catalog_account: whose Data Catalog holds them; `None` for the stack's own account.
        catalog_key: the key of the catalog and its `kms:ViaService` value, or `None`.
    """

    workgroup_name: str
    databases: tuple[str, ...]
    catalog_account: str | None
    catalog_key: tuple[str, str] | None


@jsii.implements(iam.IGrantable)
class ServiceAssumedRole(Construct):
    """The base of the constructs whose role a service of AWS assumes. Each of them calls `_make`.

    Attributes:
        role: the CDK role.
    """

    role: iam.Role

    @property
    def role_arn(self) -> str:
        """The role's ARN."""
        return self.role.role_arn

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The role, for the `grant…` methods of the CDK: `table.grant_read_data(construct)`."""
        return self.role

    def _make(
        self,
        spec_of: Callable[[Surroundings], RoleSpec],
        *,
        buckets: Sequence[BucketAccess] = (),
        role_name: str | None,
        path: str,
        permissions_boundary: iam.IManagedPolicy | None,
    ) -> None:
        """Make the role and its policies.

        Args:
            spec_of: the role's documents, where it is made: asked once with the tokens, for the trust policy, and once with
                what stands for them while the permissions are packed.
            buckets: what `Surroundings.buckets` holds.
            role_name: its name.
            path: its path.
            permissions_boundary: its boundary.
        """
        stack, placeholders = Stack.of(self), TokenPlaceholders(self)
        there = Surroundings(
            partition_name_of(self), stack.region, stack.account, tuple(grant_of(self, bucket) for bucket in buckets)
        )
        spec = spec_of(there)
        self.role = make_role(
            self,
            role_name=role_name,
            path=path,
            description=spec.description,
            trust=spec.trust,
            permissions_boundary=permissions_boundary,
        )
        packed = replace(
            there,
            partition=placeholders.partition(there.partition),
            region=placeholders.region(there.region),
            account=placeholders.account(there.account),
            buckets=tuple(placeholders.bucket_access(grant) for grant in there.buckets),
        )
        attach_policies(self, self.role, spec_of(packed), role_name=role_name, placeholders=placeholders)
        LakehouseIamValidation.add_to(self)

    # ---------------------------------------------------------------- arguments

    def _bucket(
        self, name: str, bucket: s3.IBucket | str, folder: str, key: kms.IKey | str | None, access: Access
    ) -> BucketAccess:
        with argument(self, name):
            return BucketAccess(bucket, access, (folder,) if folder else (), key)

    def _catalog(
        self, workgroup_name: str, databases: Sequence[str], account: str | None, key: kms.IKey | str | None
    ) -> CatalogAccess:
        with argument(self, "workgroup_name"):
            workgroup = self._plain_name(workgroup_name, "an Athena workgroup")
        with argument(self, "databases"):
            names = tuple(sorted({self._plain_name(one, "a database") for one in listed(databases, name="databases")}))
            if not names:
                raise InvalidValue("there is none", allowed="allowed is at least one database")
        return CatalogAccess(workgroup, names, account, self._catalog_key(key))

    def _plain_name(self, given: object, what: str) -> str:
        name = text(given, example=f"the name of {what}")
        if is_known(name) and not _NAME.fullmatch(name):
            raise InvalidValue(
                f"{name!r} is not the name of {what}",
                allowed="allowed are 1 to 128 letters, digits and ._- (no * and no ?)",
            )
        return name

    def _catalog_key(self, key: kms.IKey | str | None) -> tuple[str, str] | None:
        if key is None:
            return None
        with argument(self, "catalog_key"):
            arn = key if isinstance(key, str) else key.key_arn
            region = KeyArn.parse(arn).region if is_known(arn) else Stack.of(self).region
            return arn, f"glue.{region}.{dns_suffix_of(self)}"

    def _ec2_id(self, name: str, given: object) -> str:
        with argument(self, name):
            id = text(given, example="such as vpc-0123456789abcdef0")
            if is_known(id) and not _EC2_ID.fullmatch(id):
                raise InvalidValue(
                    f"{id!r} is no id of a VPC or subnet", allowed="allowed is such as vpc-0123456789abcdef0"
                )
            return id

    def _instance(self, given: object) -> str:
        with argument(self, "identity_center_instance"):
            arn = text(given, example="the ARN of an instance of IAM Identity Center")
            return str(IdentityCenterInstance.parse(arn)) if is_known(arn) else arn
