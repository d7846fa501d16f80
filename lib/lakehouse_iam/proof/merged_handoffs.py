"""Hand-offs merged into what was found, as whoever keeps the policies would merge them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.probes.outsiders import UNNAMED_ROLE
from lakehouse_iam.proof.deployed import Deployed, PolicyError, RoleFound, Written
from lakehouse_iam.proof.place import Place


def add_handoffs(deployed: Deployed, handoffs: Any, place: Place, partition: str, account: str) -> None:
    """Merge what is handed off, as whoever keeps the policy would.

    Args:
        deployed: where.
        handoffs: the hand-offs as `HandOff.to_json` writes them.
        place: where they stand.
        partition: of their stack.
        account: of their stack; buckets are taken to be there.

    Raises:
        PolicyError: one of them is no hand-off.
    """
    for index, handoff in enumerate(listed(handoffs)):
        if not isinstance(handoff, Mapping):
            raise PolicyError(place.within(index), "this is no hand-off: allowed is an object with Statements")
        where = place.within(index).within("Statements")
        document = {"Version": "2012-10-17", "Statement": handoff.get("Statements")}
        written = Written(document, where)
        if isinstance(handoff.get("BucketPolicyOf"), str):
            deployed.bucket(f"arn:{partition}:s3:::{handoff['BucketPolicyOf']}", account).handed_off.append(written)
        elif isinstance(handoff.get("KeyPolicyOf"), str):
            deployed.key(handoff["KeyPolicyOf"]).handed_off.append(written)
        elif isinstance(handoff.get("TrustPolicyOf"), str):
            _merge_trust(deployed.role(handoff["TrustPolicyOf"]), written)
        elif isinstance(handoff.get("PolicyOf"), str):
            known = split_arn(handoff["PolicyOf"]) is not None
            role = (
                deployed.role(handoff["PolicyOf"]) if known else deployed.role_named(partition, account, UNNAMED_ROLE)
            )
            attach(role, "handed off", written)
        else:
            deployed.taken.append(f"{where} is for something that only the deployment knows: it was not asked")


def _merge_trust(role: RoleFound, written: Written) -> None:
    if role.trust is None:
        role.trust = written
        return
    known = role.trust.document
    statements = known.get("Statement") if isinstance(known, Mapping) else known
    merged = {"Version": "2012-10-17", "Statement": [*listed(statements), *listed(written.document["Statement"])]}
    role.trust = Written(merged, role.trust.place)


def attach(role: RoleFound, name: str, written: Written) -> None:
    """Give a role a policy; a name that is taken gets a mark."""
    while name in role.identity:
        name += "'"
    role.identity[name] = written


def listed(value: Any) -> list[Any]:
    """A value that may be a list or stand alone, as a list."""
    return [] if value is None else value if isinstance(value, list) else [value]
