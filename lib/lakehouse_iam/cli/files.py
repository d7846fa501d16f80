"""Writing files: all of them or none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from lakehouse_iam.errors import InvalidValue


def write_all(files: Mapping[Path, str]) -> None:
    """Write every file, creating folders; first each beside its place, then all into place.

    Raises:
        InvalidValue: one of them cannot be written; then none is.
    """
    staged: list[tuple[Path, Path]] = []
    try:
        for place, text in files.items():
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.is_dir():
                raise IsADirectoryError(21, "Is a directory", str(place))
            staged.append((_stage(place, text), place))
        for temporary, place in staged:
            temporary.replace(place)
    except OSError as error:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)
        where = error.filename or ""
        raise InvalidValue(
            f"{where} cannot be written: {error.strerror}",
            allowed="a folder that exists or can be created, and that you may write to",
            next_step="nothing was written",
        ) from error


def _stage(place: Path, text: str) -> Path:
    descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    staged = Path(name)
    staged.chmod(0o644)
    return staged
