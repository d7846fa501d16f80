"""Policies loaded for evaluation: every statement compiled once, then asked about many requests.

Source of the matching rules: AWS docs `IAM/latest/UserGuide/reference_policies_elements_action.html` (actions
ignore case), `…_resource.html` (resources do not), `…_notaction.html`, `…_notresource.html`,
`…_notprincipal.html` and `reference_policies_variables.html` (a variable without value matches no resource),
read 2026-11-21.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from lakehouse_iam.evaluator.arn_match import compile_resource_glob, compile_resource_globs
from lakehouse_iam.evaluator.conditions import CompiledTest, compile_test
from lakehouse_iam.evaluator.grammar import ParsedPolicy, PolicyKind, Statement, parse_policy
from lakehouse_iam.evaluator.principals import Caller, NamedAs, PrincipalElement
from lakehouse_iam.evaluator.variables import ContextValues, Template
from lakehouse_iam.evaluator.wildcards import compile_globs, glob_of_policy_text

ResourceMatcher = Callable[[str, ContextValues], bool]


@dataclass(frozen=True, slots=True)
class Question:
    """What the statements are asked: who does what on what, with which context (keys in lower case)."""

    caller: Caller
    action: str
    resource: str
    context: ContextValues
    has_boundary: bool


@dataclass(frozen=True, slots=True)
class Compiled:
    """One statement ready to be asked."""

    statement: Statement
    acts: Callable[[str], bool]
    covers: ResourceMatcher
    principal: PrincipalElement | None
    tests: tuple[CompiledTest, ...]

    def names(self, question: Question) -> NamedAs | None:
        """How the statement names the caller; None when it does not. Without Principal it is the one attached
        to.
        """
        if self.principal is None:
            return NamedAs.CALLER
        if self.principal.excludes:
            return None if self._exempts(self.principal, question) else NamedAs.ANYONE
        return self.principal.names(question.caller)

    @staticmethod
    def _exempts(principal: PrincipalElement, question: Question) -> bool:
        """NotPrincipal with Deny always denies a principal that has a permissions boundary
        (…_notprincipal.html).
        """
        return not question.has_boundary and principal.exempts(question.caller)

    def applies(self, question: Question) -> NamedAs | None:
        """How the statement applies to the question, None when it does not."""
        if not self.acts(question.action):
            return None
        named = self.names(question)
        if named is None or not self.covers(question.resource, question.context):
            return None
        context = question.context
        for test in self.tests:
            if not test.met(context):
                return None
        return named

    def uncertain(self, context: ContextValues) -> tuple[str, ...]:
        """What its conditions had to read without certainty."""
        denies = not self.statement.allow
        return tuple(text for test in self.tests for text in test.doubts(context, denies))

    def consulted(self, question: Question) -> bool:
        """Whether only its conditions were left to decide."""
        return (
            self.acts(question.action)
            and self.names(question) is not None
            and self.covers(question.resource, question.context)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A policy document loaded for evaluation, compared by identity; load it once with `load_policy`, use it for all requests."""

    name: str
    kind: PolicyKind
    text: str
    parsed: ParsedPolicy
    allows: tuple[Compiled, ...]
    denies: tuple[Compiled, ...]
    conditional: tuple[Compiled, ...]


def _acts(patterns: tuple[str, ...], negated: bool) -> Callable[[str], bool]:
    listed = compile_globs(glob_of_policy_text(pattern.lower()) for pattern in patterns)
    return (lambda action: not listed(action)) if negated else listed


def _covers(templates: tuple[Template, ...], negated: bool) -> ResourceMatcher:
    fixed = compile_resource_globs(template.glob({}) or "" for template in templates if not template.keys)
    varied = tuple(template for template in templates if template.keys)
    if not varied:
        return lambda resource, context: fixed(resource) is not negated

    def matches(resource: str, context: ContextValues) -> bool:
        found = fixed(resource) or any(_varied_covers(template, resource, context) for template in varied)
        return found is not negated

    return matches


def _varied_covers(template: Template, resource: str, context: ContextValues) -> bool:
    glob = template.glob(context)
    return glob is not None and compile_resource_glob(glob)(resource)


def _covers_own_resource(resource: str, context: ContextValues) -> bool:
    return True


def _compile(statement: Statement) -> Compiled:
    covers = (
        _covers_own_resource
        if statement.resources is None
        else _covers(statement.resource_templates, statement.not_resources)
    )
    tests = tuple(compile_test(test) for test in statement.conditions)
    acts = _acts(statement.actions, statement.not_actions)
    return Compiled(statement, acts, covers, statement.principal, tests)


def load_policy(document: Mapping[str, object] | str, kind: PolicyKind, name: str) -> Policy:
    """Parse, check and compile a policy document.

    Parameters: document: JSON text or the object; kind: what it is attached to; name: what sentences call it,
    e.g. "the bucket policy of arn:aws:s3:::b in 444455556666". Equal documents of equal name and kind are
    compiled once.

    Raises PolicyGrammarError with the rule and the place.
    """
    text = document if isinstance(document, str) else json.dumps(document)
    return _load(text, kind, name)


@lru_cache(maxsize=16384)
def _load(text: str, kind: PolicyKind, name: str) -> Policy:
    parsed = parse_policy(text, kind, name)
    compiled = tuple(_compile(statement) for statement in parsed.statements)
    return Policy(
        name,
        kind,
        text,
        parsed,
        tuple(one for one in compiled if one.statement.allow),
        tuple(one for one in compiled if not one.statement.allow),
        tuple(one for one in compiled if one.tests),
    )
