"""Two worlds compared, role by role, bucket by bucket, key by key.

What is the same in both is passed over by its text, so the work grows with what differs. Something that only one of the
two has is compared with nothing: what an added role may do, and who may become it, is new access.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from lakehouse_iam.evaluator.compare.attached import Attached, compare_attached
from lakehouse_iam.evaluator.compare.guards import Guard, compare_resource, compare_trust
from lakehouse_iam.evaluator.compare.result import Change, Comparison, Json, Witness
from lakehouse_iam.evaluator.context_keys import ContextValue
from lakehouse_iam.evaluator.evaluate import EXPLICIT_DENY, IMPLICIT_DENY, Request, RequestError
from lakehouse_iam.evaluator.policies import Policy
from lakehouse_iam.evaluator.public_access import BLOCK_NOTHING, BlockPublicAccess
from lakehouse_iam.evaluator.world import Account, Bucket, Guarded, Key, Role, User, World, WorldError

ROLE = "role"
TRUST = "trust"
USER = "user"
BUCKET = "bucket"
KEY = "key"
RESOURCE = "resource"


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing that both worlds have, or one of them.

    Args:
        kind: "role" or "user" (what it may do), "trust" (who may become the role), "bucket", "key" or "resource" (who may
            do what with it).
        arn: of the role, bucket, …
        change: how it changed; added or removed where only one world has it.
        comparison: what is allowed now and was not, and the other way round.
        notes: what else bears on the witnesses, a sentence each.
    """

    kind: str
    arn: str
    change: Change
    comparison: Comparison
    notes: tuple[str, ...] = ()

    @property
    def is_wider(self) -> bool:
        """Whether it allows something that was refused before."""
        return self.comparison.is_wider

    def to_json(self) -> Json:
        """The unit for machines."""
        return {
            **self.comparison.to_json(),
            "kind": self.kind,
            "arn": self.arn,
            "change": self.change.value,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class WorldComparison:
    """Every unit of two worlds, the unchanged ones too, in the order of the later world."""

    units: tuple[Unit, ...]

    @property
    def is_wider(self) -> bool:
        """Whether some unit allows something that was refused before."""
        return any(unit.is_wider for unit in self.units)

    @property
    def changed(self) -> tuple[Unit, ...]:
        """The units that are not the same."""
        return tuple(unit for unit in self.units if unit.change is not Change.SAME)

    @property
    def grants_nothing_new(self) -> bool:
        """Whether it is certain that nothing is allowed that was refused before."""
        return all(unit.comparison.grants_nothing_new for unit in self.units)

    def to_json(self) -> Json:
        """The comparison for machines: the changed units, and how many are unchanged."""
        changed = self.changed
        return {"units": [unit.to_json() for unit in changed], "unchanged": len(self.units) - len(changed)}


def compare_worlds(before: World, after: World) -> WorldComparison:
    """Compare two worlds, unit by unit.

    A witness of a role has the way to the role in its `chain` where its trust policy tells one.
    """
    return WorldComparison(tuple(_units(before, after)))


def _units(before: World, after: World) -> Iterator[Unit]:
    compare = _Compared(before, after)
    for arn, old_role, new_role in _pairs(before.roles, after.roles):
        yield compare.role(arn, old_role, new_role)
        yield compare.trust(arn, old_role, new_role)
    for arn, old_user, new_user in _pairs(before.users, after.users):
        yield compare.user(arn, old_user, new_user)
    for arn, old_bucket, new_bucket in _pairs(before.buckets, after.buckets):
        yield compare.bucket(arn, old_bucket, new_bucket)
    for arn, old_key, new_key in _pairs(before.keys, after.keys):
        yield compare.key(arn, old_key, new_key)
    for arn, old_guarded, new_guarded in _pairs(before.guarded, after.guarded):
        yield compare.guarded(arn, old_guarded, new_guarded)


class _HasArn(Protocol):
    @property
    def arn(self) -> str: ...


_Thing = TypeVar("_Thing", bound=_HasArn)


def _pairs(before: Iterable[_Thing], after: Iterable[_Thing]) -> Iterator[tuple[str, _Thing | None, _Thing | None]]:
    """Each thing by its ARN, as both worlds have it."""
    old, new = ({one.arn: one for one in some} for some in (before, after))
    for arn in (*new, *(arn for arn in old if arn not in new)):
        yield arn, old.get(arn), new.get(arn)


def _unit(kind: str, arn: str, old: object, new: object, comparison: Comparison, notes: tuple[str, ...] = ()) -> Unit:
    change = Change.ADDED if old is None else Change.REMOVED if new is None else comparison.change
    return Unit(kind, arn, change, comparison, notes)


class _Compared:
    """Compares the units of two worlds."""

    def __init__(self, before: World, after: World) -> None:
        self._before = before
        self._after = after

    def role(self, arn: str, old: Role | None, new: Role | None) -> Unit:
        """What a role may do."""
        sides = _attached(self._before, old), _attached(self._after, new)
        comparison = compare_attached(*sides, arn, known=_known(self._after, arn, new or old))
        notes: tuple[str, ...] = ()
        if comparison.wider and new is not None:
            way = self._way_to(arn, new)
            comparison = replace(comparison, wider=tuple(replace(one, chain=way) for one in comparison.wider))
            notes = tuple(dict.fromkeys(note for one in comparison.wider for note in self._beside(one)))
        return _unit(ROLE, arn, old, new, comparison, notes)

    def user(self, arn: str, old: User | None, new: User | None) -> Unit:
        """What a user may do."""
        sides = _attached(self._before, old), _attached(self._after, new)
        return _unit(USER, arn, old, new, compare_attached(*sides, arn, known=_known(self._after, arn, new or old)))

    def trust(self, arn: str, old: Role | None, new: Role | None) -> Unit:
        """Who may become a role."""
        before = _guard(self._before, _account(arn), old.trust if old else None)
        after = _guard(self._after, _account(arn), new.trust if new else None)
        return _unit(TRUST, arn, old, new, compare_trust(before, after, arn))

    def bucket(self, arn: str, old: Bucket | None, new: Bucket | None) -> Unit:
        """Who may do what with a bucket."""
        account = next(bucket.account for bucket in (new, old) if bucket is not None)
        before = _guard(self._before, account, old.policy, old.block_public_access) if old else Guard()
        after = _guard(self._after, account, new.policy, new.block_public_access) if new else Guard()
        return _unit(
            BUCKET, arn, old, new, compare_resource(before, after, arn, account, subject=f"the bucket policy of {arn}")
        )

    def key(self, arn: str, old: Key | None, new: Key | None) -> Unit:
        """Who may do what with a key, by its policy and its grants."""
        before, after = _key_guard(self._before, old), _key_guard(self._after, new)
        subject = f"the key policy of {arn}"
        return _unit(KEY, arn, old, new, compare_resource(before, after, arn, _account(arn), subject=subject))

    def guarded(self, arn: str, old: Guarded | None, new: Guarded | None) -> Unit:
        """Who may do what with a resource of another service."""
        return self._by_policy(RESOURCE, arn, old, new, f"the resource policy of {arn}")

    def _by_policy(
        self, kind: str, arn: str, old: Key | Guarded | None, new: Key | Guarded | None, subject: str
    ) -> Unit:
        before = _guard(self._before, _account(arn), old.policy) if old else Guard()
        after = _guard(self._after, _account(arn), new.policy) if new else Guard()
        return _unit(kind, arn, old, new, compare_resource(before, after, arn, _account(arn), subject=subject))

    def _way_to(self, arn: str, role: Role) -> tuple[str, ...]:
        """Somebody who may become the role in the later world, and the role."""
        found = compare_trust(Guard(), _guard(self._after, _account(arn), role.trust), arn).wider
        return (found[0].principal, arn) if found else ()

    def _beside(self, witness: Witness) -> Iterator[str]:
        """What the other side says to a witness, where the later world knows it."""
        request = Request(witness.principal, witness.action, witness.resource, None, witness.context)
        try:
            decision = self._after.decide(request)
        except (WorldError, RequestError):
            return
        if decision.decision in (IMPLICIT_DENY, EXPLICIT_DENY):
            yield f"{witness.action} on {witness.resource} is still refused on the other side: {decision.because[0]}"


def _account(arn: str) -> str:
    return arn.split(":")[4]


def _attached(world: World, holder: Role | User | None) -> Attached:
    if holder is None:
        return Attached()
    account = world.account(_account(holder.arn))
    boundaries = () if holder.boundary is None else (holder.boundary,)
    return Attached(holder.identity, boundaries, () if account.management else account.service_control)


def _guard(world: World, account_id: str, policy: Policy | None, blocked: BlockPublicAccess = BLOCK_NOTHING) -> Guard:
    account: Account = world.account(account_id)
    return Guard(policy, blocked, () if account.management else account.resource_control)


def _key_guard(world: World, key: Key | None) -> Guard:
    if key is None:
        return Guard()
    guard = Guard() if key.aws_managed else _guard(world, _account(key.arn), None)
    return replace(guard, policy=key.policy, kms_grants=key.grants)


def _known(world: World, arn: str, holder: Role | User | None) -> Mapping[str, ContextValue]:
    tags: dict[str, ContextValue] = {
        f"aws:PrincipalTag/{name}": value for name, value in (holder.tags if holder else {}).items()
    }
    organization = world.account(_account(arn)).organization
    return {**tags, "aws:PrincipalOrgID": organization} if organization else tags
