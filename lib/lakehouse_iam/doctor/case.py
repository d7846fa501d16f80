"""One patient: what the snapshots show, what the setup means, and which of its probes are refused where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from lakehouse_iam.arns.arn import account_of, name_of
from lakehouse_iam.doctor.broken_link import BrokenLink
from lakehouse_iam.doctor.expected import Expectations
from lakehouse_iam.evaluator.cases import policy_holder
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.policy_elements import statements_of
from lakehouse_iam.probes.probe import Expected
from lakehouse_iam.proof.deployed import Written
from lakehouse_iam.snapshot.collected import Collected, Unread
from lakehouse_iam.snapshot.live_world import LiveWorld

Json = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """Everything that diseases look at.

    Args:
        live: the world of the snapshots.
        expected: what the plan makes and expects.
        links: where probes are refused.
        now: the time of the newest snapshot, in UTC.
    """

    live: LiveWorld
    expected: Expectations
    links: tuple[BrokenLink, ...]
    now: datetime

    @property
    def plan(self) -> Plan:
        """The setup's plan."""
        return self.live.plan

    @property
    def snapshots(self) -> Collected:
        """The newest snapshots."""
        return self.live.snapshots

    def links_of(self, *kinds: PolicyKind) -> Iterator[BrokenLink]:
        """The broken links where a policy of one of these kinds refuses, of things that are there."""
        for link in self.links:
            if link.kind in kinds and link.holder not in self.live.absent and link.caller not in self.live.absent:
                yield link

    def links_through(self, arn: str) -> tuple[BrokenLink, ...]:
        """The broken links at something, or where it is the one who asks."""
        return tuple(link for link in self.links if arn in (link.holder, link.caller, policy_holder(link.resource)))

    def rank(self, arn: str) -> float:
        """Where in the chain something stands: the number of the first probe that passes it."""
        return self._ranks.get(arn, float(len(self.live.probes)))

    @cached_property
    def _ranks(self) -> Mapping[str, float]:
        found: dict[str, float] = {}
        for number, probe in enumerate(self.live.probes):
            if probe.expected is not Expected.ALLOW:
                continue
            holder = policy_holder(probe.resource)
            bucket = self.live.deployed.buckets.get(holder)
            key = bucket.kms_key if bucket is not None and probe.action in _ASKS_KMS else None
            for arn in (probe.principal, *probe.assumes, holder, key):
                if arn:
                    found.setdefault(arn, float(number))
        return found

    def is_used_from_elsewhere(self, bucket: str, owner: str) -> bool:
        """Whether a role of another account than its owner's uses a bucket."""
        return any(account != owner for account in self._users.get(bucket, ()))

    @cached_property
    def _users(self) -> Mapping[str, set[str]]:
        """The accounts of the roles that use each bucket."""
        found: dict[str, set[str]] = {}
        for probe in self.live.probes:
            if probe.expected is Expected.ALLOW and probe.action.startswith("s3:"):
                user = (probe.assumes or (probe.principal,))[-1]
                found.setdefault(policy_holder(probe.resource), set()).add(account_of(user))
        return found

    # ------------------------------------------------------------ live documents

    def role(self, arn: str) -> Json | Unread | None:
        """A role in its account's snapshot."""
        return self._well_formed(arn, self.snapshots.of_account(account_of(arn), "roles", name_of(arn)))

    def bucket(self, account: str, name: str) -> Json | Unread | None:
        """A bucket in its account's snapshot."""
        found = self.snapshots.of_account(account, "buckets", name)
        return self._well_formed(f"arn:{self.live.plan.partition}:s3:::{name}", found)

    def key(self, arn: str) -> Json | Unread | None:
        """A key in its account's snapshot."""
        return self._well_formed(arn, self.snapshots.of_account(account_of(arn), "keys", arn))

    def _well_formed(self, arn: str, found: Any) -> Json | Unread | None:
        """What a snapshot shows, without the statements that AWS would not take: decisions count the others only."""
        wrong = [one.statement for one in self.live.malformed if one.arn == arn]
        return _as_json(_without(found, wrong) if wrong else found)

    def statements(self, kind: PolicyKind, holder: str) -> list[Json]:
        """The statements of a live trust, bucket or key policy as they stand; none where nobody read it."""
        document = self.document(kind, holder)
        return statements_of(document)

    def document(self, kind: PolicyKind, holder: str) -> Json | None:
        """A live trust, bucket or key policy as it stands; None where there is none, or nobody read it."""
        if kind is PolicyKind.TRUST:
            found = self.role(holder)
            key = "trust"
        elif kind is PolicyKind.BUCKET:
            bucket = self.live.deployed.buckets.get(holder)
            found = self.bucket(bucket.account if bucket is not None else "", name_of(holder))
            key = "policy"
        else:
            found = self.key(holder)
            key = "policy"
        document = found.get(key) if isinstance(found, Mapping) else None
        # One of which nothing is left is none.
        return dict(document) if isinstance(document, Mapping) and document.get("Statement") else None

    def meant_statements(self, kind: PolicyKind, holder: str) -> list[Json]:
        """The statements that the setup puts into a trust, bucket or key policy."""
        meant = self.live.meaning.deployed
        written: list[Written | None] = []
        if kind is PolicyKind.TRUST and holder in meant.roles:
            written = [meant.roles[holder].trust]
        elif kind is PolicyKind.BUCKET and holder in meant.buckets:
            written = [meant.buckets[holder].policy, *meant.buckets[holder].handed_off]
        elif kind is PolicyKind.KEY and holder in meant.keys:
            written = [meant.keys[holder].policy, *meant.keys[holder].handed_off]
        return [one for document in written if document is not None for one in statements_of(document.document)]

    def live_identity(self, arn: str) -> list[Json]:
        """The statements of all live identity policies of a role."""
        role = self.role(arn)
        if not isinstance(role, Mapping):
            return []
        documents = [*role.get("inline", {}).values()]
        documents += [one.get("document") for one in role.get("attached", {}).values()]
        return [one for document in documents for one in statements_of(document)]

    def meant_identity(self, arn: str) -> dict[str, Json]:
        """The identity policies that the setup gives a role, by name."""
        role = self.live.meaning.deployed.roles.get(arn)
        return {name: written.document for name, written in role.identity.items()} if role is not None else {}


_ASKS_KMS = ("s3:GetObject", "s3:PutObject")


def _without(value: Any, wrong: list[Any]) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {
        key: [one for one in (inner if isinstance(inner, list) else [inner]) if one not in wrong]
        if key == "Statement"
        else _without(inner, wrong)
        for key, inner in value.items()
    }


def _as_json(found: Any) -> Json | Unread | None:
    return dict(found) if isinstance(found, Mapping) else found
