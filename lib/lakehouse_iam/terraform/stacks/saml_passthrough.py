"""The stack of the pattern `saml-passthrough`: all its accounts, and the registration in the workspace, in one apply.

Order of events, and why:

1. Where jobs and JDBC use the roles too: the role that clusters carry, its instance profile, the PassRole grant, and the
   registration with the meta flag after a wait, which Databricks validates by trying to start an instance.
2. In each account with roles: its identity provider, then the roles that trust it.
3. The buckets and bucket policies, in every account after all roles: S3 refuses a policy that names a role which does not
   exist, and one bucket may be used by roles of several accounts.
"""

from __future__ import annotations

from typing import cast

from constructs import Construct

from lakehouse_iam.arns import AccountId
from lakehouse_iam.plan import Phase, Plan
from lakehouse_iam.plan.saml_passthrough import (
    META_INSTANCE_PROFILE,
    META_PROFILE,
    META_ROLE,
    bucket_owner_accounts,
    bucket_owner_phase,
    federation_phase,
    group_role_id,
)
from lakehouse_iam.resources import Bucket, BucketPolicy
from lakehouse_iam.resources import SamlProvider as PlannedProvider
from lakehouse_iam.setups.saml_passthrough import FederatedAccount, MetaInstanceProfile, SamlPassthroughSetup
from lakehouse_iam.terraform import (
    InAccount,
    InstanceProfile,
    MetaInstanceProfileRole,
    PassRoleGrant,
    RegisteredProfile,
    SamlFederatedRole,
    SamlProvider,
    databricks_provider,
    time_provider,
)
from lakehouse_iam.terraform.buckets import make_buckets
from lakehouse_iam.terraform.engine import TerraformStack
from lakehouse_iam.terraform.stacks.phases import (
    bucket_access,
    place_of,
    show_handoffs,
    show_kept,
    show_notes,
    show_outputs,
)
from lakehouse_iam.terraform_json.render import render


class SamlPassthroughStack(TerraformStack):
    """All accounts of one setup.

    Args:
        plan: what to build: the plan of a setup; the setup's name is the stack's.

    Raises:
        InvalidValue: an identity provider whose assertions are to be encrypted, which `hashicorp/aws` cannot say.
    """

    def __init__(self, scope: Construct, plan: Plan) -> None:
        setup = cast("SamlPassthroughSetup", plan.source)
        for phase in plan.phases:
            # Before anything is made: an identity provider that Terraform cannot make is refused with the reason.
            render([resource for resource in phase.resources if isinstance(resource, PlannedProvider)])
        super().__init__(scope, setup.name)
        self._setup, self._plan = setup, plan
        self._places: dict[AccountId, InAccount] = {}
        if setup.meta_instance_profile:
            self._meta(setup.meta_instance_profile)  # 1
        roles = [self._federated(account) for account in setup.accounts]  # 2
        made = [role.role for of_account in roles for role in of_account.values()]
        kept = []
        for phase in self._phases_with_buckets():  # 3
            scoped = Construct(self, f"Buckets{phase.id}")
            planned = [one for one in phase.resources if isinstance(one, Bucket | BucketPolicy)]
            kept.append(make_buckets(scoped, planned, place=self._place(phase.account), roles=made))
        show_handoffs(self, [handoff for phase in plan.phases for handoff in phase.handoffs])
        show_kept(self, kept)
        show_notes(self, plan)

    def _place(self, account: AccountId) -> InAccount:
        if account not in self._places:
            self._places[account] = place_of(self, self._setup, self._plan, account)
        return self._places[account]

    def _phases_with_buckets(self) -> list[Phase]:
        ids = [federation_phase(self._setup, account.account) for account in self._setup.accounts]
        ids += [bucket_owner_phase(account) for account in bucket_owner_accounts(self._setup)]
        return [self._plan.phase(id) for id in ids]

    def _federated(self, account: FederatedAccount) -> dict[str, SamlFederatedRole]:
        setup, phase = self._setup, self._plan.phase(federation_phase(self._setup, account.account))
        place = self._place(account.account)
        scope = Construct(self, phase.id)
        provider = SamlProvider(
            scope,
            "IdentityProvider",
            provider_arn=str(account.provider),
            metadata=account.metadata.text,
            place=place,
        )
        roles = {
            group_role_id(role): SamlFederatedRole(
                scope,
                group_role_id(role),
                role_arn=str(role.arn),
                provider=provider,
                saml_url=setup.saml_url,
                buckets=[bucket_access(bucket) for bucket in role.buckets],
                session_hours=setup.session_hours,
                session_tags=setup.session_tags,
                source_identity=setup.source_identity,
                meta_role=str(setup.meta_instance_profile.role) if setup.meta_instance_profile else None,
                place=place,
            )
            for role in account.roles
        }
        show_outputs(self, phase, {id: role.role.reference("arn") for id, role in roles.items()})
        return roles

    def _meta(self, meta: MetaInstanceProfile) -> None:
        place = self._place(meta.role.account)
        role = MetaInstanceProfileRole(
            self,
            META_ROLE,
            role_arn=str(meta.role),
            group_roles=[str(group.arn) for group in self._setup.roles],
            place=place,
        )
        profile = InstanceProfile(
            self, META_PROFILE, instance_profile_arn=str(meta.instance_profile), role=role, place=place
        )
        phase = self._plan.phase(META_INSTANCE_PROFILE)
        show_outputs(self, phase, {META_PROFILE: profile.element.reference("arn")})
        if not meta.cross_account_role:
            return
        grant = PassRoleGrant(
            self,
            "PassRoleGrant",
            role_arn=str(meta.role),
            cross_account_role=str(meta.cross_account_role),
            place=place,
        )
        time_provider(self)
        RegisteredProfile(
            self,
            "RegisteredProfile",
            profile=profile,
            pass_role=[grant.policy],
            provider=databricks_provider(self, host=str(self._setup.host)),
            meta=True,
        )
