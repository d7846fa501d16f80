"""What would be deployed, document by document, and the world it makes.

Readers (`from_plan`, `from_templates`) put in what they find; the file of the real world adds what is there already.
Every document keeps the place where it is written, so that a fault can be pointed at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.context_keys import ContextValue
from lakehouse_iam.evaluator.grammar import PolicyGrammarError, PolicyKind
from lakehouse_iam.evaluator.policies import Policy, load_policy
from lakehouse_iam.evaluator.public_access import BLOCK_NOTHING, BlockPublicAccess
from lakehouse_iam.evaluator.world import (
    Account,
    Bucket,
    Key,
    Role,
    SamlProvider,
    VpcEndpoint,
    World,
    load_bucket,
    load_guarded,
    load_key,
    load_role,
)
from lakehouse_iam.intrinsics import Unresolved, is_resolved
from lakehouse_iam.proof.place import Place
from lakehouse_iam.proof.unresolved import OpenPlace, Reading, nothing, open_places, read


class PolicyError(LakehouseIamError):
    """A policy that AWS would refuse.

    Args:
        place: where it is written.
        what: the rule of the grammar or the quota it breaks.
    """

    def __init__(self, place: Place, what: str) -> None:
        self.place = place
        super().__init__(f"{place}: {what}")


@dataclass(frozen=True)
class Written:
    """A policy document, as far as it is resolved, and where it stands."""

    document: Any
    place: Place


@dataclass
class RoleFound:
    """A role that is deployed, or that exists already (`exists`): then what is known of it may not be all of it."""

    arn: str
    trust: Written | None = None
    identity: dict[str, Written] = field(default_factory=dict)
    boundary: Written | None = None
    tags: dict[str, str] = field(default_factory=dict)
    exists: bool = False


@dataclass
class BucketFound:
    """A bucket: its own policy, and statements handed off for whoever keeps it."""

    arn: str
    account: str
    policy: Written | None = None
    handed_off: list[Written] = field(default_factory=list)
    block_public_access: BlockPublicAccess = BLOCK_NOTHING
    kms_key: str | None = None
    bucket_key: bool = False
    exists: bool = False
    region: str = ""


@dataclass
class KeyFound:
    """A key: its own policy, and statements handed off for whoever keeps it."""

    arn: str
    policy: Written | None = None
    handed_off: list[Written] = field(default_factory=list)
    aws_managed: bool = False
    grants: tuple[Policy, ...] = ()
    exists: bool = False

    @property
    def is_unknown(self) -> bool:
        """Whether it exists and nobody told us its policy."""
        return self.exists and self.policy is None


@dataclass
class Deployed:
    """Everything that was found.

    `known_policies`: managed policies by ARN. `open_to_all`: resources of other services whose own policy stops nobody.
    `taken`: what had to be assumed.
    """

    roles: dict[str, RoleFound] = field(default_factory=dict)
    buckets: dict[str, BucketFound] = field(default_factory=dict)
    keys: dict[str, KeyFound] = field(default_factory=dict)
    saml_providers: set[str] = field(default_factory=set)
    open_to_all: set[str] = field(default_factory=set)
    accounts: dict[str, Account] = field(default_factory=dict)
    environment: dict[str, ContextValue] = field(default_factory=dict)
    known_policies: dict[str, Written] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    account_blocks: dict[str, BlockPublicAccess] = field(default_factory=dict)
    vpc_endpoints: list[VpcEndpoint] = field(default_factory=list)

    _by_name: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)

    def role_named(self, partition: str, account: str, name: str) -> RoleFound:
        """The role of that name, whatever its path; one that nobody makes exists already."""
        arn = self._by_name.get((account, name.lower()))
        return self.role(arn or f"arn:{partition}:iam::{account}:role/{name}")

    def knows_role(self, account: str, name: str) -> bool:
        """Whether a role of that name was found, whatever its path."""
        return (account, name.lower()) in self._by_name

    def role(self, arn: str) -> RoleFound:
        """The role; one that nobody makes exists already."""
        if arn not in self.roles:
            self.roles[arn] = RoleFound(arn, exists=True)
            fields = split_arn(arn)
            if fields is not None:
                self._by_name[(fields.account, arn.rpartition("/")[2].lower())] = arn
        return self.roles[arn]

    def bucket(self, arn: str, account: str) -> BucketFound:
        """The bucket; one that nobody makes exists already, in the account of whoever grants its use."""
        return self.buckets.setdefault(arn, BucketFound(arn, account, exists=True))

    def key(self, arn: str) -> KeyFound:
        """The key; one that nobody makes exists already."""
        return self.keys.setdefault(arn, KeyFound(arn, exists=True))

    def world(self, reading: Reading) -> World:
        """The world as it would be, with what is not known read in one of the two ways.

        Raises:
            PolicyError: a policy that breaks the grammar.
        """
        return World(
            accounts=tuple(self.accounts.values()),
            roles=tuple(_role(role, reading) for role in self.roles.values()),
            buckets=tuple(
                _bucket(bucket, reading, self.account_blocks.get(bucket.account, BLOCK_NOTHING))
                for bucket in self.buckets.values()
            ),
            keys=tuple(_key(key, reading) for key in self.keys.values()),
            saml_providers=tuple(SamlProvider(arn) for arn in sorted(self.saml_providers)),
            guarded=tuple(load_guarded(arn, _open_to_all(arn)) for arn in sorted(self.open_to_all)),
            environment=self.environment,
            vpc_endpoints=tuple(self.vpc_endpoints),
        )

    def open_places(self, arn: str) -> tuple[OpenPlace, ...]:
        """What is not known of a role, bucket or key."""
        found = [place for written in self._documents(arn) for place in open_places(written.document, written.place)]
        key = self.keys.get(arn)
        if key is not None and key.is_unknown:
            found.append(OpenPlace(Place(f"the policy of {arn}"), _WHETHER_DELEGATED))
        return tuple(found)

    @property
    def open_arns(self) -> frozenset[str]:
        """The roles, buckets and keys of which something is not known."""
        return frozenset(arn for arn in (*self.roles, *self.buckets, *self.keys) if self._is_open(arn))

    def _is_open(self, arn: str) -> bool:
        key = self.keys.get(arn)
        waiting = any(not is_resolved(written.document) for written in self._documents(arn))
        return waiting or (key is not None and key.is_unknown)

    def _documents(self, arn: str) -> Iterable[Written]:
        if arn in self.roles:
            role = self.roles[arn]
            yield from (role.trust,) if role.trust else ()
            yield from role.identity.values()
            yield from (role.boundary,) if role.boundary else ()
        for holder in (self.buckets.get(arn), self.keys.get(arn)):
            if holder is not None:
                yield from (holder.policy,) if holder.policy else ()
                yield from holder.handed_off


_WHETHER_DELEGATED = "whether it leaves the key to the IAM policies of its account; give it under keys in --world"


def _refused(written: Written, error: PolicyGrammarError) -> PolicyError:
    where = written.place.within(error.where) if error.where else written.place
    return PolicyError(where, f"AWS would refuse this policy: {error.rule}")


def _role(role: RoleFound, reading: Reading) -> Role:
    trust = role.trust or Written(nothing(PolicyKind.TRUST), Place(""))
    document = read(trust.document, reading, PolicyKind.TRUST) or nothing(PolicyKind.TRUST)
    name = f"the trust policy of {role.arn}"
    if trust.place == Place(role.arn):
        name += ", which is taken to leave the choice to whoever asks,"
    try:
        loaded = load_policy(document, PolicyKind.TRUST, name)
    except PolicyGrammarError as error:
        raise _refused(trust, error) from None
    parts = [_identity(role, name, written, reading) for name, written in role.identity.items()]
    identity = tuple(policy for part in parts for policy in part)
    return Role(role.arn, loaded, identity, _boundary(role, reading), role.tags)


def _identity(role: RoleFound, name: str, written: Written, reading: Reading) -> tuple[Any, ...]:
    document = read(written.document, reading, PolicyKind.IDENTITY)
    if document is None:
        return ()
    try:
        return load_role(role.arn, _ANY_TRUST, {name: document}).identity
    except PolicyGrammarError as error:
        raise _refused(written, error) from None


_ANY_TRUST = nothing(PolicyKind.TRUST)


def _boundary(role: RoleFound, reading: Reading) -> Any:
    written = role.boundary
    if written is None or (isinstance(written.document, Unresolved) and reading is Reading.MOST):
        return None
    document = read(written.document, reading, PolicyKind.BOUNDARY) or nothing(PolicyKind.BOUNDARY)
    try:
        return load_role(role.arn, _ANY_TRUST, boundary=document).boundary
    except PolicyGrammarError as error:
        raise _refused(written, error) from None


def _bucket(bucket: BucketFound, reading: Reading, of_account: BlockPublicAccess) -> Bucket:
    document = merged((bucket.policy, *bucket.handed_off), reading, PolicyKind.BUCKET)
    # A principal that is widened because nobody knows it yet must not make the policy public in the widest reading.
    widened = reading is Reading.MOST and any(
        not is_resolved(written.document) for written in (bucket.policy, *bucket.handed_off) if written
    )
    try:
        return load_bucket(
            bucket.arn,
            bucket.account,
            document,
            block_public_access=BLOCK_NOTHING if widened else bucket.block_public_access | of_account,
            kms_key=bucket.kms_key,
            bucket_key=bucket.bucket_key,
            region=bucket.region,
        )
    except PolicyGrammarError as error:
        raise _refused(_first(bucket.policy, bucket.handed_off), error) from None


def _key(key: KeyFound, reading: Reading) -> Key:
    delegation = [Written(left_to_iam(key.arn), Place(key.arn))] if key.is_unknown and reading is Reading.MOST else []
    document = merged((key.policy, *key.handed_off, *delegation), reading, PolicyKind.KEY) or nothing(PolicyKind.KEY)
    try:
        return load_key(key.arn, document, aws_managed=key.aws_managed, grants=key.grants)
    except PolicyGrammarError as error:
        raise _refused(_first(key.policy, key.handed_off), error) from None


def _open_to_all(arn: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": arn}
    return {"Version": "2012-10-17", "Statement": [statement]}


def left_to_iam(arn: str) -> dict[str, Any]:
    """The policy that most keys have: the IAM policies of the key's account decide.

    Source: AWS docs `kms/latest/developerguide/key-policy-default.html`, read 2026-11-21.
    """
    fields = split_arn(arn)
    root = f"arn:{fields.partition}:iam::{fields.account}:root" if fields is not None else "*"
    statement = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _first(policy: Written | None, handed_off: list[Written]) -> Written:
    return policy or handed_off[0]


def merged(written: Iterable[Written | None], reading: Reading, kind: PolicyKind) -> dict[str, Any] | None:
    """A policy with the statements that its keeper merges; a Sid that is taken is left out, as anyone would.

    Args:
        written: the policy, then what is handed off for it.
        reading: how to read what is not known yet.
        kind: what the policy is attached to.
    """
    documents = [read(one.document, reading, kind) for one in written if one]
    found = [document for document in documents if document is not None]
    if len(found) < 2:
        return found[0] if found else None
    statements: list[Any] = []
    sids: set[str] = set()
    for document in found:
        listed = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
        for statement in listed:
            if statement in statements:
                continue
            sid = statement.get("Sid", "") if isinstance(statement, Mapping) else ""
            statements.append({k: v for k, v in statement.items() if k != "Sid"} if sid in sids else statement)
            sids.add(sid)
    return {"Version": found[0].get("Version", "2008-10-17"), "Statement": statements}
