"""The world that snapshots show, in the shape that a proof asks: what is there, what is not, and what nobody read.

A policy that nobody read is `Unresolved`: an answer that depends on it is not decided, and its place says whom to ask. What was
looked for and is not there refuses everything. Nothing is taken as merged or deployed that no snapshot shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lakehouse_iam.arns.arn import account_of, name_of
from lakehouse_iam.evaluator.grammar import PolicyGrammarError, PolicyKind
from lakehouse_iam.evaluator.policies import load_policy
from lakehouse_iam.evaluator.world import Account
from lakehouse_iam.intrinsics import Unresolved
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.probes.outsiders import UNNAMED_ROLE
from lakehouse_iam.probes.probe import Probe
from lakehouse_iam.proof.deployed import Deployed, RoleFound, Written
from lakehouse_iam.proof.expectations import add_outsiders
from lakehouse_iam.proof.meaning import Meaning, meaning_of
from lakehouse_iam.proof.place import Place
from lakehouse_iam.proof.unresolved import nothing
from lakehouse_iam.snapshot.collected import UNREAD, Collected, collect
from lakehouse_iam.snapshot.document import Snapshot
from lakehouse_iam.snapshot.live_parts import block_public_access, is_readable, key_of_bucket, kms_grant, levels_above
from lakehouse_iam.snapshot.told import told_probes, with_told

Json = Mapping[str, Any]


@dataclass(frozen=True)
class NotRead:
    """Something of the setup that no snapshot shows.

    Args:
        arn: of the role, bucket, key or provider; the account's id for what stands above it.
        path: where it would stand in a snapshot, such as `roles.reader.trust`.
        account: whose admin can read it.
        why: what a snapshot says of it; empty where there is no snapshot of the account, or none that asked for it.
        decides: whether answers wait for it. The guardrails of an organization are taken to deny nothing, because few may
            read them.
    """

    arn: str
    path: str
    account: str
    why: str = ""
    decides: bool = True


@dataclass(frozen=True)
class Malformed:
    """A statement of a live policy that breaks the grammar.

    Args:
        arn: of the role, bucket or key that has the policy.
        path: of the policy in the snapshot.
        account: whose.
        rule: the rule, and what is allowed.
        statement: the statement as it stands.
    """

    arn: str
    path: str
    account: str
    rule: str
    statement: Any


@dataclass(frozen=True)
class LiveWorld:
    """What snapshots show of a setup.

    Args:
        plan: the setup's plan.
        meaning: what the plan would deploy, with the values that only the live side knows put in.
        probes: the setup's probes, likewise.
        snapshots: the newest of each account and workspace.
        deployed: what they show, and the outside principals that probes send.
        absent: what was looked for and is not there, by ARN, with the account.
        elsewhere: roles that are there under another path: the setup's ARN and the live one.
        not_read: what nobody read.
        told: the values that the live side tells: the text in the setup's documents, and what stands for it.
        malformed: statements that AWS would not take any more; they are read as if they were not there.
    """

    plan: Plan
    meaning: Meaning
    probes: tuple[Probe, ...]
    snapshots: Collected
    deployed: Deployed = field(repr=False)
    absent: Mapping[str, str]
    elsewhere: Mapping[str, str]
    not_read: tuple[NotRead, ...]
    told: Mapping[str, str]
    malformed: tuple[Malformed, ...] = ()


def live_world(plan: Plan, snapshots: Sequence[Snapshot]) -> LiveWorld:
    """The world that snapshots show of a plan's setup.

    Args:
        plan: the plan.
        snapshots: in any order; the newest of each account and workspace counts.

    Raises:
        InvalidValue: a snapshot is of another setup.
        PlanError: a template of the plan would be larger than CloudFormation takes.
    """
    collected = collect(snapshots, plan.setup)
    told = _told(plan, collected)
    meaning = with_told(meaning_of(plan, {}), told)
    probes = told_probes(meaning.document.probes, told)
    seen = _Seen(plan, meaning, collected)
    seen.look()
    add_outsiders(seen.deployed, probes)
    return LiveWorld(
        plan,
        replace(meaning, document=replace(meaning.document, probes=probes)),
        probes,
        collected,
        seen.deployed,
        seen.absent,
        seen.elsewhere,
        tuple(seen.not_read),
        told,
        tuple(seen.malformed),
    )


def _told(plan: Plan, collected: Collected) -> Mapping[str, str]:
    reference = pattern_named(plan.pattern).live_values
    found: Mapping[str, str] = reference.load()(plan, collected) if reference is not None else {}
    return found


class _Seen:
    """Puts snapshots into a `Deployed`."""

    def __init__(self, plan: Plan, meaning: Meaning, collected: Collected) -> None:
        self._plan, self._meaning, self._collected = plan, meaning, collected
        self._partition = plan.partition
        self.deployed = Deployed()
        self.absent: dict[str, str] = {}
        self.elsewhere: dict[str, str] = {}
        self.not_read: list[NotRead] = []
        self.malformed: list[Malformed] = []

    def look(self) -> None:
        """Put in everything."""
        region = self._plan.source.region
        self.deployed.environment = {"aws:RequestedRegion": region, "aws:SecureTransport": True}
        for arn in dict.fromkeys((*self._meaning.deployed.roles, *self._existing("iam"))):
            self._role_of_setup(arn)
        for arn, account in self._buckets().items():
            self._bucket_of_setup(arn, account)
        for arn in dict.fromkeys((*self._meaning.deployed.keys, *self._existing("kms"))):
            self._key(arn)
        for bucket in list(self.deployed.buckets.values()):
            if bucket.kms_key and bucket.kms_key not in self.deployed.keys:
                self._key(bucket.kms_key)
        for arn in sorted(self._meaning.deployed.saml_providers):
            self._provider(arn)
        for account in self._accounts():
            self._account(account)
        for account, snapshot in self._collected.accounts.items():
            self._others(account, snapshot)

    def _existing(self, service: str) -> Iterator[str]:
        for one in self._meaning.document.existing:
            if f":{service}:" in one.arn:
                yield one.arn

    def _buckets(self) -> dict[str, str]:
        """The setup's buckets, each with its account."""
        found = {arn: bucket.account for arn, bucket in self._meaning.deployed.buckets.items()}
        return found | {one.arn: one.account for one in self._meaning.document.existing if ":s3:" in one.arn}

    def _accounts(self) -> Iterator[str]:
        accounts = {str(phase.account) for phase in self._plan.phases}
        yield from sorted(accounts | set(self._buckets().values()) | set(self._collected.accounts))

    # ------------------------------------------------------------ what is not there, and what nobody read

    def _unread(self, arn: str, path: str, account: str, *, decides: bool = True) -> Unresolved:
        self.not_read.append(NotRead(arn, path, account, self._collected.why_unread(account, path), decides))
        return Unresolved(f"a snapshot of account {account} that has {path}")

    def _place(self, account: str, path: str) -> Place:
        return Place(self._collected.where(account), property=path)

    # ------------------------------------------------------------ roles

    def _role_of_setup(self, arn: str) -> None:
        account, name = account_of(arn), name_of(arn)
        role = self.deployed.role(arn)
        if name == UNNAMED_ROLE:
            # Nobody told the setup which role this is, so nobody can look at it: its hand-off is taken as merged.
            meant = self._meaning.deployed.roles.get(arn)
            role.identity |= dict(meant.identity) if meant is not None else {}
            return
        found = self._collected.of_account(account, "roles", name)
        if found is UNREAD:
            path = f"roles.{name}"
            unknown = Written(self._unread(arn, path, account), self._place(account, path))
            role.trust = unknown
            role.identity["every policy"] = unknown
        elif not isinstance(found, Mapping):
            self.absent[arn] = account
            role.trust = Written(nothing(PolicyKind.TRUST), self._place(account, f"roles.{name}, which is not there"))
        elif found["arn"] != arn:
            self.absent[arn] = account
            self.elsewhere[arn] = found["arn"]
            role.trust = Written(nothing(PolicyKind.TRUST), self._place(account, f"roles.{name}.arn, which differs"))
            self._fill_role(self.deployed.role(found["arn"]), name, account, found)
        else:
            self._fill_role(role, name, account, found)

    def _fill_role(self, role: RoleFound, name: str, account: str, found: Json) -> None:
        path = f"roles.{name}"
        role.trust = self._policy(role.arn, found.get("trust", UNREAD), f"{path}.trust", account, PolicyKind.TRUST)
        for kind in ("inline", "attached"):
            if kind not in found:
                unknown = self._unread(role.arn, f"{path}.{kind}", account)
                role.identity[f"{kind} policies"] = Written(unknown, self._place(account, f"{path}.{kind}"))
        for policy, document in found.get("inline", {}).items():
            role.identity[policy] = self._policy(
                role.arn, document, f"{path}.inline.{policy}", account, PolicyKind.IDENTITY
            )
        for policy, attached in found.get("attached", {}).items():
            where = f"{path}.attached.{policy}"
            role.identity[policy] = self._policy(
                role.arn, attached.get("document", UNREAD), where, account, PolicyKind.IDENTITY
            )
        boundary = found.get("boundary", UNREAD)
        if boundary is UNREAD:
            self.not_read.append(NotRead(role.arn, f"{path}.boundary", account, decides=False))
        elif boundary is not None:
            where = f"{path}.boundary"
            role.boundary = self._policy(
                role.arn, boundary.get("document", UNREAD), where, account, PolicyKind.BOUNDARY
            )
        role.tags = dict(found.get("tags", {}))
        role.exists = role.arn not in self._meaning.deployed.roles or self._meaning.deployed.roles[role.arn].exists

    def _policy(self, arn: str, document: Any, path: str, account: str, kind: PolicyKind) -> Written:
        if document is UNREAD:
            return Written(self._unread(arn, path, account), self._place(account, path))
        return Written(self._well_formed(arn, document, path, account, kind), self._place(account, path))

    def _well_formed(self, arn: str, document: Any, path: str, account: str, kind: PolicyKind) -> Any:
        """The policy without the statements that break the grammar: AWS takes none of them any more."""
        try:
            # Under the name that the world gives it, so that it is compiled once.
            load_policy(document, kind, _name(arn, path, account, kind))
        except PolicyGrammarError as error:
            return self._without_malformed(arn, document, path, account, kind, error)
        return document

    def _without_malformed(
        self, arn: str, document: Any, path: str, account: str, kind: PolicyKind, error: PolicyGrammarError
    ) -> Any:
        listed = document.get("Statement", []) if isinstance(document, Mapping) else []
        kept = []
        for statement in listed if isinstance(listed, list) else [listed]:
            try:
                load_policy({**document, "Statement": [statement]}, kind, path)
            except PolicyGrammarError as wrong:
                self.malformed.append(Malformed(arn, path, account, wrong.rule, statement))
            else:
                kept.append(statement)
        if not kept:
            return nothing(kind)
        whole = {"Version": document.get("Version", "2012-10-17"), "Statement": kept}
        try:
            load_policy(whole, kind, path)
        except PolicyGrammarError:
            self.malformed.append(Malformed(arn, path, account, error.rule, None))
            return Unresolved(f"a policy that can be read: {error.rule}")
        return whole

    # ------------------------------------------------------------ buckets

    def _bucket_of_setup(self, arn: str, account: str) -> None:
        name = arn.rpartition(":")[2]
        bucket = self.deployed.bucket(arn, account)
        found = self._collected.of_account(account, "buckets", name)
        path = f"buckets.{name}"
        if found is UNREAD:
            bucket.policy = Written(self._unread(arn, path, account), self._place(account, path))
            bucket.kms_key = self._meant_key(arn)
        elif not isinstance(found, Mapping):
            self.absent[arn] = account
            place = self._place(account, f"{path}, which is not there")
            bucket.policy = Written(nothing(PolicyKind.BUCKET), place)
        else:
            self._fill_bucket(arn, account, name, found)

    def _meant_key(self, arn: str) -> str | None:
        meant = self._meaning.deployed.buckets.get(arn)
        listed = (one.kms_key for one in self._meaning.document.existing if one.arn == arn and one.kms_key)
        return next(listed, None) or (meant.kms_key if meant is not None else None)

    def _fill_bucket(self, arn: str, account: str, name: str, found: Json) -> None:
        path, bucket = f"buckets.{name}", self.deployed.bucket(arn, account)
        policy = found.get("policy", UNREAD)
        if policy is not None:
            bucket.policy = self._policy(arn, policy, f"{path}.policy", account, PolicyKind.BUCKET)
        bucket.region = found.get("region", "")
        bucket.block_public_access = block_public_access(found.get("block_public_access"))
        encryption = found.get("encryption")
        if encryption is None:
            self.not_read.append(NotRead(arn, f"{path}.encryption", account, decides=False))
            bucket.kms_key = self._meant_key(arn)
        else:
            bucket.bucket_key = bool(encryption.get("bucket_key", False))
            bucket.kms_key = key_of_bucket(self._collected, self._partition, account, found)

    # ------------------------------------------------------------ keys, providers, accounts

    def _key(self, arn: str) -> None:
        account = account_of(arn)
        key = self.deployed.key(arn)
        found = self._collected.of_account(account, "keys", arn)
        path = f"keys.{arn}"
        if found is UNREAD:
            key.policy = Written(self._unread(arn, path, account), self._place(account, path))
        elif not isinstance(found, Mapping):
            self.absent[arn] = account
            key.policy = Written(nothing(PolicyKind.KEY), self._place(account, f"{path}, which is not there"))
        else:
            key.policy = self._policy(arn, found.get("policy", UNREAD), f"{path}.policy", account, PolicyKind.KEY)
            key.aws_managed = found.get("manager") == "AWS"
            if "grants" not in found:
                self.not_read.append(NotRead(arn, f"{path}.grants", account, decides=False))
            key.grants = tuple(kms_grant(arn, grant) for grant in found.get("grants", ()) if is_readable(grant))

    def _provider(self, arn: str) -> None:
        account = account_of(arn)
        found = self._collected.of_account(account, "saml_providers", arn)
        if found is UNREAD:
            self._unread(arn, f"saml_providers.{arn}", account)
        elif found is None:
            self.absent[arn] = account
            return
        self.deployed.saml_providers.add(arn)

    def _account(self, id: str) -> None:
        blocks = self._collected.property_of_account(id, "account_block_public_access")
        if blocks is UNREAD and id in self._buckets().values():
            self.not_read.append(NotRead(id, "account_block_public_access", id, decides=False))
        self.deployed.account_blocks[id] = block_public_access(None if blocks is UNREAD else blocks)
        organization = self._collected.property_of_account(id, "organization")
        if organization is UNREAD:
            why = self._collected.why_unread(id, "organization")
            self.not_read.append(NotRead(id, "organization", id, why, decides=False))
            return
        for key in ("service_control_policies", "resource_control_policies"):
            if organization.get("id") and key not in organization and not organization.get("management"):
                why = self._collected.why_unread(id, f"organization.{key}")
                self.not_read.append(NotRead(id, f"organization.{key}", id, why, decides=False))
        self.deployed.accounts[id] = Account(
            id,
            management=bool(organization.get("management", False)),
            service_control=levels_above(id, organization, "service_control_policies", PolicyKind.SERVICE_CONTROL),
            resource_control=levels_above(id, organization, "resource_control_policies", PolicyKind.RESOURCE_CONTROL),
            organization=organization.get("id") or "",
        )

    def _others(self, account: str, snapshot: Snapshot) -> None:
        """What a snapshot has beside the setup: whoever asks about it gets an answer too."""
        for name, role in snapshot.objects("roles").items():
            if role is not None and role["arn"] not in self.deployed.roles:
                self._fill_role(self.deployed.role(role["arn"]), name, account, role)
        for name, bucket in snapshot.objects("buckets").items():
            arn = f"arn:{self._partition}:s3:::{name}"
            if bucket is not None and arn not in self.deployed.buckets:
                self._fill_bucket(arn, account, name, bucket)
        for arn, key in snapshot.objects("keys").items():
            if key is not None and arn not in self.deployed.keys:
                self._key(arn)


def _name(arn: str, path: str, account: str, kind: PolicyKind) -> str:
    """What sentences call a policy of the world."""
    if kind is PolicyKind.IDENTITY:
        policy = path.partition(".inline.")[2] or path.partition(".attached.")[2]
        return f'identity policy "{policy}" of {arn}'
    name = f"the {kind.value} of {arn}"
    return f"{name} in {account}" if kind in (PolicyKind.BUCKET, PolicyKind.KEY) else name
