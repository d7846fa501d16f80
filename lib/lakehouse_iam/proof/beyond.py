"""What templates hold beyond the setup: the finding as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lakehouse_iam.evaluator.compare import Witness
from lakehouse_iam.proof.place import Place

Json = dict[str, Any]


@dataclass(frozen=True)
class Beyond:
    """Something that the templates hold and the setup does not mean.

    Args:
        where: the file, the resource and its property.
        what: what is there, and how it differs from the setup.
        remove: what to remove, or to put back.
        statement: the statement of a policy, as sentences call it; empty for anything else.
        witness: a request that is allowed now and that the setup refuses; None where it is not about a request.
    """

    where: Place
    what: str
    remove: str
    statement: str = ""
    witness: Witness | None = None

    def __str__(self) -> str:
        """The finding in one line."""
        return f"{self.where}: {self.what}: {self.remove}"

    def to_json(self) -> Json:
        """The finding for machines."""
        where = {
            "file": self.where.file,
            "logical_id": self.where.logical_id,
            "property": self.where.property,
            "statement": self.statement,
        }
        witness = self.witness.to_json() if self.witness is not None else None
        return {"where": where, "what": self.what, "remove": self.remove, "witness": witness}


@dataclass(frozen=True)
class NotRead:
    """A resource, or a file, that the proof does not read: it cannot carry access by itself."""

    type: str
    logical_id: str
    file: str

    def to_json(self) -> Json:
        """The resource for machines."""
        return {"type": self.type, "logical_id": self.logical_id, "file": self.file}
