"""Writing files, each whole or not at all, and as the user's umask wants them."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from lakehouse_iam.errors import InvalidValue

# The disk is full, a quota is used up, a file is over a limit, a disk fails: nothing about the command line is wrong then.
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def write_all(files: Mapping[Path, str], *, private: bool = False) -> None:
    """Write every file, creating folders; first each beside its place, then all into place.

    A file that exists keeps its mode; a new one gets what the umask leaves of 0666. What a link names is written, and the link
    stays; a device or a pipe, such as /dev/stdout, is written to and never replaced.

    Args:
        files: texts by their places.
        private: whether only the user may read new files; they get 0600.

    Raises:
        InvalidValue: one of them cannot be written; then none is.
        OSError: the same, because of the disk.
    """
    staged: list[tuple[Path, Path]] = []
    devices: list[tuple[Path, str]] = []
    place = Path()
    try:
        for place, text in files.items():
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.is_dir():
                raise IsADirectoryError(21, "Is a directory", str(place))
            if place.exists() and not place.is_file():
                devices.append((place, text))
                continue
            target = place.resolve()
            temporary = target.parent / f".{target.name}.{os.getpid()}.new"
            temporary.unlink(missing_ok=True)
            staged.append((temporary, target))
            # Never through a link that somebody else has laid there.
            temporary.touch(0o600 if private else 0o666, exist_ok=False)
            temporary.write_text(text, encoding="utf-8", newline="")
            if place.exists():
                shutil.copymode(place, temporary)
        for place, text in devices:
            with place.open("w", encoding="utf-8", newline="") as device:
                device.write(text)
        for temporary, place in staged:
            temporary.replace(place)
    except OSError as error:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)
        refuse_writing(place, error)


def refuse_writing(place: Path, error: OSError) -> NoReturn:
    """Say in words why nothing was written.

    Args:
        place: what was to be written.
        error: what the system answered.

    Raises:
        InvalidValue: the place is the reason.
        OSError: the disk is.
    """
    if error.errno in DISK_ERRORS:
        raise OSError(error.errno, error.strerror, str(place)) from error
    raise InvalidValue(
        f"{place} cannot be written: {error.strerror}",
        allowed="a folder that exists or can be created, and that you may write to",
        next_step="nothing was written",
    ) from error
