"""Storage credentials and external locations of the patterns `unity-catalog-aws` and `unity-catalog-azure`.

Sources: databricks/terraform-provider-databricks issues 2986, 3728, 3843, 3921, 4755, databrickslabs/ucx issue 1726, read
2026-11-21.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lakehouse_iam.arns.arn import account_of, name_of
from lakehouse_iam.databricks_cli import READ_WRITE_BINDING, bindings, databricks_command
from lakehouse_iam.doctor.case import Case
from lakehouse_iam.doctor.finding import Change, Finding, Patch
from lakehouse_iam.doctor.likeness import is_slip
from lakehouse_iam.doctor.workspace import WORKSPACE
from lakehouse_iam.s3_url import S3Url
from lakehouse_iam.setups.unity_catalog import ExternalLocation, UnityCatalogSetup
from lakehouse_iam.snapshot.collected import UNREAD
from lakehouse_iam.statements.s3 import Access

_ISOLATED = "ISOLATED"
_FIRST = -1.0
"""Before every probe: nothing of a setup works without its storage credential."""


def findings(case: Case) -> Iterator[Finding]:
    """What is wrong in Unity Catalog."""
    setup = case.plan.source
    if not isinstance(setup, UnityCatalogSetup):
        return
    credential = case.snapshots.of_workspace("storage_credentials", setup.storage_credential.name)
    if credential is None:
        yield _credential_missing(setup)
    elif isinstance(credential, Mapping):
        yield from _credential(case, setup, credential)
    for location in setup.external_locations:
        found = case.snapshots.of_workspace("external_locations", location.name)
        if found is None:
            yield _location_missing(case, setup, location)
        elif found is not UNREAD and isinstance(found, Mapping):
            yield from _location(case, setup, location, found)


def _update(kind: str, name: str, change: Mapping[str, Any]) -> str:
    return databricks_command(kind, "update", name, body=change)


# ---------------------------------------------------------------- storage credentials


def _credential_finding(
    setup: UnityCatalogSetup, disease: str, values: dict[str, str], patch: Patch, rank: float = _FIRST
) -> Finding:
    name = setup.storage_credential.name
    return Finding(disease, name, "", rank, {"credential": name, **values}, patch=patch)


def _credential_missing(setup: UnityCatalogSetup) -> Finding:
    name, role = setup.storage_credential.name, str(setup.role)
    made = {"name": name, "aws_iam_role": {"role_arn": role}, "read_only": setup.read_only}
    run = databricks_command("storage-credentials", "create", body=made)
    shown = {
        "role_arn": role,
        "read_only": setup.read_only,
        "isolation": "OPEN",
        "bindings": [],
    }
    patch = Patch((Change(WORKSPACE, ("storage_credentials", name), shown),), commands=(run,))
    return _credential_finding(setup, "storage-credential-missing", {"wanted": role}, patch)


def _credential(case: Case, setup: UnityCatalogSetup, live: Mapping[str, Any]) -> Iterator[Finding]:
    wanted = setup.storage_credential
    yield from _role(setup, live)
    if live.get("read_only") and not setup.read_only:
        yield _changed(setup, "storage-credential-read-only", {}, "read_only", False)
    if live.get("isolation") == _ISOLATED and not wanted.isolated and not live.get("bindings"):
        values = {"found": _ISOLATED}
        yield _changed(setup, "storage-credential-bound-to-nobody", values, "isolation", "OPEN")
    if wanted.isolated:
        yield from _bindings(setup, live)


def _role(setup: UnityCatalogSetup, live: Mapping[str, Any]) -> Iterator[Finding]:
    found, wanted = live.get("role_arn", ""), str(setup.role)
    if not found or found == wanted:
        return
    same_name = name_of(found) == name_of(wanted)
    disease = "storage-credential-names-other-role"
    if ":instance-profile/" in found:
        disease = "storage-credential-names-instance-profile"
    elif same_name and is_slip(account_of(found), account_of(wanted)):
        disease = "storage-credential-account-mistyped"
    elif same_name and account_of(found) == account_of(wanted):
        disease = "storage-credential-role-path-differs"
    change = {"aws_iam_role": {"role_arn": wanted}}
    patch = Patch(
        (Change(WORKSPACE, ("storage_credentials", setup.storage_credential.name, "role_arn"), wanted),),
        commands=(_update("storage-credentials", setup.storage_credential.name, change),),
    )
    yield _credential_finding(setup, disease, {"found": found, "wanted": wanted}, patch)


def _changed(setup: UnityCatalogSetup, disease: str, values: dict[str, str], key: str, value: Any) -> Finding:
    name = setup.storage_credential.name
    sent = {"isolation_mode": f"ISOLATION_MODE_{value}"} if key == "isolation" else {key: value}
    patch = Patch(
        (Change(WORKSPACE, ("storage_credentials", name, key), value),),
        commands=(_update("storage-credentials", name, sent),),
    )
    return _credential_finding(setup, disease, values, patch)


def _bindings(setup: UnityCatalogSetup, live: Mapping[str, Any]) -> Iterator[Finding]:
    if live.get("isolation") != _ISOLATED:
        values = {"found": str(live.get("isolation", ""))}
        yield _changed(setup, "storage-credential-not-isolated", values, "isolation", _ISOLATED)
    bound = {one["workspace"] for one in live.get("bindings", ())}
    missing = [one for one in setup.storage_credential.workspaces if one not in bound]
    if not missing or "bindings" not in live:
        return
    name = setup.storage_credential.name
    body = {"add": bindings(missing)}
    run = databricks_command("workspace-bindings", "update-bindings", "storage_credential", name, body=body)
    whole = [*live.get("bindings", ()), *({"workspace": one, "access": READ_WRITE_BINDING} for one in missing)]
    patch = Patch((Change(WORKSPACE, ("storage_credentials", name, "bindings"), whole),), commands=(run,))
    yield _credential_finding(setup, "storage-credential-lacks-binding", {"wanted": ", ".join(missing)}, patch)


# ---------------------------------------------------------------- external locations


def _at(case: Case, location: ExternalLocation) -> float:
    return case.rank(location.url.bucket.arn(case.plan.partition)) - 0.2


def _writes(setup: UnityCatalogSetup, location: ExternalLocation) -> bool:
    access = next(bucket.access for bucket in setup.buckets if bucket.name == location.url.bucket)
    return access is Access.READ_WRITE and not location.read_only


def _location_missing(case: Case, setup: UnityCatalogSetup, location: ExternalLocation) -> Finding:
    made = {
        "name": location.name,
        "url": str(location.url),
        "credential_name": setup.storage_credential.name,
        "read_only": not _writes(setup, location),
    }
    run = databricks_command("external-locations", "create", body=made)
    shown = {
        "url": str(location.url),
        "credential": setup.storage_credential.name,
        "read_only": not _writes(setup, location),
        "isolation": "OPEN",
        "bindings": [],
    }
    patch = Patch((Change(WORKSPACE, ("external_locations", location.name), shown),), commands=(run,))
    values = {"location": location.name, "wanted": str(location.url)}
    return Finding("external-location-missing", location.name, "", _at(case, location), values, patch=patch)


def _location(
    case: Case, setup: UnityCatalogSetup, location: ExternalLocation, live: Mapping[str, Any]
) -> Iterator[Finding]:
    def wrong(disease: str, key: str, value: Any, sent: Mapping[str, Any]) -> Finding:
        values = {"location": location.name, "found": str(live.get(key, "")), "wanted": str(value)}
        run = _update("external-locations", location.name, sent)
        patch = Patch((Change(WORKSPACE, ("external_locations", location.name, key), value),), commands=(run,))
        return Finding(disease, location.name, "", _at(case, location), values, patch=patch)

    credential = setup.storage_credential.name
    if live.get("credential", credential) != credential:
        yield wrong(
            "external-location-uses-other-credential", "credential", credential, {"credential_name": credential}
        )
    url = str(location.url)
    if _same_place(live.get("url", url)) != _same_place(url):
        yield wrong("external-location-elsewhere", "url", url, {"url": url})
    writes = _writes(setup, location)
    if writes and live.get("read_only"):
        yield wrong("external-location-read-only", "read_only", False, {"read_only": False})
    if not writes and live.get("read_only") is False:
        yield wrong("external-location-writes-what-is-read-only", "read_only", True, {"read_only": True})
    if live.get("isolation") == _ISOLATED and live.get("bindings") == []:
        sent = {"isolation_mode": "ISOLATION_MODE_OPEN"}
        yield wrong("external-location-bound-to-nobody", "isolation", "OPEN", sent)
    if location.file_events and live.get("file_events") is False:
        queue: dict[str, Any] = {"enable_file_events": True, "file_event_queue": {"managed_sqs": {}}}
        yield wrong("external-location-lacks-file-events", "file_events", True, queue)


def _same_place(url: str) -> str:
    """An address without the differences that mean nothing: the scheme of old clients, a slash at the end."""
    text = url.replace("s3a://", "s3://").replace("s3n://", "s3://").rstrip("/")
    return str(S3Url.parse(text)) if text.startswith("s3://") else text
