"""The plan of the pattern `saml-passthrough`.

Order of events, and why:

1. `MetaInstanceProfile`, where jobs and JDBC use the roles too: the role that clusters with passthrough carry, its instance
   profile and the PassRole grant. It names the groups' roles as resources, and they name it by a condition, so neither
   waits for the other.
2. `Federation`, each account with roles for groups: the identity provider, because a role trusts a provider of its own account
   only; then the roles, their policies, and the buckets there.
3. `BucketOwner<account>`, each account with buckets that roles of another account use: bucket policies that name those
   roles, which must exist first. Two accounts may use each other's buckets, so these stacks wait for all of step 2.
4. By hand, the identity provider's admin: which group is given which pair of role and provider. Last, because users who are
   given a role that does not exist cannot sign in to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from lakehouse_iam.arns import AccountId, BucketName
from lakehouse_iam.errors import QuotaExceeded
from lakehouse_iam.plan.assemble import (
    Growth,
    buckets_growth,
    check_resource_count,
    existing_boundary,
    existing_buckets,
    role_resources,
)
from lakehouse_iam.plan.names import role_id
from lakehouse_iam.plan.pass_role import pass_role
from lakehouse_iam.plan.phases import HandOver, Output, Party, Phase, Plan, every_phase
from lakehouse_iam.plan.quotas import Exceeded
from lakehouse_iam.plan.shared_buckets import (
    BucketUse,
    buckets_of,
    shared_bucket_handoffs,
    shared_bucket_resources,
    shared_key_handoffs,
)
from lakehouse_iam.resources import (
    AssertionEncryption,
    InstanceProfile,
    Resource,
    SamlProvider,
)
from lakehouse_iam.roles import saml_passthrough as roles
from lakehouse_iam.roles.role_spec import ResourcePolicies, RoleSpec
from lakehouse_iam.setups.saml_passthrough import (
    FederatedAccount,
    GroupRole,
    MetaInstanceProfile,
    SamlPassthroughSetup,
)

META_INSTANCE_PROFILE = "MetaInstanceProfile"
META_ROLE = "MetaRole"
META_PROFILE = "InstanceProfile"
IDENTITY_PROVIDER = "IdentityProvider"
# Source: CloudFormation "Understand CloudFormation quotas" (outputs in one template), read 2026-11-26.
STACK_OUTPUTS = 200
# What a second setup has of its own, where one setup is too large.
_OF_ITS_OWN = "role for the group"

LEGACY = (
    "credential passthrough is legacy: Databricks deprecates it from Databricks Runtime 15.0 on, it works only while unified "
    "login is off, and the vendor's page is retired; lakehouse-iam init unity-catalog-aws --from writes the setup that "
    "gives the same buckets through Unity Catalog"
)


def plan(setup: SamlPassthroughSetup) -> Plan:
    """The phases of a setup.

    Raises:
        SeveralQuotas: a document, a role or a stack would be larger than AWS accepts, in one account or in several.
    """
    meta = setup.meta_instance_profile
    phases = every_phase(
        (
            *([partial(_meta_phase, setup, meta)] if meta else []),
            *(partial(_federation, setup, account) for account in setup.accounts),
            *(partial(_bucket_owner, setup, account) for account in bucket_owner_accounts(setup)),
        )
    )
    return Plan(setup, phases, notes=tuple(_notes(setup)))


def federation_phase(setup: SamlPassthroughSetup, account: AccountId) -> str:
    """The id of the phase of an account with roles: `Federation`, with the account where there are several."""
    return "Federation" if len(setup.accounts) == 1 else f"Federation{account}"


def bucket_owner_phase(account: AccountId) -> str:
    """The id of the phase of an account with buckets that roles of another account use."""
    return f"BucketOwner{account}"


def bucket_owner_accounts(setup: SamlPassthroughSetup) -> tuple[AccountId, ...]:
    """The accounts with buckets that roles of another account use."""
    return tuple(owner for owner in setup.owners if _used_from_elsewhere(setup, owner))


def group_role_id(role: GroupRole) -> str:
    """The id of a group's role within its stack."""
    return f"{role_id(role.arn.name)}Role"


def group_role_spec(setup: SamlPassthroughSetup, account: FederatedAccount, role: GroupRole) -> RoleSpec:
    """The role of a group with its documents."""
    federation = roles.Federation(
        str(account.provider), setup.saml_url, setup.session_tags, source_identity=setup.source_identity
    )
    return roles.federated_role(
        str(role.arn),
        trust=roles.federated_trust(federation, _trusted_meta_role(setup)),
        buckets=[bucket.grant(setup.partition) for bucket in role.buckets],
        session_hours=setup.session_hours,
        label=role_id(role.arn.name),
        sid_label=sid_label(setup, role),
    )


def sid_label(setup: SamlPassthroughSetup, role: GroupRole) -> str:
    """What tells the statements of a group's role from those of others in one policy; two accounts may use one name."""
    account = str(role.arn.account) if len(setup.accounts) > 1 else ""
    return f"{role_id(role.arn.name)}{account}"


def group_role_policies(setup: SamlPassthroughSetup, role: GroupRole) -> ResourcePolicies:
    """What the policies of buckets and keys must allow for a group's role."""
    return roles.resource_policies(str(role.arn), label=sid_label(setup, role))


def bucket_uses(setup: SamlPassthroughSetup, owner: AccountId) -> tuple[BucketUse, ...]:
    """What every role does with the buckets of one account."""
    return tuple(
        BucketUse(bucket, group_role_policies(setup, role))
        for role in setup.roles
        for bucket in role.buckets
        if bucket.owner == owner
    )


def _used_from_elsewhere(setup: SamlPassthroughSetup, owner: AccountId) -> frozenset[BucketName]:
    """The buckets of an account that roles of another account use."""
    return frozenset(
        bucket.name
        for role in setup.roles
        if role.arn.account != owner
        for bucket in role.buckets
        if bucket.owner == owner
    )


def _trusted_meta_role(setup: SamlPassthroughSetup) -> roles.MetaRole | None:
    meta = setup.meta_instance_profile
    return roles.MetaRole(str(meta.role), setup.partition.root(str(meta.role.account))) if meta else None


# ---------------------------------------------------------------- the meta instance profile


def _meta_phase(setup: SamlPassthroughSetup, meta: MetaInstanceProfile) -> Phase:
    role = meta.role
    group_roles = [str(group.arn) for group in setup.roles]

    def spec(count: int) -> RoleSpec:
        return roles.meta_role(str(role), group_roles=group_roles[:count])

    growth = Growth(
        "roles of groups", len(group_roles), spec, "make a second setup with a meta instance profile of its own"
    )
    passing = pass_role(role, meta.cross_account_role, key="meta_instance_profile.cross_account_role")
    resources = (
        *role_resources(spec(len(group_roles)), META_ROLE, setup=setup, trust_growth=None, policies_growth=growth),
        InstanceProfile(META_PROFILE, meta.instance_profile.name, role.path, role.name),
        *passing.resources,
    )
    profile = str(meta.instance_profile)
    return Phase(
        id=META_INSTANCE_PROFILE,
        stack=f"{setup.name}-meta-instance-profile",
        party=Party.WORKSPACE_ACCOUNT,
        account=role.account,
        region=setup.region,
        after=(),
        resources=resources,
        existing=(*existing_boundary(setup.boundary_in(role.account)), *passing.existing),
        outputs=(
            Output(
                "MetaInstanceProfileArn",
                profile,
                "What to register in the Databricks workspace as a meta instance profile",
                META_PROFILE,
            ),
        ),
        hands_over=(
            HandOver(
                "instance profile ARN", profile, "Databricks workspace admin", "to register it with the meta flag"
            ),
        ),
        handoffs=passing.handoffs,
    )


# ---------------------------------------------------------------- an account with roles for groups


def _federation(setup: SamlPassthroughSetup, account: FederatedAccount) -> Phase:
    owner = account.account
    elsewhere = _used_from_elsewhere(setup, owner)
    uses = [use for use in bucket_uses(setup, owner) if use.bucket.name not in elsewhere]
    stack = f"{setup.name}-federation" if len(setup.accounts) == 1 else f"{setup.name}-federation-{owner}"
    resources: list[Resource] = [
        SamlProvider(IDENTITY_PROVIDER, account.provider, account.metadata.text, account.encryption),
    ]
    exceeded = Exceeded()
    with exceeded.part():
        _check_role_count(stack, account)
    for role in account.roles:
        with exceeded.part():
            resources += _group_role(setup, account, role)
    others = len(resources)
    with exceeded.part():
        resources += shared_bucket_resources(uses, setup.partition)
    with exceeded.part():
        check_resource_count(stack, others, buckets_of(uses), of_its_own=_OF_ITS_OWN)
    exceeded.refuse()
    of_roles = [
        BucketUse(bucket, group_role_policies(setup, role)) for role in account.roles for bucket in role.buckets
    ]
    return Phase(
        id=federation_phase(setup, owner),
        stack=stack,
        party=Party.FEDERATION,
        account=owner,
        region=setup.region,
        after=(),
        resources=tuple(resources),
        existing=(*existing_boundary(setup.boundary_in(owner)), *existing_buckets(buckets_of(uses))),
        outputs=(
            Output("IdentityProviderArn", str(account.provider), "The identity provider that the roles trust"),
            *(
                Output(f"{group_role_id(role)}Arn", str(role.arn), f"The role of {_groups(role)}", group_role_id(role))
                for role in account.roles
            ),
        ),
        hands_over=tuple(
            HandOver(
                "role and provider",
                f"{role.arn},{account.provider}",
                "identity provider admin",
                f"the assertion of users in {_groups(role)} carries it, without a space",
            )
            for role in account.roles
        ),
        handoffs=(*shared_bucket_handoffs(uses, setup.partition), *shared_key_handoffs(of_roles, setup.partition)),
    )


def _group_role(setup: SamlPassthroughSetup, account: FederatedAccount, role: GroupRole) -> list[Resource]:
    spec = group_role_spec(setup, account, role)

    def with_buckets(count: int) -> RoleSpec:
        return group_role_spec(setup, account, replace(role, buckets=role.buckets[:count]))

    def with_tags(count: int) -> RoleSpec:
        return group_role_spec(replace(setup, session_tags=setup.session_tags[:count]), account, role)

    tags = Growth("session tags by name", len(setup.session_tags), with_tags, "send fewer tags or shorter names")
    return role_resources(
        spec,
        group_role_id(role),
        setup=setup,
        trust_growth=tags if setup.session_tags else None,
        policies_growth=buckets_growth(len(role.buckets), with_buckets, setup=setup, of_its_own=_OF_ITS_OWN),
    )


def _check_role_count(stack: str, account: FederatedAccount) -> None:
    most = STACK_OUTPUTS - 1
    if len(account.roles) > most:
        raise QuotaExceeded(
            f"the stack {stack} would have {len(account.roles)} roles, each with an output; CloudFormation takes "
            f"{STACK_OUTPUTS} outputs in one template, and one is the identity provider's",
            next_step=f"the first {most} by name fit; move the others into a second setup with an identity provider of another "
            "name",
        )


def _groups(role: GroupRole) -> str:
    return f"the group {role.groups[0]}" if len(role.groups) == 1 else f"the groups {', '.join(role.groups)}"


# ---------------------------------------------------------------- buckets that roles of another account use


def _bucket_owner(setup: SamlPassthroughSetup, account: AccountId) -> Phase:
    elsewhere = _used_from_elsewhere(setup, account)
    uses = [use for use in bucket_uses(setup, account) if use.bucket.name in elsewhere]
    stack = f"{setup.name}-bucket-owner-{account}"
    resources = tuple(shared_bucket_resources(uses, setup.partition))
    check_resource_count(stack, 0, buckets_of(uses), of_its_own=_OF_ITS_OWN)
    return Phase(
        id=bucket_owner_phase(account),
        stack=stack,
        party=Party.BUCKET_OWNER,
        account=account,
        region=setup.region,
        after=tuple(federation_phase(setup, federated.account) for federated in setup.accounts),
        resources=resources,
        existing=tuple(existing_buckets(buckets_of(uses))),
        outputs=(),
        hands_over=(),
        handoffs=tuple(shared_bucket_handoffs(uses, setup.partition)),
    )


# ---------------------------------------------------------------- notes


def _notes(setup: SamlPassthroughSetup) -> Iterator[str]:
    yield LEGACY
    for account in setup.accounts:
        ends = ", ".join(f"{certificate.not_after:%Y-%m-%d}" for certificate in account.metadata.certificates)
        yield f"{account.provider} is {account.metadata.entity_id}, which signs with a certificate valid until {ends}"
        if account.encryption:
            first = (
                "; AWS refuses required while there is none, so deploy with assertion_encryption: allowed first"
                if account.encryption is AssertionEncryption.REQUIRED
                else ""
            )
            yield (
                f"the key that decrypts assertions is never in a template: add it to {account.provider} with "
                f"aws iam update-saml-provider --add-private-key before the identity provider encrypts{first}"
            )
