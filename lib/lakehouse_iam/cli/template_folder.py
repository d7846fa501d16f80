"""A folder of templates that holds exactly what one run wrote, at every moment.

The new set is written whole beside the folder and then exchanged with it in one step of the file system, so that a run that is
killed leaves the old set or the new one. Whatever lakehouse-iam did not write, or wrote for another setup, stops the run: it
would be lost.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Set
from contextlib import suppress
from pathlib import Path

from lakehouse_iam.cli.files import refuse_writing
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.file_names import DOCUMENT_FILES, HANDOFF_FILE, PROBES_FILE, TEMPLATE_FILE

_ACCOUNT = re.compile(r"[0-9]{12}")
_IN_ACCOUNT = (TEMPLATE_FILE, HANDOFF_FILE)
_A_FOLDER_OF_ITS_OWN = "allowed is a new or empty folder, or one that holds an earlier run of the same setups only"


def write_template_folder(folder: Path, files: Mapping[Path, str]) -> None:
    """Make a folder hold these files and nothing else.

    Args:
        folder: the folder; made where there is none.
        files: what each file holds, by its path, which lies below the folder.

    Raises:
        InvalidValue: the folder holds something else, or cannot be written; then it is as it was.
        OSError: the same, because of the disk.
    """
    target = folder.resolve()
    aside = target.parent / f".{target.name}.old"
    staged = target.parent / f".{target.name}.new"
    try:
        _finish_what_was_killed(target, aside)
        _refuse_what_would_be_lost(folder, target, frozenset(file.relative_to(folder) for file in files))
        _stage(staged, {file.relative_to(folder): text for file, text in files.items()}, like=target)
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


def _refuse_what_would_be_lost(folder: Path, target: Path, new: Set[Path]) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise NotADirectoryError(20, "a file stands where the folder should be", str(folder))
    found = sorted(_files_in(target))
    foreign = [file for file in found if not _is_of_templates(file)]
    if foreign:
        raise InvalidValue(
            f"the folder {folder} holds {foreign[0]}, which lakehouse-iam template does not write",
            allowed=_A_FOLDER_OF_ITS_OWN,
            next_step="name another folder with --out; nothing was written",
        )
    ours = {file for file in new if file.name.endswith(PROBES_FILE)}
    others = [file for file in found if file.name.endswith(PROBES_FILE) and file not in ours]
    if others:
        name = others[0].name.removesuffix(PROBES_FILE)
        raise InvalidValue(
            f"the folder {folder} holds the templates of the setup {name}, which this run does not write",
            allowed=_A_FOLDER_OF_ITS_OWN,
            next_step="name another folder with --out, give all setups in one run, or delete the folder; nothing was written",
        )
    if found and not any(file.name.endswith(PROBES_FILE) for file in found):
        raise InvalidValue(
            f"the folder {folder} holds {found[0]} and no {PROBES_FILE[1:]}, so whose templates those are is not known",
            allowed=_A_FOLDER_OF_ITS_OWN,
            next_step="name another folder with --out; nothing was written",
        )
    if found and target in (Path.cwd(), *Path.cwd().parents):
        raise InvalidValue(
            f"the folder {folder} is the one you work in, and it is replaced as a whole",
            allowed=_A_FOLDER_OF_ITS_OWN,
            next_step="go to another folder first; nothing was written",
        )


def _files_in(folder: Path) -> Iterator[Path]:
    """Every file and every link below a folder, and folders that are empty, by their paths within it."""
    for entry in folder.rglob("*"):
        if entry.is_symlink() or not entry.is_dir() or not any(entry.iterdir()):
            yield entry.relative_to(folder)


def _is_of_templates(file: Path) -> bool:
    if len(file.parts) == 1:
        return file.name.endswith((PROBES_FILE, *DOCUMENT_FILES))
    return len(file.parts) == 2 and bool(_ACCOUNT.fullmatch(file.parts[0])) and file.name.endswith(_IN_ACCOUNT)


# ---------------------------------------------------------------- in one step


def _stage(staged: Path, files: Mapping[Path, str], *, like: Path) -> None:
    if staged.exists():
        # What a run left that was killed.
        shutil.rmtree(staged)
    staged.mkdir(parents=True)
    for file, text in files.items():
        place = staged / file
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="")
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
