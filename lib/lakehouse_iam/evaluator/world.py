"""The accounts, principals and resources that are known, and which of their policies bear on a request.

Source of the rules on organizations: AWS docs `organizations/latest/userguide/orgs_manage_policies_scps.html` and
`orgs_manage_policies_rcps.html` (neither applies to the management account), and
`kms/latest/developerguide/resource-control-policies.html` (not to AWS managed keys), read 2026-11-21.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.cases import policy_holder
from lakehouse_iam.evaluator.context_keys import ContextValue
from lakehouse_iam.evaluator.deleted_principals import without_principal
from lakehouse_iam.evaluator.entities import (
    Account,
    Bucket,
    Document,
    Guarded,
    Key,
    OidcProvider,
    Role,
    SamlProvider,
    User,
    VpcEndpoint,
    load_bucket,
    load_guarded,
    load_key,
    load_levels,
    load_role,
    load_user,
    load_vpc_endpoint,
)
from lakehouse_iam.evaluator.evaluate import evaluate
from lakehouse_iam.evaluator.grammar import PolicyKind
from lakehouse_iam.evaluator.policies import Policy, load_policy
from lakehouse_iam.evaluator.principals import Caller, CallerError, CallerKind, parse_caller
from lakehouse_iam.evaluator.public_access import BLOCK_NOTHING, BlockPublicAccess
from lakehouse_iam.evaluator.request import Decision, Policies, Request

__all__ = [
    "Account",
    "Bucket",
    "Document",
    "Guarded",
    "Key",
    "OidcProvider",
    "Role",
    "SamlProvider",
    "User",
    "VpcEndpoint",
    "World",
    "WorldError",
    "load_bucket",
    "load_guarded",
    "load_key",
    "load_levels",
    "load_role",
    "load_user",
    "load_vpc_endpoint",
    "recreate_role",
]


class WorldError(LakehouseIamError, LookupError):
    """A request names a principal or a resource that the world does not know, so it cannot be decided."""


@dataclass(frozen=True)
class _Resource:
    """What the world knows of the resource of a request."""

    owner: str | None = None
    policy: Policy | None = None
    blocked: BlockPublicAccess = BLOCK_NOTHING
    grants: tuple[Policy, ...] = ()
    region: str = ""


@dataclass(frozen=True)
class World:
    """Everything that is known.

    Attributes:
        accounts: accounts with their organization policies; an account that is not listed has none.
        roles: every role that requests name.
        users: every user that requests name.
        buckets: every bucket that requests name.
        keys: every key that requests name.
        saml_providers: SAML identity providers.
        oidc_providers: OpenID Connect identity providers.
        guarded: resources of other services with their resource policies.
        vpc_endpoints: endpoints whose policies are known.
        environment: context of every request, such as `{"aws:SecureTransport": True, "aws:RequestedRegion": "eu-west-1"}`.
            The region of a bucket or of an ARN wins over this region.
    """

    accounts: tuple[Account, ...] = ()
    roles: tuple[Role, ...] = ()
    users: tuple[User, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    keys: tuple[Key, ...] = ()
    saml_providers: tuple[SamlProvider, ...] = ()
    guarded: tuple[Guarded, ...] = ()
    environment: Mapping[str, ContextValue] = field(default_factory=dict)
    oidc_providers: tuple[OidcProvider, ...] = ()
    vpc_endpoints: tuple[VpcEndpoint, ...] = ()

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
        saml = frozenset(provider.arn for provider in self.saml_providers)
        return saml | {provider.arn for provider in self.oidc_providers}

    @cached_property
    def _has_organizations(self) -> bool:
        return any(account.organization for account in self.accounts)

    @cached_property
    def _endpoints(self) -> dict[str, VpcEndpoint]:
        return {endpoint.id: endpoint for endpoint in self.vpc_endpoints}

    def role(self, arn: str) -> Role:
        """The role of that ARN.

        Raises:
            WorldError: the world has none.
        """
        found = self._roles.get(arn)
        if found is None:
            raise WorldError(f"the world has no role {arn}; add it, with its trust and identity policies")
        return found

    def bucket(self, arn: str) -> Bucket:
        """The bucket of that ARN.

        Raises:
            WorldError: the world has none.
        """
        found = self._buckets.get(arn)
        if found is None:
            raise WorldError(f"the world has no bucket {arn}; add it, with its owner")
        return found

    def key(self, arn: str) -> Key:
        """The key of that ARN.

        Raises:
            WorldError: the world has none.
        """
        found = self._keys.get(arn)
        if found is None:
            raise WorldError(f"the world has no key {arn}; add it, with its key policy")
        return found

    def has_provider(self, arn: str) -> bool:
        """Whether the SAML or OpenID Connect provider `arn` exists."""
        return arn in self._providers

    def account(self, account_id: str) -> Account:
        """The account; one that nothing is known of has no organization around it."""
        return self._accounts.get(account_id) or _account_of_nobody(account_id)

    def decide(self, request: Request, session_policies: tuple[Policy, ...] = ()) -> Decision:
        """Decide a request with every policy of this world that bears on it.

        Args:
            request: its resource account may be left out when the world knows the resource; its context wins over
                `environment`.
            session_policies: those the caller's session was made with.

        Raises:
            WorldError: the principal or the resource is unknown.
            RequestError: the request is malformed.
        """
        caller = self._caller(request)
        resource = self._resource(request.resource)
        account = request.resource_account or resource.owner
        given = {**self.environment, **request.context}
        endpoint = self._endpoint(request.action, given)
        context = {
            **self.environment,
            **({"aws:RequestedRegion": resource.region} if resource.region else {}),
            **self._tags(caller),
            **self._organizations(caller, account, given),
            **({"aws:SourceVpc": endpoint.vpc} if endpoint is not None and endpoint.vpc else {}),
            **request.context,
        }
        asked = Request(request.principal, request.action, request.resource, account, context)
        identity, boundaries = self._attached(caller)
        policies = Policies(
            identity,
            resource.policy,
            boundaries,
            session_policies,
            self._service_control(caller),
            self._resource_control(account or "", request.resource),
            resource.blocked,
            endpoint.policy if endpoint is not None else None,
            resource.grants,
        )
        return evaluate(asked, policies)

    def _endpoint(self, action: str, given: Mapping[str, ContextValue]) -> VpcEndpoint | None:
        """The endpoint that the request passes through, if its policy is known and it leads to the action's service."""
        if not self._endpoints:
            return None
        id = next((value for key, value in given.items() if key.lower() == "aws:sourcevpce"), None)
        endpoint = self._endpoints.get(id) if isinstance(id, str) else None
        return endpoint if endpoint is not None and endpoint.service == action.lower().partition(":")[0] else None

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

    def _organizations(
        self, caller: Caller, resource_account: str | None, given: Mapping[str, ContextValue]
    ) -> dict[str, ContextValue]:
        """Whose organization asks and whose is asked; AWS fills the keys in for members of one only."""
        if not self._has_organizations:
            return {}
        source = next((value for key, value in given.items() if key.lower() == "aws:sourceaccount"), "")
        members = {
            "aws:PrincipalOrgID": caller.account if caller.identity else "",
            "aws:ResourceOrgID": resource_account or "",
            "aws:SourceOrgID": source if isinstance(source, str) else "",
        }
        found = {key: self.account(account).organization for key, account in members.items() if account}
        return {key: organization for key, organization in found.items() if organization}

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

    def _resource(self, resource: str) -> _Resource:
        arn = split_arn(resource)
        if arn is None:
            return _Resource()
        if arn.service == "s3" and not arn.account and "*" not in resource:
            bucket = self.bucket(policy_holder(resource))
            return _Resource(bucket.account, bucket.policy, bucket.block_public_access, region=bucket.region)
        if arn.service == "iam" and arn.resource.startswith("role/"):
            return _Resource(arn.account, self.role(resource).trust)
        if arn.service == "kms" and arn.resource.startswith("key/"):
            key = self.key(resource)
            return _Resource(arn.account, key.policy, grants=key.grants, region=arn.region)
        return _Resource(policy=self._guarded.get(resource), region=arn.region)

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


def recreate_role(world: World, arn: str) -> World:
    """The world after the role `arn` was deleted and created again under the same name.

    A policy that named the old role as Principal keeps its unique id and no longer names anybody; conditions on
    aws:PrincipalArn keep working. Source: AWS docs `IAM/latest/UserGuide/reference_policies_elements_principal.html` ("IAM
    role principals"), read 2026-11-21.
    """
    return replace(
        world,
        roles=tuple(replace(role, trust=without_principal(role.trust, arn)) for role in world.roles),
        buckets=tuple(
            bucket if bucket.policy is None else replace(bucket, policy=without_principal(bucket.policy, arn))
            for bucket in world.buckets
        ),
        keys=tuple(
            replace(
                key,
                policy=without_principal(key.policy, arn),
                grants=tuple(without_principal(grant, arn) for grant in key.grants),
            )
            for key in world.keys
        ),
    )
