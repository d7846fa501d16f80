"""The links that the verification notebook tries; see `lakehouse_iam.handoff.verification`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Link = dict[str, Any]


def link(
    id: str, kind: str, en: str, ja: str, errors: Sequence[str], *, needs: Sequence[str] = (), **values: Any
) -> Link:
    """One link.

    Args:
        id: its name among the links of the notebook.
        kind: how it is tried.
        en: what it is called, in English.
        ja: the same in Japanese.
        errors: the slugs of errors that are usual here; the first where the message tells nothing.
        needs: the ids of links without which trying it tells nothing.
        values: what its kind asks for.
    """
    return {
        "id": id,
        "kind": kind,
        "title": {"en": en, "ja": ja},
        "errors": list(errors),
        "needs": list(needs),
    } | values
