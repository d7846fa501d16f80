"""Policies loaded for evaluation: every statement compiled once, then asked about many requests.

Source of the matching rules: AWS docs `IAM/latest/UserGuide/reference_policies_elements_action.html` (actions
ignore case), `…_resource.html` (resources do not), `…_notaction.html`, `…_notresource.html`,
`…_notprincipal.html` and `reference_policies_variables.html` (a variable without value matches no resource),
read 2026-11-21.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from lakehouse_iam.evaluator.arn_match import compile_resource_glob, compile_resource_globs
from lakehouse_iam.evaluator.conditions import CompiledTest, compile_test
from lakehouse_iam.evaluator.grammar import ParsedPolicy, PolicyGrammarError, PolicyKind, Statement, parse_policy
from lakehouse_iam.evaluator.principals import Caller, NamedAs, PrincipalElement
from lakehouse_iam.evaluator.request_context import SOMETIMES_UNKNOWN
from lakehouse_iam.evaluator.strict_json import JsonFaultError, write_json
from lakehouse_iam.evaluator.values import UNKNOWN
from lakehouse_iam.evaluator.variables import ContextValues, Template
from lakehouse_iam.evaluator.wildcards import compile_globs, glob_of_policy_text

ResourceMatcher = Callable[[str, ContextValues], "bool | None"]
"""Whether a statement is about a resource; None when that depends on a value that AWS sends and nobody gave."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the statements are asked.

    Attributes:
        caller: who asks.
        action: the action in lower case.
        resource: the ARN, or `*`.
        context: the request context, keys in lower case.
        has_boundary: whether the caller has a permissions boundary.
        widest: how to read what depends on a value that AWS sends and nobody gave. True: so that the most is allowed
            (an Allow applies, a Deny does not). False: so that the least is.
    """

    caller: Caller
    action: str
    resource: str
    context: ContextValues
    has_boundary: bool
    widest: bool = False


@dataclass(frozen=True, slots=True)
class Compiled:
    """One statement ready to be asked.

    Attributes:
        statement: as the policy writes it.
        acts: whether it is about an action (lower case).
        covers: whether it is about a resource.
        principal: whom it names; None where it is the one the policy is attached to.
        tests: its conditions.
    """

    statement: Statement
    acts: Callable[[str], bool]
    covers: ResourceMatcher
    principal: PrincipalElement | None
    tests: tuple[CompiledTest, ...]

    def names(self, question: Question) -> NamedAs | None:
        """How the statement names the caller; None when it does not.

        NotPrincipal with Deny always denies a principal that has a permissions boundary (AWS docs
        `IAM/latest/UserGuide/reference_policies_elements_notprincipal.html`).
        """
        if self.principal is None:
            return NamedAs.CALLER
        if self.principal.excludes:
            exempt = not question.has_boundary and self.principal.exempts(question.caller)
            return None if exempt else NamedAs.ANYONE
        return self.principal.names(question.caller)

    def applies(self, question: Question) -> NamedAs | None:
        """How the statement applies to the question, None when it does not."""
        if not self.acts(question.action):
            return None
        named = self.names(question)
        if named is None:
            return None
        context = question.context
        unknown = question.widest is self.statement.allow
        covers = self.covers(question.resource, context)
        if not (unknown if covers is None else covers):
            return None
        for test in self.tests:
            met = test.met(context)
            if not (unknown if met is None else met):
                return None
        return named

    def waits_for(self, question: Question) -> tuple[str, ...]:
        """The keys that decide whether the statement applies, whose values AWS sends and nobody gave."""
        if not self.acts(question.action) or self.names(question) is None:
            return ()
        context = question.context
        covers = self.covers(question.resource, context)
        answers = [covers, *(test.met(context) for test in self.tests)]
        if False in answers or None not in answers:
            return ()
        in_resource = (key for template in self.statement.resource_templates for key in template.keys)
        waiting = [key for key in in_resource if covers is None and context.get(key) is UNKNOWN]
        return tuple(dict.fromkeys([*waiting, *(key for test in self.tests for key in test.waits_for(context))]))

    def uncertain(self, context: ContextValues) -> tuple[str, ...]:
        """What its conditions had to read without certainty."""
        denies = not self.statement.allow
        return tuple(text for test in self.tests for text in test.doubts(context, denies))

    def consulted(self, question: Question) -> bool:
        """Whether only its conditions were left to decide."""
        return (
            self.acts(question.action)
            and self.names(question) is not None
            and self.covers(question.resource, question.context) is not False
        )


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A policy document loaded for evaluation; load it once with `load_policy` and use it for all requests.

    Policies are compared by identity.

    Attributes:
        name: what sentences call it.
        kind: what it is attached to.
        text: the document as JSON text.
        parsed: the document, checked.
        allows: its Allow statements.
        denies: its Deny statements.
        conditional: its statements with conditions.
        may_wait_for: the keys that it tests or takes values from and that AWS sends without anybody giving them.
    """

    name: str
    kind: PolicyKind
    text: str
    parsed: ParsedPolicy
    allows: tuple[Compiled, ...]
    denies: tuple[Compiled, ...]
    conditional: tuple[Compiled, ...]
    may_wait_for: frozenset[str]

    @property
    def statements(self) -> tuple[Compiled, ...]:
        """Its statements, those that deny first."""
        return (*self.denies, *self.allows)


def _acts(patterns: tuple[str, ...], negated: bool) -> Callable[[str], bool]:
    listed = compile_globs(glob_of_policy_text(pattern.lower()) for pattern in patterns)
    return (lambda action: not listed(action)) if negated else listed


def _covers(templates: tuple[Template, ...], negated: bool) -> ResourceMatcher:
    fixed = compile_resource_globs(template.glob({}) or "" for template in templates if not template.keys)
    varied = tuple(template for template in templates if template.keys)
    if not varied:
        return lambda resource, context: fixed(resource) is not negated

    def matches(resource: str, context: ContextValues) -> bool | None:
        if fixed(resource):
            return not negated
        found: bool | None = False
        for template in varied:
            one = _varied_covers(template, resource, context)
            if one:
                return not negated
            found = None if one is None else found
        return None if found is None else negated

    return matches


def _varied_covers(template: Template, resource: str, context: ContextValues) -> bool | None:
    if template.waits_for(context):
        # Whatever the value is, the star matches it.
        widest = template.glob_with_stars(context)
        return None if widest is not None and compile_resource_glob(widest)(resource) else False
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

    Equal documents of equal name and kind are compiled once.

    Args:
        document: JSON text, or the object.
        kind: what it is attached to.
        name: what sentences call it, such as "the bucket policy of arn:aws:s3:::b in 444455556666".

    Raises:
        PolicyGrammarError: with the rule and the place.
    """
    try:
        text = document if isinstance(document, str) else write_json(document)
    except JsonFaultError as fault:
        raise PolicyGrammarError(name, "", str(fault)) from None
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
        SOMETIMES_UNKNOWN.intersection(key for one in compiled for key in _keys(one)),
    )


def _keys(compiled: Compiled) -> Iterator[str]:
    for template in compiled.statement.resource_templates:
        yield from template.keys
    for test in compiled.tests:
        yield test.key
        for template in test.test.templates:
            yield from template.keys
