"""What a setup, or what is deployed of it, says of a request: the shape of the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class SetupAnswer:
    """What one setup, or what snapshots show of it, says of a request.

    Args:
        setup: its name.
        principal: who asks, as the setup knows them; empty where nobody could be asked.
        principal_in_setup: whether the setup lets them do anything.
        resource: on what.
        resource_in_setup: whether it is of the setup.
        answer: `allow`, `deny`, `not decided`, or empty where nothing was asked.
        because: the evaluator's reasons.
        documents: where the documents are that decide, each with its account.
        says: sentences that compare this with what AWS answered, and say who looks where.
        taken: what was assumed.
        missing: what nobody told.
        differs: whether AWS answered otherwise.
        of_snapshots: whether live accounts were asked, as snapshots show them, and not the setup's own plan.
    """

    setup: str
    principal: str
    principal_in_setup: bool
    resource: str
    resource_in_setup: bool
    answer: str = ""
    because: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    differs: bool = False
    of_snapshots: bool = False

    def to_json(self) -> Json:
        """The answer for machines."""
        return {
            "setup": self.setup,
            "asked": "snapshots" if self.of_snapshots else "setup",
            "principal": {"arn": self.principal, "in_setup": self.principal_in_setup},
            "resource": {"arn": self.resource, "in_setup": self.resource_in_setup},
            "answer": self.answer,
            "because": list(self.because),
            "documents": list(self.documents),
            "says": list(self.says),
            "taken_as_given": list(self.taken),
            "missing": list(self.missing),
            "differs": self.differs,
        }
