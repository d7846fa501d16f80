"""The hand-off files that people merge, held against what the setup hands off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lakehouse_iam.proof.beyond import Beyond
from lakehouse_iam.proof.closed import beyond_policies
from lakehouse_iam.proof.deployed import Deployed
from lakehouse_iam.proof.merged_handoffs import add_handoffs
from lakehouse_iam.proof.place import Place

Json = dict[str, Any]


@dataclass(frozen=True)
class HandOffFile:
    """A hand-off file beside templates.

    Args:
        file: its path.
        account: the account whose folder it is in, or empty.
        stack: the stack it belongs to.
        content: what it holds.
    """

    file: str
    account: str
    stack: str
    content: Any


def beyond_handoffs(
    files: Sequence[HandOffFile], meant: Mapping[tuple[str, str], tuple[Json, ...]], partition: str
) -> Iterator[Beyond]:
    """What hand-off files ask for beyond what the setup hands off.

    Args:
        files: the files.
        meant: what each stack of the setup hands off, by account and stack.
        partition: of the setup.

    Raises:
        PolicyError: a statement that AWS would refuse.
    """
    for one in files:
        wanted = list(meant.get((one.account, one.stack), ()))
        if one.content == wanted:
            continue
        place = Place(one.file)
        if not isinstance(one.content, list) or not all(isinstance(item, Mapping) for item in one.content):
            yield Beyond(place, "this is not a list of hand-offs", "write it again: lakehouse-iam template")
            continue
        found = [*_wider(one, wanted, partition)]
        yield from found
        if not found:
            what = "what is handed off is not what the setup and its templates hand off, though it allows no more"
            yield Beyond(place, what, "write it again: lakehouse-iam template")


def _wider(one: HandOffFile, wanted: Sequence[Json], partition: str) -> Iterator[Beyond]:
    means, given = Deployed(), Deployed()
    add_handoffs(means, list(wanted), Place("the setup's hand-offs"), partition, one.account)
    add_handoffs(given, one.content, Place(one.file), partition, one.account)
    yield from beyond_policies(given, means, {one.file})
    for sentence in given.taken:
        yield Beyond(Place(one.file), sentence, "remove it")
