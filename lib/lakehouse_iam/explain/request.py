"""The request behind a text: what of it the text tells, and whether AWS let it through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class SaidRequest:
    """A request to AWS, as far as a text tells it.

    Args:
        principal: who asked: an ARN, a service, or empty where the text does not say it.
        action: an IAM action; empty where the text does not say it.
        resource: an ARN, `*`, or empty where the text does not say it.
        context: condition keys and values that the text tells.
        role: the ARN of the role whose session asked, with its path, where the text tells it.
        allowed: whether AWS let it through; None where the text does not say it.
        kind: the kind of policy that AWS says decided, by the values of `denial.KINDS`; empty where it does not say it.
        not_told: inputs of the decision that the text lacks, by the keys of `sentences.json`.
    """

    principal: str = ""
    action: str = ""
    resource: str = ""
    context: Mapping[str, str] = field(default_factory=dict)
    role: str = ""
    allowed: bool | None = False
    kind: str = ""
    not_told: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The request for machines; what is not known is empty."""
        return {
            "principal": self.principal,
            "action": self.action,
            "resource": self.resource,
            "context": dict(self.context),
            "allowed": self.allowed,
        }
