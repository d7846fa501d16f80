"""Connecting a workspace: from nothing to validated external locations, or to a registered instance profile.

Unity Catalog, each step "look, then act only where something is missing":

1. The storage credential, with the ARN that the role will have.
2. The exchange file, from the external id and the role that the storage credential shows.
   A run that made the storage credential ends here: now it is the bucket owner's turn.
3. Unity Catalog tries every place, again and again until all pass or the deadline ends.
4. The external locations, each with its bindings and grants.
5. The storage credential's isolation, bindings and, last of all, its owner.

Nothing is written down between runs. Where a run was cut off, the next one looks, finds what is done, and does the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lakehouse_iam.databricks import (
    external_location,
    grants,
    instance_profile,
    live_trust,
    storage_credential,
    validation,
    workspace_binding,
)
from lakehouse_iam.databricks.broken_links import Broken, Chain, explain
from lakehouse_iam.databricks.calls import Call
from lakehouse_iam.databricks.clock import Clock
from lakehouse_iam.databricks.exchange import Exchange, exchange
from lakehouse_iam.databricks.external_location import ExternalLocation
from lakehouse_iam.databricks.grants import Grant
from lakehouse_iam.databricks.isolation import ISOLATED, OPEN
from lakehouse_iam.databricks.outcome import Outcome, State
from lakehouse_iam.databricks.refusals import DatabricksError, NotAllowed, Refused
from lakehouse_iam.databricks.storage_credential import CredentialApi, InWorkspace, StorageCredential
from lakehouse_iam.databricks.validation import Place, Waiting
from lakehouse_iam.databricks.workspace import Workspace, read
from lakehouse_iam.plan import Plan, plan_setup
from lakehouse_iam.s3_url import S3Url
from lakehouse_iam.setups.instance_profile import InstanceProfileSetup
from lakehouse_iam.setups.unity_catalog import FROM_AZURE, UnityCatalogSetup
from lakehouse_iam.statements.s3 import Access

Progress = Callable[[str], None]
HandOver = Callable[[Exchange, Plan], None]

WAIT_SECONDS = 120.0


@dataclass(frozen=True)
class Options:
    """How to connect.

    Args:
        update: overwrite what exists and differs from the setup.
        wait_seconds: how long to wait for IAM at most.
        grants: privileges on every external location of the setup.
        skip_validation: register an instance profile without Databricks' trial run.
        read_trust: reads the live trust policy of the role; none where there are no AWS credentials for it.
        in_one_run: go on and wait although this run made the storage credential.
    """

    update: bool = False
    wait_seconds: float = WAIT_SECONDS
    grants: tuple[Grant, ...] = ()
    skip_validation: bool = False
    read_trust: live_trust.ReadTrust | None = None
    in_one_run: bool = False


@dataclass(frozen=True)
class Parties:
    """Who is spoken with.

    Args:
        workspace: the workspace.
        account: the account, where the storage credential is to be made through it; otherwise none.
        credential_api: the calls that find and make the storage credential.
    """

    workspace: Workspace
    account: Workspace | None = None
    credential_api: CredentialApi = field(default_factory=InWorkspace)

    @property
    def maker(self) -> Workspace:
        """Who finds and makes the storage credential."""
        return self.account or self.workspace


def connect_unity_catalog(
    setup: UnityCatalogSetup,
    parties: Parties,
    clock: Clock,
    progress: Progress,
    hand_over: HandOver,
    options: Options | None = None,
) -> Outcome:
    """Bring a workspace as near to what a Unity Catalog setup says as it can be brought now.

    Args:
        setup: what is wanted.
        parties: who is spoken with.
        clock: what waiting is done on.
        progress: told what is done, a line at a time.
        hand_over: given what the bucket owner needs, and the plan with it filled in, before anything is waited for.
        options: how; by default nothing is overwritten.

    Raises:
        Conflict: something exists and differs.
        DatabricksError: Databricks refused or could not be reached.
        LakehouseIamError: the setup cannot become a plan with the external id that Databricks gave.
    """
    options = options or Options()
    for one in options.grants:
        one.fits(read_only=all(location.read_only for location in setup.external_locations))
    there = _locations_there(setup, parties.workspace, options)
    credential, was_there = _credential(setup, parties, clock, progress, options)
    notes: tuple[str, ...] = ()
    if credential.external_id:
        given = exchange(setup, credential, parties.workspace.account_id)
        notes = given.notes
        hand_over(given, plan_setup(given.setup))
    values = _values(credential)
    if not (was_there or options.in_one_run or parties.workspace.changes_nothing):
        progress(f"now the owner of {setup.role.account} deploys the role; then run connect again")
        return Outcome(setup.name, State.HANDED_OVER, values, notes=notes)
    chain = _chain(setup, credential)
    waiting = Waiting(clock, clock.now() + options.wait_seconds, progress)
    broken = _wait_until_valid(setup, parties.workspace, chain, there, waiting, options)
    if broken:
        return Outcome(setup.name, State.NOT_VALID, values, broken, notes)
    refused = _make_locations(setup, parties.workspace, chain, there, waiting, options)
    if refused:
        return Outcome(setup.name, State.NOT_VALID, values, refused, notes)
    _finish_credential(setup, parties.workspace, clock, credential)
    state = State.DRY_RUN if parties.workspace.changes_nothing else State.CONNECTED
    return Outcome(setup.name, state, values, notes=notes)


def connect_instance_profile(
    setup: InstanceProfileSetup,
    workspace: Workspace,
    clock: Clock,
    progress: Progress,
    options: Options | None = None,
    *,
    meta: bool = False,
) -> Outcome:
    """Register the instance profile of a setup in its workspace.

    Args:
        setup: what is wanted.
        workspace: who is spoken with.
        clock: what waiting is done on.
        progress: told what is done, a line at a time.
        options: how; by default nothing is overwritten.
        meta: whether it is a meta instance profile, for credential passthrough.

    Raises:
        Conflict: it is registered with another role.
        DatabricksError: Databricks refused or could not be reached.
    """
    options = options or Options()
    wanted = instance_profile.Registration(str(setup.workspace.instance_profile), str(setup.workspace.role), meta)
    progress(f"instance profile {wanted.profile_arn}")
    patience = instance_profile.Patience(clock, options.wait_seconds, progress)
    made, was_there = instance_profile.ensure(
        workspace, wanted, patience, update=options.update, skip_validation=options.skip_validation
    )
    if not workspace.changes_nothing:
        progress("  was registered already" if was_there else "  registered")
    state = State.DRY_RUN if workspace.changes_nothing else State.CONNECTED
    return Outcome(setup.name, state, (("instance_profile_arn", made.profile_arn), ("iam_role_arn", made.role_arn)))


# ---------------------------------------------------------------- the storage credential


def _credential(
    setup: UnityCatalogSetup, parties: Parties, clock: Clock, progress: Progress, options: Options
) -> tuple[StorageCredential, bool]:
    wanted = StorageCredential(
        name=setup.storage_credential.name,
        role_arn=str(setup.role),
        read_only=setup.pattern == FROM_AZURE or setup.read_only,
        isolation=_isolation(setup),
        comment=setup.storage_credential.comment,
    )
    progress(f"storage credential {wanted.name}")
    try:
        made, was_there = storage_credential.ensure(
            parties.maker, clock, parties.credential_api, wanted, update=options.update
        )
    except NotAllowed as error:
        raise _may_not_create(parties.workspace, error) from error
    if not parties.workspace.changes_nothing:
        progress("  was there already" if was_there else f"  made; its external id is {made.external_id}")
    return made, was_there


def _isolation(setup: UnityCatalogSetup) -> str:
    return ISOLATED if setup.storage_credential.isolated else OPEN


def _may_not_create(workspace: Workspace, error: NotAllowed) -> NotAllowed:
    who = _who(workspace)
    return NotAllowed(
        "you may not make storage credentials. Ask a metastore admin (Catalog Explorer, the metastore's page, shows who "
        f"that is) to run:\n  GRANT CREATE STORAGE CREDENTIAL ON METASTORE TO `{who}`;\n"
        "  GRANT CREATE EXTERNAL LOCATION ON METASTORE TO "
        f"`{who}`;\nthen run connect again; nothing was made ({error})"
    )


def _who(workspace: Workspace) -> str:
    try:
        me = read(workspace, Call("GET", "/api/2.0/preview/scim/v2/Me"))
    except DatabricksError:
        me = {}
    return str(me.get("userName") or "you@example.com")


def _finish_credential(
    setup: UnityCatalogSetup, workspace: Workspace, clock: Clock, credential: StorageCredential
) -> None:
    wanted = setup.storage_credential
    now = storage_credential.set_isolation(workspace, clock, credential, _isolation(setup))
    _bind(setup, workspace, clock, workspace_binding.STORAGE_CREDENTIAL, wanted.name)
    if wanted.owner:
        storage_credential.give_to(workspace, clock, now, wanted.owner)


def _bind(setup: UnityCatalogSetup, workspace: Workspace, clock: Clock, kind: str, name: str) -> None:
    if setup.storage_credential.workspaces:
        workspace_binding.bind(workspace, clock, kind, name, setup.storage_credential.workspaces)


def _values(credential: StorageCredential) -> tuple[tuple[str, str], ...]:
    return (
        ("storage_credential", credential.name),
        ("role_arn", credential.role_arn),
        ("external_id", credential.external_id),
        ("unity_catalog_iam_arn", credential.unity_catalog_iam_arn),
    )


# ---------------------------------------------------------------- the places


def _chain(setup: UnityCatalogSetup, credential: StorageCredential) -> Chain:
    return Chain(
        role_arn=str(setup.role),
        external_id=credential.external_id,
        unity_catalog_iam_arn=credential.unity_catalog_iam_arn or str(setup.storage_credential.unity_catalog_role),
        region=setup.region,
        elsewhere=frozenset(str(bucket.name) for bucket in setup.buckets if bucket.owner != setup.role.account),
        encrypted=tuple((str(bucket.name), str(bucket.key)) for bucket in setup.buckets if bucket.key),
    )


def _locations_there(
    setup: UnityCatalogSetup, workspace: Workspace, options: Options
) -> dict[str, ExternalLocation | None]:
    """What is there under the names of the setup; a conflict stops everything before anything is made."""
    there = {}
    for wanted in _wanted_locations(setup):
        there[wanted.name] = external_location.look(workspace, wanted.name)
        external_location.check(there[wanted.name], wanted, update=options.update)
    return there


def _wanted_locations(setup: UnityCatalogSetup) -> list[ExternalLocation]:
    return [
        ExternalLocation(
            name=location.name,
            url=str(location.url),
            credential=setup.storage_credential.name,
            read_only=location.read_only or setup.pattern == FROM_AZURE,
            file_events=setup.file_events,
            comment=location.comment,
            isolation=_isolation(setup),
        )
        for location in setup.external_locations
    ]


def _places(setup: UnityCatalogSetup, there: dict[str, ExternalLocation | None]) -> list[Place]:
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


def _wait_until_valid(
    setup: UnityCatalogSetup,
    workspace: Workspace,
    chain: Chain,
    there: dict[str, ExternalLocation | None],
    waiting: Waiting,
    options: Options,
) -> tuple[Broken, ...]:
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
        raise validation.may_not_validate(credential, _who(workspace), error) from error


def _make_locations(
    setup: UnityCatalogSetup,
    workspace: Workspace,
    chain: Chain,
    there: dict[str, ExternalLocation | None],
    waiting: Waiting,
    options: Options,
) -> tuple[Broken, ...]:
    for wanted in _wanted_locations(setup):
        waiting.progress(f"external location {wanted.name} at {wanted.url}")
        refused = _make_location(workspace, chain, there[wanted.name], wanted, waiting)
        if refused:
            return (refused,)
        _bind(setup, workspace, waiting.clock, workspace_binding.EXTERNAL_LOCATION, wanted.name)
        if options.grants:
            grants.grant(workspace, waiting.clock, wanted.name, options.grants)
    return ()


def _make_location(
    workspace: Workspace,
    chain: Chain,
    there: ExternalLocation | None,
    wanted: ExternalLocation,
    waiting: Waiting,
) -> Broken | None:
    """Make one; Databricks validates it once more, perhaps on a machine that IAM's news has not reached."""
    while True:
        try:
            external_location.ensure(workspace, waiting.clock, there, wanted)
            return None
        except NotAllowed as error:
            raise validation.may_not_validate(wanted.credential, _who(workspace), error) from error
        except Refused as error:
            broken = explain(chain, wanted.url, "", str(error))
            if not broken.may_heal or waiting.over():
                return broken
            waiting.progress(f"  not yet: {broken.link.value}; IAM may take a while")
            waiting.clock.sleep(validation.POLL_SECONDS)
            there = external_location.look(workspace, wanted.name)
