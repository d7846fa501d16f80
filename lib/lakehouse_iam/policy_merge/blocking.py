"""Deny statements that stand in the way of what is merged beside them: whatever is allowed, a Deny wins.

Each pair of an Allow and a Deny is asked for a request that both are about: an action and a resource that lie in both, a
principal that the Allow names, and the conditions of the Allow fulfilled. Requests are taken to use TLS, as every client does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.compare.languages import TooHardError, find
from lakehouse_iam.evaluator.compare.patterns import Pattern, glob_pattern
from lakehouse_iam.evaluator.context_keys import ContextValue
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.policies import Compiled, Question, load_policy
from lakehouse_iam.evaluator.principals import Caller, CallerError, CallerKind, parse_caller
from lakehouse_iam.evaluator.request_context import request_context
from lakehouse_iam.evaluator.variables import ContextValues
from lakehouse_iam.policy import Json
from lakehouse_iam.policy_elements import listed
from lakehouse_iam.policy_merge.meaning import action_pattern, pattern_of_resource

_GIVES_VALUES = ("stringequals", "stringlike", "arnequals", "arnlike", "bool")


@dataclass(frozen=True)
class Blocking:
    """A Deny statement of a policy that denies what a merged statement allows.

    Args:
        label: how sentences call it, such as `statement "OnlyFromOurVpc"`.
        statement: itself.
        actions: of the merged statements, those that it denies.
        certain: whether it denies them whatever else the requests carry.
        depends_on: the condition keys that decide where it is not certain.
    """

    label: str
    statement: Json
    actions: tuple[str, ...]
    certain: bool
    depends_on: tuple[str, ...] = ()

    def __str__(self) -> str:
        denies = f"{self.label} denies {', '.join(self.actions)}"
        if self.certain:
            return f"{denies}: what is merged stays without effect there"
        return f"{denies}, depending on {', '.join(self.depends_on)} of each request"


def blocking(document: Json, statements: Sequence[Json], kind: PolicyKind, *, name: str, owner: str) -> list[Blocking]:
    """The Deny statements of a document that deny what statements allow.

    Args:
        document: a policy that keeps the grammar.
        statements: what is merged into it.
        kind: what it is attached to.
        name: what errors call it.
        owner: the account of what it is attached to; empty where that is not known.
    """
    given = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    denies = load_policy(document, kind, name).denies
    found = []
    for deny in denies:
        met = [_met(deny, statement, owner) for statement in statements if statement.get("Effect") == "Allow"]
        actions = sorted({action for one in met for action in one})
        if actions:
            waits = sorted({key for one in met for keys in one.values() for key in keys})
            certain = any(not keys for one in met for keys in one.values())
            found.append(
                Blocking(deny.statement.label, given[deny.statement.index], tuple(actions), certain, tuple(waits))
            )
    return found


def _met(deny: Compiled, statement: Json, owner: str) -> dict[str, frozenset[str]]:
    """The actions of a statement that a Deny is about, each with the condition keys that decide; none where it always does."""
    met: dict[str, frozenset[str]] = {}
    given = dict(_values(statement.get("Condition")))
    for action in listed(statement.get("Action")):
        asked = _example(action_pattern(action), deny.statement.actions, deny.statement.not_actions, actions=True)
        if asked is None:
            continue
        for resource in _resources(deny, statement):
            for caller in _callers(statement.get("Principal")):
                keys = _decides(deny, caller, asked, resource, owner, given)
                if keys is not None and (action not in met or len(keys) < len(met[action])):
                    met[action] = keys
    return met


def _decides(
    deny: Compiled, caller: Caller, action: str, resource: str, owner: str, given: Mapping[str, ContextValue]
) -> frozenset[str] | None:
    """The keys that decide whether the Deny applies; `None` where it does not."""
    arn = split_arn(resource)
    account = arn.account if arn is not None and arn.account else owner
    context = request_context(
        caller, action.partition(":")[0], resource, account, {"aws:SecureTransport": "true", **given}
    )
    question = Question(caller, action, resource, context, has_boundary=False)
    if deny.names(question) is None:
        return None
    answers = {test.key: test.met(context) for test in deny.tests}
    if any(answer is False for answer in answers.values()):
        return None
    return frozenset(key for key, answer in answers.items() if answer is None or _may_differ(key, context, given))


def _may_differ(key: str, context: ContextValues, given: Mapping[str, ContextValue]) -> bool:
    """Whether requests may carry a value that this one does not: a key that neither AWS nor the Allow fixes."""
    return key not in context and key not in given


def _resources(deny: Compiled, statement: Json) -> Iterator[str]:
    if deny.statement.resources is None:
        yield "*"
        return
    for resource in listed(statement.get("Resource")):
        found = _example(
            pattern_of_resource(resource), deny.statement.resources, deny.statement.not_resources, actions=False
        )
        if found is not None:
            yield found


def _example(mine: Pattern, texts: Sequence[str], negated: bool, *, actions: bool) -> str | None:
    """A text of a pattern that lies in what a Deny lists, or outside of it."""
    if not actions and any("${" in text for text in texts):
        # What a variable stands for is not known here: the Deny is taken to be about everything of ours.
        return next(mine.samples())
    theirs = tuple(action_pattern(text) if actions else pattern_of_resource(text) for text in texts)
    groups = frozenset({(mine,)}) if negated else frozenset({(mine,), theirs})
    if mine == glob_pattern("*"):
        return None if negated else texts[0]
    try:
        return find(groups, frozenset(theirs) if negated else frozenset())
    except TooHardError:
        return next(mine.samples())


def _callers(principal: object) -> Iterator[Caller]:
    names = [name for one in principal.values() for name in listed(one)] if isinstance(principal, Mapping) else ["*"]
    for name in names:
        try:
            caller = parse_caller(f"arn:aws:iam::{name}:root" if name.isdigit() else name)
        except CallerError:
            continue
        yield caller
        if caller.kind is CallerKind.ROOT:
            # An account's statement is used by its roles, whose names are not known.
            yield parse_caller(f"arn:{caller.partition}:iam::{caller.account}:role/some-role")


def _values(condition: object) -> Iterator[tuple[str, ContextValue]]:
    """For each key that an Allow tests, a value that fulfils the test."""
    if not isinstance(condition, Mapping):
        return
    for operator, keys in condition.items():
        if str(operator).lower().removesuffix("ifexists").rpartition(":")[2] not in _GIVES_VALUES:
            continue
        for key, values in keys.items():
            yield str(key).lower(), next(glob_pattern(listed(values)[0]).samples())
