"""`MANIFEST.json`: the SHA-256 of each file, so that whoever receives a folder sees whether it is what was reviewed.

It says nothing about who wrote it: somebody who changes a file can change the manifest too. So its own SHA-256 is shown when a
hand-off is written and when it is verified, and is sent by another channel than the folder.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lakehouse_iam import __version__
from lakehouse_iam.cloudformation import text
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.evaluator.strict_json import JsonFaultError, read_json
from lakehouse_iam.handoff.pack import Pack
from lakehouse_iam.plan.phases import Plan

MANIFEST = "MANIFEST.json"
STATE = "state"
"""The folder in which `apply.sh` keeps what it replaced; it belongs to whoever ran it and to no manifest."""
FORMAT_KEY = "lakehouse_iam_handoff"
FORMAT = 1
_HASH = re.compile(r"[0-9a-f]{64}")
# A name that leads out of the folder is none of ours.
_NAME = re.compile(r"(?!.*(?:^|/)(?:\.{1,2})?(?:/|$))[^\x00-\x1f\x7f\\:]+")


def sha256(content: bytes) -> str:
    """The SHA-256 of a content, as hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def pack_manifest(plan: Plan, pack: Pack) -> str:
    """The manifest of one folder."""
    files = {file.name: sha256(file.text.encode()) for file in pack.files}
    return _manifest({"setup": plan.setup, "pattern": plan.pattern, "for": pack.title}, files)


def top_manifest(manifests: Mapping[str, str]) -> str:
    """The manifest of all folders of a hand-off, which names their manifests.

    Args:
        manifests: the text of each folder's manifest, by its path.
    """
    return _manifest({}, {name: sha256(content.encode()) for name, content in manifests.items()})


def _manifest(what: dict[str, str], files: Mapping[str, str]) -> str:
    return text({FORMAT_KEY: FORMAT, "lakehouse_iam": __version__, **what, "sha256": dict(sorted(files.items()))})


def read_manifest(content: str, file: str) -> dict[str, str]:
    """The hashes that a manifest lists, by the names of files.

    Args:
        content: the manifest.
        file: what errors call it.

    Raises:
        InvalidValue: it is no manifest, of a newer format, or names a file outside of its folder.
    """
    allowed = "a manifest that lakehouse-iam handoff wrote"
    try:
        found = read_json(content)
    except JsonFaultError as fault:
        where = f"{file}: {fault.where}" if fault.where else file
        raise InvalidValue(f"{where}: {fault}", allowed=allowed) from fault
    listed = found.get("sha256") if isinstance(found, dict) else None
    if not isinstance(found, dict) or found.get(FORMAT_KEY) != FORMAT or not isinstance(listed, dict):
        raise InvalidValue(
            f"{file} is no manifest of the format {FORMAT}",
            allowed=allowed,
            next_step="if a newer version wrote it, install that",
        )
    for name, value in listed.items():
        if not _NAME.fullmatch(name) or not isinstance(value, str) or not _HASH.fullmatch(value):
            raise InvalidValue(f"{file} lists {name!r}, which is no file of its folder with a SHA-256", allowed=allowed)
    if len({name.casefold() for name in listed}) < len(listed):
        raise InvalidValue(
            f"{file} lists names that differ only in case, which are one file on many systems", allowed=allowed
        )
    return dict(listed)


@dataclass(frozen=True)
class Verified:
    """What is in a folder, against its manifest.

    Args:
        changed: files whose content is another one.
        missing: files that are listed and not there.
        added: files that are there and not listed.
    """

    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it is what was written."""
        return not (self.changed or self.missing or self.added)


def verify(listed: Mapping[str, str], there: Mapping[str, str | None], ignored: Iterable[str] = ()) -> Verified:
    """Compare what is there with what is listed.

    Args:
        listed: hashes by the names of files.
        there: hashes of what is there, by name; `None` for something that is no file, such as a link.
        ignored: names that are no matter of this manifest.
    """
    rest = set(there) - set(ignored)
    return Verified(
        tuple(sorted(name for name in rest & set(listed) if there[name] != listed[name])),
        tuple(sorted(set(listed) - set(there))),
        tuple(sorted(rest - set(listed))),
    )
