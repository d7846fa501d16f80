"""The stages of the patterns `unity-catalog-aws` and `unity-catalog-azure`.

Order of events:

1. `StorageCredentialRole`: the role that Unity Catalog assumes, and the buckets of its account. Without an external id in
   the setup the stack has the parameter `ExternalId`, without a default: `cdk deploy --parameters ExternalId=…`.
2. `BucketOwner<account>`, for every other account with a bucket that the setup creates or whose policy it keeps: the
   bucket policies name the role, so they wait for it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from aws_cdk import Stack
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lakehouse_iam.arns import AccountId
from lakehouse_iam.cdk import BucketPolicyMode, StorageCredentialRole
from lakehouse_iam.cdk.assembly_metadata import record_probes
from lakehouse_iam.cdk.documents import policy_document
from lakehouse_iam.cdk.storage_credential_role import external_id_parameter
from lakehouse_iam.plan import Plan
from lakehouse_iam.plan.unity_catalog import EXTERNAL_ID, STORAGE_CREDENTIAL_ROLE, other_owner_phase
from lakehouse_iam.resources import HandOffKind
from lakehouse_iam.roles import unity_catalog as documents
from lakehouse_iam.setups.buckets import Bucket
from lakehouse_iam.setups.unity_catalog import UnityCatalogSetup
from stacks.acknowledgements import accept_unity_catalog_wildcards
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


class UnityCatalogStage(SetupStage):
    """The AWS side of one setup: a stack with the role, then one in each other account that owns buckets."""

    def __init__(self, scope: Construct, plan: Plan, *, id: str = "") -> None:
        setup = cast("UnityCatalogSetup", plan.source)
        super().__init__(scope, plan, id=id)
        self.storage_credential_role = StorageCredentialRoleStack(self, setup, plan)
        self.other_owners = []
        for account in setup.other_owners:
            phase = plan.phase(other_owner_phase(account))
            if phase.has_stack:
                stack = OtherOwnerStack(self, setup, plan, account)
                stack.add_stack_dependency(self.storage_credential_role)
                self.other_owners.append(stack)
            else:
                # Nothing to deploy there, so what is to be merged there is shown with the role that it names.
                show_handoffs(Construct(self.storage_credential_role, phase.id), phase, HandOffKind.BUCKET_POLICY)
        record_probes(self.storage_credential_role, plan)
        tag_everything(self, plan)


class StorageCredentialRoleStack(Stack):
    """The account of the role: the role that Unity Catalog assumes, and the buckets there."""

    def __init__(self, scope: Construct, setup: UnityCatalogSetup, plan: Plan) -> None:
        phase = plan.phase(STORAGE_CREDENTIAL_ROLE)
        super().__init__(scope, phase.id, **stack_properties(plan, phase))
        credential = setup.storage_credential
        own = setup.role.account
        created = [made_bucket(self, bucket) for bucket in setup.owned_by(own) if bucket.create]
        role = StorageCredentialRole(
            self,
            "StorageCredentialRole",
            role_name=str(setup.role.name),
            path=str(setup.role.path),
            external_id=credential.external_ids or external_id_parameter(self, EXTERNAL_ID.id),
            shard=setup.shard,
            unity_catalog_iam_arn=str(credential.unity_catalog_role),
            file_events=setup.file_events,
            permissions_boundary=boundary_of(self, setup, own),
            buckets=[bucket_access(_as_seen_from(bucket, own)) for bucket in setup.buckets],
        )
        role.node.add_dependency(*created)
        accept_unity_catalog_wildcards(role, setup)
        show_outputs(self, phase, {STORAGE_CREDENTIAL_ROLE: role.role_arn})


class OtherOwnerStack(Stack):
    """Another account that owns buckets: their policies, which name the role."""

    def __init__(self, scope: Construct, setup: UnityCatalogSetup, plan: Plan, account: AccountId) -> None:
        phase = plan.phase(other_owner_phase(account))
        super().__init__(scope, phase.id, **stack_properties(plan, phase))
        policies = documents.resource_policies(str(setup.role))
        for bucket in setup.owned_by(account):
            created = [made_bucket(self, bucket)] if bucket.create else []
            if bucket.policy is BucketPolicyMode.MANAGED:
                document = policies.bucket_policy_document(bucket.grant(setup.partition))
                policy = s3.CfnBucketPolicy(
                    self,
                    f"BucketPolicy-{bucket.name}",
                    bucket=str(bucket.name),
                    policy_document=policy_document(document),
                )
                policy.node.add_dependency(*created)
        show_handoffs(self, phase, HandOffKind.BUCKET_POLICY)


def _as_seen_from(bucket: Bucket, account: AccountId) -> Bucket:
    """The bucket of another account as the role's stack sees it: its policy is written elsewhere."""
    return bucket if bucket.owner == account else replace(bucket, policy=BucketPolicyMode.NONE)
