"""Glue Data Catalog: reading the definitions of some databases. What is in their tables is for Lake Formation to decide.

Actions: EMR Management Guide "Setting up trusted identity propagation with EMR Studio" (user role); that `default` must be
readable: Athena "Configure access to databases and tables in the AWS Glue Data Catalog"; read 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse_iam.policy import Statement

READ_DATABASES = ("glue:GetDatabase",)
READ_TABLES = ("glue:GetPartition", "glue:GetPartitions", "glue:GetTable", "glue:GetTables")
READ_PARTITIONS = ("glue:BatchGetPartition",)
WRITE_TABLES = (
    "glue:BatchCreatePartition",
    "glue:BatchDeletePartition",
    "glue:CreatePartition",
    "glue:CreateTable",
    "glue:DeletePartition",
    "glue:DeleteTable",
    "glue:UpdatePartition",
    "glue:UpdateTable",
)


@dataclass(frozen=True)
class Catalog:
    """A Data Catalog and the databases of it that are meant.

    Args:
        arn_prefix: what its ARNs begin with, such as `arn:aws:glue:eu-west-1:111122223333`.
        databases: the names.
    """

    arn_prefix: str
    databases: tuple[str, ...]

    @property
    def arn(self) -> str:
        """The catalog itself."""
        return f"{self.arn_prefix}:catalog"

    @property
    def database_arns(self) -> tuple[str, ...]:
        """The databases."""
        return tuple(f"{self.arn_prefix}:database/{name}" for name in self.databases)

    @property
    def table_arns(self) -> tuple[str, ...]:
        """All their tables."""
        return tuple(f"{self.arn_prefix}:table/{name}/*" for name in self.databases)


def list_databases(catalog: Catalog) -> Statement:
    """Listing the databases of a catalog: Lake Formation leaves only those in the list that the user has a grant on."""
    return Statement(("glue:GetDatabases",), (catalog.arn, f"{catalog.arn_prefix}:database/*"), sid="ListDatabases")


def read_definitions(catalogs: Sequence[Catalog], *, partitions_in_batches: bool = False) -> tuple[Statement, ...]:
    """Reading the definitions of databases and tables.

    Args:
        catalogs: the catalogs; the first is the account's own, of which `default` must be readable for Athena to start.
        partitions_in_batches: whether partitions are read many at a time, as Athena itself does.
    """
    own = catalogs[0]
    databases = {
        f"{own.arn_prefix}:database/default",
        *(arn for one in catalogs for arn in (one.arn, *one.database_arns)),
    }
    tables = {arn for one in catalogs for arn in (one.arn, *one.database_arns, *one.table_arns)}
    actions = READ_TABLES + (READ_PARTITIONS if partitions_in_batches else ())
    return (
        Statement(READ_DATABASES, tuple(databases), sid="ReadDatabases"),
        Statement(actions, tuple(tables), sid="ReadTables"),
    )


def write_definitions(catalogs: Sequence[Catalog]) -> Statement:
    """Changing the definitions of tables and partitions, which Lake Formation must have granted too."""
    tables = {arn for one in catalogs for arn in (one.arn, *one.database_arns, *one.table_arns)}
    return Statement(WRITE_TABLES, tuple(tables), sid="WriteTables")
