"""Reading the setups that a command was given, and saying what lay beside them and was not read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lakehouse_iam.cli.terminal import say
from lakehouse_iam.setups.loading import load_setups, passed_over
from lakehouse_iam.setups.setup import Setup


def read_setups(paths: Sequence[Path | str], *, as_json: bool) -> tuple[Setup, ...]:
    """The setups of files, folders and standard input; on standard error, what of the folders was passed over.

    Raises:
        SetupError: with everything that is wrong.
    """
    setups = load_setups(*paths)
    if not as_json:
        for sentence in passed_over(*paths):
            say(sentence, err=True)
    return setups
