"""The half of a grant that this app may not write, made visible instead of dropped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from aws_cdk import Annotations, Stack, Token
from constructs import Construct

from lakehouse_iam.cloudformation import HANDOFF_METADATA
from lakehouse_iam.policy import Statement

BUCKET_POLICY = "BucketPolicyOf"
KEY_POLICY = "KeyPolicyOf"
ROLE_POLICY = "PolicyOf"
TRUST_POLICY = "TrustPolicyOf"

# `Annotations.of(scope).acknowledge_info(HANDOFF_INFO)` silences the message once the statements are merged.
HANDOFF_INFO = "lakehouse-iam:HandOff"

_WHAT = {
    BUCKET_POLICY: "the policy of the bucket",
    KEY_POLICY: "the policy of the key",
    ROLE_POLICY: "the policy of",
    TRUST_POLICY: "the trust policy of the role",
}


@dataclass(frozen=True)
class HandOff:
    """Statements for somebody else to merge.

    Args:
        kind: `BucketPolicyOf`, `KeyPolicyOf`, `PolicyOf` or `TrustPolicyOf`.
        target: the bucket's name, the key's or role's ARN, or the role in words; possibly a token.
        why: what fails without it.
        statements: what to merge.
    """

    kind: str
    target: str
    why: str
    statements: tuple[Statement, ...]

    def to_json(self) -> dict[str, Any]:
        """The hand-off as it stands in the template's metadata; tokens are resolved at synthesis."""
        statements = [statement.to_json() for statement in self.statements]
        return {self.kind: self.target, "Why": self.why, "Statements": statements}


def without_sid(statement: Statement) -> Statement:
    """The statement for a document that collects those of several grants, where equal Sids would meet."""
    return replace(statement, sid="")


class HandOffs:
    """The hand-offs of one construct: in its stack's template metadata, and said once for each target at synthesis.

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
        known = [known for known in self._all if (known.kind, known.target) == (new.kind, new.target)]
        if known:
            new = replace(new, statements=tuple(without_sid(statement) for statement in new.statements))
        self._show((*self._all, new))
        if not known:
            self._say(new)
        return new

    def supersede(self, old: HandOff, new: HandOff) -> HandOff:
        """Put one in the place of another that it covers, and return it."""
        self._show(tuple(new if handoff == old else handoff for handoff in self._all))
        return new

    def _show(self, handoffs: tuple[HandOff, ...]) -> None:
        self._all = handoffs
        Stack.of(self._scope).add_metadata(self._key, [handoff.to_json() for handoff in handoffs])

    def _say(self, handoff: HandOff) -> None:
        target = "whose name only the deployment knows" if Token.is_unresolved(handoff.target) else handoff.target
        Annotations.of(self._scope).add_info_v2(
            HANDOFF_INFO,
            f"{_WHAT[handoff.kind]} {target} is not this app's to write: "
            f"have its owner merge the statements in the template's metadata under {self._key!r}",
        )

    @property
    def _key(self) -> str:
        return f"{HANDOFF_METADATA}:{self._scope.node.path}"
