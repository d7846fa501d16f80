"""Statements for policies that the app may not write: collected for each construct, and shown instead of dropped."""

from __future__ import annotations

from dataclasses import replace

from aws_cdk import Annotations, Stack, Token
from constructs import Construct

from lakehouse_iam.cloudformation import HANDOFF_METADATA
from lakehouse_iam.policy import Statement
from lakehouse_iam.resources import HandOff, HandOffKind

HANDOFF_INFO = "lakehouse-iam:HandOff"
"""The id of the message; `Annotations.of(scope).acknowledge_info(HANDOFF_INFO)` silences it once the statements are merged."""

_POLICY = {
    HandOffKind.BUCKET_POLICY: "the policy of the bucket",
    HandOffKind.KEY_POLICY: "the policy of the key",
    HandOffKind.ROLE_POLICY: "the policy of",
    HandOffKind.TRUST_POLICY: "the trust policy of the role",
}


def without_sid(statement: Statement) -> Statement:
    """The statement for a document that collects those of several grants, where two Sids might be equal."""
    return replace(statement, sid="")


class HandOffs:
    """The hand-offs of one construct, written into the metadata of its stack's template.

    Each target is also named once in an informational message of the synthesis.

    Args:
        scope: the construct.
    """

    def __init__(self, scope: Construct) -> None:
        self._scope = scope
        self._all: tuple[HandOff, ...] = ()

    @property
    def all(self) -> tuple[HandOff, ...]:
        """Every hand-off so far, in the order in which they were added."""
        return self._all

    def add(self, new: HandOff) -> HandOff:
        """Add one, and return it as it was added: without Sids where the same target has statements already."""
        is_known_target = any((old.kind, old.target) == (new.kind, new.target) for old in self._all)
        if is_known_target:
            new = replace(new, statements=tuple(without_sid(statement) for statement in new.statements))
        self._write((*self._all, new))
        if not is_known_target:
            self._inform(new)
        return new

    def add_or_replace(self, new: HandOff) -> None:
        """Add one in the place of what its target has already, which it must cover."""
        old = next((old for old in self._all if (old.kind, old.target) == (new.kind, new.target)), None)
        if old is None:
            self.add(new)
        else:
            self._write(tuple(new if handoff is old else handoff for handoff in self._all))

    def _write(self, handoffs: tuple[HandOff, ...]) -> None:
        self._all = handoffs
        Stack.of(self._scope).add_metadata(self._key, [handoff.to_json() for handoff in handoffs])

    def _inform(self, handoff: HandOff) -> None:
        target = "whose name only the deployment knows" if Token.is_unresolved(handoff.target) else handoff.target
        Annotations.of(self._scope).add_info_v2(
            HANDOFF_INFO,
            f"{_POLICY[handoff.kind]} {target} is not this app's to write: "
            f"have its owner merge the statements in the template's metadata under {self._key!r}",
        )

    @property
    def _key(self) -> str:
        return f"{HANDOFF_METADATA}:{self._scope.node.path}"
