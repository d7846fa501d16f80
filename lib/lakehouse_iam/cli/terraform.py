"""`lakehouse-iam terraform`: plain modules of Terraform, one for each account, without CDK Terrain."""

from __future__ import annotations

from pathlib import Path

import click

from lakehouse_iam.cli.answers import json_option, print_json, setups_argument, wrong_input
from lakehouse_iam.cli.files import write_all
from lakehouse_iam.cli.terminal import one_line, say
from lakehouse_iam.errors import InvalidValue


@click.command()
@setups_argument
@click.option("--out", "folder", metavar="DIR", required=True, type=click.Path(), help="Where to write the modules.")
@click.option("--exchange", "exchanges", metavar="FILE", multiple=True, help="What another admin told.")
@json_option
def terraform(setups: tuple[str, ...], folder: str, exchanges: tuple[str, ...], as_json: bool) -> None:
    """Write plain Terraform: DIR/<setup>/<account>/main.tf.json, for `terraform` or `tofu`.

    Each is one admin's, with a provider that works in that account only. A value that is still unknown is a variable. Other
    files in DIR, such as states, are left alone.
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
            _refuse_foreign(file)
        write_all(files)
    if as_json:
        print_json({"files": [str(file) for file in files]})
        return
    for file in files:
        say(f"wrote {one_line(file)}")
    say("apply each with credentials of its account: terraform init, then terraform apply", err=True)


def _refuse_foreign(file: Path) -> None:
    """Refuse to replace a module that somebody else wrote."""
    try:
        ours = "lakehouse-iam" in file.read_text(encoding="utf-8", errors="replace")[:200]
    except FileNotFoundError:
        return
    except OSError:
        # Whatever is in the way is told when it is written.
        return
    if not ours:
        raise InvalidValue(
            f"{file} is not from lakehouse-iam, and it would be overwritten",
            allowed="a folder without it",
            next_step="name another folder with --out; nothing was written",
        )
