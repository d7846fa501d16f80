"""What a reader of a decision may want to know beside it: statements that almost apply, and what was read without certainty."""

from __future__ import annotations

from collections.abc import Iterable

from lakehouse_iam.evaluator.because import Asked
from lakehouse_iam.evaluator.policies import Compiled, Policy

_CLOSEST_SHOWN = 3
_ELEMENTS = 3
"""Action, principal and resource; the conditions come after them."""


def closest(asked: Asked, policies: Iterable[Policy]) -> tuple[str, ...]:
    """Allow statements that fail in one element only, with that element; at most three.

    A statement about another action is told only where none about this one comes near.
    """
    found: list[tuple[bool, str]] = []
    for policy in policies:
        for compiled in policy.allows:
            reason = _only_failing(asked, compiled)
            if reason:
                sentence = f"closest: {compiled.statement.label} of {policy.name} does not apply: {reason}"
                found.append((compiled.acts(asked.question.action), sentence))
    near = [sentence for acts, sentence in found if acts]
    return tuple((near or [sentence for _, sentence in found])[:_CLOSEST_SHOWN])


def _only_failing(asked: Asked, compiled: Compiled) -> str:
    """The one element of the statement that does not fit; empty when two or more do not."""
    question = asked.question
    acts, named = compiled.acts(question.action), compiled.names(question) is not None
    covers = compiled.covers(question.resource, question.context) is not False
    if acts + named + covers < _ELEMENTS - 1:
        return ""
    unmet = [test for test in compiled.tests if not test.met(question.context)]
    if acts and named and covers:
        return "; ".join(test.why_not(question.context) for test in unmet)
    return "" if unmet else _failing_element(asked, compiled, acts, named)


def _failing_element(asked: Asked, compiled: Compiled, acts: bool, named: bool) -> str:
    if not acts:
        word = "NotAction excludes" if compiled.statement.not_actions else "Action does not cover"
        return f"its {word} {asked.action}"
    if not named:
        return f"its Principal does not name {asked.who}"
    return f"its {_resource_words(compiled)} {asked.resource}"


def _resource_words(compiled: Compiled) -> str:
    return "NotResource excludes" if compiled.statement.not_resources else "Resource does not cover"


def notes(asked: Asked, policies: Iterable[Policy]) -> tuple[str, ...]:
    """What was read without certainty in statements whose conditions were the last thing to decide."""
    found: list[str] = []
    for policy in policies:
        for compiled in policy.conditional:
            doubts = compiled.uncertain(asked.question.context)
            if doubts and compiled.consulted(asked.question):
                label = f"{compiled.statement.label} of {policy.name}"
                found.extend(f"note: {label}: {text}" for text in doubts)
    return tuple(dict.fromkeys(found))


def unreadable_principals(policy: Policy) -> tuple[str, ...]:
    """Principals that name nobody here: ids of deleted principals, and S3 canonical user ids."""
    found: list[str] = []
    for compiled in policy.allows:
        if compiled.principal is None:
            continue
        label = f"{compiled.statement.label} of {policy.name}"
        found.extend(
            f"note: {label} names {entry}, the id of a deleted principal; it names nobody "
            "any more, also when the principal is created again: put the ARN back"
            for entry in compiled.principal.orphans
        )
        found.extend(
            f"note: {label} names the canonical user {entry}, whom nobody can tell offline; read as nobody"
            for entry in compiled.principal.canonical
        )
    return tuple(found)
