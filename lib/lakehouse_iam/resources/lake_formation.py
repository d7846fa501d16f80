"""Lake Formation: registered locations, grants, and links to databases of another account's catalog."""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse_iam.arns import AccountId, DirectoryPrincipal, RoleArn


@dataclass(frozen=True)
class RegisteredLocation:
    """A place in S3 that Lake Formation gives data of, with a role made for it.

    Args:
        id: its id within the stack.
        arn: the ARN of the bucket, or of the folder in it.
        role: the role.
        after: the `id`s of what must be there first.
    """

    id: str
    arn: str
    role: RoleArn
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class CatalogPermissions:
    """A grant on a database, a table or columns.

    Args:
        id: its id within the stack.
        principal: who gets it: a user or group of Identity Center, a role, or a whole account.
        catalog: the account of the catalog that the database is in.
        database: the database.
        table: the table, `*` for all of them, or empty for the database itself.
        columns: only these; empty for all.
        permissions: what is granted.
        grantable: which of those may be granted on.
        after: the `id`s of what must be there first.
    """

    id: str
    principal: DirectoryPrincipal | RoleArn | AccountId
    catalog: AccountId
    database: str
    table: str
    columns: tuple[str, ...]
    permissions: tuple[str, ...]
    grantable: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class DatabaseLink:
    """A database of this account's catalog that stands for one of another account's: Athena finds only such.

    Args:
        id: its id within the stack.
        name: its name; views need the name of the target.
        catalog: the account of the target.
        database: the target.
        region: its region.
    """

    id: str
    name: str
    catalog: AccountId
    database: str
    region: str
