"""Policy documents: one canonical form, the size AWS counts, and packing that stays put when a bucket is added.

Sources, read 2026-11-21: IAM "IAM JSON policy element reference" (grammar), "IAM and AWS STS quotas" (sizes; "IAM
doesn't count white space"), S3 "Bucket policies" (20 KB), KMS `PutKeyPolicy` (no white space is sent, so what is sent
is what is counted; 32,768 is kept as the ceiling although the current quota page no longer names it: unverified).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from lakehouse_iam.errors import InvalidValue, QuotaExceeded

MANAGED_POLICY_SIZE = 6_144
INLINE_POLICIES_SIZE = 10_240
TRUST_POLICY_SIZE = 2_048
TRUST_POLICY_SIZE_ADJUSTED = 8_192
BUCKET_POLICY_SIZE = 20_480
KEY_POLICY_SIZE = 32_768
MANAGED_POLICIES_PER_ROLE = 20
MANAGED_POLICIES_PER_ROLE_ADJUSTED = 25

_SID = re.compile(r"[A-Za-z0-9]+")
# IAM accepts tab, line feed, carriage return and U+0020 to U+00FF in policies, nothing else.
_NOT_POLICY_TEXT = re.compile(r"[^\u0009\u000A\u000D\u0020-\u00FF]")

Json = dict[str, Any]
Item = TypeVar("Item")


@dataclass(frozen=True)
class Principal:
    """Who a resource policy speaks of.

    Args:
        kind: `AWS`, `Service` or `Federated`; `*` for anyone, in which case the value is `*` too.
        value: the ARN, account or service; a string, which in a CDK app may be an unresolved token.
    """

    kind: str
    value: str


ANYONE = Principal("*", "*")


@dataclass(frozen=True)
class Condition:
    """One condition: the operator, the context key and the values, of which any one must match."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """One statement of a policy.

    Args:
        actions: what is allowed or denied; printed in alphabetical order.
        resources: ARNs, of which CDK apps may pass unresolved tokens; printed in alphabetical order. Empty in a
            trust policy, where the role itself is meant.
        principals: in resource policies only.
        conditions: all must hold.
        sid: `[A-Za-z0-9]+`, or empty for none.
        effect: `Allow` or `Deny`.
        reason: the key of why it is there, in `statements/reasons.json`; empty where its Sid is that key. It is not written.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...] = ()
    principals: tuple[Principal, ...] = ()
    conditions: tuple[Condition, ...] = ()
    sid: str = ""
    effect: str = "Allow"
    reason: str = field(default="", repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.sid and not _SID.fullmatch(self.sid):
            raise InvalidValue(f"the Sid {self.sid!r} is not allowed", allowed="letters A-Z, a-z and digits only")
        if self.effect not in ("Allow", "Deny"):
            raise InvalidValue(f"the effect {self.effect!r} is not allowed", allowed="Allow or Deny")
        tests = [(condition.operator, condition.key.lower()) for condition in self.conditions]
        if len(set(tests)) < len(tests):
            operator, key = next(test for test in tests if tests.count(test) > 1)
            raise InvalidValue(
                f"the condition {operator} on {key} stands twice in one statement",
                allowed="each operator once for each key",
                next_step="JSON would keep only one of the two; put the values of both into one condition",
            )

    @property
    def reason_key(self) -> str:
        """The key of why it is there, in `statements/reasons.json`."""
        return self.reason or self.sid

    def to_json(self) -> Json:
        """The statement as IAM reads it, keys and lists in canonical order, one-element lists as plain values."""
        json_: Json = {}
        if self.sid:
            json_["Sid"] = self.sid
        json_["Effect"] = self.effect
        if self.principals:
            json_["Principal"] = _principals_json(self.principals)
        json_["Action"] = _one_or_many(self.actions)
        if self.resources:
            json_["Resource"] = _one_or_many(self.resources)
        if self.conditions:
            json_["Condition"] = _conditions_json(self.conditions)
        return json_


def _one_or_many(values: Sequence[str]) -> str | list[str]:
    ordered = sorted(set(values))
    return ordered[0] if len(ordered) == 1 else ordered


def _principals_json(principals: Sequence[Principal]) -> str | dict[str, str | list[str]]:
    if ANYONE in principals:
        return "*"
    kinds = sorted({principal.kind for principal in principals})
    return {kind: _one_or_many([p.value for p in principals if p.kind == kind]) for kind in kinds}


def _conditions_json(conditions: Sequence[Condition]) -> Json:
    operators: Json = {}
    for condition in sorted(conditions, key=lambda c: (c.operator, c.key)):
        operators.setdefault(condition.operator, {})[condition.key] = _one_or_many(condition.values)
    return operators


@dataclass(frozen=True)
class PolicyDocument:
    """A policy document of version 2012-10-17.

    Raises:
        InvalidValue: no statement, a Sid used twice, or a character that IAM policies cannot hold.
    """

    statements: tuple[Statement, ...]

    def __post_init__(self) -> None:
        if not self.statements:
            raise InvalidValue("the policy has no statement", allowed="at least one statement")
        sids = [statement.sid for statement in self.statements if statement.sid]
        repeated = sorted({sid for sid in sids if sids.count(sid) > 1})
        if repeated:
            raise InvalidValue(f"the Sid {repeated[0]!r} is used twice in one policy", allowed="each Sid once")
        # Looked for in the values themselves: JSON would write a control character as an innocent escape.
        found = "".join(sorted({char for text in _texts(self.to_json()) for char in _NOT_POLICY_TEXT.findall(text)}))
        if found:
            raise InvalidValue(f"the policy contains {found!r}", allowed="Latin-1 characters only (U+0020 to U+00FF)")

    def to_json(self) -> Json:
        """The document as IAM reads it, in canonical order."""
        return {"Version": "2012-10-17", "Statement": [statement.to_json() for statement in self.statements]}

    def compact(self) -> str:
        """The document as one line without white space between its parts: what the size is counted on."""
        return compact_json(self.to_json())

    @property
    def size(self) -> int:
        """Its size in characters as AWS counts it.

        Spaces inside strings are counted although IAM says that it counts no white space: the safe side.
        """
        return len(self.compact())


def _texts(value: Any) -> Iterator[str]:
    """Every piece of text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def compact_json(document: Any) -> str:
    """JSON without white space between its parts and without escapes for Latin-1: what AWS counts sizes on."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True)
class PackedPolicy:
    """One of the policies that a set of permissions was packed into.

    Args:
        label: names it among its siblings, such as `0` or `011`; empty while one policy holds everything. It depends
            on what is in the policy and on nothing else, so a policy that keeps its content keeps its name.
        document: what it allows.
    """

    label: str
    document: PolicyDocument


def pack(
    items: Sequence[Item],
    *,
    group: Callable[[Item], str],
    key: Callable[[Item], str],
    render: Callable[[Sequence[Item]], PolicyDocument],
    limit: int = MANAGED_POLICY_SIZE,
) -> tuple[PackedPolicy, ...]:
    """Pack items into as few policies as a stable layout allows, none over the limit.

    The policies are the leaves of a binary tree over the hash of each item's group (its bucket, say), split only where
    a leaf would be too large. Adding a group therefore reaches exactly one leaf: that policy changes, or is replaced
    by its two halves, and every other policy stays byte for byte what it was. A group that is too large by itself has
    a tree of its own. Neither the order of the items nor a history is needed.

    Args:
        items: what to allow, each as small as it can be granted by itself.
        group: what the item belongs to; the items of a group stay together while they fit.
        key: a name of the item that no other item has.
        render: the document of some of the items, given in the order of their keys.
        limit: the most characters that a document may have.

    Raises:
        QuotaExceeded: a single item is larger than the limit.
    """
    groups: dict[str, list[Item]] = {}
    for item in sorted(items, key=key):
        groups.setdefault(group(item), []).append(item)
    small = [item for members in groups.values() if render(members).size <= limit for item in members]
    policies = _leaves(small, "", key=group, render=render, limit=limit)
    for name, members in sorted(groups.items()):
        if render(members).size > limit:
            label = hashlib.sha256(name.encode()).hexdigest()[:8] + "x"
            policies += _leaves(members, "", key=key, render=render, limit=limit, family=label)
    return tuple(policies)


def _leaves(
    items: Sequence[Item],
    bits: str,
    *,
    key: Callable[[Item], str],
    render: Callable[[Sequence[Item]], PolicyDocument],
    limit: int,
    family: str = "",
) -> list[PackedPolicy]:
    if not items:
        return []
    document = render(items)
    if document.size <= limit:
        return [PackedPolicy(family + bits, document)]
    if len(items) == 1:
        raise QuotaExceeded(
            f"the permissions on {key(items[0])} alone take {document.size:,} characters of {limit:,}",
            next_step="shorten the names in it",
        )
    halves: dict[str, list[Item]] = {"0": [], "1": []}
    for item in items:
        halves[_bit(key(item), len(bits))].append(item)
    return [
        leaf
        for bit, half in halves.items()
        for leaf in _leaves(half, bits + bit, key=key, render=render, limit=limit, family=family)
    ]


def _bit(key: str, depth: int) -> str:
    digest = hashlib.sha256(key.encode()).digest()
    return str(digest[depth // 8] >> (7 - depth % 8) & 1)


def how_many_fit(count: int, fits: Callable[[int], bool]) -> int:
    """The largest n of 0…count for which the first n fit, where fitting n means fitting every smaller number."""
    low, high = 0, count
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low
