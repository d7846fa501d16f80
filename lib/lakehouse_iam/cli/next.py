"""`lakehouse-iam next`: from where a setup stands to the one next step of each admin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lakehouse_iam.cli.answers import json_option, print_json, setup_argument, wrong_input
from lakehouse_iam.cli.next_line import USUAL_FOLDER, command_line
from lakehouse_iam.cli.template import deploy_command, template_files
from lakehouse_iam.cli.terminal import one_line, say
from lakehouse_iam.errors import InvalidValue

if TYPE_CHECKING:
    from lakehouse_iam.next_steps import Admin, State, Step
    from lakehouse_iam.setups.setup import Setup


@click.command()
@setup_argument
@click.option(
    "--as", "admin", metavar="WHO", default="", help="One admin only: workspace, databricks, an account id, …"
)
@click.option("--exchange", "exchanges", metavar="FILE", multiple=True, help="Default: SETUP.exchange.json, if there.")
@click.option(
    "--templates", "folder", metavar="DIR", default=USUAL_FOLDER, show_default=True, help="Where the templates belong."
)
@json_option
def next(setup: str, admin: str, exchanges: tuple[str, ...], folder: str, as_json: bool) -> None:
    """Say what each admin does next, with the exact command.

    Read from what is there: values of examples in the setup, the exchange file that `connect` wrote, the templates. Nothing
    is asked over the network, so what was deployed is not known: a step that waits for somebody else says for what.
    """
    from lakehouse_iam.cli.setup_files import read_setups
    from lakehouse_iam.next_steps import next_steps

    with wrong_input(as_json=as_json):
        setups = read_setups([setup], as_json=as_json)
        if exchanges and len(setups) > 1:
            raise InvalidValue(
                f"--exchange is of one setup, and {setup} holds {len(setups)}",
                allowed="one setup with --exchange, or several without it",
            )
        found = [_Found(_state(one, exchanges, folder)) for one in setups]
        answers = [(one, _asked(next_steps(one.state), admin, one.state.setup.name)) for one in found]
    if as_json:
        print_json({"version": 1, "setups": [one.to_json(steps) for one, steps in answers]})
        return
    for one, steps in answers:
        say(one.state.setup.name)
        for step in steps:
            _show(step, one.commands(step))


@dataclass(frozen=True)
class _Found:
    """Where a setup stands, and the commands that its steps come to."""

    state: State

    def commands(self, step: Step) -> list[str]:
        if step.run:
            return [command_line(*step.run)]
        stacks = template_files(self.state.plan, Path(self.state.folder))[1] if step.deploys else []
        names = {self.state.plan.phase(id).stack for id in step.deploys}
        return [" ".join(deploy_command(stack)) for stack in stacks if stack["stack"] in names]

    def to_json(self, steps: tuple[Step, ...]) -> dict[str, Any]:
        state = self.state
        return {
            "setup": state.setup.name,
            "file": state.file,
            "placeholders": len(state.setup.placeholders),
            "exchanges": list(state.exchanges),
            "templates": state.templates,
            "steps": [step.to_json(self.commands(step)) for step in steps],
        }


def _state(setup: Setup, exchanges: tuple[str, ...], folder: str) -> State:
    from lakehouse_iam.handoff.exchange import read_exchange, with_exchange
    from lakehouse_iam.next_steps import State
    from lakehouse_iam.plan import plan_setup

    files = exchanges or _beside(setup)
    plan = with_exchange(setup, *map(read_exchange, files)) if files else plan_setup(setup)
    written = template_files(plan, Path(folder))[0]
    return State(plan.source, plan, files, folder if _are_there(written) else "", folder)


def _beside(setup: Setup) -> tuple[str, ...]:
    """The exchange file that connect wrote: in this folder, or beside the setup."""
    from lakehouse_iam.file_names import EXCHANGE_FILE

    name = f"{setup.name}{EXCHANGE_FILE}"
    there = [place for place in (Path(name), Path(setup.file).parent / name) if place.is_file()]
    return tuple(map(str, there[:1]))


def _are_there(files: Mapping[Path, str]) -> bool:
    try:
        return all(file.read_text(encoding="utf-8") == text for file, text in files.items())
    except (OSError, UnicodeDecodeError):
        return False


def _asked(steps: tuple[Step, ...], admin: str, setup: str) -> tuple[Step, ...]:
    """The steps of the admin that was asked for; what is for everybody is for them too."""
    from lakehouse_iam.next_steps.step import EVERYBODY

    if not admin:
        return steps
    found = tuple(step for step in steps if step.admin == EVERYBODY or admin in _names(step.admin))
    if not found:
        known = dict.fromkeys(name for step in steps for name in _names(step.admin))
        raise InvalidValue(f"{admin!r} has no step in {setup}", allowed=f"allowed with --as are {', '.join(known)}")
    return found


def _names(admin: Admin) -> tuple[str, ...]:
    return (*admin.names, admin.account) if admin.account else admin.names


def _show(step: Step, commands: list[str]) -> None:
    say(f"  {step.admin}: {one_line(step.do)}")
    for sentence in step.after:
        say(f"    after: {one_line(sentence)}")
    for command in commands:
        say(f"    {one_line(command)}")
