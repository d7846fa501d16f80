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

_LARGEST_EXCHANGE = 1_000_000


@click.command()
@setup_argument
@click.option(
    "--as", "admin", metavar="WHO", default="", help="One admin only: workspace, databricks, an account id, …"
)
@click.option(
    "--exchange", metavar="FILE", default="", help="The exchange file. Default: SETUP.exchange.json, if there."
)
@click.option(
    "--templates", "folder", metavar="DIR", default=USUAL_FOLDER, show_default=True, help="Where the templates belong."
)
@json_option
def next(setup: str, admin: str, exchange: str, folder: str, as_json: bool) -> None:
    """Say what each admin does next, with the exact command.

    Read from what is there: values of examples in the setup, the exchange file that `connect` wrote, the templates. Nothing
    is asked over the network, so what was deployed is not known: a step that waits for somebody else says for what.
    """
    from lakehouse_iam.cli.setup_files import read_setups
    from lakehouse_iam.next_steps import next_steps

    with wrong_input(as_json=as_json):
        setups = read_setups([setup], as_json=as_json)
        if exchange and len(setups) > 1:
            raise InvalidValue(
                f"--exchange names one file, and {setup} holds {len(setups)} setups",
                allowed="one setup with --exchange, or several without it",
            )
        found = [_Found(_state(one, exchange, folder)) for one in setups]
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
            "exchange": state.exchange,
            "templates": state.templates,
            "steps": [step.to_json(self.commands(step)) for step in steps],
        }


def _state(setup: Setup, exchange: str, folder: str) -> State:
    from lakehouse_iam.next_steps import State
    from lakehouse_iam.patterns import pattern_named
    from lakehouse_iam.plan import plan_setup

    reference = pattern_named(setup.pattern).next_steps
    file, content = _exchange(setup, exchange)
    told: Setup = reference.load().told(setup, content) if reference and content else setup
    plan = plan_setup(told)
    files = template_files(plan, Path(folder))[0]
    return State(told, plan, file, folder if _are_there(files) else "", folder)


def _are_there(files: Mapping[Path, str]) -> bool:
    try:
        return all(file.read_text(encoding="utf-8") == text for file, text in files.items())
    except (OSError, UnicodeDecodeError):
        return False


def _exchange(setup: Setup, asked: str) -> tuple[str, dict[str, Any]]:
    """The exchange file and what it holds: the one that was named, or one beside the setup or in this folder."""
    from lakehouse_iam.evaluator.strict_json import JsonFaultError, read_json
    from lakehouse_iam.file_names import EXCHANGE_FILE

    name = f"{setup.name}{EXCHANGE_FILE}"
    places = (Path(asked),) if asked else (Path(name), Path(setup.file).parent / name)
    place = places[0] if asked else _first_there(places)
    if place is None:
        return "", {}
    try:
        with place.open(encoding="utf-8") as file:
            content = read_json(file.read(_LARGEST_EXCHANGE))
    except OSError as error:
        raise InvalidValue(f"{place} cannot be read: {error.strerror}", allowed=_ALLOWED) from error
    except (UnicodeDecodeError, JsonFaultError) as error:
        raise InvalidValue(f"{place} is not JSON: {error}", allowed=_ALLOWED, next_step=_SEND_AGAIN) from error
    if not isinstance(content, dict) or content.get("setup") != setup.name:
        of = content.get("setup") if isinstance(content, dict) else None
        what = f"is of the setup {of!r}" if of else "is no exchange file"
        raise InvalidValue(f"{place} {what}, and not of {setup.name}", allowed=_ALLOWED, next_step=_SEND_AGAIN)
    return str(place), content


_ALLOWED = "allowed is the file that lakehouse-iam connect wrote for this setup"
_SEND_AGAIN = "ask the workspace's admin to send it again"


def _first_there(places: tuple[Path, ...]) -> Path | None:
    """The first of these files that is there."""
    there = [place for place in places if place.is_file()]
    return there[0] if there else None


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
