"""The folder of a hand-off on the disk: written whole, never over something else, and checked against its manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakehouse_iam.cli.whole_folder import files_in, write_whole
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.evaluator.strict_json import JsonFaultError, read_json
from lakehouse_iam.handoff.manifest import FORMAT_KEY, MANIFEST, STATE, read_manifest, sha256, top_manifest, verify
from lakehouse_iam.handoff.pack import Pack
from lakehouse_iam.handoff.packs import HandOffPacks

# A manifest of ten thousand files; larger ones are none of ours.
_MANIFEST_SIZE = 2_000_000


def place_of(made: HandOffPacks, pack: Pack, *, several: bool) -> Path:
    """The folder of a pack within the folder of all: below the setup's name where there are several setups."""
    return Path(made.plan.setup, pack.folder) if several else Path(pack.folder)


def write_hand_offs(folder: Path, made: Sequence[HandOffPacks], *, force: bool) -> str:
    """Write hand-offs; the SHA-256 of the manifest of all of them.

    Args:
        folder: the folder of all.
        made: what is written.
        force: whether an earlier hand-off in it may be replaced.

    Raises:
        InvalidValue: something is there that may not be replaced, or the folder cannot be written; nothing was written.
        OSError: the same, because of the disk.
    """
    files: dict[Path, str] = {}
    executable: set[Path] = set()
    manifests: dict[str, str] = {}
    for one in made:
        for pack in one.packs:
            place = place_of(one, pack, several=len(made) > 1)
            for file in pack.files:
                files[place / file.name] = file.text
                executable |= {place / file.name} if file.executable else set()
            manifests[(place / MANIFEST).as_posix()] = pack.file(MANIFEST).text
    files[Path(MANIFEST)] = top_manifest(manifests)
    write_whole(folder, files, lambda target: _refuse_what_would_be_lost(folder, target, force), executable)
    return sha256(files[Path(MANIFEST)].encode())


def _refuse_what_would_be_lost(folder: Path, target: Path, force: bool) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise NotADirectoryError(20, "a file stands where the folder should be", str(folder))
    found = sorted(files_in(target))
    if not found:
        return
    nothing = "nothing was written"
    if not force:
        raise InvalidValue(
            f"the folder {folder} is not empty: it holds {found[0]}",
            allowed="a new or empty folder, or --force over an earlier hand-off",
            next_step=nothing,
        )
    if not _is_hand_off(target / MANIFEST):
        raise InvalidValue(
            f"the folder {folder} holds {found[0]} and no {MANIFEST} of a hand-off",
            allowed="--force replaces an earlier hand-off and nothing else",
            next_step=f"name another folder with --out; {nothing}",
        )
    listed = set(_listed_below(target))
    foreign = [file for file in found if file.as_posix() not in listed]
    if foreign:
        kept = "what apply.sh keeps for take-back.sh" if STATE in foreign[0].parts else "which no hand-off lists"
        raise InvalidValue(
            f"the folder {folder} holds {foreign[0]}, {kept}, and it would be lost",
            allowed="--force replaces what an earlier hand-off wrote and nothing else",
            next_step=f"move it away, or name another folder with --out; {nothing}",
        )
    if target in (Path.cwd(), *Path.cwd().parents):
        raise InvalidValue(
            f"the folder {folder} is the one you work in, and it is replaced as a whole",
            allowed="a folder that you are not in",
            next_step=f"go to another folder first; {nothing}",
        )


def _is_hand_off(manifest: Path) -> bool:
    try:
        found = read_json(_text(manifest))
    except (OSError, JsonFaultError, InvalidValue):
        return False
    return isinstance(found, dict) and FORMAT_KEY in found


def _listed_below(folder: Path) -> Iterator[str]:
    """Every file that the manifests of a hand-off list, and the manifests."""
    yield MANIFEST
    for name in read_manifest(_text(folder / MANIFEST), str(folder / MANIFEST)):
        yield name
        place = folder / name
        if place.name == MANIFEST and place.is_file():
            below = Path(name).parent
            yield from ((below / one).as_posix() for one in read_manifest(_text(place), str(place)))


# ---------------------------------------------------------------- checking what was received


@dataclass(frozen=True)
class Checked:
    """What a received folder is against its manifest.

    Args:
        manifest: the SHA-256 of the manifest.
        files: how many files are as they were written, manifests included.
        changed: files with another content, by their paths within the folder.
        missing: files that are not there.
        added: files that were not written.
        kept: what `apply.sh` has kept beside them. No manifest can list it, and `take-back.sh` puts policies back out of it.
        applied: whether whoever asks has run `apply.sh` here, so that this may lie there.
    """

    manifest: str
    files: int
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    kept: tuple[str, ...] = ()
    applied: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether it is what was written. A policy in `state/` of a folder that was sent is one that `take-back.sh` would put."""
        return not (self.changed or self.missing or self.added) and (self.applied or not self.kept)

    def to_json(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "verified": self.is_whole,
            "manifest_sha256": self.manifest,
            "files": self.files,
            "changed": list(self.changed),
            "missing": list(self.missing),
            "added": list(self.added),
            "kept": list(self.kept),
        }


def check_folder(folder: Path, *, applied: bool = False) -> Checked:
    """Check a folder that was received: that of one party, or that of all.

    Args:
        folder: the folder.
        applied: whether `apply.sh` has run in it, so that it may hold what that keeps.

    Raises:
        InvalidValue: it has no manifest, or none that can be read.
    """
    if not folder.is_dir():
        raise InvalidValue(f"{folder} is no folder", allowed="a folder that lakehouse-iam handoff wrote")
    try:
        top = _text(folder / MANIFEST)
    except OSError as error:
        raise InvalidValue(
            f"{folder} has no {MANIFEST} that can be read: {error.strerror}",
            allowed="a folder that lakehouse-iam handoff wrote",
            next_step="ask whoever sent it to send the whole folder",
        ) from error
    files = list(files_in(folder))
    kept = tuple(sorted(file.as_posix() for file in files if _is_state(folder, file)))
    there = {file.as_posix(): _hash(folder / file) for file in files if file.as_posix() not in kept}
    listed = read_manifest(top, str(folder / MANIFEST))
    found = _check(folder, "", listed, there)
    manifests = {MANIFEST, *(name for name in listed if name.rpartition("/")[2] == MANIFEST)}
    known = set(listed) | manifests | found.listed
    added = tuple(sorted(set(there) - known))
    good = len(known) - len(found.changed) - len(found.missing)
    changed, missing = tuple(sorted(found.changed)), tuple(sorted(found.missing))
    return Checked(sha256(top.encode()), good, changed, missing, added, kept, applied)


@dataclass
class _Found:
    changed: set[str]
    missing: set[str]
    listed: set[str]


def _check(folder: Path, below: str, listed: Mapping[str, str], there: Mapping[str, str | None]) -> _Found:
    own = {f"{below}{name}": value for name, value in listed.items()}
    verified = verify(own, there)
    found = _Found(set(verified.changed), set(verified.missing), set(own))
    for name in own:
        # The manifest of all lists those of the folders, and a folder's own lists no other.
        if below or not name.endswith(f"/{MANIFEST}") or there.get(name) is None:
            continue
        inner = _check(
            folder, name.removesuffix(MANIFEST), read_manifest(_text(folder / name), str(folder / name)), there
        )
        found.changed |= inner.changed
        found.missing |= inner.missing
        found.listed |= inner.listed
    return found


def _is_state(folder: Path, file: Path) -> bool:
    """Whether it is what `apply.sh` keeps: a file in a folder of that name beside a manifest."""
    return file.parts[-2:-1] == (STATE,) and (folder / file).parents[1].joinpath(MANIFEST).is_file()


def _text(file: Path) -> str:
    if file.is_symlink():
        raise InvalidValue(f"{file} is a link", allowed="a file")
    with file.open("rb") as source:
        content = source.read(_MANIFEST_SIZE + 1)
    if len(content) > _MANIFEST_SIZE:
        raise InvalidValue(f"{file} is too large", allowed=f"at most {_MANIFEST_SIZE:,} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InvalidValue(f"{file} is no UTF-8 text", allowed="a manifest that lakehouse-iam handoff wrote") from error


def _hash(file: Path) -> str | None:
    """The SHA-256 of a file; `None` for what is none, such as a link or an empty folder."""
    if file.is_symlink() or not file.is_file():
        return None
    digest = hashlib.sha256()
    with file.open("rb") as source:
        while block := source.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
