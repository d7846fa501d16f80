"""Values that only the live side knows, put into what a setup means: the external id that a storage credential shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from lakehouse_iam.probes.probe import Probe
from lakehouse_iam.proof.deployed import BucketFound, KeyFound, Written
from lakehouse_iam.proof.meaning import Meaning

Told = Mapping[str, str]
"""What stands in the setup's documents, and what the live side has in its place."""

_Some = TypeVar("_Some")


def with_told(meaning: Meaning, told: Told) -> Meaning:
    """The meaning of a setup with the told values in its documents. The given one is changed."""
    if told:
        for role in meaning.deployed.roles.values():
            role.trust = _in_document(role.trust, told) if role.trust is not None else None
            role.identity = {name: _in_document(written, told) for name, written in role.identity.items()}
        holders: tuple[BucketFound | KeyFound, ...] = (
            *meaning.deployed.buckets.values(),
            *meaning.deployed.keys.values(),
        )
        for holder in holders:
            holder.policy = _in_document(holder.policy, told) if holder.policy is not None else None
            holder.handed_off = [_in_document(written, told) for written in holder.handed_off]
    return meaning


def told_probes(probes: tuple[Probe, ...], told: Told) -> tuple[Probe, ...]:
    """Probes with the told values in them."""
    return tuple(with_texts(probe, told) for probe in probes) if told else probes


def _in_document(written: Written, told: Told) -> Written:
    return replace(written, document=with_texts(written.document, told))


def with_texts(value: _Some, told: Told) -> _Some:
    """A value with texts in it replaced, however deep they stand."""
    found: Any = _replaced(value, told)
    kept: _Some = found
    return kept


def _replaced(value: Any, told: Told) -> Any:
    if isinstance(value, str):
        for old, new in told.items():
            value = value.replace(old, new)
        return value
    if isinstance(value, Mapping):
        return {_replaced(key, told): _replaced(item, told) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, told) for item in value]
    if isinstance(value, tuple):
        return tuple(_replaced(item, told) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {one.name: _replaced(getattr(value, one.name), told) for one in fields(value) if one.init}
        return replace(value, **changed)
    return value
