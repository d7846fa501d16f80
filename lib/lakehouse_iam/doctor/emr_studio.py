"""The Studio, the workgroup, S3 Access Grants and Lake Formation of the pattern `emr-studio`.

Sources: EMR "Set up IAM Identity Center with EMR Studio", Athena "Use IAM Identity Center enabled Athena workgroups", S3 "S3
Access Grants and corporate directory identities", Lake Formation "IAM Identity Center integration", read 2026-11-21.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from lakehouse_iam.arns import DirectoryPrincipal
from lakehouse_iam.aws_cli import command
from lakehouse_iam.custom_resource import AthenaWorkGroup, LakeFormationIdentityCenter
from lakehouse_iam.doctor.case import Case
from lakehouse_iam.doctor.finding import Change, Finding, Patch
from lakehouse_iam.plan.phases import Phase
from lakehouse_iam.resources import (
    AccessGrant,
    AccessGrantsLocation,
    CatalogPermissions,
    CustomResource,
    EmrStudio,
    RegisteredLocation,
    Workgroup,
)
from lakehouse_iam.snapshot.collected import UNREAD

Json = dict[str, Any]
_LAST = 0.5
"""Behind the probe of the same number: the roles come first."""


def findings(case: Case) -> Iterator[Finding]:
    """What is wrong beside the roles and buckets."""
    for phase, studio in case.expected.of_type(EmrStudio):
        found = case.snapshots.of_account(str(phase.account), "studios", studio.name)
        yield from _studio(case, phase, studio, found)
    for phase, resource in case.expected.of_type(CustomResource):
        if isinstance(resource.of, AthenaWorkGroup):
            yield from _workgroup(case, phase, str(resource.of.name), resource.of)
        elif isinstance(resource.of, LakeFormationIdentityCenter):
            yield from _connection(case, phase)
    for phase, workgroup in case.expected.of_type(Workgroup):
        yield from _workgroup(case, phase, workgroup.name, None)
    yield from _access_grants(case)
    yield from _lake_formation(case)


def _finding(case: Case, phase: Phase, disease: str, at: str, values: dict[str, str], patch: Patch) -> Finding:
    return Finding(
        disease, at, str(phase.account), float(len(case.live.probes)) + _LAST, {"name": at, **values}, patch=patch
    )


def _deploy(phase: Phase, *changes: Change) -> Patch:
    return Patch(changes, stack=phase.stack)


# ---------------------------------------------------------------- the Studio


def _studio(case: Case, phase: Phase, studio: EmrStudio, found: object) -> Iterator[Finding]:
    account, path = str(phase.account), ("studios", studio.name)
    if found is None:
        shown = {"service_role": str(studio.service_role), "user_role": str(studio.user_role)}
        yield _finding(case, phase, "studio-missing", studio.name, {}, _deploy(phase, Change(account, path, shown)))
    if not isinstance(found, Mapping):
        return
    checks: tuple[tuple[str, str, Any], ...] = (
        ("studio-service-role-differs", "service_role", str(studio.service_role)),
        ("studio-user-role-differs", "user_role", str(studio.user_role)),
        ("studio-in-other-identity-center", "idc_instance", str(studio.instance)),
        ("studio-does-not-propagate-identities", "trusted_identity_propagation", True),
        ("studio-uses-other-sign-in", "auth_mode", "SSO"),
        ("studio-keeps-workspaces-elsewhere", "storage", studio.storage),
    )
    for disease, key, wanted in checks:
        live = found.get(key, wanted)
        if _plain(live) != _plain(wanted):
            values = {"found": str(live), "wanted": str(wanted)}
            yield _finding(
                case, phase, disease, studio.name, values, _deploy(phase, Change(account, (*path, key), wanted))
            )


def _plain(value: Any) -> Any:
    return value.rstrip("/") if isinstance(value, str) else value


# ---------------------------------------------------------------- the workgroup


def _workgroup(case: Case, phase: Phase, name: str, wanted: AthenaWorkGroup | None) -> Iterator[Finding]:
    account = str(phase.account)
    found = case.snapshots.of_account(account, "workgroups", name)
    if found is None:
        shown: Json = {"state": "ENABLED", "identity_center": wanted is not None}
        change = Change(account, ("workgroups", name), shown)
        yield _finding(case, phase, "workgroup-missing", name, {}, _deploy(phase, change))
    if not isinstance(found, Mapping):
        return
    if found.get("state", "ENABLED") != "ENABLED":
        run = command("athena", "update-work-group", work_group=name, state="ENABLED")
        patch = Patch((Change(account, ("workgroups", name, "state"), "ENABLED"),), commands=(run,))
        yield _finding(case, phase, "workgroup-disabled", name, {"found": str(found["state"])}, patch)
    if wanted is not None:
        yield from _with_identity_center(case, phase, name, wanted, found)


def _with_identity_center(
    case: Case, phase: Phase, name: str, wanted: AthenaWorkGroup, found: Mapping[str, Any]
) -> Iterator[Finding]:
    checks: tuple[tuple[str, str, Any], ...] = (
        ("workgroup-without-identity-center", "identity_center", True),
        ("workgroup-execution-role-differs", "execution_role", str(wanted.execution_role)),
        ("workgroup-results-elsewhere", "results", str(wanted.results_location)),
        ("workgroup-without-access-grants", "access_grants", True),
    )
    for disease, key, value in checks:
        live = found.get(key, value)
        if _plain(live) != _plain(value):
            change = Change(str(phase.account), ("workgroups", name, key), value)
            values = {"found": str(live), "wanted": str(value)}
            yield _finding(case, phase, disease, name, values, _deploy(phase, change))


# ---------------------------------------------------------------- S3 Access Grants


def _access_grants(case: Case) -> Iterator[Finding]:
    for phase, location in case.expected.of_type(AccessGrantsLocation):
        account = str(phase.account)
        live = case.snapshots.property_of_account(account, "access_grants")
        if live is UNREAD:
            continue
        if live.get("instance", UNREAD) is None:
            instance = {"arn": f"arn:{case.plan.partition}:s3:{phase.region}:{account}:access-grants/default"}
            change = Change(account, ("access_grants", "instance"), instance)
            run = command("s3control", "create-access-grants-instance", account_id=account, region=phase.region)
            patch = Patch((change,), commands=(run,), stack=phase.stack)
            yield _finding(case, phase, "access-grants-instance-missing", account, {}, patch)
            continue
        yield from _places(case, phase, location, live)


def _places(case: Case, phase: Phase, location: AccessGrantsLocation, live: Mapping[str, Any]) -> Iterator[Finding]:
    account = str(phase.account)
    if "identity_center" in (live.get("instance") or {}) and live["instance"]["identity_center"] is None:
        yield _finding(case, phase, "access-grants-without-identity-center", account, {}, _deploy(phase))
    places = live.get("locations")
    scope = location.scope.rstrip("*").rstrip("/")
    mine = [one for one in places or () if one["scope"].rstrip("*").rstrip("/") == scope]
    if places is not None and not mine:
        whole = [*places, {"scope": location.scope, "role": str(location.role)}]
        patch = _deploy(phase, Change(account, ("access_grants", "locations"), whole))
        yield _finding(case, phase, "access-grants-location-missing", location.scope, {}, patch)
    elif mine and mine[0]["role"] != str(location.role):
        whole = [{**one, "role": str(location.role)} if one is mine[0] else one for one in places or ()]
        values = {"found": mine[0]["role"], "wanted": str(location.role)}
        patch = _deploy(phase, Change(account, ("access_grants", "locations"), whole))
        yield _finding(case, phase, "access-grants-location-role-differs", location.scope, values, patch)
    granted = {one["grantee"] for one in live.get("grants", ()) if one["scope"].startswith(scope)}
    for of, grant in case.expected.of_type(AccessGrant):
        if "grants" in live and of is phase and grant.location == location.id and grant.grantee.id not in granted:
            added = {
                "scope": f"{scope}/{grant.prefix}",
                "permission": "READWRITE",
                "grantee_type": f"DIRECTORY_{grant.grantee.kind.value}",
                "grantee": grant.grantee.id,
            }
            patch = _deploy(phase, Change(account, ("access_grants", "grants"), [*live["grants"], added]))
            values = {"wanted": str(grant.grantee)}
            yield _finding(case, phase, "access-grant-missing", location.scope, values, patch)


# ---------------------------------------------------------------- Lake Formation


def _connection(case: Case, phase: Phase) -> Iterator[Finding]:
    account = str(phase.account)
    live = case.snapshots.property_of_account(account, "lake_formation")
    if live is not UNREAD and live.get("identity_center", UNREAD) is None:
        shown = {"application": f"arn:{case.plan.partition}:sso::{account}:application/made-by-the-stack"}
        patch = _deploy(phase, Change(account, ("lake_formation", "identity_center"), shown))
        yield _finding(case, phase, "lake-formation-without-identity-center", account, {}, patch)


def _lake_formation(case: Case) -> Iterator[Finding]:
    for phase, location in case.expected.of_type(RegisteredLocation):
        live = _formation(case, phase).get("locations")
        if live is None:
            continue
        change = Change(str(phase.account), ("lake_formation", "locations", location.arn), {"role": str(location.role)})
        # What was looked for and is not registered is null; what was not looked for is not in the file.
        if location.arn not in live:
            continue
        found = live[location.arn]
        if found is None:
            yield _finding(case, phase, "lake-formation-location-missing", location.arn, {}, _deploy(phase, change))
        elif found["role"] != str(location.role):
            values = {"found": found["role"], "wanted": str(location.role)}
            disease = "lake-formation-location-role-differs"
            yield _finding(case, phase, disease, location.arn, values, _deploy(phase, change))
    for phase, grant in case.expected.of_type(CatalogPermissions):
        yield from _grant(case, phase, grant)


def _formation(case: Case, phase: Phase) -> Mapping[str, Any]:
    live = case.snapshots.property_of_account(str(phase.account), "lake_formation")
    return {} if live is UNREAD else live


def _grant(case: Case, phase: Phase, grant: CatalogPermissions) -> Iterator[Finding]:
    live = _formation(case, phase).get("permissions")
    principal = grant.principal
    name = principal.arn(case.plan.partition) if isinstance(principal, DirectoryPrincipal) else str(principal)
    if live is None:
        return
    has = {
        permission
        for one in live
        if one["principal"] == name
        and one.get("database") == grant.database
        and one.get("table", "") in (grant.table, "*")
        for permission in one["permissions"]
    }
    missing = [permission for permission in grant.permissions if permission not in has and "ALL" not in has]
    if not missing:
        return
    added = {
        "principal": name,
        "catalog": str(grant.catalog),
        "database": grant.database,
        **({"table": grant.table} if grant.table else {}),
        "permissions": list(grant.permissions),
    }
    where = f"{grant.database}.{grant.table}" if grant.table else grant.database
    who = f"DataLakePrincipalIdentifier={shlex.quote(name)}"
    run = f"aws lakeformation grant-permissions --principal {who} --permissions {' '.join(missing)}"
    patch = Patch(
        (Change(str(phase.account), ("lake_formation", "permissions"), [*live, added]),),
        commands=(f"{run} --resource {shlex.quote(_resource(grant))}",),
        stack=phase.stack,
    )
    values = {"wanted": ", ".join(missing), "principal": name}
    yield _finding(case, phase, "lake-formation-permission-missing", where, values, patch)


def _resource(grant: CatalogPermissions) -> str:
    if not grant.table:
        return json.dumps({"Database": {"CatalogId": str(grant.catalog), "Name": grant.database}})
    table: Json = {"CatalogId": str(grant.catalog), "DatabaseName": grant.database}
    which: Json = {"TableWildcard": {}} if grant.table == "*" else {"Name": grant.table}
    table |= which
    return json.dumps({"Table": table})
