"""A folder as it was at a revision of its git repository."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lakehouse_iam.errors import InvalidValue


@contextmanager
def at_revision(path: Path, revision: str) -> Iterator[Path]:
    """The folder or file `path` as `revision` has it, in a temporary folder.

    Args:
        path: in the working tree of a git repository; it need not be there any more.
        revision: what git calls a revision: a branch, a tag, a commit, `HEAD~1`.

    Raises:
        InvalidValue: git is not installed, the path is in no repository, there is no such revision, or it does not have
            the path.
    """
    place = path.resolve()
    start = next(one for one in (place, *place.parents) if one.is_dir())
    top = Path(_git(start, "rev-parse", "--show-toplevel", otherwise=f"{path} is in no git repository").strip())
    commit = _git(
        top,
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        f"{revision}^{{commit}}",
        otherwise=f"the revision {revision!r} does not exist in {top}",
    ).strip()
    inside = place.relative_to(top.resolve()).as_posix()
    otherwise = f"the revision {revision!r} has no {inside}"
    archive = _run(top, "archive", "--format=tar", commit, "--", inside, otherwise=otherwise)
    with tempfile.TemporaryDirectory(prefix="lakehouse-iam-") as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            for member in files.getmembers():
                _write(files, member, Path(folder))
        yield Path(folder) / inside


def _write(files: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """A plain file of the archive; git writes no paths that lead out, and links are left out."""
    text = files.extractfile(member) if member.isfile() else None
    place = folder / member.name
    if text is not None and place.resolve().is_relative_to(folder.resolve()):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.read())


def _git(folder: Path, *arguments: str, otherwise: str) -> str:
    return _run(folder, *arguments, otherwise=otherwise).decode("utf-8", "replace")


def _run(folder: Path, *arguments: str, otherwise: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)
    except OSError as error:
        raise InvalidValue(
            "git cannot be run", allowed="a machine with git, for --git", next_step=str(error.strerror)
        ) from error
    if done.returncode != 0:
        raise InvalidValue(otherwise, allowed="a revision of the repository, and a path that it has")
    return done.stdout
