"""What the help says of every command and option; how it fits a terminal is tested with how runs end."""

from __future__ import annotations

import click
import pytest

from lakehouse_iam.cli import COMMANDS, main

WIDTH = 80


def _command(name: str) -> click.Command:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    return command


@pytest.mark.parametrize("name", COMMANDS)
def test_the_short_help_is_the_summary_in_one_place(name: str) -> None:
    command = _command(name)
    assert command.get_short_help_str(WIDTH) == COMMANDS[name].summary
    assert len(COMMANDS[name].summary) <= 60


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is(name: str) -> None:
    options = [parameter for parameter in _command(name).params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help] == []
