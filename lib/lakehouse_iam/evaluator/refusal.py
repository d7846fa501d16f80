"""Which side refused a request, as a value: what sentences say, for programs that want to fix it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from lakehouse_iam.evaluator.grammar import PolicyKind, Statement
from lakehouse_iam.evaluator.policies import Policy


class Lack(Enum):
    """Why one side does not let a request through."""

    DENIED = "a statement denies it"
    NOT_ALLOWED = "no statement allows it"
    PUBLIC_BLOCKED = "Block Public Access takes the policy out of force"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One side that refuses a request.

    Attributes:
        kind: the kind of policy that refuses, or that would have to allow.
        lack: why.
        policy: the policy; None where there is none of that kind yet, or several of which one would have to allow.
        statement: the statement that denies, or that is public; None where a statement is missing.
    """

    kind: PolicyKind
    lack: Lack
    policy: Policy | None = None
    statement: Statement | None = None
