"""Differences from what the setup would deploy: widened, narrowed, missing, extra, or only written otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lakehouse_iam.arns.arn import name_of
from lakehouse_iam.doctor.case import Case
from lakehouse_iam.doctor.diagnosis import Drift
from lakehouse_iam.doctor.owned import Owned
from lakehouse_iam.doctor.sentences import said
from lakehouse_iam.evaluator.compare import Change, Unit
from lakehouse_iam.proof.deployed import BucketFound, RoleFound, Written

_HOUR = 3600


def drift(case: Case, sides: Owned) -> Iterator[Drift]:
    """Every difference of what the setup owns.

    Args:
        case: the case.
        sides: what the setup owns, as it is meant and as it is.
    """
    meant, found, units = sides.meant, sides.found, sides.units
    changes = {(unit.kind, unit.arn): unit for unit in units}
    for unit in units:
        if unit.change is not Change.SAME:
            yield _differs(unit)
    for arn, role in found.roles.items():
        yield from _of_role(case, meant.roles[arn], role, changes)
    for arn, bucket in found.buckets.items():
        unit = changes["bucket", arn]
        if unit.change is Change.SAME and _texts(_of_bucket(meant.buckets[arn])) != _texts(_of_bucket(bucket)):
            yield Drift(arn, "written otherwise", said("drift-bucket-policy-words", name=name_of(arn)), True)
    yield from _attributes(case)


def _differs(unit: Unit) -> Drift:
    comparison = unit.comparison
    witness = next(iter((*comparison.wider, *comparison.narrower)), None)
    if witness is None:
        says = said("drift-not-told", why=comparison.not_decided[0] if comparison.not_decided else comparison.subject)
    else:
        says = said("drift-now-allowed" if comparison.wider else "drift-no-longer-allowed", request=witness.text)
    return Drift(unit.arn, unit.change.value, says, False, witness)


def _of_role(
    case: Case, meant: RoleFound, found: RoleFound, changes: Mapping[tuple[str, str], Unit]
) -> Iterator[Drift]:
    name = name_of(found.arn)
    trust = changes["trust", found.arn]
    if trust.change is Change.SAME and _texts([meant.trust]) != _texts([found.trust]):
        yield Drift(found.arn, "written otherwise", said("drift-trust-words", name=name), True)
    same = changes["role", found.arn].change is Change.SAME
    has, wanted = {name_of(one) for one in found.identity}, set(meant.identity)
    for policy in sorted(has - wanted):
        yield Drift(found.arn, "extra", said("drift-extra-policy", name=name, policy=policy), same)
    for policy in sorted(wanted - has):
        yield Drift(found.arn, "missing", said("drift-missing-policy", name=name, policy=policy), same)
    both = sorted(has & wanted)
    live = {name_of(one): written for one, written in found.identity.items()}
    for policy in both:
        if same and _texts([meant.identity[policy]]) != _texts([live[policy]]):
            yield Drift(found.arn, "written otherwise", said("drift-policy-words", name=name, policy=policy), True)


def _of_bucket(bucket: BucketFound) -> list[Written | None]:
    return [bucket.policy, *bucket.handed_off]


def _texts(written: list[Written | None]) -> list[str]:
    return sorted(json.dumps(_plain(one.document), sort_keys=True) for one in written if one is not None)


def _plain(document: Any) -> Any:
    """A document in which a list of one and the one itself are the same."""
    if isinstance(document, Mapping):
        return {key: _plain(value) for key, value in document.items()}
    if isinstance(document, list):
        items = [_plain(one) for one in document]
        return items[0] if len(items) == 1 else sorted(items, key=lambda one: json.dumps(one, sort_keys=True))
    return document


def _attributes(case: Case) -> Iterator[Drift]:
    for arn, (_, role) in case.expected.roles.items():
        live = case.role(arn)
        if not isinstance(live, Mapping):
            continue
        name, seconds = name_of(arn), live.get("session_seconds")
        wanted = (role.session_hours or 1) * _HOUR
        if seconds is not None and seconds > wanted:
            says = said("drift-longer-session", name=name, found=f"{seconds:,}", wanted=f"{wanted:,}")
            yield Drift(arn, "widened", says, False)
        meant = str(role.permissions_boundary) if role.permissions_boundary else None
        boundary = live.get("boundary", {"arn": meant} if meant else None)
        has = boundary["arn"] if boundary else None
        if has != meant:
            change = "extra" if meant is None else "missing" if has is None else "written otherwise"
            says = said("drift-boundary", name=name, found=has or "-", wanted=meant or "-")
            yield Drift(arn, change, says, harmless=meant is None and not case.links_through(arn))
