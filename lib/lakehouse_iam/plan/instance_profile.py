"""The plan of the pattern `instance-profile`.

Order of events, and why:

1. `DeploymentAccount`, the workspace's account: the deployment-account role, its instance profile, its leave to assume
   the bucket owners' roles, and the PassRole grant. It goes first because IAM and S3 refuse a policy that names a
   principal which does not exist. Its own policy names the bucket owners' roles as *resources*, and a resource need
   not exist yet: so the A → B → A of the written guides becomes A → B.
2. `BucketOwner`, each owner's account: the role that trusts the first one, its policies, buckets and bucket policies.
3. By hand: whatever this setup may not touch (key policies, bucket policies that somebody keeps) comes out as
   statements to merge. A key policy that names the bucket-owner role is refused until step 2 is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lakehouse_iam.arns import AccountId, RoleArn
from lakehouse_iam.errors import LakehouseIamError, QuotaExceeded
from lakehouse_iam.partitions import EC2_SERVICE
from lakehouse_iam.plan.bucket_probes import Way, asking_once_for_each_key, bucket_probes, outsider_probes
from lakehouse_iam.plan.existing import existing_of
from lakehouse_iam.plan.iam_probes import iam_probes, iam_probes_of_another
from lakehouse_iam.plan.limits import STACK_RESOURCES, more_room
from lakehouse_iam.plan.names import bucket_id, policy_name
from lakehouse_iam.plan.outsiders import (
    OTHER_ROLE,
    OTHER_SERVICE,
    OTHER_WORKSPACE,
    STRANGER_ACCOUNT,
    UNNAMED_ROLE,
    sister_role,
)
from lakehouse_iam.plan.phases import HandOver, Output, Party, Phase, Plan, PlanError
from lakehouse_iam.plan.probes import Context, Expected, Probe
from lakehouse_iam.policy import (
    BUCKET_POLICY_SIZE,
    MANAGED_POLICY_SIZE,
    TRUST_POLICY_SIZE_ADJUSTED,
    PackedPolicy,
    how_many_fit,
)
from lakehouse_iam.resources import (
    Bucket,
    BucketPolicy,
    BucketPolicyGrant,
    Existing,
    ExistingManagedPolicy,
    ExistingRole,
    HandOff,
    InstanceProfile,
    KeyPolicyGrant,
    ManagedPolicy,
    Resource,
    Role,
    RolePolicy,
    RolePolicyGrant,
)
from lakehouse_iam.roles import instance_profile as documents
from lakehouse_iam.roles.instance_profile import TrustBy
from lakehouse_iam.setups.buckets import Bucket as BucketInSetup
from lakehouse_iam.setups.buckets import BucketPolicyMode
from lakehouse_iam.setups.instance_profile import BucketOwner, InstanceProfileSetup
from lakehouse_iam.spark import configuration as spark
from lakehouse_iam.statements.kms import strongest_key_grants
from lakehouse_iam.statements.s3 import Access

DEPLOYMENT_ACCOUNT = "DeploymentAccount"
PASSING_ROLE = "the role that Databricks deploys clusters with"


def plan(setup: InstanceProfileSetup) -> Plan:
    """The phases and probes of a setup.

    Raises:
        PlanError: a document, a role or a stack would be larger than AWS accepts.
    """
    try:
        phases = (_deployment_account(setup), *(_bucket_owner(setup, owner) for owner in setup.bucket_owners))
    except LakehouseIamError as problem:
        raise PlanError(setup.name, problem) from problem
    return Plan(
        setup=setup.name,
        pattern=setup.pattern,
        partition=setup.partition.name,
        tags=(("lakehouse-iam:setup", setup.name), *setup.tags),
        phases=phases,
        probes=tuple(_probes(setup)),
    )


def bucket_owner_phase(setup: InstanceProfileSetup, owner: BucketOwner) -> str:
    """The id of an owner's phase: `BucketOwner`, with the account where there are several."""
    return "BucketOwner" if len(setup.bucket_owners) == 1 else f"BucketOwner{owner.role.account}"


def stack_name(setup: InstanceProfileSetup, phase: str) -> str:
    """The name of a phase's stack in AWS."""
    words = {DEPLOYMENT_ACCOUNT: "deployment-account"}.get(
        phase, phase.replace("BucketOwner", "bucket-owner-").rstrip("-")
    )
    return f"{setup.name}-{words}"


def spark_configuration(setup: InstanceProfileSetup) -> spark.SparkConfiguration:
    """The configuration to put on a cluster: Databricks' form where one role and one habit of ACLs fits every bucket.

    Databricks' form is for the whole cluster. Several owners need several roles, and a canned ACL that is sent to a bucket
    without ACLs would ask for `s3:PutObjectAcl`, which the role does not have there: both take Hadoop's form per bucket.
    """
    written = [bucket for bucket in setup.buckets if bucket.access is Access.READ_WRITE]
    habits = {_writes_with_acls(bucket) for bucket in written}
    if len(setup.bucket_owners) == 1 and len(habits) <= 1:
        return spark.databricks_form(str(setup.bucket_owners[0].role), acls=habits == {True})
    return spark.per_bucket_form(bucket_routes(setup), region=setup.region, dns_suffix=setup.partition.dns_suffix)


def bucket_routes(setup: InstanceProfileSetup) -> list[spark.BucketRoute]:
    """Which role leads to which bucket."""
    role_of = {owner.role.account: str(owner.role) for owner in setup.bucket_owners}
    return [
        spark.BucketRoute(
            str(bucket.name),
            role_of[bucket.owner],
            _writes_with_acls(bucket),
            str(bucket.key) if bucket.key and bucket.access is Access.READ_WRITE else "",
        )
        for bucket in setup.buckets
    ]


def _writes_with_acls(bucket: BucketInSetup) -> bool:
    return bucket.object_ownership.uses_acls and bucket.access is Access.READ_WRITE


# ---------------------------------------------------------------- the workspace's account


def _deployment_account(setup: InstanceProfileSetup) -> Phase:
    workspace = setup.workspace
    role = workspace.role
    trust = documents.deployment_trust(setup.shard.serverless_role, workspace.serverless_workspace_ids)
    if trust.size > setup.trust_policy_size:
        raise _trust_too_large(setup, trust.size)
    policies = _assume_roles(setup)
    pass_role = documents.pass_role_document(str(role))
    resources: list[Resource] = [
        Role(
            "DeploymentAccountRole", role, trust, documents.DEPLOYMENT_ROLE_DESCRIPTION, setup.boundary_in(role.account)
        ),
        *(
            ManagedPolicy(
                f"AssumeBucketOwnerRoles{policy.label}",
                policy_name(str(role.name), "assume-role", policy),
                policy.document,
                documents.ASSUME_POLICY_DESCRIPTION,
                role.name,
            )
            for policy in policies
        ),
        InstanceProfile("InstanceProfile", workspace.instance_profile.name, role.path, role.name),
    ]
    existing: list[Existing] = [*_boundary(setup, role.account)]
    handoffs: list[HandOff] = []
    if workspace.cross_account_role:
        resources.append(RolePolicy("PassRoleGrant", f"pass-{role.name}", pass_role, workspace.cross_account_role))
        existing.append(ExistingRole(workspace.cross_account_role))
    else:
        handoffs.append(
            RolePolicyGrant(
                PASSING_ROLE,
                pass_role.statements,
                "without it clusters that carry the instance profile do not start; "
                "name the role as workspace.cross_account_role to have it done",
            )
        )
    return Phase(
        id=DEPLOYMENT_ACCOUNT,
        stack=stack_name(setup, DEPLOYMENT_ACCOUNT),
        party=Party.WORKSPACE_ACCOUNT,
        account=role.account,
        region=setup.region,
        after=(),
        resources=tuple(resources),
        existing=tuple(existing),
        outputs=(
            Output("DeploymentAccountRoleArn", str(role), "The role that clusters carry", "DeploymentAccountRole"),
            Output(
                "InstanceProfileArn",
                str(workspace.instance_profile),
                "What to register in the Databricks workspace",
                "InstanceProfile",
            ),
            Output(
                "SparkConfiguration",
                spark.as_text(spark_configuration(setup)),
                "What to put into a cluster's Spark config",
            ),
        ),
        hands_over=(
            *(
                HandOver(
                    "deployment-account role ARN",
                    str(role),
                    f"bucket owner {owner.role.account}",
                    "the bucket-owner role trusts it, and it must exist first"
                    if owner.trust is TrustBy.ROLE
                    else "the bucket-owner role trusts it",
                )
                for owner in setup.bucket_owners
            ),
            HandOver(
                "instance profile ARN", str(workspace.instance_profile), "Databricks workspace admin", "to register it"
            ),
        ),
        handoffs=tuple(handoffs),
    )


# ---------------------------------------------------------------- a bucket owner's account


def _bucket_owner(setup: InstanceProfileSetup, owner: BucketOwner) -> Phase:
    phase = bucket_owner_phase(setup, owner)
    role = owner.role
    buckets = setup.buckets_of(owner)
    trust = documents.bucket_owner_trust(
        str(setup.workspace.role),
        account_root=setup.partition.root(str(setup.workspace.role.account)),
        by=owner.trust,
    )
    if trust.size > setup.trust_policy_size:
        raise QuotaExceeded(
            f"the trust policy of the role {role.name} would take {trust.size:,} characters of {setup.trust_policy_size:,}",
            next_step="shorten the role paths",
        )
    resources: list[Resource] = [
        Role("BucketOwnerRole", role, trust, documents.BUCKET_OWNER_ROLE_DESCRIPTION, setup.boundary_in(role.account)),
        *(
            ManagedPolicy(
                f"BucketAccess{policy.label}",
                policy_name(str(role.name), "bucket-access", policy),
                policy.document,
                documents.BUCKET_POLICY_DESCRIPTION,
                role.name,
            )
            for policy in _bucket_access(setup, owner, buckets)
        ),
        *_buckets_and_policies(setup, owner, buckets),
    ]
    if len(resources) > STACK_RESOURCES:
        # What is not a bucket's own are the role and its policies, of which fewer buckets never need more.
        room = STACK_RESOURCES - sum(not isinstance(resource, Bucket | BucketPolicy) for resource in resources)
        fit = how_many_fit(len(buckets), lambda n: len(list(_buckets_and_policies(setup, owner, buckets[:n]))) <= room)
        raise QuotaExceeded(
            f"the stack {stack_name(setup, phase)} would have {len(resources)} resources; "
            f"CloudFormation takes {STACK_RESOURCES} in one template",
            next_step=f"the first {fit:,} of {len(buckets):,} buckets by name fit; "
            "move the others into a second setup with a bucket-owner role of its own",
        )
    return Phase(
        id=phase,
        stack=stack_name(setup, phase),
        party=Party.BUCKET_OWNER,
        account=role.account,
        region=setup.region,
        after=(DEPLOYMENT_ACCOUNT,),
        resources=tuple(resources),
        existing=(*_boundary(setup, role.account), *existing_of(buckets)),
        outputs=(Output("BucketOwnerRoleArn", str(role), "The role that clusters assume", "BucketOwnerRole"),),
        hands_over=(
            HandOver(
                "bucket-owner role ARN",
                str(role),
                "whoever configures clusters",
                "it stands in the Spark configuration",
            ),
        ),
        handoffs=tuple(_handoffs(setup, owner, buckets)),
    )


def _bucket_access(
    setup: InstanceProfileSetup, owner: BucketOwner, buckets: tuple[BucketInSetup, ...]
) -> tuple[PackedPolicy, ...]:
    grants = [bucket.grant(setup.partition) for bucket in buckets]
    policies = documents.bucket_owner_documents(grants)
    most = setup.managed_policies_per_role
    if len(policies) > most:
        fit = how_many_fit(len(grants), lambda n: len(documents.bucket_owner_documents(grants[:n])) <= most)
        raise QuotaExceeded(
            f"the role {owner.role.name} would need {len(policies)} managed policies of {MANAGED_POLICY_SIZE:,} characters; "
            f"{most} may be attached to a role",
            next_step=f"the first {fit:,} of {len(grants):,} buckets by name fit; "
            + more_room(most, owner="bucket-owner role"),
        )
    return policies


def _buckets_and_policies(
    setup: InstanceProfileSetup, owner: BucketOwner, buckets: tuple[BucketInSetup, ...]
) -> Iterator[Resource]:
    for bucket in buckets:
        # No other id of the stack begins with S3, so a bucket named policy-x or owner-role takes none of them.
        id = f"S3{bucket_id(bucket.name)}"
        if bucket.create:
            yield Bucket(f"{id}Bucket", bucket.name, bucket.object_ownership, bucket.key)
        if bucket.policy is BucketPolicyMode.MANAGED:
            document = documents.bucket_policy_document(bucket.grant(setup.partition), str(owner.role))
            size = len(document.compact().encode())
            if size > BUCKET_POLICY_SIZE:
                raise QuotaExceeded(
                    f"the policy of the bucket {bucket.name} would take {size:,} bytes of {BUCKET_POLICY_SIZE:,}",
                    next_step=_fewer_prefixes(bucket, setup, owner),
                )
            yield BucketPolicy(f"{id}BucketPolicy", bucket.name, document)


def _fewer_prefixes(bucket: BucketInSetup, setup: InstanceProfileSetup, owner: BucketOwner) -> str:
    def fits(count: int) -> bool:
        part = replace(bucket, prefixes=bucket.prefixes[:count]).grant(setup.partition)
        return len(documents.bucket_policy_document(part, str(owner.role)).compact().encode()) <= BUCKET_POLICY_SIZE

    fit = how_many_fit(len(bucket.prefixes), fits)
    return (
        f"{fit:,} of its {len(bucket.prefixes):,} prefixes fit; give a common parent folder or the whole bucket, "
        "or write policy: none, for the role's own policy is enough within the owner's account"
    )


def _boundary(setup: InstanceProfileSetup, account: AccountId) -> Iterator[Existing]:
    boundary = setup.boundary_in(account)
    if boundary and boundary.account != "aws":
        yield ExistingManagedPolicy(boundary)


def _handoffs(setup: InstanceProfileSetup, owner: BucketOwner, buckets: tuple[BucketInSetup, ...]) -> Iterator[HandOff]:
    for bucket in buckets:
        if bucket.policy is BucketPolicyMode.HANDOFF:
            yield BucketPolicyGrant(
                bucket.name,
                documents.bucket_policy_statements(bucket.grant(setup.partition), str(owner.role)),
                "the bucket has a policy of its own; without these statements the role's own policy still lets it in, "
                "unless the bucket policy denies it",
            )
    key_grants = [grant.key for grant in (bucket.grant(setup.partition) for bucket in buckets) if grant.key]
    key_of = {str(bucket.key): bucket.key for bucket in buckets if bucket.key}
    for grant in strongest_key_grants(key_grants):
        yield KeyPolicyGrant(
            key_of[grant.key_arn],
            (documents.key_policy_statement(grant, str(owner.role)),),
            "a key is used only by those its own policy allows; merge it after the bucket-owner role exists",
        )


def _trust_too_large(setup: InstanceProfileSetup, size: int) -> QuotaExceeded:
    ids, most = setup.workspace.serverless_workspace_ids, setup.trust_policy_size

    def fits(count: int) -> bool:
        return documents.deployment_trust(setup.shard.serverless_role, ids[:count]).size <= most

    raised = (
        "have the quota 'Role trust policy length' raised and say so with quotas.trust_policy_size "
        f"(up to {TRUST_POLICY_SIZE_ADJUSTED:,}), or "
    )
    return QuotaExceeded(
        f"the trust policy of the role {setup.workspace.role.name} would take {size:,} characters of {most:,}",
        next_step=f"{how_many_fit(len(ids), fits):,} of {len(ids):,} serverless_workspace_ids fit; "
        f"{raised if most < TRUST_POLICY_SIZE_ADJUSTED else ''}"
        "make a second setup with a role of its own for the other workspaces",
    )


def _assume_roles(setup: InstanceProfileSetup) -> tuple[PackedPolicy, ...]:
    arns = [str(owner.role) for owner in setup.bucket_owners]
    policies = documents.assume_role_documents(arns)
    most = setup.managed_policies_per_role
    if len(policies) > most:
        fit = how_many_fit(len(arns), lambda n: len(documents.assume_role_documents(arns[:n])) <= most)
        raise QuotaExceeded(
            f"the role {setup.workspace.role.name} would need {len(policies)} managed policies of "
            f"{MANAGED_POLICY_SIZE:,} characters; {most} may be attached to a role",
            next_step=f"the first {fit:,} of {len(arns):,} bucket owners by account id fit; "
            "make a second setup with a deployment role of its own for the others",
        )
    return policies


# ---------------------------------------------------------------- probes


def _probes(setup: InstanceProfileSetup) -> Iterator[Probe]:
    yield from _deployment_role_probes(setup)
    yield from _pass_role_probes(setup)
    for owner in setup.bucket_owners:
        yield from _assume_probes(setup, owner)
        way = Way(str(setup.workspace.role), (str(owner.role),))
        yield from iam_probes(way, str(owner.role.name), str(owner.role))
        for bucket in asking_once_for_each_key(setup.buckets_of(owner)):
            yield from bucket_probes(way, bucket, [other.name for other in setup.buckets], setup.partition)
            for who, principal in _outsiders(setup):
                yield from outsider_probes(who, principal, bucket, setup.partition)


def _other_role(setup: InstanceProfileSetup, account: str) -> str:
    return f"arn:{setup.partition.name}:iam::{account}:role/{OTHER_ROLE}"


def _outsiders(setup: InstanceProfileSetup) -> tuple[tuple[str, str], ...]:
    """Those who must not reach a bucket straight; what their own account allows them is not what stops them."""
    workspace = setup.workspace.role
    return (
        ("the deployment role, without assuming,", str(workspace)),
        ("another role of the workspace account", _other_role(setup, str(workspace.account))),
        ("a role of another account", _other_role(setup, STRANGER_ACCOUNT)),
    )


def _deployment_role_probes(setup: InstanceProfileSetup) -> Iterator[Probe]:
    role = str(setup.workspace.role)

    def assume(who: str, principal: str, expected: Expected, context: Context = ()) -> Probe:
        return Probe(f"{who} the deployment role", principal, (), "sts:AssumeRole", role, expected, context)

    yield assume("EC2 hands a cluster", EC2_SERVICE, Expected.ALLOW)
    yield assume("Lambda hands a function", OTHER_SERVICE, Expected.DENY)
    yield assume(
        "another role of the workspace account assumes",
        _other_role(setup, str(setup.workspace.role.account)),
        Expected.DENY,
    )
    yield assume("a role of another account assumes", _other_role(setup, STRANGER_ACCOUNT), Expected.DENY)
    serverless, ids = setup.shard.serverless_role, setup.workspace.serverless_workspace_ids
    if serverless and ids:
        for id in ids:
            named = (("sts:ExternalId", f"databricks-serverless-{id}"),)
            yield assume(f"serverless SQL of the workspace {id} assumes", serverless, Expected.ALLOW, named)
        other = (("sts:ExternalId", f"databricks-serverless-{OTHER_WORKSPACE}"),)
        yield assume("serverless SQL of another workspace assumes", serverless, Expected.DENY, other)
        yield assume("serverless SQL without an external id assumes", serverless, Expected.DENY)
        yield assume(
            "another role of serverless SQL's account assumes",
            _other_role(setup, str(RoleArn.parse(serverless).account)),
            Expected.DENY,
            (("sts:ExternalId", f"databricks-serverless-{ids[0]}"),),
        )
    yield from iam_probes(Way(role, ()), "the deployment role", role)


def _pass_role_probes(setup: InstanceProfileSetup) -> Iterator[Probe]:
    named, role = setup.workspace.cross_account_role, setup.workspace.role
    who = str(named) if named else PASSING_ROLE
    way = Way(f"arn:{setup.partition.name}:iam::{role.account}:role/{named or UNNAMED_ROLE}", ())

    def passes(what: str, whose: RoleArn, service: str, expected: Expected) -> Probe:
        context = (("iam:PassedToService", service),)
        return way.probe(f"{who} passes {what}", "iam:PassRole", str(whose), expected, context)

    yield passes("the deployment role to EC2", role, EC2_SERVICE, Expected.ALLOW)
    yield passes("the deployment role to Lambda", role, OTHER_SERVICE, Expected.DENY)
    yield passes("another role to EC2", sister_role(role), EC2_SERVICE, Expected.DENY)
    yield from iam_probes_of_another(way, who, "the deployment role", str(role))


def _assume_probes(setup: InstanceProfileSetup, owner: BucketOwner) -> Iterator[Probe]:
    deployment_role, target, name = str(setup.workspace.role), str(owner.role), owner.role.name
    askers = (
        (deployment_role, "the deployment role", Expected.ALLOW),
        (
            _other_role(setup, str(setup.workspace.role.account)),
            "another role of the workspace account",
            Expected.DENY,
        ),
        (_other_role(setup, STRANGER_ACCOUNT), "a role of another account", Expected.DENY),
        (
            _other_role(setup, str(owner.role.account)),
            f"another role of the account of {name}",
            Expected.DENY,
        ),
    )
    for principal, who, expected in askers:
        yield Probe(f"{who} assumes {name}", principal, (), "sts:AssumeRole", target, expected)
    sister = sister_role(owner.role)
    question = f"the deployment role assumes the sister role {sister.name}"
    yield Probe(question, deployment_role, (), "sts:AssumeRole", str(sister), Expected.DENY)
    namesake = replace(owner.role, account=AccountId(STRANGER_ACCOUNT))
    question = f"the deployment role assumes a role of another account that is named {name} too"
    yield Probe(question, deployment_role, (), "sts:AssumeRole", str(namesake), Expected.DENY)
    survives = Expected.ALLOW if owner.trust is TrustBy.ACCOUNT else Expected.DENY
    question = f"the deployment role, deleted and made again under its name, assumes {name}"
    yield Probe(question, deployment_role, (), "sts:AssumeRole", target, survives, recreated=deployment_role)
