"""The closed answer: everything that templates allow, held against what the setup means.

What the setup means are its plan's own documents. Policies are compared as sets of requests, so it does not matter how they
are packed; whatever allows more is reported with its place and with a request as evidence. A resource that is neither of
the setup nor harmless, and a property that the setup does not give, are reported too: nothing is passed over in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from lakehouse_iam.arns.arn import name_of
from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.compare import (
    Attached,
    Comparison,
    Guard,
    Witness,
    compare_attached,
    compare_resource,
    compare_trust,
)
from lakehouse_iam.evaluator.compare.views import without_shared_grants
from lakehouse_iam.evaluator.evaluate import RequestError
from lakehouse_iam.evaluator.grammar import PolicyGrammarError, PolicyKind
from lakehouse_iam.evaluator.policies import Policy, load_policy
from lakehouse_iam.evaluator.principals import CallerError
from lakehouse_iam.evaluator.public_access import BLOCK_EVERYTHING, BLOCK_NOTHING
from lakehouse_iam.intrinsics import Unresolved
from lakehouse_iam.proof.beyond import Beyond
from lakehouse_iam.proof.deployed import BucketFound, Deployed, KeyFound, PolicyError, RoleFound, Written, merged
from lakehouse_iam.proof.place import Place
from lakehouse_iam.proof.powerless_names import powerless_names
from lakehouse_iam.proof.unresolved import Reading, read


@dataclass
class _Names:
    """Policies by the name that a comparison knows them by, and where each is written."""

    places: dict[str, Place] = field(default_factory=dict)

    def load(self, written: Written, kind: PolicyKind, side: str) -> Policy | None:
        """A policy at its widest; None where nothing of it is left.

        Raises:
            PolicyError: AWS would refuse it.
        """
        document = read(written.document, Reading.MOST, kind)
        if document is None:
            return None
        name = f"{side}{written.place}"
        self.places[name] = written.place
        try:
            return load_policy(document, kind, name)
        except PolicyGrammarError as error:
            where = written.place.within(error.where) if error.where else written.place
            raise PolicyError(where, f"AWS would refuse this policy: {error.rule}") from None


_MEANT = "the setup's "
"""Begins the names of the setup's own policies, so that both sides are told apart."""


def beyond_policies(found: Deployed, meant: Deployed, judged: Collection[str]) -> Iterator[Beyond]:
    """What the policies of templates allow and those of the setup refuse.

    Args:
        found: what the templates deploy.
        meant: what the setup's own plan deploys.
        judged: the files in which everything must be of the setup. Of other files only what touches roles, buckets and keys
            of the setup is held against it.

    Raises:
        PolicyError: a policy that AWS would refuse.
    """
    for arn, role in found.roles.items():
        if arn in meant.roles or _is_judged((role.trust, *role.identity.values()), judged):
            with _asked_of(arn, (role.trust, *role.identity.values())):
                yield from _role(role, meant.roles.get(arn))
    for arn, bucket in found.buckets.items():
        if arn in meant.buckets or _is_judged((bucket.policy, *bucket.handed_off), judged):
            with _asked_of(arn, (bucket.policy, *bucket.handed_off)):
                yield from _bucket(bucket, meant.buckets.get(arn))
    for arn, key in found.keys.items():
        if arn in meant.keys or _is_judged((key.policy, *key.handed_off), judged):
            with _asked_of(arn, (key.policy, *key.handed_off)):
                yield from _key(key, meant.keys.get(arn))


@contextmanager
def _asked_of(arn: str, documents: Sequence[Written | None]) -> Iterator[None]:
    """Say at which policy a name stands that AWS would never give."""
    try:
        yield
    except (RequestError, CallerError) as error:
        place = next((written.place for written in documents if written is not None), Place(arn))
        raise PolicyError(place, str(error)) from error


def _is_judged(documents: Sequence[Written | None], judged: Collection[str]) -> bool:
    return any(written is not None and written.place.file in judged for written in documents)


# ---------------------------------------------------------------- roles


def _role(role: RoleFound, meant: RoleFound | None) -> Iterator[Beyond]:
    yield from _trust(role, meant)
    yield from _identity(role, meant)
    if meant is None and not role.exists and role.trust is not None:
        yield Beyond(
            Place(role.trust.place.file, role.trust.place.logical_id),
            f"the role {role.arn} is not of the setup",
            f"remove the resource {role.trust.place.logical_id}",
        )


def _trust(role: RoleFound, meant: RoleFound | None) -> Iterator[Beyond]:
    means = meant.trust if meant is not None else None
    if role.trust is None or (means is not None and role.trust.document == means.document):
        return
    names = _Names()
    guard = Guard(names.load(role.trust, PolicyKind.TRUST, ""))
    before = Guard(names.load(means, PolicyKind.TRUST, _MEANT) if means is not None else None)
    comparison = compare_trust(before, guard, role.arn)
    yield from _findings(comparison, names, [role.trust])
    yield from _powerless(guard, before, role.arn, [role.trust])


def _identity(role: RoleFound, meant: RoleFound | None) -> Iterator[Beyond]:
    means = list(meant.identity.values()) if meant is not None else []
    given = list(role.identity.values())
    documents = [written.document for written in means]
    if [written.document for written in given] == documents:
        return
    unknown = [one for one in given if isinstance(one.document, Unresolved) and one.document not in documents]
    for written in unknown:
        yield Beyond(
            written.place,
            f"{name_of(role.arn)} gets a policy that is not of the setup: {written.document.expression}",
            f"remove it from {written.place.property or written.place}",
        )
    names = _Names()
    sides = [
        [policy for one in some if (policy := names.load(one, PolicyKind.IDENTITY, side)) is not None]
        for some, side in ((means, _MEANT), ([one for one in given if one not in unknown], ""))
    ]
    before, after = (tuple(side) for side in sides)
    comparison = compare_attached(Attached(before), Attached(without_shared_grants(after, before)), role.arn)
    yield from _findings(comparison, names, given)


# ---------------------------------------------------------------- buckets and keys


def _bucket(bucket: BucketFound, meant: BucketFound | None) -> Iterator[Beyond]:
    means = _documents(meant)
    given = _documents(bucket)
    blocked = [
        BLOCK_EVERYTHING if one is not None and one.block_public_access else BLOCK_NOTHING for one in (meant, bucket)
    ]
    if [one.document for one in given] == [one.document for one in means] and blocked[0] is blocked[1]:
        return
    names = _Names()
    before = Guard(_merged_policy(names, means, PolicyKind.BUCKET, _MEANT), blocked[0])
    after = Guard(_merged_policy(names, given, PolicyKind.BUCKET, ""), blocked[1])
    account = meant.account if meant is not None else bucket.account
    comparison = compare_resource(before, after, bucket.arn, account)
    places = given or [Written(None, Place(bucket.arn))]
    yield from _findings(comparison, names, places)
    yield from _powerless(after, before, bucket.arn, places)


def _key(key: KeyFound, meant: KeyFound | None) -> Iterator[Beyond]:
    means, given = _documents(meant), _documents(key)
    if [one.document for one in given] == [one.document for one in means]:
        return
    names = _Names()
    before = Guard(_merged_policy(names, means, PolicyKind.KEY, _MEANT))
    after = Guard(_merged_policy(names, given, PolicyKind.KEY, ""))
    arn = split_arn(key.arn)
    comparison = compare_resource(before, after, key.arn, arn.account if arn is not None else "")
    places = given or [Written(None, Place(key.arn))]
    yield from _findings(comparison, names, places)
    yield from _powerless(after, before, key.arn, places)


def _documents(holder: BucketFound | KeyFound | None) -> list[Written]:
    if holder is None:
        return []
    return [written for written in (holder.policy, *holder.handed_off) if written is not None]


def _merged_policy(names: _Names, documents: Sequence[Written], kind: PolicyKind, side: str) -> Policy | None:
    """The policy that results when hand-offs are merged; places of statements are looked up by their Sid."""
    for written in documents:
        names.load(written, kind, side)
    document = merged(documents, Reading.MOST, kind)
    if document is None:
        return None
    name = f"{side}{documents[0].place}"
    return load_policy(document, kind, name)


# ---------------------------------------------------------------- from comparisons to findings


def _findings(comparison: Comparison, names: _Names, given: Sequence[Written]) -> Iterator[Beyond]:
    fallback = given[0].place if given else Place(comparison.subject)
    for witness in comparison.wider:
        yield _finding(witness, names, given, fallback)
    for sentence in comparison.not_decided:
        yield Beyond(
            fallback,
            f"whether this allows more than the setup means is not decided: {sentence}",
            "write it as the setup does",
        )


def _powerless(found: Guard, meant: Guard, arn: str, given: Sequence[Written]) -> Iterator[Beyond]:
    for one in powerless_names(found.policy, meant.policy, arn):
        place = _place_of_statement(one.statement, given) or given[0].place
        what = f"{one.statement} names {one.name}, who is not of the setup: {one.why}"
        remedy = f"remove {one.statement}, or the principal in it"
        yield Beyond(place, what, remedy, one.statement)


def _finding(witness: Witness, names: _Names, given: Sequence[Written], fallback: Place) -> Beyond:
    missing = witness.policy.startswith(_MEANT)
    if missing or not witness.policy:
        what = (
            f"{witness.statement or 'a statement'} of the setup is missing; without it this is allowed: {witness.text}"
        )
        return Beyond(fallback, what, f"put {witness.statement or 'it'} back", witness.statement, witness)
    place = _place_of_statement(witness.statement, given) or names.places.get(witness.policy, fallback)
    what = f"{witness.statement} allows more than the setup means: {witness.text}"
    return Beyond(
        place, what, f"remove {witness.statement}, or narrow it to what the setup means", witness.statement, witness
    )


def _place_of_statement(label: str, given: Sequence[Written]) -> Place | None:
    """Where a statement with a Sid is written, when several documents were merged into one policy."""
    if len(given) < 2 or '"' not in label:
        return None
    sid = label.split('"')[1]
    holders = [one.place for one in given if any(_sid(s) == sid for s in _statements(one.document))]
    return holders[0] if len(holders) == 1 else None


def _statements(document: Any) -> list[Any]:
    statements = document.get("Statement", []) if isinstance(document, Mapping) else document
    return statements if isinstance(statements, list) else [statements]


def _sid(statement: Any) -> Any:
    return statement.get("Sid") if isinstance(statement, Mapping) else None
