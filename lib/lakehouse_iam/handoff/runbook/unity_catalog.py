"""The runbook of `unity-catalog-aws` and `unity-catalog-azure`: Databricks first, for only it knows the external id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lakehouse_iam.handoff.databricks_files import VERIFY
from lakehouse_iam.handoff.databricks_side import DatabricksSide, ExternalLocation, StorageCredential
from lakehouse_iam.handoff.runbook.account_steps import phase_steps
from lakehouse_iam.handoff.runbook.links import Link, link
from lakehouse_iam.handoff.runbook.parts import DATABRICKS, Message, PatternRunbook, Step, Turn, owner_of
from lakehouse_iam.plan import Plan
from lakehouse_iam.plan.unity_catalog import STORAGE_CREDENTIAL_ROLE, other_owner_phase
from lakehouse_iam.setups.unity_catalog import FROM_AZURE, UnityCatalogSetup

_LOCATION_ERRORS = (
    "unity-catalog-cannot-assume-role",
    "role-not-self-assuming",
    "no-create-external-location",
    "location-overlaps",
)


def turns(plan: Plan) -> tuple[Turn, ...]:
    """Who does what: Databricks, the role's account, other owners of buckets, Databricks again."""
    setup = _setup(plan)
    return (_credential_turn(setup), _role_turn(plan, setup), *_other_owners(plan, setup), _locations_turn(setup))


def _setup(plan: Plan) -> UnityCatalogSetup:
    assert isinstance(plan.source, UnityCatalogSetup)
    return plan.source


def _credential_turn(setup: UnityCatalogSetup) -> Turn:
    credential, owner = _credential(setup), owner_of(setup.role.account)
    ids = setup.storage_credential.external_ids
    # A setup that has one id knows this credential's; with several, only the credential itself says which is its own.
    known = ids[0] if len(ids) == 1 else ""
    values = {
        "name": credential.name,
        "role": credential.role,
        "read_only": credential.read_only,
        "comment": credential.comment,
        "from_azure": setup.pattern == FROM_AZURE,
        "unity_catalog_role": str(setup.storage_credential.unity_catalog_role),
        "known_ids": ids,
    }
    errors = ("no-create-storage-credential", "credential-role-not-configured")
    steps = (
        Step("open-workspace", {"host": str(setup.host)}),
        Step("storage-credential", values, errors),
    )
    sends = (
        Message("external-id", owner, known),
        Message("unity-catalog-role", owner, str(setup.storage_credential.unity_catalog_role)),
    )
    return Turn(DATABRICKS, "make-credential", {"name": credential.name}, steps, sends)


def _role_turn(plan: Plan, setup: UnityCatalogSetup) -> Turn:
    phase = plan.phase(STORAGE_CREDENTIAL_ROLE)
    steps = phase_steps(plan, phase)
    compare = Step(
        "compare-unity-catalog-role",
        {
            "unity_catalog_role": str(setup.storage_credential.unity_catalog_role),
            "ids": setup.storage_credential.external_ids,
        },
    )
    sends = (
        *(Message("role-is-there", owner_of(account), str(setup.role)) for account in setup.other_owners),
        Message("role-is-there", DATABRICKS, str(setup.role)),
    )
    return Turn(owner_of(phase.account), "role-of-credential", {}, (steps[0], compare, *steps[1:]), sends, phase.stack)


def _other_owners(plan: Plan, setup: UnityCatalogSetup) -> Iterator[Turn]:
    for account in setup.other_owners:
        phase = plan.phase(other_owner_phase(account))
        yield Turn(
            owner_of(account),
            "let-role-in",
            {"buckets": [str(bucket.name) for bucket in setup.owned_by(account)], "role": str(setup.role)},
            phase_steps(plan, phase),
            (Message("bucket-lets-in", DATABRICKS),),
            phase.stack if phase.has_stack else "",
        )


def _locations_turn(setup: UnityCatalogSetup) -> Turn:
    steps = [Step("open-workspace", {"host": str(setup.host)})]
    credential = _credential(setup)
    for location in _locations(setup):
        errors = (*_LOCATION_ERRORS, "read-only-location-empty" if location.read_only else "location-not-writable")
        steps.append(Step("external-location", _location_values(location), errors))
    if not setup.external_locations:
        steps.append(Step("no-external-location", {"name": credential.name}))
    values: dict[str, Any]
    if credential.isolated:
        values = {
            "credential": credential.name,
            "locations": [location.name for location in setup.external_locations],
            "workspaces": credential.workspaces,
        }
        steps.append(Step("bind-workspaces", values, ("not-accessible-in-workspace", "binding-type-not-supported")))
    if setup.external_locations:
        values = {"locations": [location.name for location in setup.external_locations], "writes": not setup.read_only}
        steps.append(Step("grant-location", values, ("no-privilege-on-path",)))
    if credential.owner:
        steps.append(Step("give-credential", {"credential": credential.name, "owner": credential.owner}))
    steps.append(Step("verify", {"notebook": VERIFY, "unity_catalog": True}))
    return Turn(DATABRICKS, "make-locations", steps=tuple(steps))


def _location_values(location: ExternalLocation) -> dict[str, Any]:
    return {
        "name": location.name,
        "url": location.url,
        "credential": location.credential,
        "read_only": location.read_only,
        "file_events": location.file_events,
        "comment": location.comment,
    }


# ---------------------------------------------------------------- Databricks' files


def databricks(plan: Plan) -> DatabricksSide:
    """What is made in Databricks: a storage credential and external locations."""
    setup = _setup(plan)
    return DatabricksSide(
        setup.name,
        str(setup.host),
        tuple(_links(setup)),
        credential=_credential(setup),
        locations=tuple(_locations(setup)),
    )


def _credential(setup: UnityCatalogSetup) -> StorageCredential:
    given = setup.storage_credential
    return StorageCredential(
        given.name,
        str(setup.role),
        setup.pattern == FROM_AZURE or setup.read_only,
        given.comment,
        given.isolated,
        given.workspaces,
        given.owner,
    )


def _locations(setup: UnityCatalogSetup) -> Iterator[ExternalLocation]:
    for one in setup.external_locations:
        yield ExternalLocation(
            one.name, str(one.url), setup.storage_credential.name, one.read_only, one.file_events, one.comment
        )


def _links(setup: UnityCatalogSetup) -> Iterator[Link]:
    name = setup.storage_credential.name
    yield link(
        "credential",
        "credential",
        f"The storage credential {name} names the role",
        f"ストレージ資格情報 {name} にロールが登録されている",
        ("credential-role-not-configured", "not-accessible-in-workspace"),
        name=name,
        role=str(setup.role),
    )
    for number, location in enumerate(setup.external_locations, start=1):
        url, there, listed = str(location.url), f"location-{number}", f"list-{number}"
        yield link(
            there,
            "location",
            f"The external location {location.name} is at {url}",
            f"外部ロケーション {location.name} が {url} を指している",
            ("not-accessible-in-workspace", "no-privilege-on-path"),
            needs=("credential",),
            name=location.name,
            url=url,
        )
        refused = (
            "unity-catalog-cannot-assume-role",
            "role-not-self-assuming",
            "location-not-readable",
            "no-privilege-on-path",
            "kms-key-not-usable",
            "s3-access-denied",
        )
        en, ja = f"Unity Catalog lists {url}", f"Unity Catalog から {url} を一覧できる"
        yield link(listed, "list", en, ja, refused, needs=(there,), url=url)
        en, ja = f"Unity Catalog reads an object of {url}", f"Unity Catalog から {url} のオブジェクトを読める"
        yield link(f"read-{number}", "read", en, ja, refused, needs=(listed,), url=url)
        if not location.read_only:
            en, ja = f"Unity Catalog writes to {url}", f"Unity Catalog から {url} に書き込める"
            errors = ("location-not-writable", "no-privilege-on-path", "kms-key-not-usable")
            yield link(f"write-{number}", "write", en, ja, errors, needs=(listed,), url=url)


RUNBOOK = PatternRunbook(turns, databricks)
