"""`lakehouse-iam handoff`: a folder for each party, which stands alone; and checking one that was received."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lakehouse_iam.cli.answers import ANSWER_IS_NO, json_option, print_json, wrong_input
from lakehouse_iam.cli.terminal import one_line, say

if TYPE_CHECKING:
    from lakehouse_iam.cli.handoff_folder import Checked
    from lakehouse_iam.handoff.merging import MergeTarget
    from lakehouse_iam.handoff.packs import HandOffPacks
    from lakehouse_iam.plan import Plan


@click.command()
@click.argument("setup", metavar="[SETUP]", required=False, default="", type=click.Path())
@click.option("--out", "folder", metavar="DIR", default="", help="Where to write: DIR/<account>, DIR/databricks, ….")
@click.option(
    "--exchange", "exchanges", metavar="FILE", multiple=True, help="What another admin told, as connect writes it."
)
@click.option(
    "--existing",
    metavar="[TARGET=]FILE",
    multiple=True,
    help="A policy that the bucket, key or role TARGET has now; the statements are merged into it.",
)
@click.option("--snapshot", "snapshots", metavar="FILE", multiple=True, help="Snapshots that hold such policies.")
@click.option("--force", is_flag=True, help="Replace an earlier hand-off in DIR.")
@click.option(
    "--verify", "received", metavar="DIR", default="", help="Check a folder against its MANIFEST.json instead."
)
@click.option("--applied", is_flag=True, help="With --verify: you ran apply.sh in the folder, so it may hold state/.")
@json_option
def handoff(setup: str, as_json: bool, **asked: Any) -> None:
    """Write what each party of a setup needs, or check what you received.

    A folder for each AWS account: the CloudFormation template, the same for Terraform, and the policies with two scripts of
    the AWS CLI, apply.sh and take-back.sh. None of them needs this tool. Values that are not known yet are parameters,
    variables or variables of the shell; --exchange fills them in. MANIFEST.json holds the SHA-256 of each file.

    Exit codes: 0 written, or the folder is what was written; 1 --verify found a changed, missing or added file; 2 the input is
    wrong; 3 the disk is full.
    """
    if asked["received"]:
        _verify(setup, Path(asked["received"]), applied=asked["applied"], as_json=as_json)
        return
    _write(setup, asked, as_json=as_json)


def _verify(setup: str, folder: Path, *, applied: bool, as_json: bool) -> None:
    from lakehouse_iam.cli.handoff_folder import check_folder

    with wrong_input(as_json=as_json):
        if setup:
            raise click.UsageError("--verify DIR needs no SETUP: the folder says itself what it must hold")
        checked = check_folder(folder, applied=applied)
    if as_json:
        print_json(checked.to_json())
    else:
        _show_checked(folder, checked)
    if not checked.is_whole:
        raise SystemExit(ANSWER_IS_NO)


def _show_checked(folder: Path, checked: Checked) -> None:
    for word, names in (("changed", checked.changed), ("missing", checked.missing), ("added", checked.added)):
        for name in names:
            say(f"{word}: {one_line(name)}")
    for name in checked.kept:
        say(f"not listed: {one_line(name)}")
    if checked.kept and not checked.applied:
        say(
            "apply.sh keeps that for take-back.sh, which puts policies back out of it: if you have not run apply.sh here, "
            "somebody else has put it there; then do not use this folder. If you have, add --applied",
            err=True,
        )
    if checked.changed or checked.missing or checked.added:
        say("do not use this folder: ask whoever sent it to send it again", err=True)
    if not checked.is_whole:
        return
    say(f"{one_line(folder)}: {checked.files} files, each as it was written")
    say(f"SHA-256 of MANIFEST.json: {checked.manifest}")
    say("compare it with the one that the sender gave you by another channel than the folder", err=True)


# ---------------------------------------------------------------- writing


def _write(setup: str, asked: dict[str, Any], *, as_json: bool) -> None:
    from lakehouse_iam.cli.exchange_files import plans_with
    from lakehouse_iam.cli.handoff_folder import write_hand_offs
    from lakehouse_iam.handoff.packs import hand_off

    with wrong_input(as_json=as_json):
        if not setup or not asked["folder"]:
            raise click.UsageError("SETUP and --out DIR are needed, or --verify DIR")
        made = []
        for plan in plans_with([setup], asked["exchanges"], as_json=as_json):
            existing = _existing(plan, asked["existing"]) | _in_snapshots(plan, asked["snapshots"])
            made.append(hand_off(plan, existing))
        folder = Path(asked["folder"])
        manifest = write_hand_offs(folder, made, force=asked["force"])
    if as_json:
        print_json([_to_json(one, folder, manifest, several=len(made) > 1) for one in made])
        return
    for one in made:
        _show(one, folder, several=len(made) > 1)
    say(f"\nSHA-256 of {folder / 'MANIFEST.json'}: {manifest}")
    say(
        "send it to the receivers by another channel than the folder; they check with lakehouse-iam handoff --verify DIR",
        err=True,
    )


def _existing(plan: Plan, given: tuple[str, ...]) -> dict[str, str]:
    """The policies that were given, by the target of the hand-off.

    Raises:
        InvalidValue: it is not clear whose a policy is.
        SetupError: a file cannot be read.
    """
    from lakehouse_iam.errors import InvalidValue
    from lakehouse_iam.handoff.merging import target_named, targets_of
    from lakehouse_iam.setups.document import read_text
    from lakehouse_iam.setups.problems import Problem, SetupError

    found: dict[str, str] = {}
    for text in given:
        name, separator, file = text.rpartition("=")
        if not separator:
            # A file that is called like its target says whose it is; so does the only target.
            targets = targets_of(plan)
            name = Path(file).name.removesuffix(".json").removesuffix(".existing")
            name = targets[0] if len(targets) == 1 else name
        target = target_named(plan, name)
        if target in found:
            raise InvalidValue(f"two policies of {target} are given", allowed="one for each target")
        try:
            found[target] = read_text(file)
        except OSError as error:
            raise SetupError([Problem(file, 0, "", f"the policy cannot be read: {error.strerror}")]) from error
    return found


def _in_snapshots(plan: Plan, files: tuple[str, ...]) -> dict[str, str]:
    if not files:
        return {}
    from lakehouse_iam.handoff.merging import existing_in
    from lakehouse_iam.snapshot.loading import Expected, load_snapshots

    accounts = frozenset(str(phase.account) for phase in plan.phases)
    workspace = str(getattr(plan.source, "host", "") or "")
    return existing_in(load_snapshots(files, Expected(plan.setup, accounts, workspace)).found, plan)


# ---------------------------------------------------------------- answers


def _to_json(made: HandOffPacks, folder: Path, manifest: str, *, several: bool) -> dict[str, Any]:
    from lakehouse_iam.cli.handoff_folder import place_of

    return {
        "setup": made.plan.setup,
        "folder": str(folder),
        "manifest_sha256": manifest,
        "packs": [
            {
                "folder": str(folder / place_of(made, pack, several=several)),
                "for": pack.title,
                **({"account": pack.account, "region": pack.region} if pack.account else {}),
                "files": [file.name for file in pack.files],
                "asks": [parameter.id for phase in pack.phases for parameter in phase.parameters],
            }
            for pack in made.packs
        ],
        "merges": [_merge_json(target) for target in made.merges],
        "notes": list(made.notes),
    }


def _merge_json(target: MergeTarget) -> dict[str, Any]:
    merged = target.merged
    known: dict[str, Any] = {}
    if target.existing is not None and merged is not None:
        known = {
            "added": [one.get("Sid", "") for one in merged.added],
            "already": [one.get("Sid", "") for one in merged.already],
            "renamed": {one.taken: one.new for one in merged.renamed},
            "blocked_by": [
                {"statement": one.label, "actions": list(one.actions), "certain": one.certain, "why": str(one)}
                for one in merged.blocked_by
            ],
            "size": merged.size,
            "limit": merged.limit,
        }
    return {"target": target.handoff.target, "account": target.account, "merged": target.existing is not None, **known}


def _show(made: HandOffPacks, folder: Path, *, several: bool) -> None:
    from lakehouse_iam.cli.handoff_folder import place_of

    say(f"{made.plan.setup}: one folder for each admin")
    for pack in made.packs:
        say(f"  {one_line(folder / place_of(made, pack, several=several))}  for the {pack.title}")
        for parameter in (parameter for phase in pack.phases for parameter in phase.parameters):
            say(f"    still unknown: {parameter.id}: {parameter.description}")
    for target in made.merges:
        _show_merge(target)
    for note in made.notes:
        say(f"note: {one_line(note)}", err=True)


def _show_merge(target: MergeTarget) -> None:
    title, merged = one_line(target.title), target.merged
    if target.existing is None or merged is None:
        say(f"  {title}: statements to merge; give the policy with --existing to have it merged here")
        return
    say(
        f"  {title}: {len(merged.added)} statements added, {len(merged.already)} there already, "
        f"{merged.size:,} of {merged.limit:,} characters"
    )
    for renamed in merged.renamed:
        say(f"    the Sid {one_line(renamed.taken)} is taken; ours is called {one_line(renamed.new)}")
    for blocking in merged.blocked_by:
        say(f"    warning: {one_line(blocking)}", err=True)
