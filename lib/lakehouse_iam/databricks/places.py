"""The places of a Unity Catalog setup: what is there under their names, whether they are valid, and making them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lakehouse_iam.databricks import (
    external_location,
    grants,
    live_trust,
    storage_credential,
    validation,
    workspace_binding,
)
from lakehouse_iam.databricks.broken_links import Broken, Chain, explain
from lakehouse_iam.databricks.caller import name_of_caller
from lakehouse_iam.databricks.clock import Waiting
from lakehouse_iam.databricks.credential_api import InWorkspace
from lakehouse_iam.databricks.dependents import other_locations
from lakehouse_iam.databricks.external_location import ExternalLocationInfo
from lakehouse_iam.databricks.isolation import ISOLATED, OPEN
from lakehouse_iam.databricks.refusals import NotAllowed, Refused
from lakehouse_iam.databricks.session import Options, Session
from lakehouse_iam.databricks.storage_credential import StorageCredentialInfo
from lakehouse_iam.databricks.validation import Place
from lakehouse_iam.databricks.workspace import Workspace
from lakehouse_iam.s3_url import S3Url
from lakehouse_iam.setups.unity_catalog import FROM_AZURE, UnityCatalogSetup
from lakehouse_iam.statements.s3 import Access

LocationsThere = dict[str, ExternalLocationInfo | None]
"""What is there for each name of the setup: under that name, or at its place under another."""


@dataclass(frozen=True)
class Run:
    """What the steps about places need of one run of `connect`.

    Args:
        setup: what is wanted.
        workspace: who makes calls.
        chain: who is who.
        waiting: how long IAM is waited for.
        options: what may be overwritten and what is granted.
    """

    setup: UnityCatalogSetup
    workspace: Workspace
    chain: Chain
    waiting: Waiting
    options: Options


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


def locations_there(setup: UnityCatalogSetup, workspace: Workspace) -> LocationsThere:
    """What is there for each external location of the setup.

    Raises:
        DatabricksError: Databricks did not say.
    """
    wanted = _wanted_locations(setup)
    there: LocationsThere = {one.name: external_location.look(workspace, one.name) for one in wanted}
    if all(there.values()):
        return there
    by_url = external_location.by_url(workspace)
    return {one.name: there[one.name] or by_url.get(one.url) for one in wanted}


def former_credential(
    setup: UnityCatalogSetup, workspace: Workspace, there: LocationsThere
) -> StorageCredentialInfo | None:
    """The storage credential that the setup had under another name, if there is one.

    It is the one that the setup's own locations go through, names the setup's role, and serves no other location.

    Raises:
        DatabricksError: Databricks did not say.
    """
    ours = [location for location in there.values() if location]
    for name in sorted({location.credential for location in ours}):
        found = storage_credential.look(workspace, InWorkspace(), name)
        if found is None or found.role_arn != str(setup.role):
            continue
        if not any(other_locations(workspace, name, frozenset(location.name for location in ours))):
            return found
    return None


def check(setup: UnityCatalogSetup, there: LocationsThere, *, update: bool) -> None:
    """Whether the external locations that are there may stay or be changed.

    Raises:
        Conflict: one of them differs and may not be overwritten.
    """
    for wanted in _wanted_locations(setup):
        external_location.check(there[wanted.name], wanted, update=update)


def narrow(setup: UnityCatalogSetup, session: Session, there: LocationsThere) -> tuple[LocationsThere, tuple[str, ...]]:
    """Take from external locations what the setup no longer gives.

    Returns:
        What is there afterwards, and what the bucket owner may do now.

    Raises:
        DatabricksError: it was refused.
    """
    after = dict(there)
    quiet: list[str] = []
    for wanted in _wanted_locations(setup):
        found = there[wanted.name]
        if found is None:
            continue
        after[wanted.name] = external_location.narrow(session.workspace, session.clock, found, wanted)
        if after[wanted.name] == found:
            continue
        session.progress(f"external location {found.name}: taking away what the setup no longer gives")
        if found.file_events and not wanted.file_events:
            quiet.append(wanted.name)
    if not quiet:
        return after, ()
    return after, (
        f"file events of {', '.join(quiet)} are off: only now may the bucket owner deploy the role without the permissions for "
        "them",
    )


def through(there: LocationsThere, former: str, name: str) -> LocationsThere:
    """The locations after their storage credential has got another name."""
    return {
        wanted: replace(found, credential=name) if found and found.credential == former else found
        for wanted, found in there.items()
    }


def wait_until_valid(run: Run, there: LocationsThere) -> tuple[Broken, ...]:
    """Let Unity Catalog try every place of the setup until all pass.

    Returns:
        What is still broken; nothing when all passed.

    Raises:
        NotAllowed: the caller may not validate.
        DatabricksError: no answer.
    """
    credential = run.setup.storage_credential.name
    if run.options.read_trust is not None:
        trust = live_trust.broken_in(run.options.read_trust(run.setup.role), run.chain)
        if trust:
            return trust
        run.waiting.progress(f"the live trust policy of {run.setup.role} is right")
    places = _places(run.setup, there)
    if not run.workspace.changes_nothing:
        run.waiting.progress(f"validate {len(places)} {'place' if len(places) == 1 else 'places'}")
    try:
        return validation.until_valid(run.workspace, run.chain, credential, places, run.waiting)
    except NotAllowed as error:
        raise validation.may_not_validate(credential, name_of_caller(run.workspace), error) from error


def make_locations(run: Run, there: LocationsThere) -> tuple[Broken, ...]:
    """Make or change every external location, each with its bindings and grants.

    Returns:
        What stopped it; nothing when all are made.

    Raises:
        DatabricksError: Databricks refused for a reason that is no broken link.
    """
    workspaces = run.setup.storage_credential.workspaces
    for wanted in _wanted_locations(run.setup):
        run.waiting.progress(f"external location {wanted.name} at {wanted.url}")
        refused = _make_location(run, there[wanted.name], wanted)
        if refused:
            return (refused,)
        if workspaces:
            kind = workspace_binding.EXTERNAL_LOCATION
            workspace_binding.bind(run.workspace, run.waiting.clock, kind, wanted.name, workspaces)
        if run.options.grants:
            grants.grant(run.workspace, run.waiting.clock, wanted.name, run.options.grants)
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
            places.append(Place(location.url, location.read_only, found.name if found and same else ""))
        return places
    return [
        Place(str(S3Url(bucket.name, prefix)), bucket.access is Access.READ_ONLY)
        for bucket in setup.buckets
        for prefix in bucket.prefixes or (None,)
    ]


def _make_location(run: Run, there: ExternalLocationInfo | None, wanted: ExternalLocationInfo) -> Broken | None:
    """Make one; Databricks validates it once more, perhaps on a machine that IAM's changes have not reached."""
    waiting = run.waiting
    while True:
        try:
            external_location.ensure(run.workspace, waiting.clock, there, wanted)
            return None
        except NotAllowed as error:
            who = name_of_caller(run.workspace)
            raise validation.may_not_validate(wanted.credential, who, error) from error
        except Refused as error:
            broken = explain(run.chain, wanted.url, "", str(error))
            if not broken.may_heal or waiting.over():
                return broken
            waiting.progress(f"  not yet: {broken.link.value}; IAM may take a while")
            waiting.clock.sleep(validation.POLL_SECONDS)
            there = external_location.look(run.workspace, wanted.name) or there
