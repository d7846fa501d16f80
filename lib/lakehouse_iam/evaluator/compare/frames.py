"""Statements as boxes, for one caller at a time.

A `Frame` is what is the same in all requests that are compared at a time: who asks, which resources there are to ask
about, and the condition keys that follow from the two. Within it a statement that names the caller is a box of literals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from lakehouse_iam.evaluator.compare.atoms import ACTION, RESOURCE, Box, Literal, MatchingTexts, OpaqueTest, Source
from lakehouse_iam.evaluator.compare.key_values import Values, key_test
from lakehouse_iam.evaluator.compare.languages import Domain, Group
from lakehouse_iam.evaluator.compare.patterns import Pattern, glob_pattern, resource_pattern
from lakehouse_iam.evaluator.conditions import CompiledTest
from lakehouse_iam.evaluator.grammar import Statement
from lakehouse_iam.evaluator.policies import Compiled, Policy
from lakehouse_iam.evaluator.variables import Literal as FixedCharacter
from lakehouse_iam.evaluator.variables import Template, Text
from lakehouse_iam.evaluator.wildcards import glob_of_literal, glob_of_policy_text


@dataclass(frozen=True)
class Frame:
    """One caller, as far as he is known, and what he can ask about.

    `principal`: the caller as the evaluator takes him; where his name is not fixed (`named` False), an example of him.
    `account`: of the resources, or "" where it is not fixed. `resource`: the one resource, or "" where there are more.
    `domains`: what the action, the resource and some condition keys can be at all. `fixed`: condition keys that follow
    from the caller and the resource, or were given a value to look at a policy variable (`given`); None: it is absent.
    """

    principal: str
    account: str
    resource: str
    domains: Mapping[str, Domain]
    fixed: Mapping[str, Values]
    named: bool = True
    given: Mapping[str, Values] = field(default_factory=dict)
    _boxes: dict[tuple[int, str], tuple[Box, ...]] = field(default_factory=dict, compare=False, repr=False)

    def asking(self, domains: Mapping[str, Domain]) -> Frame:
        """The frame with other things to ask about; its statements are the same boxes."""
        return replace(self, domains=domains)

    def fixing(self, keys: Mapping[str, Values]) -> Frame:
        """The frame with some condition keys fixed as well."""
        return replace(self, fixed={**self.fixed, **keys}, given={**self.given, **keys}, _boxes={})

    def boxes(self, policies: Iterable[Policy], *, allow: bool) -> tuple[Box, ...]:
        """The boxes of all Allow statements of policies without Principal, or of all Deny statements."""
        return tuple(
            box
            for policy in policies
            for compiled in (policy.allows if allow else policy.denies)
            for box in self.boxes_of(policy, compiled)
        )

    def boxes_of(self, policy: Policy, compiled: Compiled) -> tuple[Box, ...]:
        """The boxes of a statement that names the caller; none when it never applies here.

        They are several where its resources have policy variables: one for each text that has one.
        """
        key = (id(compiled), policy.name)
        if key not in self._boxes:
            self._boxes[key] = tuple(self._made(policy, compiled))
        return self._boxes[key]

    def _made(self, policy: Policy, compiled: Compiled) -> Iterator[Box]:
        statement = compiled.statement
        literals: list[Literal] = []
        action = _action_literal(statement.actions, statement.not_actions)
        if action is not None:
            literals.append(action)
        for test in compiled.tests:
            if not self._add_test(literals, test):
                return
        source = Source(policy.name, statement.label, statement.allow)
        for resource in self._resources(compiled):
            yield Box(frozenset((*literals, *resource)), source)

    def _resources(self, compiled: Compiled) -> Iterator[tuple[Literal, ...]]:
        """The ways in which the statement can cover a resource here, each as what it asks of the resource."""
        statement = compiled.statement
        opaque = tuple(one for one in statement.resource_templates if not self._resolves(one))
        if statement.resources is None or (self.resource and not opaque):
            if compiled.covers(self.resource, self._context):
                yield ()
            return
        words = [_opaque(template) for template in opaque]
        plain = self._plain(statement, opaque)
        if plain:
            words.append(MatchingTexts(plain))
        if statement.not_resources:
            if plain != (_ANYTHING,):
                yield tuple(Literal(RESOURCE, one, False) for one in words)
        elif plain == (_ANYTHING,):
            yield ()
        else:
            yield from ((Literal(RESOURCE, one, True),) for one in words)

    def _plain(self, statement: Statement, opaque: tuple[Template, ...]) -> Group:
        globs = (one.glob(self._context) for one in statement.resource_templates if one not in opaque)
        patterns = _distinct(resource_pattern(glob) for glob in globs if glob is not None)
        return (_ANYTHING,) if _ANYTHING in patterns else patterns

    def _add_test(self, literals: list[Literal], test: CompiledTest) -> bool:
        """Whether the test can be met here."""
        used = {key for template in test.test.templates for key in template.keys}
        if used <= self.fixed.keys() and test.key in self.fixed:
            return test.met(self._context) is True
        if used <= self.fixed.keys():
            given = tuple((key, values) for key in sorted(used) if (values := self.fixed[key]) is not None)
            literals.append(Literal(test.key, key_test(test.test, given), True))
            return True
        text = f"{test.test.operator.text} {test.key} {', '.join(test.test.values)}"
        literals.append(Literal(f"{test.key} (variable)", OpaqueTest(test.key, text), True))
        return True

    def _resolves(self, template: Template) -> bool:
        return all(key in self.fixed for key in template.keys)

    @property
    def _context(self) -> dict[str, tuple[str, ...]]:
        return {key: values for key, values in self.fixed.items() if values is not None}


_ANYTHING = glob_pattern("*")


def _opaque(template: Template) -> MatchingTexts:
    return MatchingTexts((), (template_text(template),), (resource_pattern(_widest(template)),))


@lru_cache(maxsize=65536)
def _action_literal(actions: tuple[str, ...], negated: bool) -> Literal | None:
    patterns = _distinct(glob_pattern(glob_of_policy_text(action.lower())) for action in actions)
    if _ANYTHING in patterns and not negated:
        return None
    return Literal(ACTION, MatchingTexts(patterns), not negated)


def _distinct(patterns: Iterable[Pattern]) -> Group:
    return tuple(dict.fromkeys(patterns))


def template_text(template: Template) -> str:
    """A template as policies write it."""
    return "".join(
        part.text if isinstance(part, Text) else f"${{{part.text if isinstance(part, FixedCharacter) else part.key}}}"
        for part in template.parts
    )


def _widest(template: Template) -> str:
    """The glob that matches whatever a template can match: each variable as a star."""
    return "".join(
        glob_of_policy_text(part.text)
        if isinstance(part, Text)
        else glob_of_literal(part.text)
        if isinstance(part, FixedCharacter)
        else "*"
        for part in template.parts
    )


def variables_of(policies: Iterable[Policy]) -> tuple[str, ...]:
    """The condition keys that policies use as variables, lower case."""
    found: dict[str, None] = {}
    for policy in policies:
        for statement in policy.parsed.statements:
            templates = (
                *statement.resource_templates,
                *(one for test in statement.conditions for one in test.templates),
            )
            found |= dict.fromkeys(key for template in templates for key in template.keys)
    return tuple(found)
