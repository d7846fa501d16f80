"""Probes: one question each, with the answer it must get."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

Context = tuple[tuple[str, str], ...]
"""Context keys of a request, with their values."""


class Expected(Enum):
    """The answer a probe must get."""

    ALLOW = "allow"
    DENY = "deny"


ASSUME_ROLE_WITH_SAML = "sts:AssumeRoleWithSAML"


@dataclass(frozen=True)
class SamlSignIn:
    """What an assertion says when a user signs in.

    Args:
        audience: its recipient, which IAM calls `SAML:aud`.
        session_tags: the session tags it carries, with their values.
        source_identity: the source identity it carries, or empty.
    """

    audience: str
    session_tags: Context = ()
    source_identity: str = ""


@dataclass(frozen=True)
class Probe:
    """May this principal, along this chain of roles, do this to that?

    Args:
        question: the probe in words, one line.
        principal: who asks first: the ARN of a role, which is taken to have credentials already, or a service such as
            `ec2.amazonaws.com`.
        assumes: the roles it then assumes, in order, before it acts.
        action: what is tried at the end, as an IAM action.
        resource: the ARN it is tried on.
        expected: the answer the last step must get. The steps before it must succeed, or the probe answers nothing.
        context: context keys of the last request, such as `s3:prefix`, or `sts:ExternalId` where the last step assumes a
            role itself.
        external_ids: what is named when each of `assumes` is assumed, in the same order, empty for none. Left out, none
            is named anywhere.
        recreated: the ARN of a role that is deleted and recreated under its own name before the question is asked; empty
            for none. A policy that names a role as principal knows the old one only.
        sign_in: where the principal is a SAML provider: what the assertion says with which the first of `assumes` is
            assumed, or, where the action is `sts:AssumeRoleWithSAML`, the resource itself.

    Raises:
        ValueError: external ids, but not one for each role.
    """

    question: str
    principal: str
    assumes: tuple[str, ...]
    action: str
    resource: str
    expected: Expected
    context: Context = ()
    external_ids: tuple[str, ...] = ()
    recreated: str = ""
    sign_in: SamlSignIn | None = None

    def __post_init__(self) -> None:
        if len(self.external_ids) not in (0, len(self.assumes)):
            raise ValueError(f"{len(self.external_ids)} external ids for {len(self.assumes)} roles: {self.question}")

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """The roles it assumes on the way, in order, each with the external id that is named; empty for none."""
        return tuple(zip(self.assumes, self.external_ids or ("",) * len(self.assumes), strict=True))
