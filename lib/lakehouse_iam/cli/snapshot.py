"""`lakehouse-iam snapshot`: what a live account holds of a setup, read and written to a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lakehouse_iam.cli.answers import OUTSIDE_FAILED, fail, json_option, print_json, setup_argument, wrong_input
from lakehouse_iam.cli.extras import require_extras
from lakehouse_iam.cli.files import write_all
from lakehouse_iam.cli.terminal import one_line, say

if TYPE_CHECKING:
    from lakehouse_iam.aws_sessions import AccountSession
    from lakehouse_iam.plan import Plan
    from lakehouse_iam.snapshot.document import Snapshot
    from lakehouse_iam.snapshot.reading import Progress
    from lakehouse_iam.snapshot.subjects import Subjects

_KINDS = {
    "roles": "role",
    "instance_profiles": "instance profile",
    "saml_providers": "identity provider",
    "buckets": "bucket",
    "keys": "key",
    "studios": "Studio",
    "workgroups": "workgroup",
}
_MOST_SHOWN = 20


@click.command()
@setup_argument
@click.option("--account", metavar="ID", required=True, help="The AWS account to read, one of the setup's.")
@click.option("--profile", metavar="PROFILE", help="The AWS profile to read with. Default: what the AWS SDK finds.")
@click.option("--out", metavar="FILE", type=click.Path(), help="Where to write the snapshot.")
@click.option("--setup", "name", metavar="NAME", help="Which setup, where the file holds several.")
@click.option("--permissions", is_flag=True, help="Print the IAM policy that reading needs, and read nothing.")
@json_option
def snapshot(
    setup: str, account: str, profile: str | None, out: str | None, name: str | None, permissions: bool, as_json: bool
) -> None:
    """Read what a live AWS account holds of a setup, and write it to a file.

    Only operations that read are called. The file holds names, policies and settings, no data and no secret; it is
    written whole or not at all, and only you may read it. What could not be read stands in it with the IAM action that
    was missing: run the same command again once that is allowed. It ends with 3 where nothing could be read.

    Needs the extra `live`: pip install 'lakehouse-iam[live]', or in a clone pip install '.[live]'.
    """
    with wrong_input(as_json=as_json):
        subjects = _subjects(setup, account, name, as_json=as_json)
    if permissions:
        _show_permissions(subjects, as_json=as_json)
        return
    if not out:
        raise click.UsageError("--out FILE is missing: say where to write the snapshot, or give --permissions")
    session = _session(subjects, profile, as_json=as_json)
    taken = _read(subjects, session, as_json=as_json)
    if not set(taken.content) & set(_KINDS) and taken.not_read:
        why = "; ".join(sorted({f"{one.action}: {one.why}" for one in taken.not_read}))
        fail(f"nothing of {account} could be read: {one_line(why)}", code=OUTSIDE_FAILED, as_json=as_json)
    with wrong_input(as_json=as_json):
        write_all({Path(out): taken.text()}, private=True)
    _show(taken, out, as_json=as_json)


def _subjects(setup: str, account: str, name: str | None, *, as_json: bool) -> Subjects:
    from lakehouse_iam.arns import AccountId
    from lakehouse_iam.errors import InvalidValue
    from lakehouse_iam.snapshot.subjects import accounts_of, subjects_of

    plan = _plan(setup, name, as_json=as_json)
    accounts = accounts_of(plan)
    if str(AccountId.parse(account)) not in accounts:
        raise InvalidValue(
            f"the account {account} takes no part in the setup {plan.setup}",
            allowed=f"allowed are {', '.join(accounts)}",
        )
    return subjects_of(plan, account)


def _plan(path: str, name: str | None, *, as_json: bool) -> Plan:
    from lakehouse_iam.cli.setup_files import read_setups
    from lakehouse_iam.errors import InvalidValue
    from lakehouse_iam.plan import plan_setup

    setups = {setup.name: setup for setup in read_setups([path], as_json=as_json)}
    if name is None and len(setups) == 1:
        return plan_setup(next(iter(setups.values())))
    if name not in setups:
        what = f"there is no setup {name!r} in it" if name else f"{path} holds {len(setups)} setups"
        raise InvalidValue(
            what, allowed=f"allowed is one of {', '.join(setups)}", next_step="name one with --setup NAME"
        )
    return plan_setup(setups[name])


def _session(subjects: Subjects, profile: str | None, *, as_json: bool) -> AccountSession:
    require_extras("live", module="botocore", as_json=as_json)
    from lakehouse_iam.arns import AccountId
    from lakehouse_iam.aws_sessions import AwsError, AwsSessions, read_profiles

    account = AccountId.parse(subjects.account)
    # Commands that read several accounts take ACCOUNT=PROFILE, and so may whoever comes from there.
    with wrong_input(as_json=as_json):
        profiles = read_profiles([profile if "=" in profile else f"{account}={profile}"]) if profile else {}
    try:
        return AwsSessions(subjects.region, profiles).of(account)
    except AwsError as error:
        fail(str(error), code=OUTSIDE_FAILED, as_json=as_json)


def _read(subjects: Subjects, session: AccountSession, *, as_json: bool) -> Snapshot:
    from lakehouse_iam.aws_sessions import AwsError
    from lakehouse_iam.snapshot.reading import take_snapshot

    try:
        with _progress_shown(f"read {subjects.account}") as progress:
            return take_snapshot(subjects, session, datetime.now(timezone.utc), progress)
    except AwsError as error:
        fail(f"{error}; nothing was written", code=OUTSIDE_FAILED, as_json=as_json)


@contextmanager
def _progress_shown(what: str) -> Iterator[Progress]:
    """A bar on standard error, only where somebody watches."""
    if not sys.stderr.isatty():
        from lakehouse_iam.snapshot.reading import nobody

        yield nobody
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("calls"))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, known: bar.update(task, completed=done, total=known)


def _show(taken: Snapshot, out: str, *, as_json: bool) -> None:
    counts = {kind: len(taken.objects(kind)) for kind in _KINDS if taken.objects(kind)}
    gone = [f"{kind}.{name}" for kind in _KINDS for name, found in taken.objects(kind).items() if found is None]
    if as_json:
        print_json(
            {
                "version": 1,
                "setup": taken.setup,
                "account": taken.account,
                "file": out,
                "taken": taken.content["taken"],
                "objects": counts,
                "not_there": gone,
                "not_read": [one.to_json() for one in taken.not_read],
            }
        )
        return
    listed = ", ".join(f"{count} {_KINDS[kind]}{'s' if count > 1 else ''}" for kind, count in counts.items())
    say(f"{one_line(out)}: account {taken.account}, {listed or 'nothing of the setup'}")
    for what in gone:
        say(f"  not there: {one_line(what)}")
    for one in taken.not_read[:_MOST_SHOWN]:
        say(f"  not read:  {one_line(one.what)}: {one_line(one.action)}: {one_line(one.why)}")
    if len(taken.not_read) > _MOST_SHOWN:
        say(f"  not read:  {len(taken.not_read) - _MOST_SHOWN} more, under not_read in the file")
    if taken.not_read:
        say("  --permissions prints the policy that allows all of it; then run the same command again")


def _show_permissions(subjects: Subjects, *, as_json: bool) -> None:
    from lakehouse_iam.snapshot.permissions import reader_policies

    with wrong_input(as_json=as_json):
        policies = reader_policies(subjects)
    documents: list[dict[str, Any]] = [policy.document.to_json() for policy in policies]
    if as_json:
        names = [f"lakehouse-iam-snapshot{'-' if policy.label else ''}{policy.label}" for policy in policies]
        listed = [{"name": name, "document": document} for name, document in zip(names, documents, strict=True)]
        print_json({"version": 1, "setup": subjects.setup, "account": subjects.account, "policies": listed})
        return
    if len(documents) > 1:
        say(f"{len(documents)} policies, each of at most 6,144 characters: attach them all", err=True)
    for document in documents:
        say(json.dumps(document, indent=2))
