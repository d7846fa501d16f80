"""From the documents of a role and its buckets to the resources and hand-offs of a stack, within the quotas of AWS.

Every pattern's plan is put together here, and so are the Terraform constructs: what a role or a bucket becomes is
decided once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from lakehouse_iam.arns import BucketName, ManagedPolicyArn, RoleArn
from lakehouse_iam.errors import QuotaExceeded
from lakehouse_iam.partitions import Partition
from lakehouse_iam.plan.names import bucket_id
from lakehouse_iam.plan.quotas import Exceeded
from lakehouse_iam.policy import (
    BUCKET_POLICY_SIZE,
    MANAGED_POLICIES_PER_ROLE_ADJUSTED,
    MANAGED_POLICY_SIZE,
    TRUST_POLICY_SIZE_ADJUSTED,
    how_many_fit,
)
from lakehouse_iam.resources import (
    Bucket,
    BucketPolicy,
    Existing,
    ExistingBucket,
    ExistingKey,
    ExistingManagedPolicy,
    HandOff,
    HandOffKind,
    ManagedPolicy,
    Resource,
    Role,
)
from lakehouse_iam.roles.role_spec import WHY_BUCKET_ELSEWHERE, WHY_OWN_BUCKET, ResourcePolicies, RoleSpec
from lakehouse_iam.setups.buckets import Bucket as BucketInSetup
from lakehouse_iam.setups.buckets import BucketPolicyMode
from lakehouse_iam.setups.setup import Setup
from lakehouse_iam.statements.kms import strongest_key_grants

# Source: CloudFormation "Understand CloudFormation quotas" (resources in one template), read 2026-11-21.
STACK_RESOURCES = 500


@dataclass(frozen=True)
class Growth:
    """The list in a setup that a document grows with: what to count, when the document is too large.

    Args:
        noun: what the list holds, such as `buckets by name`.
        length: how many entries it has.
        spec_with: the role with the first n entries only.
        remedy: what to do about the other entries.
    """

    noun: str
    length: int
    spec_with: Callable[[int], RoleSpec]
    remedy: str


# ---------------------------------------------------------------- a role


def role_resources(
    spec: RoleSpec, id: str, *, setup: Setup, trust_growth: Growth | None, policies_growth: Growth
) -> list[Resource]:
    """The role and its managed policies.

    Args:
        spec: the role.
        id: its id within the stack.
        setup: the setup, for its quotas and its permissions boundary.
        trust_growth: what the trust policy grows with; `None` where only long names can make it too large.
        policies_growth: what the number of policies grows with.

    Raises:
        QuotaExceeded: the trust policy is too large, or the role has too many policies.
        SeveralQuotas: both.
    """
    role = RoleArn.parse(spec.arn)
    exceeded = Exceeded()
    with exceeded.part():
        _check_trust_size(spec, role, setup.trust_policy_size, trust_growth)
    with exceeded.part():
        _check_policy_count(spec, role, setup.managed_policies_per_role, policies_growth)
    exceeded.refuse()
    return role_and_policies(spec, id, boundary=setup.boundary_in(role.account))


def role_and_policies(spec: RoleSpec, id: str, *, boundary: ManagedPolicyArn | None) -> list[Resource]:
    """The role and its managed policies, whatever their number and size.

    Args:
        spec: the role; its ARN is known.
        id: its id within the stack.
        boundary: its permissions boundary.
    """
    role, names = RoleArn.parse(spec.arn), spec.policy_names
    return [
        Role(id, role, spec.trust, spec.description, boundary, spec.session_hours),
        *(
            ManagedPolicy(
                f"{names.id}{policy.label}",
                names.name(str(role.name), policy),
                policy.document,
                names.description,
                role.name,
            )
            for policy in spec.policies
        ),
    ]


def _check_trust_size(spec: RoleSpec, role: RoleArn, most: int, growth: Growth | None) -> None:
    if spec.trust.size <= most:
        return
    next_step = "shorten the role paths"
    if growth:
        # No role trusts nobody, so one entry is tried at least.
        fit = how_many_fit(growth.length, lambda n: growth.spec_with(max(n, 1)).trust.size <= most)
        raised = (
            "have the quota 'Role trust policy length' raised and say so with quotas.trust_policy_size "
            f"(up to {TRUST_POLICY_SIZE_ADJUSTED:,}), or "
            if most < TRUST_POLICY_SIZE_ADJUSTED
            else ""
        )
        next_step = f"{fit:,} of {growth.length:,} {growth.noun} fit; {raised}{growth.remedy}"
    raise QuotaExceeded(
        f"the trust policy of the role {role.name} would take {spec.trust.size:,} characters of {most:,}",
        next_step=next_step,
    )


def _check_policy_count(spec: RoleSpec, role: RoleArn, most: int, growth: Growth) -> None:
    if len(spec.policies) <= most:
        return
    fit = how_many_fit(growth.length, lambda n: n == 0 or len(growth.spec_with(n).policies) <= most)
    raise QuotaExceeded(
        f"the role {role.name} would need {len(spec.policies)} managed policies of {MANAGED_POLICY_SIZE:,} characters; "
        f"{most} may be attached to a role",
        next_step=f"the first {fit:,} of {growth.length:,} {growth.noun} fit; {growth.remedy}",
    )


def buckets_growth(length: int, spec_with: Callable[[int], RoleSpec], *, setup: Setup, of_its_own: str) -> Growth:
    """The buckets of a role, as what its policies grow with.

    Args:
        length: how many buckets there are.
        spec_with: the role with the first n of them.
        setup: the setup, for its quotas.
        of_its_own: what a second setup would have of its own, such as `bucket-owner role`.
    """
    remedy = (
        f"give whole buckets instead of prefixes, or move buckets into a second setup with a {of_its_own} of its own"
    )
    if setup.managed_policies_per_role < MANAGED_POLICIES_PER_ROLE_ADJUSTED:
        remedy = (
            "have the quota 'Managed policies attached to an IAM role' raised and say so with "
            f"quotas.managed_policies_per_role (up to {MANAGED_POLICIES_PER_ROLE_ADJUSTED}), {remedy}"
        )
    return Growth("buckets by name", length, spec_with, remedy)


# ---------------------------------------------------------------- buckets


def bucket_resources(
    buckets: Sequence[BucketInSetup], policies: ResourcePolicies, partition: Partition
) -> list[Resource]:
    """The buckets that a setup creates, and the bucket policies that it owns.

    Args:
        buckets: of one account.
        policies: what they must allow.
        partition: where they are.

    Raises:
        QuotaExceeded: a bucket policy is too large.
        SeveralQuotas: several are.
    """
    resources: list[Resource] = []
    exceeded = Exceeded()
    for bucket in buckets:
        if bucket.create:
            resources.append(bucket_resource(bucket))
        if bucket.policy is BucketPolicyMode.MANAGED:
            with exceeded.part():
                resources.append(_bucket_policy(bucket_policy_id(bucket.name), bucket, policies, partition))
    exceeded.refuse()
    return resources


def bucket_resource(bucket: BucketInSetup) -> Bucket:
    """A bucket that a setup creates."""
    return Bucket(f"{_id_of(bucket.name)}Bucket", bucket.name, bucket.object_ownership, bucket.key)


def bucket_policy_id(bucket: BucketName) -> str:
    """The id within its stack of a bucket's policy."""
    return f"{_id_of(bucket)}BucketPolicy"


def _id_of(bucket: BucketName) -> str:
    # No other id of a stack begins with S3, so no bucket's name can give the id of another resource.
    return f"S3{bucket_id(bucket)}"


def _bucket_policy(id: str, bucket: BucketInSetup, policies: ResourcePolicies, partition: Partition) -> BucketPolicy:
    document = policies.bucket_policy_document(bucket.grant(partition))
    size = len(document.compact().encode())
    if size > BUCKET_POLICY_SIZE:
        raise QuotaExceeded(
            f"the policy of the bucket {bucket.name} would take {size:,} bytes of {BUCKET_POLICY_SIZE:,}",
            next_step=_fewer_prefixes(bucket, policies, partition),
        )
    return BucketPolicy(id, bucket.name, document)


def _fewer_prefixes(bucket: BucketInSetup, policies: ResourcePolicies, partition: Partition) -> str:
    def fits(count: int) -> bool:
        part = replace(bucket, prefixes=bucket.prefixes[:count]).grant(partition)
        return len(policies.bucket_policy_document(part).compact().encode()) <= BUCKET_POLICY_SIZE

    fit = how_many_fit(len(bucket.prefixes), fits)
    is_own = bucket.owner == RoleArn.parse(policies.role_arn).account
    enough = ", or write policy: none, for the role's own policy is enough within the owner's account" if is_own else ""
    return (
        f"{fit:,} of its {len(bucket.prefixes):,} prefixes fit; give a common parent folder or the whole bucket{enough}"
    )


def bucket_handoffs(
    buckets: Sequence[BucketInSetup], policies: ResourcePolicies, partition: Partition
) -> Iterator[HandOff]:
    """The statements for the policies of buckets that somebody else keeps."""
    account = RoleArn.parse(policies.role_arn).account
    for bucket in buckets:
        if bucket.policy is BucketPolicyMode.HANDOFF:
            why = WHY_OWN_BUCKET if bucket.owner == account else WHY_BUCKET_ELSEWHERE
            statements = policies.bucket_policy_statements(bucket.grant(partition))
            yield HandOff(HandOffKind.BUCKET_POLICY, str(bucket.name), statements, why)


def key_handoffs(
    buckets: Sequence[BucketInSetup], policies: ResourcePolicies, partition: Partition
) -> Iterator[HandOff]:
    """The statement for the policy of each key, for the most that any bucket needs."""
    grants = [grant.key for grant in (bucket.grant(partition) for bucket in buckets if bucket.key) if grant.key]
    for grant in strongest_key_grants(grants):
        statements = (policies.key_policy_statement(grant),)
        yield HandOff(HandOffKind.KEY_POLICY, grant.key_arn, statements, policies.why_key)


def existing_buckets(buckets: Sequence[BucketInSetup]) -> Iterator[Existing]:
    """What must be there before: the keys, and the buckets that the setup does not create."""
    for key in sorted({bucket.key for bucket in buckets if bucket.key}, key=str):
        yield ExistingKey(key)
    for bucket in buckets:
        if not bucket.create:
            yield ExistingBucket(bucket.name, bucket.object_ownership, bucket.key)


def existing_boundary(boundary: ManagedPolicyArn | None) -> Iterator[Existing]:
    """The permissions boundary, unless it is one that AWS keeps."""
    if boundary and boundary.account != "aws":
        yield ExistingManagedPolicy(boundary)


# ---------------------------------------------------------------- a stack


def role_resource_count(role: RoleSpec) -> int:
    """How many resources a role is: itself and its policies."""
    return 1 + len(role.policies)


def check_resource_count(
    stack: str,
    others: int,
    buckets: Sequence[BucketInSetup],
    *,
    of_its_own: str,
) -> None:
    """Refuse a stack with more resources than a template takes.

    Args:
        stack: its name.
        others: how many resources it has beside the buckets and their policies, of which fewer buckets never need more.
        buckets: the buckets whose resources it has.
        of_its_own: what a second setup would have of its own, such as `bucket-owner role`.

    Raises:
        QuotaExceeded: there are too many.
    """
    counts = [bucket.create + (bucket.policy is BucketPolicyMode.MANAGED) for bucket in buckets]
    resources, room = others + sum(counts), STACK_RESOURCES - others
    if resources <= STACK_RESOURCES:
        return
    fit = how_many_fit(len(buckets), lambda n: sum(counts[:n]) <= room)
    raise QuotaExceeded(
        f"the stack {stack} would have {resources} resources; CloudFormation takes {STACK_RESOURCES} in one template",
        next_step=f"the first {fit:,} of {len(buckets):,} buckets by name fit; "
        f"move the others into a second setup with a {of_its_own} of its own",
    )
