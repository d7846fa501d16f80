"""Probes: one question each, with the answer it must get."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Expected(Enum):
    """The answer a probe must get."""

    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True)
class Probe:
    """May this principal, along this chain of roles, do this to that?

    Args:
        question: the probe in words, one line.
        principal: the ARN of the role that asks first; it is taken to have credentials already.
        assumes: the roles it then assumes, in order, before it acts.
        action: what is tried at the end, as an IAM action.
        resource: the ARN it is tried on.
        expected: the answer the last step must get. The steps before it must succeed, or the probe answers nothing.
        context: context keys of the last request, such as `s3:prefix`.
    """

    question: str
    principal: str
    assumes: tuple[str, ...]
    action: str
    resource: str
    expected: Expected
    context: tuple[tuple[str, str], ...] = ()
