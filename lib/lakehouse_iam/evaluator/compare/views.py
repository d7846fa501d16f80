"""Both versions as one caller sees them, compared both ways, and every request that is found asked of the evaluator."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.compare.atoms import ACTION, PRINCIPAL_ARN, RESOURCE, Source
from lakehouse_iam.evaluator.compare.differences import Beyond, Differences, Side
from lakehouse_iam.evaluator.compare.frames import Frame
from lakehouse_iam.evaluator.compare.key_values import Values
from lakehouse_iam.evaluator.compare.languages import Domain
from lakehouse_iam.evaluator.compare.patterns import literal
from lakehouse_iam.evaluator.compare.result import Comparison, OwnPolicies, Witness
from lakehouse_iam.evaluator.compare.shown import shown, shown_key
from lakehouse_iam.evaluator.context_keys import ContextValue
from lakehouse_iam.evaluator.evaluate import TRUST_ACTIONS, Policies, Request, RequestError, evaluate
from lakehouse_iam.evaluator.policies import Policy, load_policy

TRUST = Domain(tuple(literal(action) for action in sorted(TRUST_ACTIONS)))
"""The actions that a role's trust policy is asked about."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version as a caller sees it: its boxes, how they are made in another frame, and what the evaluator is given."""

    side: Side
    in_frame: Callable[[Frame], Side]
    policies: Callable[[str], Policies]


@dataclass(frozen=True, slots=True)
class View:
    """One caller's view of both versions. `variables`: the policy variables that nothing gives a value."""

    frame: Frame
    before: Version
    after: Version
    own_policies: OwnPolicies
    variables: tuple[str, ...]

    def turned(self) -> View:
        """The other way round."""
        return replace(self, before=self.after, after=self.before)


def same_documents(before: tuple[Policy, ...], after: tuple[Policy, ...]) -> bool:
    """Whether the documents are the same to the letter."""
    return len(before) == len(after) and all(
        one is other or (one.kind is other.kind and one.text == other.text)
        for one, other in zip(before, after, strict=True)
    )


_MOST_GRANTS = 100_000
"""Beyond so many single grants, policies are compared as sets of requests right away."""


def same_grants(before: tuple[Policy, ...], after: tuple[Policy, ...]) -> bool:
    """Whether two sets of policies consist of the same single grants, however they are joined into statements.

    A statement means its actions times its resources under its conditions, so the order of statements, and which of them
    stand together in one, change nothing. False says only that this is not seen at once.
    """
    ours, theirs = _grants(before), _grants(after)
    return ours is not None and ours == theirs


def without_shared_grants(after: tuple[Policy, ...], before: tuple[Policy, ...]) -> tuple[Policy, ...]:
    """AFTER as far as it matters to whether it allows more than BEFORE: cheap to compare, however large both are.

    A statement whose every grant BEFORE has too allows nothing more, as long as both deny the same; it is left with one of
    its grants, so that every statement keeps its number. Otherwise AFTER is given back as it is.
    """
    known, ours = _grants(before), _grants(after)
    if known is None or ours is None or _denials(known) != _denials(ours):
        return after
    return tuple(_shortened(policy, known) for policy in after)


Grant = tuple[str, str, str]
"""The statement without its actions and resources, an action in lower case, and a resource."""


def _denials(grants: frozenset[Grant]) -> frozenset[Grant]:
    return frozenset(grant for grant in grants if '"Effect": "Deny"' in grant[0])


def _shortened(policy: Policy, known: frozenset[Grant]) -> Policy:
    document = json.loads(policy.text)
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    version = str(document.get("Version", ""))
    shorter = [
        {**one, "Action": _listed(one["Action"])[:1], "Resource": _listed(one["Resource"])[:1]}
        if _is_plain(one) and _grants_of(one, version) <= known
        else one
        for one in listed
    ]
    return policy if shorter == listed else load_policy({**document, "Statement": shorter}, policy.kind, policy.name)


def _is_plain(statement: Mapping[str, Any]) -> bool:
    """Whether it allows actions on resources, without conditions and policy variables, which may be undecidable."""
    return (
        statement.get("Effect") == "Allow"
        and set(statement) <= {"Sid", "Effect", "Action", "Resource"}
        and {"Action", "Resource"} <= set(statement)
        and "${" not in json.dumps(statement["Resource"])
    )


def _grants(policies: tuple[Policy, ...]) -> frozenset[Grant] | None:
    found: set[Grant] = set()
    for policy in policies:
        document = json.loads(policy.text)
        statements = document.get("Statement", [])
        for one in statements if isinstance(statements, list) else [statements]:
            if len(_listed(one.get("Action"))) * len(_listed(one.get("Resource"))) > _MOST_GRANTS - len(found):
                return None
            found |= _grants_of(one, str(document.get("Version", "")))
    return frozenset(found)


def _grants_of(statement: Mapping[str, Any], version: str) -> set[Grant]:
    rest = {key: value for key, value in statement.items() if key not in ("Sid", "Action", "Resource")}
    how = json.dumps([version, rest], sort_keys=True)
    resources = _listed(statement.get("Resource"))
    return {(how, action.lower(), resource) for action in _listed(statement.get("Action")) for resource in resources}


def _listed(value: str | list[str] | None) -> list[str]:
    # Nothing for an element that is not there keeps the statement's other elements in the comparison.
    return [""] if value is None else [value] if isinstance(value, str) else value


def compared_views(subject: str, views: Callable[[], Iterable[View]]) -> Comparison:
    """Compare all views of `subject`, both ways."""
    wider, narrower = _Found(), _Found()
    not_decided: dict[str, None] = {}
    for view in views():
        _look(view, wider, not_decided)
        _look(view.turned(), narrower, not_decided)
    return Comparison(subject, wider.witnesses, narrower.witnesses, tuple(not_decided))


@dataclass(slots=True)
class _Found:
    """Witnesses, one for each statement."""

    by: dict[tuple[str, str, bool], Witness] = field(default_factory=dict)

    @property
    def witnesses(self) -> tuple[Witness, ...]:
        return tuple(self.by.values())


def _look(view: View, found: _Found, not_decided: dict[str, None]) -> None:
    frame = view.frame
    differences = Differences(view.before.side, view.after.side, frame.domains)
    for beyond in differences.found():
        key = _key(beyond.by.source)
        if key in found.by:
            continue
        witness = _confirmed(view, frame, beyond) or _with_variables(view, key)
        if witness is not None:
            found.by[key] = witness
        else:
            not_decided.setdefault(_open_sentence(view, beyond))
    not_decided.update(dict.fromkeys(differences.open))


def _key(source: Source | None) -> tuple[str, str, bool]:
    return (source.policy, source.statement, source.allows) if source is not None else ("", "", True)


def _open_sentence(view: View, beyond: Beyond) -> str:
    where = str(beyond.by.source) if beyond.by.source is not None else "what the caller may do anyway"
    variables = ", ".join(f"${{{key}}}" for key in view.variables)
    why = f"it depends on the policy variable {variables}" if variables else "the evaluator does not confirm it"
    return f"whether {where} lets more through could not be told: {why}"


def _with_variables(view: View, key: tuple[str, str, bool]) -> Witness | None:
    """A witness for a statement when the policy variables have one value or another."""
    for values in _assignments(view.variables):
        frame = view.frame.fixing({name: value for name, value in values.items() if name not in view.frame.fixed})
        for beyond in Differences(view.before.in_frame(frame), view.after.in_frame(frame), frame.domains).found():
            if _key(beyond.by.source) == key:
                witness = _confirmed(view, frame, beyond)
                if witness is not None:
                    return witness
    return None


def _assignments(variables: tuple[str, ...]) -> Iterator[dict[str, Values]]:
    """Values to look at variables with: each its own, all absent, and each absent alone."""
    own: dict[str, Values] = {key: (f"value{number}",) for number, key in enumerate(variables, start=1)}
    if not own:
        return
    yield own
    yield dict.fromkeys(variables)
    if len(own) > 1:
        yield from ({**own, key: None} for key in variables)


# ---------------------------------------------------------------- confirming


def _confirmed(view: View, frame: Frame, beyond: Beyond) -> Witness | None:
    """The witness of a request that was found, if the evaluator agrees."""
    sides, source = beyond.request.sides, beyond.by.source
    principal = sides[PRINCIPAL_ARN].values if PRINCIPAL_ARN in sides and not frame.named else None
    asked = principal[0] if principal else frame.principal
    action, resource = shown(beyond.request, frame.domains, frame.account, frame.resource)
    context = _context(frame, beyond)
    account = frame.account if frame.resource or not _names_account(resource) else split_account(resource)
    before, after = view.before.policies(resource), view.after.policies(resource)
    try:
        request = Request(asked, action, resource, account, context)
        refused, allowed = evaluate(request, before), evaluate(request, after)
    except RequestError:
        return None
    if refused.allowed or not allowed.allowed:
        return None
    return Witness(
        asked,
        action,
        resource,
        account,
        context,
        source.policy if source is not None else "",
        source.statement if source is not None else "",
        view.own_policies,
        explain=lambda: (*allowed.because, *refused.because),
    )


def _names_account(resource: str) -> bool:
    return split_account(resource) != ""


def split_account(resource: str) -> str:
    """The 12-digit account in an ARN, or ""."""
    arn = split_arn(resource)
    return arn.account if arn is not None and len(arn.account) == 12 and arn.account.isdigit() else ""


def _context(frame: Frame, beyond: Beyond) -> dict[str, ContextValue]:
    context: dict[str, ContextValue] = {}
    for side, found in beyond.request.sides.items():
        if side in (ACTION, RESOURCE, PRINCIPAL_ARN) or found.values is None or side.endswith("(variable)"):
            continue
        key = shown_key(side, beyond.request.literals[side])
        context[key] = found.values[0] if len(found.values) == 1 else list(found.values)
    for key, values in frame.given.items():
        if values is not None:
            context[key] = values[0]
    return context
