"""The plan of the pattern: one stack in the bucket owner's account."""

from __future__ import annotations

from lakehouse_iam.plan.assemble import (
    bucket_handoffs,
    bucket_resources,
    buckets_growth,
    existing_buckets,
    role_resources,
)
from lakehouse_iam.plan.phases import Party, Phase, Plan
from lakehouse_iam.policy import PolicyDocument
from lakehouse_iam.roles import instance_profile as roles
from lakehouse_iam.roles.role_spec import RoleSpec
from lakehouse_iam.statements import sts
from tests.unit.patterns.cross_account_reader.setup import CrossAccountReaderSetup


def plan(setup: CrossAccountReaderSetup) -> Plan:
    """One phase: the role, and the buckets that the setup makes."""
    trust = PolicyDocument((sts.trust_role(str(setup.reader)),))
    grants = [bucket.grant(setup.partition) for bucket in setup.buckets]

    def spec_with(count: int) -> RoleSpec:
        return roles.bucket_owner_role(str(setup.role), trust=trust, buckets=grants[:count])

    policies = roles.resource_policies(str(setup.role))
    growth = buckets_growth(len(grants), spec_with, setup=setup, of_its_own="role")
    phase = Phase(
        id="Reader",
        stack=f"{setup.name}-reader",
        party=Party.BUCKET_OWNER,
        account=setup.role.account,
        region=setup.region,
        after=(),
        resources=(
            *role_resources(
                spec_with(len(grants)), "ReaderRole", setup=setup, trust_growth=None, policies_growth=growth
            ),
            *bucket_resources(setup.buckets, policies, setup.partition),
        ),
        existing=tuple(existing_buckets(setup.buckets)),
        outputs=(),
        hands_over=(),
        handoffs=tuple(bucket_handoffs(setup.buckets, policies, setup.partition)),
    )
    return Plan(setup, (phase,))
