"""Comparing what the policies on a role's own side let it do: identity policies, boundary, SCPs.

What the other side would have to say is taken to be said: a resource of another account, and a key, leaves it to the
account of the role.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from lakehouse_iam.evaluator.cases import policy_holder
from lakehouse_iam.evaluator.compare.atoms import ACTION, RESOURCE
from lakehouse_iam.evaluator.compare.callers import Asker
from lakehouse_iam.evaluator.compare.differences import Side
from lakehouse_iam.evaluator.compare.frames import Frame, variables_of
from lakehouse_iam.evaluator.compare.languages import Domain
from lakehouse_iam.evaluator.compare.patterns import (
    ANY,
    DIGIT,
    NAME,
    NO_COLON,
    SERVICE,
    WORD,
    Pattern,
    literal,
    resource_pattern,
    row,
)
from lakehouse_iam.evaluator.compare.result import Comparison, OwnPolicies
from lakehouse_iam.evaluator.compare.views import TRUST, Version, View, compared_views, same_documents, same_grants
from lakehouse_iam.evaluator.context_keys import ContextValue
from lakehouse_iam.evaluator.evaluate import Policies, resource_policy_kind
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.policies import Policy, load_policy
from lakehouse_iam.evaluator.principals import parse_caller

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
    def limits(self) -> tuple[Policy, ...]:
        """The policies that give nothing and only take away."""
        return (*self.boundaries, *(policy for level in self.service_control for policy in level))

    @property
    def every(self) -> tuple[Policy, ...]:
        """All of its policies."""
        return (*self.identity, *self.limits)

    @property
    def shape(self) -> tuple[int, ...]:
        """How many policies there are of each sort."""
        return (len(self.identity), len(self.boundaries), *map(len, self.service_control))


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
    if same_documents(before.every, after.every) and before.shape == after.shape:
        return Comparison(name)
    same_limits = same_documents(before.limits, after.limits) and before.shape[1:] == after.shape[1:]
    if same_limits and same_grants(before.identity, after.identity):
        return Comparison(name)
    return compared_views(name, lambda: _views_of_role(before, after, role, known or {}))


def _views_of_role(before: Attached, after: Attached, role: str, known: Mapping[str, ContextValue]) -> Iterator[View]:
    asker = Asker(parse_caller(role))
    own, partition = asker.caller.account, asker.caller.partition
    fixed = {**asker.fixed(""), **{key.lower(): (str(value),) for key, value in known.items()}}
    variables = tuple(key for key in variables_of((*before.every, *after.every)) if key not in fixed)
    first = Frame(role, own, "", {}, fixed)
    versions = _version_of_role(before, first), _version_of_role(after, first)
    unusual = _unusual((*before.every, *after.every))
    for domains in _asked_by_role(partition, own):
        if unusual:
            resources = domains[RESOURCE]
            domains = {**domains, RESOURCE: Domain((*resources.inside, *unusual), resources.outside)}
        yield View(first.asking({**domains, **asker.domains}), *versions, OwnPolicies.GIVEN, variables)


def _version_of_role(attached: Attached, frame: Frame) -> Version:
    own = parse_caller(frame.principal)
    return Version(
        _side_of_role(frame, attached),
        lambda other: _side_of_role(other, attached),
        lambda resource: _policies_of_role(attached, resource, own.account, own.partition),
    )


_NO_PERMISSION_NEEDED = frozenset({literal("sts:getcalleridentity"), literal("sts:getsessiontoken")})
_ACTIONS = Domain((row((SERVICE, "+"), ":", (NAME, "+")),), _NO_PERMISSION_NEEDED)


@lru_cache(maxsize=4096)
def _asked_by_role(partition: str, own: str) -> tuple[dict[str, Domain], ...]:
    """What a role can ask about: in its own account or without one; in others, where a resource policy can let it in."""
    head = f"arn:{partition}:"
    blank = row(head, "s3:::", (ANY, "+")), row(head, (SERVICE, "+"), ":", (SERVICE, "*"), "::", (NO_COLON, "+"))
    of_aws = row(head, (SERVICE, "+"), ":", (SERVICE, "*"), ":aws:", (NO_COLON, "+"))
    here = (*blank, *_in_account(head, own), of_aws)
    elsewhere = _in_account(head, "")
    no_policy = (
        row(head, "iam:", (SERVICE, "*"), ":", (ANY, "+")),
        row(head, "kms:", (SERVICE, "*"), ":", (DIGIT, "12"), ":alias", (ANY, "*")),
    )
    role = (row(head, "iam::", (DIGIT, "12"), ":role/", (ANY, "+")),)
    return (
        {ACTION: _ACTIONS, RESOURCE: Domain((*here, literal("*")))},
        {ACTION: _ACTIONS, RESOURCE: Domain(elsewhere, frozenset((*no_policy, *here)))},
        {ACTION: TRUST, RESOURCE: Domain(role, frozenset(here))},
    )


def _in_account(head: str, account: str) -> tuple[Pattern, ...]:
    """ARNs of an account, or of any.

    A colon inside the resource stands behind its type (`secret:a/b`), between names (`execution:machine:run`), in a log group
    or before a revision: if any text could follow a colon, a star that crosses colons would let a name hold another ARN.
    Source: AWS docs `IAM/latest/UserGuide/reference-arns.html` (the three formats), from memory, to be checked against the page.
    """
    whose: tuple[str | tuple[str, ...], ...] = (account,) if account else ((DIGIT, "12"),)
    start = (head, (SERVICE, "+"), ":", (SERVICE, "*"), ":", *whose, ":")
    return (
        row(*start, (NO_COLON, "+")),
        row(*start, (WORD, "+"), ":", (NO_COLON, "+")),
        row(*start, (WORD, "+"), ":", (WORD, "+"), ":", (WORD, "+")),
        row(head, "logs:", (SERVICE, "*"), ":", *whose, ":log-group:", (NO_COLON, "+"), ":", (ANY, "+")),
        row(*start, (NO_COLON, "+"), ":", (DIGIT, "+")),
    )


def _unusual(policies: Iterable[Policy]) -> tuple[Pattern, ...]:
    """The resources that policies name with more colons than ARNs mostly have: they are asked about as they are."""
    found: dict[Pattern, None] = {}
    for policy in policies:
        for compiled in policy.allows:
            for template in compiled.statement.resource_templates:
                glob = template.glob({})
                if glob is not None and glob.count(":") > _COLONS:
                    found[resource_pattern(glob)] = None
    return tuple(found)


_COLONS = 6
"""In an ARN with a typed resource: five between its fields, one behind the type."""


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
