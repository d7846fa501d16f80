"""Writing files, each whole or not at all, and as the user's umask wants them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from lakehouse_iam.errors import InvalidValue


def write_all(files: Mapping[Path, str]) -> None:
    """Write every file, creating folders; first each beside its place, then all into place.

    A file that exists keeps its mode; a new one gets what the umask leaves of 0666.

    Raises:
        InvalidValue: one of them cannot be written; then none is.
    """
    staged: list[tuple[Path, Path]] = []
    place = Path()
    try:
        for place, text in files.items():
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.is_dir():
                raise IsADirectoryError(21, "Is a directory", str(place))
            temporary = place.parent / f".{place.name}.{os.getpid()}.new"
            staged.append((temporary, place))
            temporary.write_text(text, encoding="utf-8", newline="")
            if place.exists():
                shutil.copymode(place, temporary)
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
        InvalidValue: always.
    """
    raise InvalidValue(
        f"{place} cannot be written: {error.strerror}",
        allowed="a folder that exists or can be created, that you may write to, and that has the space",
        next_step="nothing was written",
    ) from error
