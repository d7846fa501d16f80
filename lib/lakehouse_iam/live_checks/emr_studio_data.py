"""What a setup of `emr-studio` asks of Lake Formation and the Data Catalog, in the Studio's account and in the catalog's.

Sources: Lake Formation Developer Guide "Cross-account data sharing prerequisites" and "Changing the default settings for your
data lake", from memory, to be checked against the pages; the project's facts on trusted identity propagation, read 2026-11-24;
botocore 1.43.106, `lakeformation` and `glue`.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from typing import Any, cast

from lakehouse_iam.arns import AccountId, RoleArn
from lakehouse_iam.aws_sessions import AccountSession, AwsRefusal
from lakehouse_iam.live_checks.check import Answer, Check, note, right, wrong
from lakehouse_iam.live_checks.expected import role_exists
from lakehouse_iam.live_checks.stacks import Stack
from lakehouse_iam.plan import Phase, Plan
from lakehouse_iam.plan import emr_studio_resources as ids
from lakehouse_iam.plan.emr_studio import CATALOG_OWNER, STUDIO_OWNER
from lakehouse_iam.resources import DatabaseLink, RegisteredLocation
from lakehouse_iam.setups.emr_studio import EmrStudioSetup
from lakehouse_iam.setups.emr_studio_grants import ALL_TABLES

EVERYBODY = "IAM_ALLOWED_PRINCIPALS"
"""How Lake Formation writes `IAMAllowedPrincipals`: whoever IAM lets in."""
CROSS_ACCOUNT_VERSION = 3
_AWS_GLUE_KEY = "alias/aws/glue"


def checks(plan: Plan) -> Iterator[Check]:
    """The questions about what users may query."""
    setup = cast("EmrStudioSetup", plan.source)
    owner = plan.phase(CATALOG_OWNER if setup.shares_catalog else STUDIO_OWNER)
    lake = setup.lake_formation
    for phase in plan.phases:
        if phase.id in (CATALOG_OWNER, STUDIO_OWNER):
            yield Check(phase.account, "Lake Formation's settings", _settings(setup, phase.account))
            yield Check(phase.account, "Lake Formation's connection", _connection(setup, phase))
    yield Check(lake.catalog, "Data Catalog", _catalog(setup))
    for database, table in sorted({(grant.database, grant.table) for grant in lake.grants}):
        yield Check(lake.catalog, _called(database, table), _data(setup, database, table))
    for resource in owner.resources:
        if isinstance(resource, RegisteredLocation):
            yield Check(owner.account, f"location {resource.arn}", _location(owner, resource))
    studio = plan.phase(STUDIO_OWNER)
    for resource in studio.resources:
        if isinstance(resource, DatabaseLink):
            yield Check(studio.account, f"link {resource.name}", _link(studio, resource))
    if setup.shares_catalog:
        yield Check(setup.account, "resource share", _invitation(setup))
    for role in sorted({grant.to for grant in lake.grants if isinstance(grant.to, RoleArn)}, key=str):
        if role.account in {setup.account, lake.catalog}:
            yield Check(role.account, f"role {role.name}", _role(setup.region, role))


def _role(region: str, role: RoleArn) -> Callable[[AccountSession], Iterator[Answer]]:
    return lambda session: role_exists(session, region, role.name)


def _called(database: str, table: str) -> str:
    return f"table {database}.{table}" if table and table != ALL_TABLES else f"database {database}"


def _invitation(setup: EmrStudioSetup) -> Callable[[AccountSession], Iterator[Answer]]:
    """Whether the Studio's account has accepted what Lake Formation of the catalog's account shares through RAM."""
    what, catalog = "resource share", str(setup.lake_formation.catalog)

    def ask(session: AccountSession) -> Iterator[Answer]:
        invitations = session.read_all("ram", "GetResourceShareInvitations", setup.region, "resourceShareInvitations")
        pending = [one for one in invitations if one["senderAccountId"] == catalog and one["status"] == "PENDING"]
        for one in pending:
            yield wrong(
                what,
                f"an invitation of {catalog} waits to be accepted, and until then its tables are not found",
                f"aws ram accept-resource-share-invitation --region {setup.region} --resource-share-invitation-arn "
                f"{one['resourceShareInvitationArn']}",
            )
        shares = session.read_all(
            "ram", "GetResourceShares", setup.region, "resourceShares", resourceOwner="OTHER-ACCOUNTS"
        )
        if any(one["owningAccountId"] == catalog and one.get("status") == "ACTIVE" for one in shares):
            yield right(what, f"{catalog} shares with this account")
        elif not pending:
            yield note(
                what, f"{catalog} shares nothing with this account yet", "deploy the stack of the catalog's owner first"
            )

    return ask


# ---------------------------------------------------------------- settings


def _settings(setup: EmrStudioSetup, account: AccountId) -> Callable[[AccountSession], Iterator[Answer]]:
    what = "Lake Formation's settings"

    def ask(session: AccountSession) -> Iterator[Answer]:
        answer = session.read("lakeformation", "GetDataLakeSettings", setup.region, CatalogId=str(account))
        settings = answer["DataLakeSettings"]
        admins = [admin["DataLakePrincipalIdentifier"] for admin in settings.get("DataLakeAdmins", ())]
        if not admins:
            yield wrong(what, "there is no Lake Formation administrator", "make whoever deploys the stack one")
        elif _as_role(session.caller) in admins:
            yield right(what, f"{session.caller} is an administrator")
        else:
            yield note(
                what,
                f"{session.caller} is no administrator",
                f"deploy as one of {', '.join(sorted(admins))}, or make whoever deploys one",
            )
        if _gives_everybody(settings):
            yield note(
                what,
                f"new databases or tables get grants for {EVERYBODY}: on them Lake Formation decides nothing",
                "turn off 'Use only IAM access control' for new databases and tables",
            )
        yield from _sharing(setup, account, settings)

    return ask


def _as_role(caller: str) -> str:
    """The role of a session, without its path, which the session's ARN does not carry; any other ARN as it is."""
    head, _, rest = caller.partition(":assumed-role/")
    return f"{head.replace(':sts:', ':iam:')}:role/{rest.partition('/')[0]}" if rest else caller


def _gives_everybody(settings: dict[str, Any]) -> bool:
    defaults = (
        *settings.get("CreateDatabaseDefaultPermissions", ()),
        *settings.get("CreateTableDefaultPermissions", ()),
    )
    return any(one.get("Principal", {}).get("DataLakePrincipalIdentifier") == EVERYBODY for one in defaults)


def _sharing(setup: EmrStudioSetup, account: AccountId, settings: dict[str, Any]) -> Iterator[Answer]:
    if not setup.shares_catalog or account != setup.lake_formation.catalog:
        return
    what = "Lake Formation's settings"
    version = str(settings.get("Parameters", {}).get("CROSS_ACCOUNT_VERSION", "1"))
    if version.isdigit() and int(version) < CROSS_ACCOUNT_VERSION:
        yield wrong(
            what,
            f"the cross account version is {version}, and grants to users and groups through another account take "
            f"{CROSS_ACCOUNT_VERSION} or higher",
            "raise it under Data catalog settings, Cross account version settings",
        )
    else:
        yield right(what, f"the cross account version is {version}")


def _connection(setup: EmrStudioSetup, phase: Phase) -> Callable[[AccountSession], Iterator[Answer]]:
    what, stack = "Lake Formation's connection", Stack(phase.stack, phase.region)
    wanted = str(setup.identity_center.instance)

    def ask(session: AccountSession) -> Iterator[Answer]:
        try:
            found = session.read(
                "lakeformation",
                "DescribeLakeFormationIdentityCenterConfiguration",
                setup.region,
                CatalogId=str(phase.account),
            )
        except AwsRefusal as refusal:
            if not refusal.is_missing:
                raise
            yield right(what, "there is none yet")
            return
        if found.get("InstanceArn") != wanted:
            yield wrong(
                what,
                f"leads to another instance of Identity Center, {found.get('InstanceArn')}",
                "correct identity_center.instance; a connection is deleted only by hand, for whoever else uses it",
            )
        elif stack.made(session, ids.CONNECTION):
            yield right(what, "leads to the setup's Identity Center, and the setup's stack has it")
        else:
            yield note(
                what, "leads to the setup's Identity Center and will be adopted: it is never deleted with the stack"
            )

    return ask


# ---------------------------------------------------------------- the Data Catalog


def _catalog(setup: EmrStudioSetup) -> Callable[[AccountSession], Iterator[Answer]]:
    what, lake = "Data Catalog", setup.lake_formation

    def ask(session: AccountSession) -> Iterator[Answer]:
        answer = session.read("glue", "GetDataCatalogEncryptionSettings", setup.region, CatalogId=str(lake.catalog))
        at_rest = answer["DataCatalogEncryptionSettings"].get("EncryptionAtRest", {})
        if at_rest.get("CatalogEncryptionMode", "DISABLED") == "DISABLED":
            if lake.catalog_key:
                yield note(what, "is not encrypted with a key", "leave lake_formation.catalog_key out")
            else:
                yield right(what, "is not encrypted with a key")
            return
        named = at_rest.get("SseAwsKmsKeyId") or _AWS_GLUE_KEY
        key = session.read("kms", "DescribeKey", setup.region, KeyId=named)["KeyMetadata"]
        if key.get("KeyManager") == "AWS":
            yield wrong(
                what,
                f"is encrypted with the key {named} that AWS manages: identities are not propagated",
                "encrypt it with a key of the account's own, and write that under lake_formation.catalog_key",
            )
        elif lake.catalog_key is None or key["Arn"] != str(lake.catalog_key):
            yield wrong(
                what,
                f"is encrypted with {key['Arn']}, and the setup says {lake.catalog_key or 'nothing of it'}",
                f"write catalog_key: {key['Arn']} under lake_formation",
            )
        else:
            yield right(what, "is encrypted with the key that the setup names")

    return ask


def _data(setup: EmrStudioSetup, database: str, table: str) -> Callable[[AccountSession], Iterator[Answer]]:
    what, catalog = _called(database, table), str(setup.lake_formation.catalog)
    one_table = table and table != ALL_TABLES

    def ask(session: AccountSession) -> Iterator[Answer]:
        operation, which = (
            ("GetTable", {"DatabaseName": database, "Name": table})
            if one_table
            else (
                "GetDatabase",
                {"Name": database},
            )
        )
        try:
            found = session.read("glue", operation, setup.region, CatalogId=catalog, **which)
        except AwsRefusal as refusal:
            if not refusal.is_missing:
                raise
            yield wrong(what, f"is not in the catalog {catalog} in {setup.region}", "correct lake_formation.grants")
            return
        yield right(what, "exists")
        if one_table:
            yield from _registered(setup, what, found["Table"])
        yield from _open_to_everybody(session, setup.region, catalog, database, table if one_table else "")

    return ask


def _registered(setup: EmrStudioSetup, what: str, table: dict[str, Any]) -> Iterator[Answer]:
    """Whether Lake Formation gives credentials for the data of a table, now or after the setup's locations are registered."""
    place = str(table.get("StorageDescriptor", {}).get("Location", ""))
    if table.get("IsRegisteredWithLakeFormation") is not False or not place:
        return
    if not any(f"{place.rstrip('/')}/".startswith(f"{one.url}/") for one in setup.lake_formation.locations):
        yield wrong(
            what,
            f"its data, {place}, is not registered: Lake Formation gives nobody credentials for it",
            f"write locations: [{{url: {place.rstrip('/')}}}] under lake_formation",
        )


def _open_to_everybody(
    session: AccountSession, region: str, catalog: str, database: str, table: str
) -> Iterator[Answer]:
    what = _called(database, table)
    resource = (
        {"Table": {"CatalogId": catalog, "DatabaseName": database, "Name": table}}
        if table
        else {"Database": {"CatalogId": catalog, "Name": database}}
    )
    found = session.read_all(
        "lakeformation",
        "ListPermissions",
        region,
        "PrincipalResourcePermissions",
        CatalogId=catalog,
        Principal={"DataLakePrincipalIdentifier": EVERYBODY},
        Resource=resource,
    )
    if found:
        yield wrong(
            what,
            f"has a grant for {EVERYBODY}: whoever IAM lets in may use it, and the setup's grants decide nothing",
            f"aws lakeformation revoke-permissions --region {region} --catalog-id {catalog} --permissions ALL "
            f"--principal DataLakePrincipalIdentifier={EVERYBODY} --resource {shlex.quote(json.dumps(resource))}",
        )


def _location(phase: Phase, wanted: RegisteredLocation) -> Callable[[AccountSession], Iterator[Answer]]:
    what, stack = f"location {wanted.arn}", Stack(phase.stack, phase.region)

    def ask(session: AccountSession) -> Iterator[Answer]:
        try:
            found = session.read("lakeformation", "DescribeResource", phase.region, ResourceArn=wanted.arn)
        except AwsRefusal as refusal:
            if not refusal.is_missing:
                raise
            yield right(what, "is not registered yet")
            return
        if stack.made(session, wanted.id):
            yield right(what, "is registered, and the setup's stack has it")
        else:
            yield wrong(
                what,
                f"is registered already, with the role {found['ResourceInfo'].get('RoleArn')}: CloudFormation refuses",
                "leave it out of lake_formation.locations",
            )

    return ask


def _link(phase: Phase, link: DatabaseLink) -> Callable[[AccountSession], Iterator[Answer]]:
    what, stack = f"link {link.name}", Stack(phase.stack, phase.region)

    def ask(session: AccountSession) -> Iterator[Answer]:
        try:
            found = session.read("glue", "GetDatabase", phase.region, CatalogId=str(phase.account), Name=link.name)
        except AwsRefusal as refusal:
            if not refusal.is_missing:
                raise
            yield right(what, "the name is free")
            return
        if stack.made(session, link.id):
            yield right(what, "exists, and the setup's stack has it")
            return
        target = found["Database"].get("TargetDatabase")
        yield wrong(
            what,
            f"the account has a {'link' if target else 'database'} of that name already, and the stack {stack.name} did not "
            "make it",
            "rename that one, or import it into the stack",
        )

    return ask
