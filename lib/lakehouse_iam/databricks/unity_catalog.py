"""The Unity Catalog patterns in Databricks: from nothing to validated external locations, and back.

`connect`, each step "look, then act only where something is missing":

1. What exists under the names of the setup, or under older names at the same places. What differs stops everything, unless
   it may be overwritten.
2. External locations that lose something (file events, writing) are told so, before anybody takes permissions away.
3. The storage credential, made with the ARN that the role will have.
4. The exchange file, from the external id and the role that the storage credential shows.
   A run that made the storage credential ends here: now it is the bucket owner's turn.
5. What differs of a storage credential that exists. Databricks validates a new role before it lets go of the old one.
6. Unity Catalog tries every place, again and again until all pass or the deadline ends.
7. The external locations, each with its bindings and grants.
8. The storage credential's isolation, bindings and, last of all, its owner.

Nothing is written down between runs. Where a run was cut off, the next one looks, finds what is done, and does the rest.

`disconnect` removes the external locations, then the storage credential. Nothing is removed while anything uses it, nothing
that another setup made, and nothing by force. What is not there any more counts as removed. AWS is left alone: the role
goes when its stack is deleted.
"""

from __future__ import annotations

from dataclasses import replace

from lakehouse_iam.databricks import external_location, places, storage_credential, workspace_binding
from lakehouse_iam.databricks.broken_links import Broken, Link, explain
from lakehouse_iam.databricks.caller import name_of_caller
from lakehouse_iam.databricks.calls import UNITY_CATALOG, Call, segment
from lakehouse_iam.databricks.credential_api import CredentialApi, InAccount, InWorkspace
from lakehouse_iam.databricks.dependents import data_at, other_locations
from lakehouse_iam.databricks.exchange import exchange
from lakehouse_iam.databricks.external_location import ExternalLocationInfo
from lakehouse_iam.databricks.outcome import Outcome, State
from lakehouse_iam.databricks.refusals import Conflict, NotAllowed, Refused, SharedCredential, StillUsed
from lakehouse_iam.databricks.session import Options, Session
from lakehouse_iam.databricks.steps import remove
from lakehouse_iam.databricks.storage_credential import StorageCredentialInfo
from lakehouse_iam.databricks.validation import POLL_SECONDS
from lakehouse_iam.databricks.workspace import Workspace
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.setups.unity_catalog import FROM_AZURE, UnityCatalogSetup


def connect(setup: UnityCatalogSetup, session: Session, options: Options) -> Outcome:
    """Bring a workspace as near to what a Unity Catalog setup says as it can be brought now.

    Args:
        setup: what is wanted.
        session: the login.
        options: what may be overwritten, what is granted, how long IAM is waited for.

    Raises:
        Conflict: something exists and differs.
        SharedCredential: another role would cut off external locations of other setups.
        DatabricksError: Databricks refused or could not be reached.
        LakehouseIamError: the setup cannot become a plan with the external id that Databricks gave.
    """
    for one in options.grants:
        one.fits(read_only=all(location.read_only for location in setup.external_locations))
    maker, api = _credential_api(setup, session, options)
    there = places.locations_there(setup, session.workspace)
    found = storage_credential.find(maker, api, setup.storage_credential.name)
    if found is None and options.account is None:
        # The account's API renames nothing.
        found = places.former_credential(setup, session.workspace, there)
    wanted = _wanted_credential(setup)
    _refuse_conflicts(setup, session, there, found, wanted, options)
    there, notes = places.narrow(setup, session, there)
    session.progress(f"storage credential {(found or wanted).name}")
    credential = found or _create(session, maker, api, wanted)
    notes += _hand_over(setup, session, credential)
    if found is None and not options.in_one_run and not session.workspace.changes_nothing:
        owner = str(setup.role.account)
        session.progress(f"now the owner of {owner} deploys the role; then run connect again")
        return Outcome(setup.name, State.HANDED_OVER, _values(credential), notes=notes, waits_for=owner)
    waiting = session.wait_for(options.wait_seconds)
    run = places.Run(setup, session.workspace, places.chain_of(setup, credential), waiting, options)
    broken: tuple[Broken, ...] = ()
    if found is not None:
        credential, broken = _change(run, maker, api, found, wanted)
        there = places.through(there, found.name, credential.name)
    broken = broken or places.wait_until_valid(run, there) or places.make_locations(run, there)
    values = _values(replace(credential, role_arn=wanted.role_arn))
    if broken:
        return Outcome(setup.name, State.NOT_VALID, values, broken, notes)
    _finish_credential(setup, session, credential)
    return Outcome(setup.name, session.connected, values, notes=notes)


def disconnect(setup: UnityCatalogSetup, session: Session) -> Outcome:
    """Remove a setup's external locations and storage credential from a workspace.

    Raises:
        Conflict: what has the name belongs to another setup.
        StillUsed: something uses it.
        DatabricksError: Databricks refused or could not be reached.
    """
    credential = setup.storage_credential.name
    found = storage_credential.find(session.workspace, InWorkspace(), credential)
    if found and found.role_arn != str(setup.role):
        raise Conflict(f"storage credential {credential}", (("role", found.role_arn, str(setup.role)),))
    there = _own_locations(setup, session.workspace)
    _refuse_while_used(setup, session, there, credential if found else "")
    for location in there:
        session.progress(f"remove the external location {location.name}")
        remove(session.workspace, session.clock, external_location.delete(location.name))
    if found:
        session.progress(f"remove the storage credential {credential}")
        call = Call("DELETE", f"{UNITY_CATALOG}/storage-credentials/{segment(credential)}")
        remove(session.workspace, session.clock, call)
    return Outcome(setup.name, session.disconnected)


# ---------------------------------------------------------------- connecting: the storage credential


def _credential_api(setup: UnityCatalogSetup, session: Session, options: Options) -> tuple[Workspace, CredentialApi]:
    """Who finds and makes the storage credential, and with which calls."""
    if options.account is None:
        return session.workspace, InWorkspace()
    account_id = setup.databricks_account or session.workspace.account_id
    if not account_id:
        raise InvalidValue(
            "--metastore needs the Databricks account id",
            allowed="databricks: {account_id: …} in the setup; the account console shows it",
        )
    account = options.account.log_in(setup.host.account_console, account_id)
    return account, InAccount(account_id, options.account.metastore_id)


def _wanted_credential(setup: UnityCatalogSetup) -> StorageCredentialInfo:
    return StorageCredentialInfo(
        name=setup.storage_credential.name,
        role_arn=str(setup.role),
        read_only=setup.pattern == FROM_AZURE or setup.read_only,
        isolation=places.isolation_of(setup),
        comment=setup.storage_credential.comment,
    )


def _refuse_conflicts(
    setup: UnityCatalogSetup,
    session: Session,
    there: places.LocationsThere,
    found: StorageCredentialInfo | None,
    wanted: StorageCredentialInfo,
    options: Options,
) -> None:
    """Stop before anything is changed.

    Raises:
        Conflict: something differs and may not be overwritten.
        SharedCredential: another role would cut off locations of other setups.
        Refused: the storage credential does not show whom its role must trust.
    """
    places.check(setup, there, update=options.update)
    storage_credential.check(found, wanted, update=options.update)
    if found:
        exchange(setup, found, session.workspace.account_id)
    if found and found.role_arn != wanted.role_arn:
        ours = frozenset(location.name for location in there.values() if location)
        users = tuple(other_locations(session.workspace, found.name, ours))
        if users:
            raise SharedCredential(found.name, users)


def _hand_over(setup: UnityCatalogSetup, session: Session, credential: StorageCredentialInfo) -> tuple[str, ...]:
    """Tell the bucket owner what the role must ask for; what is to be known about it.

    In a dry run of a storage credential that is not there yet, nobody knows.
    """
    if session.workspace.changes_nothing and not credential.external_id:
        return ()
    given = exchange(setup, credential, session.workspace.account_id)
    session.hand_over(given, plan_setup(given.setup))
    return given.notes


def _create(
    session: Session, maker: Workspace, api: CredentialApi, wanted: StorageCredentialInfo
) -> StorageCredentialInfo:
    try:
        made = storage_credential.create(maker, session.clock, api, wanted)
    except NotAllowed as error:
        raise _may_not_create(session.workspace, error) from error
    if not session.workspace.changes_nothing:
        session.progress(f"  made; its external id is {made.external_id}")
    return made


def _change(
    run: places.Run,
    maker: Workspace,
    api: CredentialApi,
    found: StorageCredentialInfo,
    wanted: StorageCredentialInfo,
) -> tuple[StorageCredentialInfo, tuple[Broken, ...]]:
    """Change what differs, again while IAM may not have caught up with a new role; what is broken where it never did."""
    while True:
        try:
            changed = storage_credential.change(maker, run.waiting.clock, api, found, wanted)
        except Refused as error:
            broken = explain(run.chain, run.chain.role_arn, "", str(error))
            if broken.link is Link.UNKNOWN:
                raise
            if not broken.may_heal or run.waiting.over():
                return found, (broken,)
            run.waiting.progress(f"  not yet: {broken.link.value}; IAM may take a while")
            run.waiting.clock.sleep(POLL_SECONDS)
            continue
        if not run.workspace.changes_nothing:
            run.waiting.progress("  was there already" if changed == found else "  changed")
        return changed, ()


def _may_not_create(workspace: Workspace, error: NotAllowed) -> NotAllowed:
    who = name_of_caller(workspace)
    return NotAllowed(
        "you may not make storage credentials. Ask a metastore admin (Catalog Explorer, the metastore's page, shows who "
        f"that is) to run:\n  GRANT CREATE STORAGE CREDENTIAL ON METASTORE TO `{who}`;\n"
        "  GRANT CREATE EXTERNAL LOCATION ON METASTORE TO "
        f"`{who}`;\nthen run connect again; nothing was made ({error})"
    )


def _finish_credential(setup: UnityCatalogSetup, session: Session, credential: StorageCredentialInfo) -> None:
    wanted = setup.storage_credential
    workspace, clock = session.workspace, session.clock
    now = storage_credential.set_isolation(workspace, clock, credential, places.isolation_of(setup))
    if wanted.workspaces:
        kind = workspace_binding.STORAGE_CREDENTIAL
        workspace_binding.bind(workspace, clock, kind, wanted.name, wanted.workspaces)
    if wanted.owner:
        storage_credential.give_to(workspace, clock, now, wanted.owner)


def _values(credential: StorageCredentialInfo) -> tuple[tuple[str, str], ...]:
    return (
        ("storage_credential", credential.name),
        ("role_arn", credential.role_arn),
        ("external_id", credential.external_id),
        ("unity_catalog_iam_arn", credential.unity_catalog_iam_arn),
    )


# ---------------------------------------------------------------- disconnecting


def _own_locations(setup: UnityCatalogSetup, workspace: Workspace) -> list[ExternalLocationInfo]:
    """The external locations of the setup that are there.

    Raises:
        Conflict: one of these names belongs to a location elsewhere.
    """
    there = []
    for wanted in setup.external_locations:
        location = external_location.look(workspace, wanted.name)
        if location is None:
            continue
        rows = (
            ("storage credential", location.credential, setup.storage_credential.name),
            ("url", location.url, str(wanted.url)),
        )
        differences = tuple(row for row in rows if row[1] != row[2])
        if differences:
            raise Conflict(f"external location {wanted.name}", differences)
        there.append(location)
    return there


def _refuse_while_used(
    setup: UnityCatalogSetup, session: Session, there: list[ExternalLocationInfo], credential: str
) -> None:
    session.progress("look for what still uses them")
    ours = frozenset(location.name for location in setup.external_locations)
    urls = tuple(location.url for location in there)
    users = tuple(other_locations(session.workspace, credential, ours)) if credential else ()
    users += tuple(data_at(session.workspace, urls, session.progress)) if urls else ()
    if users:
        raise StillUsed(f"storage credential {setup.storage_credential.name}", users)
