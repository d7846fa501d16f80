"""The resource types of `hashicorp/awscc` that an EMR Studio with Identity Center needs: `hashicorp/aws` lacks them.

Its nested values are attributes, so they are written as objects and not as lists of blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lakehouse_iam.terraform_json.blocks import Nested, Provider, Reference, Resource
from lakehouse_iam.terraform_json.literals import Expression


@dataclass(frozen=True)
class AwsccProvider(Provider):
    """One account of AWS. It cannot be told which: what it makes comes after something that `hashicorp/aws` made there."""

    TERRAFORM_TYPE: ClassVar[str] = "awscc"
    SOURCE: ClassVar[str] = "hashicorp/awscc"
    # The attributes that are emitted here are those of 1.106.0.
    VERSION: ClassVar[str] = ">= 1.106.0, < 2.0.0"

    alias: str | None
    region: str
    profile: Expression | None = None


@dataclass(frozen=True)
class Tag(Nested):
    """One of `tags`."""

    key: str
    value: str


@dataclass(frozen=True)
class AwsccEmrStudio(Resource):
    """An EMR Studio that passes on who its users are."""

    TERRAFORM_TYPE: ClassVar[str] = "awscc_emr_studio"

    name: str
    auth_mode: str
    idc_instance_arn: str
    idc_user_assignment: str
    trusted_identity_propagation_enabled: bool
    service_role: str | Reference
    user_role: str | Reference
    vpc_id: str
    subnet_ids: tuple[str, ...]
    engine_security_group_id: str | Reference
    workspace_security_group_id: str | Reference
    default_s3_location: str
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True)
class DataLakePrincipal(Nested):
    """`principal` of a grant."""

    data_lake_principal_identifier: str


@dataclass(frozen=True)
class GrantedDatabase(Nested):
    """`database` of a grant."""

    catalog_id: str
    name: str


@dataclass(frozen=True)
class GrantedTable(Nested):
    """`table` of a grant; `table_wildcard` is JSON, and stands for all tables."""

    catalog_id: str
    database_name: str
    name: str | None = None
    table_wildcard: str | None = None


@dataclass(frozen=True)
class GrantedColumns(Nested):
    """`table_with_columns` of a grant."""

    catalog_id: str
    database_name: str
    name: str
    column_names: tuple[str, ...]


@dataclass(frozen=True)
class Granted(Nested):
    """`resource` of a grant: one of them."""

    database: GrantedDatabase | None = None
    table: GrantedTable | None = None
    table_with_columns: GrantedColumns | None = None


@dataclass(frozen=True)
class AwsccLakeformationPrincipalPermissions(Resource):
    """A grant of Lake Formation."""

    TERRAFORM_TYPE: ClassVar[str] = "awscc_lakeformation_principal_permissions"
    EMPTY_TOO: ClassVar[tuple[str, ...]] = ("permissions_with_grant_option",)

    principal: DataLakePrincipal
    resource: Granted
    permissions: tuple[str, ...]
    permissions_with_grant_option: tuple[str, ...]


RESOURCES: tuple[type[Resource], ...] = (AwsccEmrStudio, AwsccLakeformationPrincipalPermissions)
