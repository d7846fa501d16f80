"""What a comparison answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from lakehouse_iam.evaluator.context_keys import ContextValue

Json = dict[str, Any]


class Change(Enum):
    """How what is allowed AFTER stands to what was allowed BEFORE."""

    SAME = "unchanged"
    WIDER = "widened"
    NARROWER = "narrowed"
    BOTH = "widened and narrowed"
    NOT_DECIDED = "not decided"
    ADDED = "added"
    REMOVED = "removed"


class OwnPolicies(Enum):
    """What the caller of a witness may do by the policies of his own account."""

    GIVEN = "the policies that were compared"
    EVERYTHING = "everything"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Witness:
    """A request that one version allows and the other refuses; the evaluator was asked and said so.

    Args:
        principal: who asks.
        action: what, as `service:Name`.
        resource: on what.
        resource_account: whose it is.
        context: condition keys of the request.
        policy: the policy whose statement makes the difference.
        statement: that statement: one that allows here, or a Deny that is missing here and stands in the other version.
        own_policies: what the caller's own account lets him do.
        chain: the roles that are assumed on the way, from the first to `principal`; empty where `principal` asks by itself.
        explain: makes the reasons when they are asked for.
    """

    principal: str
    action: str
    resource: str
    resource_account: str
    context: Mapping[str, ContextValue]
    policy: str
    statement: str
    own_policies: OwnPolicies = OwnPolicies.GIVEN
    chain: tuple[str, ...] = ()
    explain: Callable[[], tuple[str, ...]] = field(default=tuple, repr=False, compare=False)

    @property
    def because(self) -> tuple[str, ...]:
        """Why one version allows it and why the other does not, in the evaluator's sentences."""
        return self.explain()

    @property
    def text(self) -> str:
        """The request in one line."""
        given = ", ".join(f"{key} = {_shown(value)}" for key, value in sorted(self.context.items()))
        line = f"{self.principal}: {self.action} on {self.resource}"
        return f"{line} with {given}" if given else line

    def to_json(self) -> Json:
        """The witness for machines."""
        return {
            "principal": self.principal,
            "chain": list(self.chain),
            "action": self.action,
            "resource": self.resource,
            "resource_account": self.resource_account,
            "context": dict(self.context),
            "own_policies": self.own_policies.value,
            "policy": self.policy,
            "statement": self.statement,
            "because": list(self.because),
        }


def _shown(value: ContextValue) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list | tuple) else str(value)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether AFTER allows what BEFORE refused, and the other way round.

    Args:
        subject: what was compared, as sentences call it.
        wider: for every statement that makes AFTER wider, a request.
        narrower: for every statement that made BEFORE wider, a request.
        not_decided: what could not be told, a sentence each with the element.
    """

    subject: str
    wider: tuple[Witness, ...] = ()
    narrower: tuple[Witness, ...] = ()
    not_decided: tuple[str, ...] = ()

    @property
    def change(self) -> Change:
        """The answer in a word. `NOT_DECIDED` where nothing is known to be wider and not everything could be told."""
        if self.wider:
            return Change.BOTH if self.narrower else Change.WIDER
        if self.not_decided:
            return Change.NOT_DECIDED
        return Change.NARROWER if self.narrower else Change.SAME

    @property
    def is_wider(self) -> bool:
        """Whether a request is known that AFTER allows and BEFORE refused."""
        return bool(self.wider)

    @property
    def grants_nothing_new(self) -> bool:
        """Whether it is certain that AFTER allows nothing that BEFORE refused."""
        return not self.wider and not self.not_decided

    def to_json(self) -> Json:
        """The comparison for machines."""
        return {
            "subject": self.subject,
            "change": self.change.value,
            "wider": [witness.to_json() for witness in self.wider],
            "narrower": [witness.to_json() for witness in self.narrower],
            "not_decided": list(self.not_decided),
        }
