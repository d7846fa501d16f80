"""The accounts, principals and resources that a proof knows, and the policies that bear on a request among
them.

Source of the rules on organizations: AWS docs `organizations/latest/userguide/orgs_manage_policies_scps.html`
and `orgs_manage_policies_rcps.html` (neither applies to the management account), and
`kms/latest/developerguide/resource-control-policies.html` (not to AWS managed keys), read 2026-11-21.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.cases import policy_holder
from lakehouse_iam.evaluator.context_keys import ContextValue
from lakehouse_iam.evaluator.evaluate import Decision, Policies, Request, evaluate
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.policies import Policy, load_policy
from lakehouse_iam.evaluator.principals import Caller, CallerError, CallerKind, parse_caller

Document = Mapping[str, object] | str
"""A policy document: JSON text or the object it stands for."""

_DELETED_ROLE_ID = "AROADELETEDROLEXAMPLE"


class WorldError(LookupError):
    """A request names a principal or a resource that the world does not know, so it cannot be decided."""


@dataclass(frozen=True, slots=True)
class Account:
    """An AWS account.

    `id`: 12 digits. `management`: the organization's management account, which SCPs and RCPs leave alone.
    `outside`: who runs it, when its own IAM policies are not ours to know (Databricks); they are then taken
    to allow. `service_control`, `resource_control`: levels from the organization's root down to the account.
    `organization`: its id (o-…), which AWS fills into aws:PrincipalOrgID and aws:ResourceOrgID.
    """

    id: str
    management: bool = False
    outside: str = ""
    service_control: tuple[tuple[Policy, ...], ...] = ()
    resource_control: tuple[tuple[Policy, ...], ...] = ()
    organization: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """A role: its ARN with path, trust policy, identity policies (inline and managed), boundary and tags."""

    arn: str
    trust: Policy
    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class User:
    """A user: its ARN with path, identity policies (its groups' included), boundary and tags."""

    arn: str
    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket: its ARN, the account that owns it, its policy, whether all four public-access blocks are on.

    `kms_key`: the ARN of the key new and old objects are encrypted with, None for SSE-S3. `bucket_key`:
    whether S3 Bucket Keys are on, which makes the bucket's ARN the encryption context instead of the
    object's.
    """

    arn: str
    account: str
    policy: Policy | None = None
    block_public_access: bool = True
    kms_key: str | None = None
    bucket_key: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """A KMS key: its ARN and key policy. `aws_managed`: a key such as aws/s3, which RCPs leave alone."""

    arn: str
    policy: Policy
    aws_managed: bool = False


@dataclass(frozen=True, slots=True)
class Guarded:
    """A resource of another service, such as a queue, with its resource policy."""

    arn: str
    policy: Policy


@dataclass(frozen=True, slots=True)
class SamlProvider:
    """A SAML identity provider of an account."""

    arn: str


@dataclass(frozen=True)
class World:
    """Everything a proof knows. `environment`: context of every request, e.g. `{"aws:SecureTransport":
    True}`.
    """

    accounts: tuple[Account, ...] = ()
    roles: tuple[Role, ...] = ()
    users: tuple[User, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    keys: tuple[Key, ...] = ()
    saml_providers: tuple[SamlProvider, ...] = ()
    guarded: tuple[Guarded, ...] = ()
    environment: Mapping[str, ContextValue] = field(default_factory=dict)

    @cached_property
    def _accounts(self) -> dict[str, Account]:
        return {account.id: account for account in self.accounts}

    @cached_property
    def _roles(self) -> dict[str, Role]:
        return {role.arn: role for role in self.roles}

    @cached_property
    def _users(self) -> dict[str, User]:
        return {user.arn: user for user in self.users}

    @cached_property
    def _buckets(self) -> dict[str, Bucket]:
        return {bucket.arn: bucket for bucket in self.buckets}

    @cached_property
    def _keys(self) -> dict[str, Key]:
        return {key.arn: key for key in self.keys}

    @cached_property
    def _guarded(self) -> dict[str, Policy]:
        return {resource.arn: resource.policy for resource in self.guarded}

    @cached_property
    def _providers(self) -> frozenset[str]:
        return frozenset(provider.arn for provider in self.saml_providers)

    def role(self, arn: str) -> Role:
        """The role `arn`. Raises WorldError when the world has none."""
        found = self._roles.get(arn)
        if found is None:
            raise WorldError(f"the world has no role {arn}; add it, with its trust and identity policies")
        return found

    def bucket(self, arn: str) -> Bucket:
        """The bucket `arn`. Raises WorldError when the world has none."""
        found = self._buckets.get(arn)
        if found is None:
            raise WorldError(f"the world has no bucket {arn}; add it, with its owner")
        return found

    def key(self, arn: str) -> Key:
        """The key `arn`. Raises WorldError when the world has none."""
        found = self._keys.get(arn)
        if found is None:
            raise WorldError(f"the world has no key {arn}; add it, with its key policy")
        return found

    def has_provider(self, arn: str) -> bool:
        """Whether the SAML provider `arn` exists."""
        return arn in self._providers

    def account(self, account_id: str) -> Account:
        """The account; one that nothing is known of has no organization around it."""
        return self._accounts.get(account_id) or _account_of_nobody(account_id)

    def decide(self, request: Request, session_policies: tuple[Policy, ...] = ()) -> Decision:
        """Decide a request with every policy of this world that bears on it.

        Parameters: request: its resource account may be left out when the world knows the resource; its
        context wins over `environment`. session_policies: those the caller's session was made with.

        Raises WorldError when the principal or the resource is unknown, RequestError when the request is
        malformed.
        """
        caller = self._caller(request)
        owner, resource_policy, blocked = self._resource(request.resource)
        asked_account = request.resource_account or owner
        around = self._organizations(caller, asked_account)
        context = {**self.environment, **self._tags(caller), **around, **request.context}
        asked = Request(request.principal, request.action, request.resource, asked_account, context)
        identity, boundaries = self._attached(caller)
        account = asked.resource_account or ""
        policies = Policies(
            identity,
            resource_policy,
            boundaries,
            session_policies,
            self._service_control(caller),
            self._resource_control(account, request.resource),
            blocked,
        )
        return evaluate(asked, policies)

    def _caller(self, request: Request) -> Caller:
        try:
            caller = parse_caller(request.principal)
            if caller.kind is CallerKind.SESSION:
                return parse_caller(str(request.context.get("aws:PrincipalArn", caller.identity)))
            return caller
        except CallerError as error:
            raise WorldError(str(error)) from None

    def _tags(self, caller: Caller) -> dict[str, ContextValue]:
        holder = self._roles.get(caller.identity) or self._users.get(caller.identity)
        return {f"aws:PrincipalTag/{name}": value for name, value in holder.tags.items()} if holder else {}

    def _organizations(self, caller: Caller, resource_account: str | None) -> dict[str, ContextValue]:
        """Whose organization asks and whose is asked; AWS fills the keys in for members of one only."""
        asking = self.account(caller.account).organization if caller.identity else ""
        asked = self.account(resource_account).organization if resource_account else ""
        given = {"aws:PrincipalOrgID": asking, "aws:ResourceOrgID": asked}
        return {key: value for key, value in given.items() if value}

    def _attached(self, caller: Caller) -> tuple[tuple[Policy, ...], tuple[Policy, ...]]:
        """The identity policies and the boundary on the principal's side."""
        if not caller.has_identity_policies:
            return (), ()
        holder = self._roles.get(caller.identity) or self._users.get(caller.identity)
        if holder is not None:
            return holder.identity, (holder.boundary,) if holder.boundary is not None else ()
        account = self.account(caller.account)
        if account.outside:
            return (_taken_to_allow(account),), ()
        raise WorldError(
            f"the world has no {caller.identity}; add it with its policies, or mark {account.id} as outside"
        )

    def _resource(self, resource: str) -> tuple[str | None, Policy | None, bool]:
        """The owner, the resource policy and the public-access block; the owner is None when the ARN tells
        it.
        """
        arn = split_arn(resource)
        if arn is None:
            return None, None, False
        if arn.service == "s3" and not arn.account and "*" not in resource:
            bucket = self.bucket(policy_holder(resource))
            return bucket.account, bucket.policy, bucket.block_public_access
        if arn.service == "iam" and arn.resource.startswith("role/"):
            return arn.account, self.role(resource).trust, False
        if arn.service == "kms" and arn.resource.startswith("key/"):
            return arn.account, self.key(resource).policy, False
        return None, self._guarded.get(resource), False

    def _service_control(self, caller: Caller) -> tuple[tuple[Policy, ...], ...]:
        account = self.account(caller.account)
        return () if account.management else account.service_control

    def _resource_control(self, account_id: str, resource: str) -> tuple[tuple[Policy, ...], ...]:
        account, key = self.account(account_id), self._keys.get(resource)
        exempt = account.management or (key is not None and key.aws_managed)
        return () if exempt else account.resource_control


@lru_cache(maxsize=65536)
def _account_of_nobody(account_id: str) -> Account:
    return Account(account_id)


def _taken_to_allow(account: Account) -> Policy:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "TakenToAllow", "Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
    name = f"the IAM policies of {account.id} ({account.outside}), which are not known here and taken to allow,"
    return load_policy(document, PolicyKind.IDENTITY, name)


def load_role(
    arn: str,
    trust: Document,
    identity: Mapping[str, Document] | None = None,
    boundary: Document | None = None,
    tags: Mapping[str, str] | None = None,
) -> Role:
    """A role of documents. Parameters: identity: policy name → document. Raises PolicyGrammarError."""
    attached, limit = _attached_policies(arn, identity, boundary)
    return Role(arn, load_policy(trust, PolicyKind.TRUST, f"the trust policy of {arn}"), attached, limit, tags or {})


def load_user(
    arn: str,
    identity: Mapping[str, Document] | None = None,
    boundary: Document | None = None,
    tags: Mapping[str, str] | None = None,
) -> User:
    """A user of documents. Parameters: identity: policy name → document. Raises PolicyGrammarError."""
    attached, limit = _attached_policies(arn, identity, boundary)
    return User(arn, attached, limit, tags or {})


def _attached_policies(
    arn: str, identity: Mapping[str, Document] | None, boundary: Document | None
) -> tuple[tuple[Policy, ...], Policy | None]:
    attached = tuple(
        load_policy(document, PolicyKind.IDENTITY, f'identity policy "{name}" of {arn}')
        for name, document in (identity or {}).items()
    )
    if boundary is None:
        return attached, None
    return attached, load_policy(boundary, PolicyKind.BOUNDARY, f"the permissions boundary of {arn}")


def load_bucket(
    arn: str,
    account: str,
    policy: Document | None = None,
    *,
    block_public_access: bool = True,
    kms_key: str | None = None,
    bucket_key: bool = False,
) -> Bucket:
    """A bucket of documents; see `Bucket`. Raises PolicyGrammarError."""
    name = f"the bucket policy of {arn} in {account}"
    loaded = None if policy is None else load_policy(policy, PolicyKind.BUCKET, name)
    return Bucket(arn, account, loaded, block_public_access, kms_key, bucket_key)


def load_key(arn: str, policy: Document, *, aws_managed: bool = False) -> Key:
    """A key of its document. Raises PolicyGrammarError."""
    fields = split_arn(arn)
    place = f" in {fields.account}" if fields is not None else ""
    return Key(arn, load_policy(policy, PolicyKind.KEY, f"the key policy of {arn}{place}"), aws_managed)


def load_guarded(arn: str, policy: Document) -> Guarded:
    """A resource of another service of its document. Raises PolicyGrammarError."""
    return Guarded(arn, load_policy(policy, PolicyKind.RESOURCE, f"the resource policy of {arn}"))


def load_levels(
    levels: tuple[tuple[Document, ...], ...], kind: PolicyKind, above: str
) -> tuple[tuple[Policy, ...], ...]:
    """Organization policies of documents, from the root down to the account `above` which they stand."""
    return tuple(
        tuple(
            load_policy(document, kind, f"{kind.value} {index} of level {depth} above {above}")
            for index, document in enumerate(level, start=1)
        )
        for depth, level in enumerate(levels, start=1)
    )


def recreate_role(world: World, arn: str) -> World:
    """The world after the role `arn` was deleted and created again under the same name.

    A policy that named the old role as Principal keeps its unique id and no longer names anybody; conditions
    on aws:PrincipalArn keep working. Source: AWS docs
    `IAM/latest/UserGuide/reference_policies_elements_principal.html` ("IAM role principals"), read
    2026-11-21.
    """
    return replace(
        world,
        roles=tuple(replace(role, trust=_orphan(role.trust, arn)) for role in world.roles),
        buckets=tuple(
            bucket if bucket.policy is None else replace(bucket, policy=_orphan(bucket.policy, arn))
            for bucket in world.buckets
        ),
        keys=tuple(replace(key, policy=_orphan(key.policy, arn)) for key in world.keys),
    )


def _orphan(policy: Policy, arn: str) -> Policy:
    if arn not in policy.text:
        return policy
    document = json.loads(policy.text)
    statements = document["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        for element in ("Principal", "NotPrincipal"):
            named = statement.get(element)
            if isinstance(named, dict) and "AWS" in named:
                entries = named["AWS"] if isinstance(named["AWS"], list) else [named["AWS"]]
                named["AWS"] = [_DELETED_ROLE_ID if entry == arn else entry for entry in entries]
    return load_policy(document, policy.kind, policy.name)
