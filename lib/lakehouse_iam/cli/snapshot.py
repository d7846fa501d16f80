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
    "storage_credentials": "storage credential",
    "external_locations": "external location",
    "clusters": "cluster or policy",
}
_MOST_SHOWN = 20


@click.command()
@setup_argument
@click.option("--account", metavar="ID", help="The AWS account to read, one of the setup's.")
@click.option("--workspace", is_flag=True, help="Read the Databricks workspace of the setup instead of an account.")
@click.option("--profile", metavar="PROFILE", help="The profile of AWS, or of Databricks. Default: what is signed in.")
@click.option("--host", metavar="URL", default="", help="Reach the workspace at this address instead.")
@click.option("--out", metavar="FILE", type=click.Path(), help="Where to write the snapshot.")
@click.option("--setup", "name", metavar="NAME", help="Which setup, where the file holds several.")
@click.option("--permissions", is_flag=True, help="Print the IAM policy that reading needs, and read nothing.")
@click.option(
    "--commands", is_flag=True, help="Print a script of the AWS CLI for an admin who does not have this tool."
)
@click.option("--from", "source", metavar="FILE", help="Make a snapshot of what that script, or IAM, put out.")
@json_option
def snapshot(setup: str, as_json: bool, **asked: Any) -> None:
    """Read what a live account or workspace holds of a setup, and write it to a file.

    Only operations that read are called. The file holds names, policies and settings, no data and no secret; it is
    written whole or not at all, and only you may read it. What could not be read stands in it with the IAM action, or the
    permission of Databricks, that was missing: run the same command again once that is allowed. It ends with 3 where nothing
    could be read.

    For an account that only somebody else can read: --commands prints a script for AWS CloudShell that they run; its output,
    and that of aws iam get-account-authorization-details, becomes a snapshot with --from, and can be given wherever a
    snapshot can.

    Needs the extra `live`, or for --workspace the extra `databricks`: pip install 'lakehouse-iam[live,databricks]'.
    --permissions, --commands and --from need none.
    """
    _refuse_what_does_not_go_together(asked)
    with wrong_input(as_json=as_json):
        plan = plan_of(setup, asked["name"], as_json=as_json)
    out: str = asked["out"] or ""
    if asked["source"]:
        from lakehouse_iam.cli.snapshot_from import converted

        _write(converted(plan, asked["source"], asked["account"], as_json=as_json), out, as_json=as_json)
        return
    if asked["workspace"]:
        from lakehouse_iam.cli.snapshot_workspace import read_workspace_of

        taken = read_workspace_of(plan, asked["host"], asked["profile"] or "", as_json=as_json)
        _write(taken, out, as_json=as_json)
        return
    with wrong_input(as_json=as_json):
        subjects = _subjects(plan, asked["account"])
    if asked["permissions"]:
        _show_permissions(subjects, as_json=as_json)
    elif asked["commands"]:
        _show_script(subjects, out, as_json=as_json)
    else:
        session = _session(subjects, asked["profile"], as_json=as_json)
        _write(_read(subjects, session, as_json=as_json), out, as_json=as_json)


def _refuse_what_does_not_go_together(asked: dict[str, Any]) -> None:
    """Options that contradict each other, or lack one another."""
    where = [name for name in ("account", "workspace") if asked[name]]
    prints = [name for name in ("permissions", "commands") if asked[name]]
    for both in (where, prints):
        if len(both) > 1:
            raise click.UsageError(f"give --{both[0]} or --{both[1]}, not both")
    if not where and not asked["source"]:
        raise click.UsageError("say what to read: --account ID or --workspace; or give --from FILE")
    if prints and (asked["workspace"] or asked["source"]):
        raise click.UsageError(f"--{prints[0]} is about an AWS account: give --account ID")
    if asked["workspace"] and asked["source"]:
        raise click.UsageError("--from is about an AWS account: leave out --workspace")
    if asked["host"] and not asked["workspace"]:
        raise click.UsageError("--host is about a workspace: give --workspace")
    if not asked["out"] and not prints:
        raise click.UsageError(
            "--out FILE is missing: say where to write the snapshot, or give --permissions or --commands"
        )


def _write(taken: Snapshot, out: str, *, as_json: bool) -> None:
    if taken.not_read and not _tells_anything(taken):
        why = "; ".join(sorted({f"{one.action}: {one.why}" for one in taken.not_read}))
        of = taken.account or taken.workspace
        fail(f"nothing of {of} could be read: {one_line(why)}", code=OUTSIDE_FAILED, as_json=as_json)
    with wrong_input(as_json=as_json):
        write_all({Path(out): taken.text()}, private=True)
    _show(taken, out, as_json=as_json)


def _show_script(subjects: Subjects, out: str, *, as_json: bool) -> None:
    from lakehouse_iam.snapshot.commands import script

    with wrong_input(as_json=as_json):
        text = script(subjects)
        if out:
            write_all({Path(out): text})
    if as_json:
        print_json({"version": 1, "setup": subjects.setup, "account": subjects.account, "script": text, "file": out})
    elif out:
        say(
            f"wrote {one_line(out)}: the admin of {subjects.account} runs it as: sh {one_line(Path(out).name)} > account.json"
        )
    else:
        # As it is, and with no line more: it is piped into a file.
        click.echo(text, nl=False)


def _subjects(plan: Plan, account: str) -> Subjects:
    from lakehouse_iam.arns import AccountId
    from lakehouse_iam.errors import InvalidValue
    from lakehouse_iam.snapshot.subjects import accounts_of, subjects_of

    accounts = accounts_of(plan)
    if str(AccountId.parse(account)) not in accounts:
        raise InvalidValue(
            f"the account {account} takes no part in the setup {plan.setup}",
            allowed=f"allowed are {', '.join(accounts)}",
        )
    return subjects_of(plan, account)


def plan_of(path: str, name: str | None, *, as_json: bool) -> Plan:
    """The plan of one setup of a file.

    Args:
        path: the file.
        name: which setup, where it holds several; `None` where it holds one.
        as_json: whether the answer is for a machine.

    Raises:
        InvalidValue: there is no such setup, or several and none is named.
    """
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
        with progress_shown(f"read {subjects.account}") as progress:
            return take_snapshot(subjects, session, datetime.now(timezone.utc), progress)
    except AwsError as error:
        fail(f"{error}; nothing was written", code=OUTSIDE_FAILED, as_json=as_json)


@contextmanager
def progress_shown(what: str) -> Iterator[Progress]:
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


def _tells_anything(taken: Snapshot) -> bool:
    """Whether anything was told of any object, be it that it is not there."""
    return any(found is None or found for kind in _KINDS for found in taken.objects(kind).values())


def _show(taken: Snapshot, out: str, *, as_json: bool) -> None:
    there = {kind: [found for found in taken.objects(kind).values() if found is not None] for kind in _KINDS}
    counts = {kind: len(found) for kind, found in there.items() if found}
    gone = [f"{kind}.{name}" for kind in _KINDS for name, found in taken.objects(kind).items() if found is None]
    if as_json:
        print_json(
            {
                "version": 1,
                "setup": taken.setup,
                "account": taken.account,
                "workspace": taken.workspace,
                "file": out,
                "taken": taken.content["taken"],
                "objects": counts,
                "not_there": gone,
                "not_read": [one.to_json() for one in taken.not_read],
            }
        )
        return
    listed = ", ".join(f"{count} {_counted(_KINDS[kind], count)}" for kind, count in counts.items())
    of = f"account {taken.account}" if taken.account else f"workspace {one_line(taken.workspace)}"
    say(f"{one_line(out)}: {of}, {listed or 'nothing of the setup'}")
    for what in gone:
        say(f"  not there: {one_line(what)}")
    for one in taken.not_read[:_MOST_SHOWN]:
        say(f"  not read:  {one_line(one.what)}: {one_line(one.action)}: {one_line(one.why)}")
    if len(taken.not_read) > _MOST_SHOWN:
        say(f"  not read:  {len(taken.not_read) - _MOST_SHOWN} more, under not_read in the file")
    if taken.not_read and taken.account and taken.content.get("by") == "snapshot":
        say("  --permissions prints the policy that allows all of it; then run the same command again")


def _counted(noun: str, count: int) -> str:
    if count == 1:
        return noun
    return "clusters and policies" if " or " in noun else f"{noun}s"


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
