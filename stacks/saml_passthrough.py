"""The stage of the pattern `saml-passthrough`.

Order of events:

1. `MetaInstanceProfile`, where the setup has one: the role that clusters with passthrough carry, its instance profile, and
   the PassRole grant. The groups' roles trust it by a condition, so nothing waits for it.
2. `Federation`, one stack for each account with roles: its identity provider, the groups' roles, the buckets there.
3. `BucketOwner<account>`, one stack for each account with buckets that roles of another account use: their policies, which name
   those roles and so wait for every stack of step 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct, IConstruct

from lakehouse_iam.arns import AccountId
from lakehouse_iam.cdk import BucketPolicyMode, InstanceProfile, PassRoleGrant, SamlFederatedRole
from lakehouse_iam.cdk.assembly_metadata import record_probes
from lakehouse_iam.cdk.documents import attach_policies, make_role, policy_document
from lakehouse_iam.cdk.token_placeholders import TokenPlaceholders
from lakehouse_iam.plan import Phase, Plan
from lakehouse_iam.plan.saml_passthrough import (
    IDENTITY_PROVIDER,
    META_INSTANCE_PROFILE,
    META_PROFILE,
    META_ROLE,
    bucket_owner_accounts,
    bucket_owner_phase,
    bucket_uses,
    federation_phase,
    group_role_id,
    sid_label,
)
from lakehouse_iam.plan.shared_buckets import buckets_of
from lakehouse_iam.resources import Bucket as PlannedBucket
from lakehouse_iam.resources import BucketPolicy, HandOffKind
from lakehouse_iam.roles import saml_passthrough as documents
from lakehouse_iam.setups.buckets import Bucket
from lakehouse_iam.setups.saml_passthrough import FederatedAccount, GroupRole, MetaInstanceProfile, SamlPassthroughSetup
from stacks.acknowledgements import accept_object_wildcards
from stacks.phases import (
    SetupStage,
    boundary_of,
    bucket_access,
    made_bucket,
    show_handoffs,
    show_outputs,
    stack_properties,
    tag_everything,
)


class SamlPassthroughStage(SetupStage):
    """All accounts of one setup."""

    def __init__(self, scope: Construct, plan: Plan, *, id: str = "") -> None:
        setup = cast("SamlPassthroughSetup", plan.source)
        super().__init__(scope, plan, id=id)
        if setup.meta_instance_profile:
            MetaInstanceProfileStack(self, setup, plan, setup.meta_instance_profile)
        self.federation = [FederationStack(self, setup, plan, account) for account in setup.accounts]
        for account in bucket_owner_accounts(setup):
            phase = plan.phase(bucket_owner_phase(account))
            if phase.has_stack:
                owner = BucketOwnerStack(self, setup, phase, plan)
                for stack in self.federation:
                    owner.add_stack_dependency(stack)
            else:
                # Nothing to deploy there, so what is to be merged there is shown with roles that it names.
                show_handoffs(Construct(self.federation[0], phase.id), phase, HandOffKind.BUCKET_POLICY)
        record_probes(self.federation[0], plan)
        tag_everything(self, plan)


class MetaInstanceProfileStack(Stack):
    """What clusters with passthrough carry for jobs and JDBC."""

    def __init__(self, scope: Construct, setup: SamlPassthroughSetup, plan: Plan, meta: MetaInstanceProfile) -> None:
        phase = plan.phase(META_INSTANCE_PROFILE)
        super().__init__(scope, phase.id, **stack_properties(plan, phase))
        role = MetaRole(self, setup, meta)
        profile = InstanceProfile(
            self,
            META_PROFILE,
            role=role,
            instance_profile_name=str(meta.instance_profile.name),
            path=str(meta.instance_profile.path),
        )
        if meta.cross_account_role:
            PassRoleGrant(
                self,
                "PassRoleGrant",
                role=role,
                cross_account_role=str(meta.cross_account_role),
                policy_name=f"pass-{meta.role.name}",
            )
        show_handoffs(self, phase, HandOffKind.ROLE_POLICY)
        show_outputs(self, phase, {META_PROFILE: profile.instance_profile_arn})


class MetaRole(Construct):
    """The role of the meta instance profile.

    Attributes:
        role: the CDK role.
    """

    def __init__(self, scope: Construct, setup: SamlPassthroughSetup, meta: MetaInstanceProfile) -> None:
        super().__init__(scope, META_ROLE)
        spec = documents.meta_role(str(meta.role), group_roles=[str(group.arn) for group in setup.roles])
        name = str(meta.role.name)
        self.role = make_role(
            self,
            role_name=name,
            path=str(meta.role.path),
            description=spec.description,
            trust=spec.trust,
            permissions_boundary=boundary_of(Stack.of(self), setup, meta.role.account),
        )
        attach_policies(self, self.role, spec, role_name=name, placeholders=TokenPlaceholders(self))


class FederationStack(Stack):
    """One account with roles for groups: its identity provider, the roles, and the buckets that only they use."""

    def __init__(self, scope: Construct, setup: SamlPassthroughSetup, plan: Plan, account: FederatedAccount) -> None:
        phase = plan.phase(federation_phase(setup, account.account))
        super().__init__(scope, phase.id, **stack_properties(plan, phase))
        provider = _identity_provider(self, account)
        boundary = boundary_of(self, setup, account.account)
        created = [made_bucket(self, bucket) for bucket in _created_in(setup, phase, account.account)]
        roles = {role: self._role(setup, role, provider, boundary) for role in account.roles}
        for made in roles.values():
            made.node.add_dependency(*created)
        _bucket_policies(self, phase, [*created, *roles.values()])
        show_handoffs(self, phase, HandOffKind.BUCKET_POLICY)
        show_outputs(self, phase, {group_role_id(role): made.role_arn for role, made in roles.items()})

    def _role(
        self,
        setup: SamlPassthroughSetup,
        role: GroupRole,
        provider: iam.SamlProvider | iam.CfnSAMLProvider,
        boundary: iam.IManagedPolicy | None,
    ) -> SamlFederatedRole:
        made = SamlFederatedRole(
            self,
            group_role_id(role),
            saml_provider=provider,
            saml_url=setup.saml_url,
            # Several roles may use one bucket, and its policy is one: this stack writes it.
            buckets=[bucket_access(replace(bucket, policy=BucketPolicyMode.NONE)) for bucket in role.buckets],
            session_hours=setup.session_hours,
            session_tags=setup.session_tags,
            source_identity=setup.source_identity,
            meta_role=str(setup.meta_instance_profile.role) if setup.meta_instance_profile else None,
            sid_label=sid_label(setup, role),
            role_name=str(role.arn.name),
            path=str(role.arn.path),
            permissions_boundary=boundary,
        )
        accept_object_wildcards(made, role.buckets, setup.partition)
        return made


class BucketOwnerStack(Stack):
    """One account with buckets that roles of another account use: their policies, which name those roles."""

    def __init__(self, scope: Construct, setup: SamlPassthroughSetup, phase: Phase, plan: Plan) -> None:
        super().__init__(scope, phase.id, **stack_properties(plan, phase))
        created = [made_bucket(self, bucket) for bucket in _created_in(setup, phase, phase.account)]
        _bucket_policies(self, phase, created)
        show_handoffs(self, phase, HandOffKind.BUCKET_POLICY)


def _identity_provider(stack: Stack, account: FederatedAccount) -> iam.SamlProvider | iam.CfnSAMLProvider:
    """The identity provider; the CDK's own construct where it can do what the setup asks for."""
    name = str(account.provider.name)
    if account.encryption:
        return iam.CfnSAMLProvider(
            stack,
            IDENTITY_PROVIDER,
            name=name,
            saml_metadata_document=account.metadata.text,
            assertion_encryption_mode=account.encryption.value,
        )
    document = iam.SamlMetadataDocument.from_xml(account.metadata.text)
    return iam.SamlProvider(stack, IDENTITY_PROVIDER, name=name, metadata_document=document)


def _created_in(setup: SamlPassthroughSetup, phase: Phase, account: AccountId) -> list[Bucket]:
    """The buckets that a phase makes."""
    made = {resource.name for resource in phase.resources if isinstance(resource, PlannedBucket)}
    return [bucket for bucket in buckets_of(bucket_uses(setup, account)) if bucket.name in made]


def _bucket_policies(stack: Stack, phase: Phase, after: Sequence[IConstruct]) -> None:
    """The bucket policies of a phase, each with the statements of every role that uses the bucket."""
    for resource in phase.resources:
        if isinstance(resource, BucketPolicy):
            policy = s3.CfnBucketPolicy(
                stack,
                f"BucketPolicy-{resource.bucket}",
                bucket=str(resource.bucket),
                policy_document=policy_document(resource.document),
            )
            policy.node.add_dependency(*after)
