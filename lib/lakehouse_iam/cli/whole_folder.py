"""A folder that holds exactly what one run wrote, at every moment.

The new set is written whole beside the folder and then exchanged with it in one step of the file system, so that a run that is
killed leaves the old set or the new one.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from lakehouse_iam.cli.files import refuse_writing


def write_whole(
    folder: Path,
    files: Mapping[Path, str],
    refuse: Callable[[Path], None],
    executable: Collection[Path] = (),
) -> None:
    """Make a folder hold these files and nothing else.

    Args:
        folder: the folder; made where there is none.
        files: what each file holds, by its path within the folder.
        refuse: given the folder's place, raises where something would be lost.
        executable: those files that may be run.

    Raises:
        InvalidValue: the folder cannot be written; then it is as it was.
        OSError: the same, because of the disk.
    """
    target = folder.resolve()
    aside = target.parent / f".{target.name}.old"
    staged = target.parent / f".{target.name}.new"
    try:
        _finish_what_was_killed(target, aside)
        refuse(target)
        _stage(staged, files, executable, like=target)
        _put_in_place(staged, target, aside)
    except OSError as error:
        shutil.rmtree(staged, ignore_errors=True)
        refuse_writing(folder, error)


def _finish_what_was_killed(target: Path, aside: Path) -> None:
    if not aside.is_dir():
        return
    if target.exists():
        shutil.rmtree(aside)
    else:
        aside.rename(target)


def files_in(folder: Path) -> Iterator[Path]:
    """Every file and every link below a folder, and folders that are empty, by their paths within it."""
    for entry in folder.rglob("*"):
        if entry.is_symlink() or not entry.is_dir() or not any(entry.iterdir()):
            yield entry.relative_to(folder)


def _stage(staged: Path, files: Mapping[Path, str], executable: Collection[Path], *, like: Path) -> None:
    if staged.exists():
        # What a run left that was killed.
        shutil.rmtree(staged)
    staged.mkdir(parents=True)
    for file, text in files.items():
        place = staged / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="")
        if file in executable:
            mode = place.stat().st_mode
            # Whoever may read it may run it.
            place.chmod(mode | (mode & 0o444) >> 2)
    if like.exists():
        shutil.copymode(like, staged)


def _put_in_place(staged: Path, target: Path, aside: Path) -> None:
    if not target.exists():
        staged.rename(target)
    elif _exchange(staged, target):
        shutil.rmtree(staged)
    else:
        # Between these two lines there is no folder; the next run finds the old one and puts it back.
        target.rename(aside)
        staged.rename(target)
        shutil.rmtree(aside)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; `False` where the system has no such step.

    Source: Linux renameat2(2), RENAME_EXCHANGE = 2 and AT_FDCWD = -100; macOS renamex_np(2), RENAME_SWAP = 2.
    """
    paths = os.fsencode(one), os.fsencode(other)
    with suppress(OSError, AttributeError):
        if sys.platform == "linux":
            return bool(ctypes.CDLL(None).renameat2(-100, paths[0], -100, paths[1], 2) == 0)
        if sys.platform == "darwin":
            return bool(ctypes.CDLL(None).renamex_np(*paths, 2) == 0)
    return False
