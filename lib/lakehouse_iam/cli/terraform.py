"""`lakehouse-iam terraform`: plain modules of Terraform, one for each account, without CDK Terrain."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

import click

from lakehouse_iam.cli.answers import json_option, print_json, setups_argument, wrong_input
from lakehouse_iam.cli.files import write_all
from lakehouse_iam.cli.terminal import one_line, say
from lakehouse_iam.errors import InvalidValue

# How the modules begin that lakehouse-iam writes, formatted again or not.
_OURS = re.compile(r'\s*\{\s*"//"\s*:\s*"lakehouse-iam ')


@click.command()
@setups_argument
@click.option("--out", "folder", metavar="DIR", required=True, type=click.Path(), help="Where to write the modules.")
@click.option("--exchange", "exchanges", metavar="FILE", multiple=True, help="What another admin told.")
@json_option
def terraform(setups: tuple[str, ...], folder: str, exchanges: tuple[str, ...], as_json: bool) -> None:
    """Write plain Terraform: DIR/<setup>/<account>/main.tf.json, for `terraform` or `tofu`.

    Each is one admin's, with a provider that works in that account only. A value that is still unknown is a variable. Other
    files in DIR, such as states, are left alone; a module that lakehouse-iam did not write is never replaced.
    """
    from lakehouse_iam.cli.exchange_files import plans_with
    from lakehouse_iam.terraform_json.module import MODULE_FILE, module_text, modules

    with wrong_input(as_json=as_json):
        files: dict[Path, str] = {}
        for plan in plans_with(setups, exchanges, as_json=as_json):
            for account in dict.fromkeys(phase.account for phase in plan.phases):
                for stack, module in modules(plan, account).items():
                    files[Path(folder, plan.setup, str(account), stack, MODULE_FILE)] = module_text(module)
        for file in files:
            if file.exists() and not _is_ours(file):
                raise InvalidValue(
                    f"{file} is not from lakehouse-iam, and it would be overwritten",
                    allowed="a folder without it",
                    next_step="name another folder with --out; nothing was written",
                )
        write_all(files)
    if as_json:
        print_json({"files": [str(file) for file in files]})
        return
    for file in files:
        say(f"wrote {one_line(file)}")
    for file in _of_earlier_runs(files, Path(folder), MODULE_FILE):
        # It is not removed: with it goes the way to destroy what it made.
        say(
            f"note: {one_line(file)} is of an earlier run, and the setup no longer has it: where nobody needs what it made, run "
            "terraform destroy there and delete the folder",
            err=True,
        )
    say("apply each with credentials of its account: terraform init, then terraform apply", err=True)


def _is_ours(file: Path) -> bool:
    """Whether lakehouse-iam wrote a module; also where it cannot be read, which writing it tells in better words."""
    try:
        with file.open(encoding="utf-8", errors="replace") as module:
            return bool(_OURS.match(module.read(200)))
    except OSError:
        return True


def _of_earlier_runs(files: Collection[Path], folder: Path, name: str) -> Iterator[Path]:
    """Modules of these setups that this run did not write, such as of an account that a setup no longer has."""
    for setup in sorted({file.relative_to(folder).parts[0] for file in files}):
        yield from (one for one in sorted((folder / setup).rglob(name)) if one not in files and _is_ours(one))
