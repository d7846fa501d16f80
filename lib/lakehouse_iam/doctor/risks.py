"""What whoever runs a patch must agree to first: a Deny that goes or that something is excepted from, what stands above an
account, a boundary that others may share, a key or ACLs that are in force again.

Told from what the snapshots show before and after, so no patch can leave it out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lakehouse_iam.doctor.finding import Change, Patch
from lakehouse_iam.doctor.sentences import Said, said
from lakehouse_iam.languages import Language
from lakehouse_iam.policy import Json
from lakehouse_iam.policy_merge.meaning import meaning
from lakehouse_iam.snapshot.collected import Collected

_CLOSED_TO_ACLS = "BucketOwnerEnforced"


@dataclass(frozen=True)
class Risk:
    """One thing to agree to.

    Args:
        kind: `removes-deny`, `excepts-from-deny`, `changes-organization`, `changes-boundary`, `enables-key` or `enables-acls`.
        what: a sentence.
    """

    kind: str
    what: Said

    def to_json(self, language: Language) -> Json:
        """The risk for machines."""
        return {"kind": self.kind, "what": self.what.in_words(language)}


def risks(snapshots: Collected, patch: Patch) -> tuple[Risk, ...]:
    """What a patch does that its reader must agree to.

    Args:
        snapshots: what is there before.
        patch: the patch.
    """
    found: list[Risk] = []
    for change in patch.changes:
        found += [one for one in _of(snapshots, change) if one not in found]
    return tuple(found)


def _of(snapshots: Collected, change: Change) -> Iterator[Risk]:
    snapshot = snapshots.accounts.get(change.of)
    if snapshot is None:
        return
    before = _at(snapshot.content, change.path)
    yield from _denials(before, change)
    if change.path[0] == "organization":
        yield _risk("changes-organization")
    if change.path[-1] == "boundary":
        yield _risk("changes-boundary")
    if change.path[0] == "keys" and change.path[-1] == "state" and before != change.value:
        yield _risk("enables-key", key=str(change.path[1]))
    if change.path[-1] == "ownership" and before == _CLOSED_TO_ACLS != change.value:
        yield _risk("enables-acls", bucket=str(change.path[1]))


def _risk(kind: str, **values: str) -> Risk:
    return Risk(kind, said(f"risk-{kind}", **values))


# ---------------------------------------------------------------- Deny statements


def _denials(before: object, change: Change) -> Iterator[Risk]:
    kept = [meaning(one) for one in _denies(change.value)]
    for number, statement in enumerate(_denies(before), start=1):
        mine = meaning(statement)
        if mine in kept:
            continue
        # The same with one more condition reaches fewer requests.
        excepted = any(
            (one.principals, one.actions, one.resources) == (mine.principals, mine.actions, mine.resources)
            for one in kept
        )
        label = str(statement.get("Sid") or f"#{number}")
        of = ".".join(map(str, change.path))
        yield _risk("excepts-from-deny" if excepted else "removes-deny", statement=label, of=of)


def _denies(value: object) -> Iterator[Json]:
    """The Deny statements of every policy in a value, as far as each can be read."""
    if isinstance(value, Mapping):
        listed = value.get("Statement")
        if listed is None:
            for inner in value.values():
                yield from _denies(inner)
            return
        for one in listed if isinstance(listed, Sequence) and not isinstance(listed, str) else [listed]:
            if isinstance(one, Mapping) and one.get("Effect") == "Deny":
                yield dict(one)


def _at(content: Any, path: Sequence[str | int]) -> Any:
    """What stands at a path; None where nothing does."""
    for step in path:
        try:
            content = content[step]
        except (KeyError, IndexError, TypeError):
            return None
    return content
