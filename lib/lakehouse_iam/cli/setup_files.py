"""Reading the setups that a command was given, and saying what lay beside them and was not read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from lakehouse_iam.cli.terminal import say
from lakehouse_iam.setups.loading import load_setups, setup_folder
from lakehouse_iam.setups.setup import Setup


def read_setups(paths: Sequence[str], *, as_json: bool) -> tuple[Setup, ...]:
    """The setups of files, folders and standard input; on standard error, what of the folders was passed over.

    Raises:
        SetupError: with everything that is wrong.
    """
    setups = load_setups(*paths)
    if not as_json:
        for sentence in _passed_over(paths):
            say(sentence, err=True)
    return setups


def _passed_over(paths: Sequence[str]) -> Iterator[str]:
    for path in map(Path, paths):
        if not path.is_dir():
            continue
        folder = setup_folder(path)
        for subfolder in folder.subfolders:
            yield f"not read: the subfolder {subfolder}; name it to read it too"
        for file in folder.written:
            yield f"not read: {file}, which lakehouse-iam wrote"
