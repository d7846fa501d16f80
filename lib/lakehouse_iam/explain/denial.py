"""AWS's access-denied messages, parsed: who was refused what, and by which kind of policy.

The form is "User: ARN is not authorized to perform: ACTION on resource: ARN" and then "because no TYPE policy allows the ACTION
action" or "with an explicit deny in a TYPE policy", since 2026 also with the policy's ARN. Parts may be missing, and people
take account ids out before they show a message to others. Source: IAM "Troubleshoot access denied error messages"
(`IAM/latest/UserGuide/troubleshoot_access-denied.html`), read 2026-11-25.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lakehouse_iam.explain.known_errors import unwrapped

_NOT_AUTHORIZED = " is not authorized to perform"
_LONGEST_NAME = 2_048
_LONGEST_REST = 8_192
_ACTION = re.compile(r"\W{0,4}([A-Za-z][A-Za-z0-9-]{0,63}:[A-Za-z*]{1,128})")
_RESOURCE = re.compile(r"\W{0,3}on (?:the )?resource:?\s{0,3}[\"'`]?(?P<resource>(?:role |user |policy )?[^\s\"'`]+)")
_AROUND = "\"'`()[]{}<>,;:."

KINDS = {
    "identity-based": "identity",
    "resource-based": "resource",
    "permissions boundary": "boundary",
    "permission boundary": "boundary",
    "session": "session",
    "sessions": "session",
    "vpc endpoint": "endpoint",
    "service control": "service-control",
    "resource control": "resource-control",
    "role trust": "trust",
    "trust": "trust",
}
"""What a message calls a kind of policy, and what rules call it."""

_ANY_KIND = "|".join(KINDS)
_EXPLICIT = re.compile(
    rf"explicit deny(?: in (?:an? |the )?(?P<kind>{_ANY_KIND})(?: policy)?)?(?: *:? *(?P<policy>arn:[^\s\"']+))?",
    re.IGNORECASE,
)
_IMPLICIT = re.compile(
    rf"because (?:no |the )?(?P<kind>{_ANY_KIND})(?: polic(?:y|ies))? (?:allows?|does not allow)", re.IGNORECASE
)


@dataclass(frozen=True)
class Denial:
    """A refusal, as far as the message tells it.

    Args:
        principal: who asked, as the message says it; empty where it does not.
        action: what was asked for.
        resource: on what, as the message says it; empty where it does not.
        kind: the kind of policy that decided, by the values of `KINDS`; empty where the message does not say it.
        is_explicit: whether a statement denied it, rather than none allowing it; None where the message does not say it.
        policy: the ARN of the policy that decided; empty where the message does not say it.
    """

    principal: str
    action: str
    resource: str
    kind: str
    is_explicit: bool | None
    policy: str = ""

    @property
    def rule(self) -> str:
        """The slug of the rule that explains it."""
        if self.is_explicit is None:
            return "not-authorized"
        if self.is_explicit:
            return f"denied-by-{self.kind}" if self.kind else "denied-explicitly"
        return f"not-allowed-by-{self.kind}" if self.kind else "not-authorized"


def parse_denial(text: str) -> Denial | None:
    """The first refusal that a text tells of, whatever stands around it; None where it tells of none."""
    said = unwrapped(text)
    # Looked for as plain text first: a pattern that begins with "any word" would be tried at every character.
    at = said.find(_NOT_AUTHORIZED)
    while at >= 0:
        denial = _denial(said[max(0, at - _LONGEST_NAME) : at], said[at + len(_NOT_AUTHORIZED) :][:_LONGEST_REST])
        if denial is not None:
            return denial
        at = said.find(_NOT_AUTHORIZED, at + 1)
    return None


def _denial(before: str, after: str) -> Denial | None:
    action = _ACTION.match(after)
    if action is None:
        return None
    rest = after[action.end() :]
    # The next refusal of the same text is another one's.
    rest = rest.partition(_NOT_AUTHORIZED)[0]
    named = _RESOURCE.match(rest)
    resource = named["resource"].strip(_AROUND) if named else ""
    kind, is_explicit, policy = _why(rest)
    return Denial(_principal(before), action[1], resource, kind, is_explicit, policy)


def _principal(before: str) -> str:
    word = before.rpartition(" ")[2]
    return word.strip("\"'`()[]{}<>,;.").removeprefix("User:").strip(_AROUND)


def _why(rest: str) -> tuple[str, bool | None, str]:
    explicit, implicit = _EXPLICIT.search(rest), _IMPLICIT.search(rest)
    if explicit and not (implicit and implicit.start() < explicit.start()):
        kind = KINDS[explicit["kind"].lower()] if explicit["kind"] else ""
        return kind, True, (explicit["policy"] or "").rstrip(_AROUND)
    if implicit:
        return KINDS[implicit["kind"].lower()], False, ""
    return "", None, ""
