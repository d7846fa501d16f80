"""The half of a grant that this app may not write, made visible instead of dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Annotations, Stack
from constructs import Construct

from lakehouse_iam.cloudformation import HANDOFF_METADATA
from lakehouse_iam.policy import Statement


@dataclass(frozen=True)
class HandOff:
    """Statements for somebody else to merge.

    Args:
        kind: `BucketPolicyOf`, `KeyPolicyOf` or `PolicyOf`.
        target: the bucket, the key's ARN or the role; possibly a token.
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


def show(scope: Construct, handoffs: Sequence[HandOff]) -> None:
    """Put hand-offs into the template's metadata and say in the synthesis that they are there."""
    if not handoffs:
        return
    key = f"{HANDOFF_METADATA}:{scope.node.path}"
    Stack.of(scope).add_metadata(key, [handoff.to_json() for handoff in handoffs])
    what = "the policy of a bucket or key" if len(handoffs) == 1 else f"the policies of {len(handoffs)} buckets or keys"
    Annotations.of(scope).add_info(
        f"{what} cannot be written by this app: have its owner merge the statements in the template's metadata under {key!r}"
    )
