"""What a setup of `emr-studio` says under `lake_formation`: the grants, and the rules that take two values.

Source: Lake Formation "Lake Formation permissions reference" (what goes with which resource), "Granting permissions on
resource links", CloudFormation `AWS::LakeFormation::PrincipalPermissions`, read 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lakehouse_iam.arns import AccountId, DirectoryKind, DirectoryPrincipal, KeyArn, RoleArn
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import Partition
from lakehouse_iam.s3_url import S3Url
from lakehouse_iam.setups.buckets import read_key
from lakehouse_iam.setups.emr_studio_formats import catalog_key, grantee_role
from lakehouse_iam.setups.problems import Faults, Path

SHARE_RECIPIENTS = 30
"""Source: Lake Formation API reference, CreateLakeFormationIdentityCenterConfiguration (ShareRecipients), read 2026-11-24."""

ALL_TABLES = "*"
_ON_DATABASE = frozenset({"DESCRIBE", "CREATE_TABLE", "ALTER", "DROP"})
_ON_TABLE = frozenset({"SELECT", "DESCRIBE", "INSERT", "DELETE", "ALTER", "DROP"})
_ON_COLUMNS = frozenset({"SELECT"})
_WRITING = frozenset({"INSERT", "DELETE"})

Grantee = DirectoryPrincipal | RoleArn


@dataclass(frozen=True)
class CatalogGrant:
    """One grant to one user, group or role.

    Args:
        database: the database.
        table: the table, `*` for all of the database, or empty for the database itself.
        columns: only these; empty for all.
        permissions: in alphabetical order.
        to: who gets it.
    """

    database: str
    table: str
    columns: tuple[str, ...]
    permissions: tuple[str, ...]
    to: Grantee

    @property
    def what(self) -> str:
        """The database, the table or its columns in words."""
        if not self.table:
            return f"the database {self.database}"
        columns = f" ({', '.join(self.columns)})" if self.columns else ""
        return f"the table {self.database}.{self.table}{columns}"


@dataclass(frozen=True)
class DataLocation:
    """A place in S3 that is registered with Lake Formation."""

    url: S3Url
    key: KeyArn | None


@dataclass(frozen=True)
class LakeFormation:
    """What users may query.

    Args:
        catalog: the account whose Data Catalog holds the databases.
        catalog_key: the key that the catalog is encrypted with.
        share_recipients: whom the catalog is shared with through Identity Center, beside the Studio's account.
        locations: what is registered.
        registration_role: the role that Lake Formation reads those with.
        grants: in a stable order.
    """

    catalog: AccountId
    catalog_key: KeyArn | None
    share_recipients: tuple[str, ...]
    locations: tuple[DataLocation, ...]
    registration_role: RoleArn
    grants: tuple[CatalogGrant, ...]

    @property
    def writes(self) -> bool:
        """Whether any grant lets somebody change data."""
        return any(_WRITING & set(grant.permissions) for grant in self.grants)

    @property
    def databases(self) -> tuple[str, ...]:
        """The databases that grants name."""
        return tuple(sorted({grant.database for grant in self.grants}))


def read_lake_formation(
    content: dict[str, Any], region: str, account: AccountId, partition: Partition, role: RoleArn, faults: Faults
) -> LakeFormation:
    """What stands under `lake_formation`.

    Args:
        content: the whole document.
        region: the setup's region.
        account: the Studio's account.
        partition: the setup's partition.
        role: the registration role.
        faults: where what is wrong is noted.
    """
    given, path = content["lake_formation"], ("lake_formation",)
    catalog = AccountId.parse(given.get("catalog", account.value))
    recipients = tuple(sorted(str(one) for one in given.get("share_recipients", [])))
    _check_recipients(recipients, catalog, account, (*path, "share_recipients"), faults)
    key = catalog_key(given["catalog_key"]) if "catalog_key" in given else None
    return LakeFormation(
        catalog=catalog,
        catalog_key=key,
        share_recipients=recipients,
        locations=tuple(_locations(given.get("locations", []), (*path, "locations"), region, partition, faults)),
        registration_role=role,
        grants=tuple(sorted(_grants(given["grants"], (*path, "grants"), partition, faults), key=_order)),
    )


def _order(grant: CatalogGrant) -> tuple[str, ...]:
    return (grant.database, grant.table, str(grant.to), *grant.columns)


def _check_recipients(
    recipients: tuple[str, ...], catalog: AccountId, account: AccountId, path: Path, faults: Faults
) -> None:
    beside = [recipient for recipient in recipients if recipient != account.value]
    with_own = len(beside) + (catalog != account)
    if with_own > SHARE_RECIPIENTS:
        own = " with the Studio's account" if catalog != account else ""
        problem = InvalidValue(
            f"{with_own} recipients{own} are too many",
            allowed=f"Lake Formation takes {SHARE_RECIPIENTS}",
            next_step="name an organization or an organizational unit instead of its accounts",
        )
        faults.add(path, problem)


def _locations(
    entries: list[dict[str, Any]], path: Path, region: str, partition: Partition, faults: Faults
) -> Iterator[DataLocation]:
    seen: list[S3Url] = []
    for index, entry in enumerate(entries):
        where: Path = (*path, index)
        url = S3Url.parse(entry["url"])
        for other in seen:
            if url.covers(other) or other.covers(url):
                problem = InvalidValue(
                    f"{url} and {other} overlap",
                    allowed="each location once: Lake Formation vends credentials for the most specific one only",
                    next_step=f"keep {min(url, other, key=lambda one: len(str(one)))}",
                )
                faults.add((*where, "url"), problem)
        seen.append(url)
        yield DataLocation(url, read_key(entry, where, region, partition, faults))


def _grants(entries: list[dict[str, Any]], path: Path, partition: Partition, faults: Faults) -> Iterator[CatalogGrant]:
    seen: dict[tuple[str, str, tuple[str, ...], str], int] = {}
    for index, entry in enumerate(entries):
        where: Path = (*path, index)
        if "database" not in entry:
            of = f"on the table {entry['table']} " if "table" in entry else ""
            problem = InvalidValue(
                f"the grant {of}names no database",
                allowed="a table is found by its database and its name",
                next_step="add database:",
            )
            faults.add(where, problem)
            continue
        database, table = str(entry["database"]), str(entry.get("table", ""))
        columns = tuple(sorted(str(column) for column in entry.get("columns", [])))
        permissions = tuple(sorted(str(permission) for permission in entry["permissions"]))
        _check_columns(table, columns, where, faults)
        _check_permissions(database, table, columns, permissions, where, faults)
        for number, given in enumerate(entry["to"]):
            to = _grantee(given, (*where, "to", number), partition, faults)
            if to is None:
                continue
            same = seen.setdefault((database, table, columns, str(to)), index)
            if same != index or any(_same(given, other) for other in entry["to"][:number]):
                problem = InvalidValue(
                    f"{_called(to)} has a grant on the same {'table' if table else 'database'} at lake_formation.grants[{same}]",
                    allowed="one grant for each of them, with all its permissions: to delete one would revoke the other",
                    next_step="write the permissions into one list",
                )
                faults.add((*where, "to", number), problem)
            yield CatalogGrant(database, table, columns, permissions, to)


def _called(to: Grantee) -> str:
    return f"the {to}" if isinstance(to, DirectoryPrincipal) else f"the role {to}"


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return dict(one) == dict(other)


def _check_columns(table: str, columns: tuple[str, ...], path: Path, faults: Faults) -> None:
    if columns and table in ("", ALL_TABLES):
        problem = InvalidValue("columns are named without their table", allowed="columns go with one table")
        faults.add((*path, "columns"), problem)


def _check_permissions(
    database: str, table: str, columns: tuple[str, ...], permissions: tuple[str, ...], path: Path, faults: Faults
) -> None:
    if columns:
        what, allowed, next_step = "columns", _ON_COLUMNS, "grant the others on the table, in an entry without columns"
    elif table:
        what, allowed, next_step = "a table", _ON_TABLE, "grant it on the database, in an entry without table"
    else:
        what, allowed = f"the database {database}", _ON_DATABASE
        next_step = 'add table:, with the name of a table or "*" for all'
    wrong = [permission for permission in permissions if permission not in allowed]
    if wrong:
        problem = InvalidValue(
            f"{' and '.join(wrong)} cannot be granted on {what}",
            allowed=f"allowed there: {', '.join(sorted(allowed))}",
            next_step=next_step,
        )
        faults.add((*path, "permissions"), problem)


def _grantee(entry: dict[str, Any], path: Path, partition: Partition, faults: Faults) -> Grantee | None:
    if len(entry) != 1:
        faults.add(path, one_of(entry, ("user", "group", "role")))
        return None
    if "role" not in entry:
        return directory_principal(entry)
    role = grantee_role(entry["role"])
    if role.partition != partition.name:
        problem = InvalidValue(
            f"{str(role)!r} is in the partition {role.partition}", allowed=f"allowed is a role of {partition.name}"
        )
        faults.add((*path, "role"), problem)
    return role


def directory_principal(entry: dict[str, Any]) -> DirectoryPrincipal:
    """The user or group of an entry that has just one of the two."""
    kind = next(kind for kind in DirectoryKind if kind.noun in entry)
    return DirectoryPrincipal(kind, str(entry[kind.noun]))


def one_of(entry: dict[str, Any], keys: tuple[str, ...]) -> InvalidValue:
    """What to say where not exactly one of some keys stands."""
    found = [key for key in keys if key in entry]
    return InvalidValue(
        f"{' and '.join(found)} stand in one entry" if found else "the entry names nobody",
        allowed=f"exactly one of {', '.join(keys)}",
        next_step="write an entry for each" if found else "",
    )
