"""The places of a Unity Catalog setup: what is there under their names, whether they are valid, and making them."""

from __future__ import annotations

from lakehouse_iam.databricks import external_location, grants, live_trust, validation, workspace_binding
from lakehouse_iam.databricks.broken_links import Broken, Chain, explain
from lakehouse_iam.databricks.caller import name_of_caller
from lakehouse_iam.databricks.clock import Waiting
from lakehouse_iam.databricks.external_location import ExternalLocationInfo
from lakehouse_iam.databricks.isolation import ISOLATED, OPEN
from lakehouse_iam.databricks.refusals import NotAllowed, Refused
from lakehouse_iam.databricks.session import Options
from lakehouse_iam.databricks.storage_credential import StorageCredentialInfo
from lakehouse_iam.databricks.validation import Place
from lakehouse_iam.databricks.workspace import Workspace
from lakehouse_iam.s3_url import S3Url
from lakehouse_iam.setups.unity_catalog import FROM_AZURE, UnityCatalogSetup
from lakehouse_iam.statements.s3 import Access

LocationsThere = dict[str, ExternalLocationInfo | None]
"""What is there under each name of the setup."""


def isolation_of(setup: UnityCatalogSetup) -> str:
    """The isolation mode that the setup asks for."""
    return ISOLATED if setup.storage_credential.isolated else OPEN


def chain_of(setup: UnityCatalogSetup, credential: StorageCredentialInfo) -> Chain:
    """Who is who, for the sentences about broken links."""
    return Chain(
        role_arn=str(setup.role),
        external_id=credential.external_id,
        unity_catalog_iam_arn=credential.unity_catalog_iam_arn or str(setup.storage_credential.unity_catalog_role),
        region=setup.region,
        elsewhere=frozenset(str(bucket.name) for bucket in setup.buckets if bucket.owner != setup.role.account),
        encrypted=tuple((str(bucket.name), str(bucket.key)) for bucket in setup.buckets if bucket.key),
    )


def locations_there(setup: UnityCatalogSetup, workspace: Workspace, options: Options) -> LocationsThere:
    """What is there under the names of the setup.

    Raises:
        Conflict: one of them differs and may not be overwritten; nothing was made yet.
    """
    there: LocationsThere = {}
    for wanted in _wanted_locations(setup):
        there[wanted.name] = external_location.look(workspace, wanted.name)
        external_location.check(there[wanted.name], wanted, update=options.update)
    return there


def wait_until_valid(
    setup: UnityCatalogSetup,
    workspace: Workspace,
    chain: Chain,
    there: LocationsThere,
    waiting: Waiting,
    options: Options,
) -> tuple[Broken, ...]:
    """Let Unity Catalog try every place of the setup until all pass.

    Returns:
        What is still broken; nothing when all passed.

    Raises:
        NotAllowed: the caller may not validate.
        DatabricksError: no answer.
    """
    credential = setup.storage_credential.name
    if options.read_trust is not None:
        trust = live_trust.broken_in(options.read_trust(setup.role), chain)
        if trust:
            return trust
        waiting.progress(f"the live trust policy of {setup.role} is right")
    places = _places(setup, there)
    if not workspace.changes_nothing:
        waiting.progress(f"validate {len(places)} {'place' if len(places) == 1 else 'places'}")
    try:
        return validation.until_valid(workspace, chain, credential, places, waiting)
    except NotAllowed as error:
        raise validation.may_not_validate(credential, name_of_caller(workspace), error) from error


def make_locations(
    setup: UnityCatalogSetup,
    workspace: Workspace,
    chain: Chain,
    there: LocationsThere,
    waiting: Waiting,
    options: Options,
) -> tuple[Broken, ...]:
    """Make or change every external location, each with its bindings and grants.

    Returns:
        What stopped it; nothing when all are made.

    Raises:
        DatabricksError: Databricks refused for a reason that is no broken link.
    """
    for wanted in _wanted_locations(setup):
        waiting.progress(f"external location {wanted.name} at {wanted.url}")
        refused = _make_location(workspace, chain, there[wanted.name], wanted, waiting)
        if refused:
            return (refused,)
        if setup.storage_credential.workspaces:
            kind = workspace_binding.EXTERNAL_LOCATION
            workspace_binding.bind(workspace, waiting.clock, kind, wanted.name, setup.storage_credential.workspaces)
        if options.grants:
            grants.grant(workspace, waiting.clock, wanted.name, options.grants)
    return ()


def _wanted_locations(setup: UnityCatalogSetup) -> list[ExternalLocationInfo]:
    return [
        ExternalLocationInfo(
            name=location.name,
            url=str(location.url),
            credential=setup.storage_credential.name,
            read_only=location.read_only or setup.pattern == FROM_AZURE,
            file_events=location.file_events,
            comment=location.comment,
            isolation=isolation_of(setup),
        )
        for location in setup.external_locations
    ]


def _places(setup: UnityCatalogSetup, there: LocationsThere) -> list[Place]:
    """Every external location; where the setup has none, every folder that the role may use."""
    wanted = _wanted_locations(setup)
    if wanted:
        places = []
        for location in wanted:
            found = there[location.name]
            same = found is not None and found.url == location.url
            places.append(Place(location.url, location.read_only, location.name if same else ""))
        return places
    return [
        Place(str(S3Url(bucket.name, prefix)), bucket.access is Access.READ_ONLY)
        for bucket in setup.buckets
        for prefix in bucket.prefixes or (None,)
    ]


def _make_location(
    workspace: Workspace,
    chain: Chain,
    there: ExternalLocationInfo | None,
    wanted: ExternalLocationInfo,
    waiting: Waiting,
) -> Broken | None:
    """Make one; Databricks validates it once more, perhaps on a machine that IAM's changes have not reached."""
    while True:
        try:
            external_location.ensure(workspace, waiting.clock, there, wanted)
            return None
        except NotAllowed as error:
            raise validation.may_not_validate(wanted.credential, name_of_caller(workspace), error) from error
        except Refused as error:
            broken = explain(chain, wanted.url, "", str(error))
            if not broken.may_heal or waiting.over():
                return broken
            waiting.progress(f"  not yet: {broken.link.value}; IAM may take a while")
            waiting.clock.sleep(validation.POLL_SECONDS)
            there = external_location.look(workspace, wanted.name)
