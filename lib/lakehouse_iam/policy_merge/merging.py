"""The merge itself: whole documents before and after, and what changed between them.

Sources of the sizes: `lakehouse_iam.policy`. Where AWS counts bytes (bucket and key policies) so does this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lakehouse_iam.errors import LakehouseIamError, QuotaExceeded
from lakehouse_iam.evaluator.condition_grammar import CURRENT_VERSION, OLD_VERSION
from lakehouse_iam.evaluator.grammar import PolicyGrammarError, PolicyKind, parse_policy
from lakehouse_iam.evaluator.strict_json import JsonFaultError, read_json
from lakehouse_iam.policy import (
    BUCKET_POLICY_SIZE,
    KEY_POLICY_SIZE,
    MANAGED_POLICY_SIZE,
    TRUST_POLICY_SIZE,
    Json,
    Statement,
    compact_json,
)
from lakehouse_iam.policy_elements import statements_of
from lakehouse_iam.policy_merge.blocking import Blocking, blocking
from lakehouse_iam.policy_merge.meaning import has_variables, is_within, meaning
from lakehouse_iam.policy_text import policy_document

_SIZES = {
    PolicyKind.BUCKET: BUCKET_POLICY_SIZE,
    PolicyKind.KEY: KEY_POLICY_SIZE,
    PolicyKind.TRUST: TRUST_POLICY_SIZE,
}
_COUNTED_IN_BYTES = frozenset({PolicyKind.BUCKET, PolicyKind.KEY})


class MergeError(LakehouseIamError, ValueError):
    """Statements that cannot be merged into a policy without changing what it means.

    Args:
        name: the policy.
        problem: why not.
        next_step: what to do.
    """

    def __init__(self, name: str, problem: str, *, next_step: str) -> None:
        self.name = name
        self.problem = problem
        self.next_step = next_step
        super().__init__(f"{name}: {problem}: {next_step}")


@dataclass(frozen=True)
class RenamedSid:
    """A Sid that was taken in the existing policy, by a statement that means something else."""

    taken: str
    new: str


@dataclass(frozen=True)
class Merged:
    """A policy after the merge.

    Args:
        document: the whole policy.
        added: the statements that it has now and had not before, as they stand in it.
        already: the statements that needed no merge, because the policy has them or something wider.
        renamed: the Sids that were taken.
        blocked_by: Deny statements of the existing policy that deny what was merged, or what was there already.
        size: its size as AWS counts it.
        limit: the most that AWS takes.
    """

    document: Json
    added: tuple[Json, ...]
    already: tuple[Json, ...]
    renamed: tuple[RenamedSid, ...]
    blocked_by: tuple[Blocking, ...]
    size: int
    limit: int

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.added)


@dataclass(frozen=True)
class Unmerged:
    """A policy after statements were taken out of it again.

    Args:
        document: the whole policy; `None` where nothing is left, so that the policy itself is to be deleted.
        removed: the statements that it had.
        missing: the statements that it did not have, or that somebody changed since.
    """

    document: Json | None
    removed: tuple[Json, ...]
    missing: tuple[Json, ...]


def merge(
    existing: str | Json | None,
    statements: Iterable[Statement | Json],
    kind: PolicyKind,
    *,
    name: str = "",
    owner: str = "",
    limit: int = 0,
) -> Merged:
    """Merge statements into a policy: what is there stays as it is, what is missing comes behind it.

    A statement is left out where the policy says the same already, in whatever order and under whatever Sid, or something
    wider. A Sid that is taken gets a number.

    Args:
        existing: the policy, as JSON text or read; `None` where there is none yet. Text may be what the AWS CLI shows of it.
        statements: what to merge.
        kind: what the policy is attached to.
        name: what errors call it, such as `the policy of the bucket sales`.
        owner: the account of a bucket, so that conditions on it are read.
        limit: the most that AWS takes, where a quota was raised; otherwise what it takes by default.

    Raises:
        PolicyGrammarError: the existing policy is not JSON, or no policy of this kind; or the merged one would be none.
        MergeError: the existing policy has an older version in which the statements would mean something else.
        QuotaExceeded: the policy would be larger than AWS takes.
    """
    name = name or f"the existing {kind.value}"
    wanted = [one.to_json() if isinstance(one, Statement) else dict(one) for one in statements]
    before = read_policy(existing, kind, name=name) if existing is not None else None
    found = statements_of(before) if before is not None else []
    # What is written as a variable is plain text in an older version, and means something else than ours.
    alike = [one for one in found if not has_variables(one)] if before is not None and _is_old(before) else found
    added: list[Json] = []
    already: list[Json] = []
    renamed: list[RenamedSid] = []
    for statement in wanted:
        if is_within(statement, [*alike, *added]):
            already.append(statement)
            continue
        free = _with_free_sid(statement, {str(one.get("Sid", "")) for one in (*found, *added)})
        if free.get("Sid") != statement.get("Sid"):
            renamed.append(RenamedSid(statement["Sid"], free["Sid"]))
        added.append(free)
    document = _document(before, found, added, name) if added or before is None else before
    if added:
        parse_policy(document, kind, f"{name} with what is merged")
    size, most = policy_size(document, kind), limit or size_limit(kind)
    if added and size > most:
        raise _too_large(name, kind, size, most, before)
    blocked = blocking(before, wanted, kind, name=name, owner=owner) if before is not None else []
    return Merged(document, tuple(added), tuple(already), tuple(renamed), tuple(blocked), size, most)


def unmerge(
    existing: str | Json, statements: Iterable[Statement | Json], kind: PolicyKind, *, name: str = ""
) -> Unmerged:
    """Take statements out of a policy again: those that mean the same and carry the same Sid, or one with a number behind it.

    Args:
        existing: the policy, as JSON text or read.
        statements: what was merged: `Merged.added`, or the statements of a hand-off. What was there before the merge
            (`Merged.already`) is somebody else's and does not belong here.
        kind: what the policy is attached to.
        name: what errors call it.

    Raises:
        PolicyGrammarError: the existing policy is not JSON, or no policy of this kind.
    """
    name = name or f"the existing {kind.value}"
    document = read_policy(existing, kind, name=name)
    left = statements_of(document)
    removed: list[Json] = []
    missing: list[Json] = []
    for statement in (one.to_json() if isinstance(one, Statement) else dict(one) for one in statements):
        ours = next((one for one in left if _is_ours(one, statement)), None)
        if ours is None:
            missing.append(statement)
        else:
            # By identity: an equal statement of somebody else stays.
            left = [one for one in left if one is not ours]
            removed.append(ours)
    after = {**document, "Statement": left} if removed else document
    return Unmerged(after if left else None, tuple(removed), tuple(missing))


def read_policy(existing: str | Json, kind: PolicyKind, *, name: str) -> Json:
    """A policy that somebody gave: the document, or what the AWS CLI prints around it.

    Args:
        existing: JSON text or what it stands for.
        kind: what the policy is attached to.
        name: what errors call it.

    Raises:
        PolicyGrammarError: it is not JSON, or no policy of this kind.
    """
    try:
        loaded = _unwrapped(read_json(existing) if isinstance(existing, str) else existing)
    except JsonFaultError as fault:
        raise PolicyGrammarError(name, fault.where, str(fault)) from None
    document: Any = loaded
    parse_policy(document, kind, name)
    return dict(document)


def size_limit(kind: PolicyKind) -> int:
    """The most that AWS takes of a policy of this kind, without a raised quota."""
    return _SIZES.get(kind, MANAGED_POLICY_SIZE)


def policy_size(document: Json, kind: PolicyKind) -> int:
    """The size of a policy as AWS counts it."""
    text = compact_json(document)
    return len(text.encode()) if kind in _COUNTED_IN_BYTES else len(text)


# What the AWS CLI prints: s3api get-bucket-policy and kms get-key-policy, iam get-role, get-role-policy, get-policy-version.
_WRAPPERS = (
    ("Policy",),
    ("Role", "AssumeRolePolicyDocument"),
    ("AssumeRolePolicyDocument",),
    ("PolicyVersion", "Document"),
    ("PolicyDocument",),
)


def _unwrapped(value: object) -> object:
    for path in _WRAPPERS:
        inner: object = value
        for key in path:
            inner = inner.get(key) if isinstance(inner, Mapping) else None
        if isinstance(inner, Mapping):
            return inner
        if isinstance(inner, str):
            return policy_document(inner)
    return value


def _document(before: Json | None, found: Sequence[Json], added: Sequence[Json], name: str) -> Json:
    if before is None:
        return {"Version": CURRENT_VERSION, "Statement": list(added)}
    whole = {**before, "Statement": [*found, *added]}
    if not _is_old(before) or not any(map(has_variables, added)):
        return whole
    if any(map(has_variables, found)):
        raise MergeError(
            name,
            f"it has the version {_version(before)}, in which ${{…}} is plain text, and what is to be merged uses variables",
            next_step=f"have its owner decide whether the ${{…}} in it are variables, and set Version to {CURRENT_VERSION}",
        )
    return {**whole, "Version": CURRENT_VERSION}


def _is_old(document: Json) -> bool:
    return _version(document) != CURRENT_VERSION


def _version(document: Json) -> str:
    return str(document.get("Version", OLD_VERSION))


def _with_free_sid(statement: Json, taken: set[str]) -> Json:
    sid = statement.get("Sid", "")
    if not sid or sid not in taken:
        return statement
    number = 2
    while f"{sid}{number}" in taken:
        number += 1
    return {**statement, "Sid": f"{sid}{number}"}


def _is_ours(one: Json, statement: Json) -> bool:
    sid, wanted = str(one.get("Sid", "")), str(statement.get("Sid", ""))
    named = sid == wanted or bool(wanted and sid.startswith(wanted) and sid[len(wanted) :].isdigit())
    return named and meaning(one) == meaning(statement)


def _too_large(name: str, kind: PolicyKind, size: int, most: int, before: Json | None) -> QuotaExceeded:
    unit = "bytes" if kind in _COUNTED_IN_BYTES else "characters"
    had = f"; it has {policy_size(before, kind):,} today" if before is not None else ""
    return QuotaExceeded(
        f"{name} would take {size:,} {unit} of {most:,} with what is to be merged{had}",
        next_step="remove statements that nobody needs any more, or join those that grant the same to several principals",
    )
