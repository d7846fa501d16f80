"""The command line: `lakehouse-iam`. One command a file; what is heavy is imported inside the command that needs it."""

from __future__ import annotations

from importlib import import_module
from typing import cast

import click

from lakehouse_iam import __version__

# In the order of a setup's life; each is the function of that name in the module of that name.
COMMANDS = (
    "init",
    "check",
    "template",
    "prove",
    "simulate",
    "rehearse",
    "connect",
    "disconnect",
    "schema",
)


class CommandGroup(click.Group):
    """The commands, each imported when it is called: the others' options cost a call nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands, as the help shows them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or `None`."""
        if cmd_name not in COMMANDS:
            return None
        return cast("click.Command", getattr(import_module(f"lakehouse_iam.cli.{cmd_name}"), cmd_name))


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="lakehouse-iam")
def main() -> None:
    """Cross-account IAM for lakehouses: one description in, both sides out.

    Exit codes: 0 done; 1 the answer is no; 2 the input is wrong; 3 something outside failed.
    """
