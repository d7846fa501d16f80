"""Comparing what hangs together: the identity policies of a role, a role's trust, the policy of a bucket or a key.

Each comparison looks at one side of an access. What the other side would have to say is taken to be said, and the
witness tells it (`own_policies`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.cases import policy_holder
from lakehouse_iam.evaluator.compare.atoms import ACTION, RESOURCE, Source
from lakehouse_iam.evaluator.compare.callers import PRINCIPAL_ARN, Asker, callers_of
from lakehouse_iam.evaluator.compare.differences import Beyond, Differences, Side
from lakehouse_iam.evaluator.compare.frames import Frame, variables_of
from lakehouse_iam.evaluator.compare.key_values import Values
from lakehouse_iam.evaluator.compare.languages import ANY, DIGIT, NAME, SERVICE, Domain, literal, row
from lakehouse_iam.evaluator.compare.result import Comparison, OwnPolicies, Witness
from lakehouse_iam.evaluator.compare.shown import shown_action, shown_resource
from lakehouse_iam.evaluator.context_keys import ContextValue
from lakehouse_iam.evaluator.evaluate import (
    RESOURCE_CONTROL_SERVICES,
    TRUST_ACTIONS,
    Policies,
    Request,
    RequestError,
    evaluate,
    resource_policy_kind,
)
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.policies import Policy, Question, load_policy
from lakehouse_iam.evaluator.principals import CallerKind, NamedAs, parse_caller
from lakehouse_iam.evaluator.public_access import first_public_statement

SOME_ROLE = "arn:aws:iam::111122223333:role/some-role"
"""The role that identity policies are taken to be attached to when nobody says."""


@dataclass(frozen=True, slots=True)
class Attached:
    """What a role may do by policies on its own side.

    `identity`: its identity policies together. `boundaries`, `service_control`: as in `evaluate.Policies`.
    """

    identity: tuple[Policy, ...] = ()
    boundaries: tuple[Policy, ...] = ()
    service_control: tuple[tuple[Policy, ...], ...] = ()

    @property
    def every(self) -> tuple[Policy, ...]:
        """All of its policies."""
        return (*self.identity, *self.boundaries, *(policy for level in self.service_control for policy in level))

    @property
    def shape(self) -> tuple[int, ...]:
        """How many policies there are of each sort."""
        return (len(self.identity), len(self.boundaries), *map(len, self.service_control))


@dataclass(frozen=True, slots=True)
class Guard:
    """What stands before a resource on its own side.

    `policy`: its bucket, key, trust or other resource policy, or None. `block_public_access`: all four settings are
    on. `resource_control`: as in `evaluate.Policies`.
    """

    policy: Policy | None = None
    block_public_access: bool = False
    resource_control: tuple[tuple[Policy, ...], ...] = ()

    @property
    def every(self) -> tuple[Policy, ...]:
        """All of its policies."""
        listed = () if self.policy is None else (self.policy,)
        return (*listed, *(policy for level in self.resource_control for policy in level))


@dataclass(frozen=True, slots=True)
class _View:
    """One caller's view of both versions: the boxes there, and how the evaluator is asked to confirm."""

    frame: Frame
    before: Callable[[Frame], Side]
    after: Callable[[Frame], Side]
    policies_before: Callable[[str], Policies]
    policies_after: Callable[[str], Policies]
    own_policies: OwnPolicies
    variables: tuple[str, ...]

    def turned(self) -> _View:
        """The other way round."""
        return replace(
            self,
            before=self.after,
            after=self.before,
            policies_before=self.policies_after,
            policies_after=self.policies_before,
        )


def compare_attached(
    before: Attached,
    after: Attached,
    role: str = SOME_ROLE,
    *,
    known: Mapping[str, ContextValue] | None = None,
    subject: str = "",
) -> Comparison:
    """Compare what the policies on a role's own side let it do.

    Args:
        before: its policies before.
        after: its policies after.
        role: its ARN, which conditions on the caller are asked about.
        known: condition keys that are known of every request of it, such as its tags and its organization.
        subject: what the answer is called; the role's ARN by default.

    A resource of another account is taken to let the role in on its side.
    """
    name = subject or f"the policies of {role}"
    if _same(before.every, after.every) and before.shape == after.shape:
        return Comparison(name)
    return _compared(name, lambda: _views_of_role(before, after, role, known or {}))


def compare_trust(before: Guard, after: Guard, role: str, *, subject: str = "") -> Comparison:
    """Compare who may become a role by its trust policy.

    Args:
        before: its trust policy before.
        after: its trust policy after.
        role: its ARN.
        subject: what the answer is called.
    """
    arn = split_arn(role)
    account = arn.account if arn is not None else ""
    return _compare_guard(before, after, role, account, subject or f"the trust policy of {role}")


def compare_resource(before: Guard, after: Guard, resource: str, account: str, *, subject: str = "") -> Comparison:
    """Compare who may do what with a bucket, a key or another resource by its own policy.

    Args:
        before: its policy before.
        after: its policy after.
        resource: its ARN; for a bucket the objects in it are meant too.
        account: whose it is.
        subject: what the answer is called.

    Callers are taken to be allowed everything by their own account; those of the same account also nothing.
    """
    return _compare_guard(before, after, resource, account, subject or f"the policy of {resource}")


def _compare_guard(before: Guard, after: Guard, resource: str, account: str, subject: str) -> Comparison:
    if _same(before.every, after.every) and before.block_public_access is after.block_public_access:
        return Comparison(subject)
    found = _compared(subject, lambda: _views_of_guard(before, after, resource, account))
    unread = _unread_principals(before, after)
    return replace(found, not_decided=(*found.not_decided, *unread)) if unread else found


def _same(before: tuple[Policy, ...], after: tuple[Policy, ...]) -> bool:
    """Whether the documents are the same to the letter."""
    return len(before) == len(after) and all(
        one is other or (one.kind is other.kind and one.text == other.text)
        for one, other in zip(before, after, strict=True)
    )


def _unread_principals(before: Guard, after: Guard) -> tuple[str, ...]:
    """Canonical user ids, which cannot be mapped to an account: only if the same ones are in both it does not matter."""
    ids_before, ids_after = _canonical(before), _canonical(after)
    return tuple(
        f"Principal.CanonicalUser {id}: whose canonical user id it is cannot be told offline"
        for id in sorted(ids_before ^ ids_after)
    )


def _canonical(guard: Guard) -> frozenset[str]:
    return frozenset(
        id
        for policy in guard.every
        for statement in policy.parsed.statements
        if statement.principal is not None
        for id in statement.principal.canonical
    )


# ---------------------------------------------------------------- both ways


def _compared(subject: str, views: Callable[[], Iterable[_View]]) -> Comparison:
    wider, narrower, not_decided = _Found(), _Found(), {}
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


def _look(view: _View, found: _Found, not_decided: dict[str, None]) -> None:
    frame = view.frame
    differences = Differences(view.before(frame), view.after(frame), frame.domains)
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


def _open_sentence(view: _View, beyond: Beyond) -> str:
    where = str(beyond.by.source) if beyond.by.source is not None else "what the caller may do anyway"
    variables = ", ".join(f"${{{key}}}" for key in view.variables)
    why = f"it depends on the policy variable {variables}" if variables else "the evaluator does not confirm it"
    return f"whether {where} lets more through could not be told: {why}"


def _with_variables(view: _View, key: tuple[str, str, bool]) -> Witness | None:
    """A witness for a statement when the policy variables have one value or another."""
    for values in _assignments(view.variables):
        frame = view.frame.fixing({name: value for name, value in values.items() if name not in view.frame.fixed})
        for beyond in Differences(view.before(frame), view.after(frame), frame.domains).found():
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


def _confirmed(view: _View, frame: Frame, beyond: Beyond) -> Witness | None:
    """The witness of a request that was found, if the evaluator agrees."""
    sides, source = beyond.request.sides, beyond.by.source
    principal = sides[PRINCIPAL_ARN].values if PRINCIPAL_ARN in sides and not frame.named else None
    asked = principal[0] if principal else frame.principal
    action = shown_action(beyond.request, frame.domains[ACTION])
    resource = frame.resource or shown_resource(beyond.request, frame.domains[RESOURCE], action, frame.account)
    context = _context(frame, beyond)
    account = frame.account if frame.resource or not _names_account(resource) else split_account(resource)
    before, after = view.policies_before(resource), view.policies_after(resource)
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
        context[side] = found.values[0] if len(found.values) == 1 else list(found.values)
    for key, values in frame.given.items():
        if values is not None:
            context[key] = values[0]
    return context


# ---------------------------------------------------------------- a role's own side


def _views_of_role(
    before: Attached, after: Attached, role: str, known: Mapping[str, ContextValue]
) -> Iterator[_View]:
    asker = Asker(parse_caller(role))
    own, partition = asker.caller.account, asker.caller.partition
    fixed = {**asker.fixed(""), **{key.lower(): (str(value),) for key, value in known.items()}}
    variables = tuple(key for key in variables_of((*before.every, *after.every)) if key not in fixed)
    for domains in _asked_by_role(partition, own):
        frame = Frame(role, own, "", domains, fixed)
        yield _View(
            frame,
            lambda frame: _side_of_role(frame, before),
            lambda frame: _side_of_role(frame, after),
            lambda resource: _policies_of_role(before, resource, own, partition),
            lambda resource: _policies_of_role(after, resource, own, partition),
            OwnPolicies.GIVEN,
            variables,
        )


_ACTIONS = Domain((row((SERVICE, "+"), ":", (NAME, "+")),))
_TRUST = Domain(tuple(literal(action) for action in sorted(TRUST_ACTIONS)))


def _asked_by_role(partition: str, own: str) -> Iterator[dict[str, Domain]]:
    """What a role can ask about: in its own account or without one; in others, where a resource policy can let it in."""
    head = f"arn:{partition}:"
    here = tuple(
        row(head, (SERVICE, "+"), ":", (SERVICE, "*"), f":{account}:", (ANY, "+")) for account in ("", own, "aws")
    )
    yield {ACTION: _ACTIONS, RESOURCE: Domain((*here, literal("*")))}
    elsewhere = (row(head, (SERVICE, "+"), ":", (SERVICE, "*"), ":", (DIGIT, "12"), ":", (ANY, "+")),)
    no_policy = (row(head, "iam:", (SERVICE, "*"), ":", (ANY, "+")), row(head, "kms:", (SERVICE, "*"), ":", (DIGIT, "12"), ":alias", (ANY, "*")))
    yield {ACTION: _ACTIONS, RESOURCE: Domain(elsewhere, frozenset((*no_policy, *here)))}
    role = (row(head, "iam::", (DIGIT, "12"), ":role/", (ANY, "+")),)
    yield {ACTION: _TRUST, RESOURCE: Domain(role, frozenset(here))}


def _side_of_role(frame: Frame, attached: Attached) -> Side:
    groups = (
        frame.boxes(attached.identity, allow=True),
        *(frame.boxes((policy,), allow=True) for policy in attached.boundaries),
        *(frame.boxes(level, allow=True) for level in attached.service_control),
    )
    return Side(groups, frame.boxes(attached.every, allow=False))


def _policies_of_role(attached: Attached, resource: str, account: str, partition: str) -> Policies:
    return Policies(
        attached.identity,
        _open_to(resource, account, partition),
        attached.boundaries,
        service_control=attached.service_control,
    )


def _open_to(resource: str, account: str, partition: str) -> Policy:
    """A resource policy that leaves everything to the IAM policies of an account."""
    kind = resource_policy_kind(resource)
    principal = {"AWS": f"arn:{partition}:iam::{account}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "*"}
    if kind is not PolicyKind.TRUST:
        statement["Resource"] = "*"
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return load_policy(document, kind, f"a policy of {policy_holder(resource)} that leaves it to {account}")


# ---------------------------------------------------------------- a resource's own side


def _views_of_guard(before: Guard, after: Guard, resource: str, account: str) -> Iterator[_View]:
    arn = split_arn(resource)
    if arn is None:
        raise RequestError("resource", f"{resource!r} is no resource: allowed is an ARN")
    kind = resource_policy_kind(resource)
    every = (*before.every, *after.every)
    for asker in callers_of(every, account, arn.partition):
        for own_policies in _ways_to_ask(asker, kind, account):
            fixed = asker.fixed(account)
            single = resource if kind is not PolicyKind.BUCKET else ""
            domains = {**_asked_of(kind, resource, arn.service), **asker.domains}
            named = not asker.open_name
            frame = Frame(asker.caller.text, account, single, _without_impossible(domains, kind, asker), fixed, named)
            yield _View(
                frame,
                _side_of(before, asker, kind, account, own_policies),
                _side_of(after, asker, kind, account, own_policies),
                _policies_of(before, own_policies),
                _policies_of(after, own_policies),
                own_policies,
                tuple(key for key in variables_of(every) if key not in fixed),
            )


def _ways_to_ask(asker: Asker, kind: PolicyKind, account: str) -> tuple[OwnPolicies, ...]:
    caller = asker.caller
    if kind is PolicyKind.TRUST and caller.kind is CallerKind.PROVIDER and caller.account not in ("", account):
        return ()
    if not caller.has_identity_policies:
        return (OwnPolicies.NOTHING,)
    return (OwnPolicies.EVERYTHING, OwnPolicies.NOTHING) if caller.account == account else (OwnPolicies.EVERYTHING,)


def _asked_of(kind: PolicyKind, resource: str, service: str) -> dict[str, Domain]:
    if kind is PolicyKind.TRUST:
        return {ACTION: _TRUST}
    actions = Domain((row(f"{service}:", (NAME, "+")),))
    if kind is PolicyKind.BUCKET:
        return {ACTION: actions, RESOURCE: Domain((row(f"{resource}/", (ANY, "+")), literal(resource)))}
    return {ACTION: actions}


def _without_impossible(domains: dict[str, Domain], kind: PolicyKind, asker: Asker) -> dict[str, Domain]:
    """Without what no policy can allow: a root user assumes no role."""
    if kind is PolicyKind.TRUST and asker.caller.kind is CallerKind.ROOT:
        actions = domains[ACTION]
        return {**domains, ACTION: Domain(actions.inside, actions.outside | {literal("sts:assumerole")})}
    return domains


_MUST_ALLOW = (PolicyKind.TRUST, PolicyKind.KEY)


def _side_of(
    guard: Guard, asker: Asker, kind: PolicyKind, account: str, own_policies: OwnPolicies
) -> Callable[[Frame], Side]:
    same_account = asker.caller.account == account
    may_ask = own_policies is OwnPolicies.EVERYTHING or asker.caller.kind is CallerKind.ROOT
    ways = frozenset({NamedAs.CALLER, NamedAs.ANYONE, NamedAs.ROLE}) if same_account and not may_ask else frozenset(NamedAs)
    blocked = _is_blocked(guard, asker, kind, same_account)

    def side(frame: Frame) -> Side:
        denies = tuple(
            box for policy in guard.every if _counts(policy, asker, kind) for box in _named_boxes(frame, policy, asker, frozenset(NamedAs), False)
        )
        if same_account and may_ask and kind not in _MUST_ALLOW:
            return Side((), denies)
        allows = () if guard.policy is None or blocked else tuple(_named_boxes(frame, guard.policy, asker, ways, True))
        return Side((allows,), denies)

    return side


def _is_blocked(guard: Guard, asker: Asker, kind: PolicyKind, same_account: bool) -> bool:
    """Whether Block Public Access takes the policy out of force for this caller."""
    if same_account or asker.caller.kind is CallerKind.SERVICE or kind is not PolicyKind.BUCKET:
        return False
    return guard.block_public_access and guard.policy is not None and first_public_statement(guard.policy) is not None


def _counts(policy: Policy, asker: Asker, kind: PolicyKind) -> bool:
    """Whether a policy's Deny statements bear on the caller; RCPs leave service-linked roles alone."""
    if policy.kind is not PolicyKind.RESOURCE_CONTROL:
        return True
    service = {PolicyKind.TRUST: "sts", PolicyKind.KEY: "kms", PolicyKind.BUCKET: "s3"}.get(kind, "")
    return service in RESOURCE_CONTROL_SERVICES and not asker.caller.is_service_linked


def _named_boxes(frame: Frame, policy: Policy, asker: Asker, ways: frozenset[NamedAs], allow: bool) -> Iterator:
    question = Question(asker.caller, "", "", {}, False)
    for compiled in policy.allows if allow else policy.denies:
        if compiled.names(question) in ways:
            yield from frame.boxes_of(policy, compiled)


_EVERYTHING = load_policy(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
    PolicyKind.IDENTITY,
    "what the caller's own account lets him do",
)


def _policies_of(guard: Guard, own_policies: OwnPolicies) -> Callable[[str], Policies]:
    identity = (_EVERYTHING,) if own_policies is OwnPolicies.EVERYTHING else ()
    policies = Policies(
        identity,
        guard.policy,
        resource_control=guard.resource_control,
        block_public_access=guard.block_public_access,
    )
    return lambda resource: policies
