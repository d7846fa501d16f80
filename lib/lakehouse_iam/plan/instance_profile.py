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

from functools import partial

from lakehouse_iam.plan.assemble import (
    Growth,
    bucket_handoffs,
    bucket_resources,
    buckets_growth,
    check_resource_count,
    existing_boundary,
    existing_buckets,
    key_handoffs,
    role_resource_count,
    role_resources,
)
from lakehouse_iam.plan.pass_role import pass_role
from lakehouse_iam.plan.phases import HandOver, Output, Party, Phase, Plan, every_phase
from lakehouse_iam.plan.quotas import Exceeded
from lakehouse_iam.resources import (
    InstanceProfile,
    Resource,
)
from lakehouse_iam.roles import instance_profile as roles
from lakehouse_iam.roles.instance_profile import TrustBy
from lakehouse_iam.roles.role_spec import RoleSpec
from lakehouse_iam.setups.buckets import Bucket
from lakehouse_iam.setups.instance_profile import BucketOwner, InstanceProfileSetup
from lakehouse_iam.spark import configuration as spark
from lakehouse_iam.statements.s3 import Access

DEPLOYMENT_ACCOUNT = "DeploymentAccount"
DEPLOYMENT_ACCOUNT_ROLE = "DeploymentAccountRole"
BUCKET_OWNER_ROLE = "BucketOwnerRole"
INSTANCE_PROFILE = "InstanceProfile"
# What a second setup has of its own, where one setup is too large.
_OF_ITS_OWN = "bucket-owner role"


def plan(setup: InstanceProfileSetup) -> Plan:
    """The phases of a setup.

    Raises:
        QuotaExceeded: a document, a role or a stack would be larger than AWS accepts.
        SeveralQuotas: several would be, in one account or in several.
    """
    owners = (partial(_bucket_owner, setup, owner) for owner in setup.bucket_owners)
    return Plan(setup, every_phase((partial(_deployment_account, setup), *owners)))


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


def _writes_with_acls(bucket: Bucket) -> bool:
    return bucket.object_ownership.uses_acls and bucket.access is Access.READ_WRITE


# ---------------------------------------------------------------- the workspace's account


def _deployment_account(setup: InstanceProfileSetup) -> Phase:
    workspace = setup.workspace
    role = workspace.role
    passing = pass_role(role, workspace.cross_account_role, key="workspace.cross_account_role")
    resources = (
        *_deployment_account_role(setup),
        InstanceProfile(INSTANCE_PROFILE, workspace.instance_profile.name, role.path, role.name),
        *passing.resources,
    )
    return Phase(
        id=DEPLOYMENT_ACCOUNT,
        stack=stack_name(setup, DEPLOYMENT_ACCOUNT),
        party=Party.WORKSPACE_ACCOUNT,
        account=role.account,
        region=setup.region,
        after=(),
        resources=resources,
        existing=(*existing_boundary(setup.boundary_in(role.account)), *passing.existing),
        outputs=_deployment_account_outputs(setup),
        hands_over=_from_workspace(setup),
        handoffs=passing.handoffs,
    )


def _deployment_account_role(setup: InstanceProfileSetup) -> list[Resource]:
    workspace = setup.workspace
    ids, owners = workspace.serverless_workspace_ids, [str(owner.role) for owner in setup.bucket_owners]

    def spec(workspace_ids: tuple[str, ...] = ids, bucket_owner_roles: list[str] = owners) -> RoleSpec:
        return roles.deployment_account_role(
            str(workspace.role),
            bucket_owner_roles=bucket_owner_roles,
            serverless_role=setup.shard.serverless_role,
            workspace_ids=workspace_ids,
        )

    return role_resources(
        spec(),
        DEPLOYMENT_ACCOUNT_ROLE,
        setup=setup,
        trust_growth=Growth(
            "serverless_workspace_ids",
            len(ids),
            lambda n: spec(workspace_ids=ids[:n]),
            "make a second setup with a role of its own for the other workspaces",
        ),
        policies_growth=Growth(
            "bucket owners by account id",
            len(owners),
            lambda n: spec(bucket_owner_roles=owners[:n]),
            "make a second setup with a deployment role of its own for the others",
        ),
    )


def _deployment_account_outputs(setup: InstanceProfileSetup) -> tuple[Output, ...]:
    workspace = setup.workspace
    return (
        Output(
            "DeploymentAccountRoleArn", str(workspace.role), "The role that clusters carry", DEPLOYMENT_ACCOUNT_ROLE
        ),
        Output(
            "InstanceProfileArn",
            str(workspace.instance_profile),
            "What to register in the Databricks workspace",
            INSTANCE_PROFILE,
        ),
        Output(
            "SparkConfiguration", spark.as_text(spark_configuration(setup)), "What to put into a cluster's Spark config"
        ),
    )


def _from_workspace(setup: InstanceProfileSetup) -> tuple[HandOver, ...]:
    role, profile = str(setup.workspace.role), str(setup.workspace.instance_profile)
    why = {
        TrustBy.ROLE: "the bucket-owner role trusts it, and it must exist first",
        TrustBy.ACCOUNT: "the bucket-owner role trusts it",
    }
    return (
        *(
            HandOver("deployment-account role ARN", role, f"bucket owner {owner.role.account}", why[owner.trust])
            for owner in setup.bucket_owners
        ),
        HandOver("instance profile ARN", profile, "Databricks workspace admin", "to register it"),
    )


# ---------------------------------------------------------------- a bucket owner's account


def _bucket_owner(setup: InstanceProfileSetup, owner: BucketOwner) -> Phase:
    phase, role, buckets = bucket_owner_phase(setup, owner), owner.role, setup.buckets_of(owner)
    policies = roles.resource_policies(str(role))
    spec = _bucket_owner_role(setup, owner, buckets)
    resources: list[Resource] = []
    exceeded = Exceeded()
    with exceeded.part():
        growth = buckets_growth(
            len(buckets),
            lambda n: _bucket_owner_role(setup, owner, buckets[:n]),
            setup=setup,
            of_its_own=_OF_ITS_OWN,
        )
        resources += role_resources(spec, BUCKET_OWNER_ROLE, setup=setup, trust_growth=None, policies_growth=growth)
    with exceeded.part():
        resources += bucket_resources(buckets, policies, setup.partition)
    with exceeded.part():
        check_resource_count(stack_name(setup, phase), role_resource_count(spec), buckets, of_its_own=_OF_ITS_OWN)
    exceeded.refuse()
    return Phase(
        id=phase,
        stack=stack_name(setup, phase),
        party=Party.BUCKET_OWNER,
        account=role.account,
        region=setup.region,
        after=(DEPLOYMENT_ACCOUNT,),
        resources=tuple(resources),
        existing=(*existing_boundary(setup.boundary_in(role.account)), *existing_buckets(buckets)),
        outputs=(Output("BucketOwnerRoleArn", str(role), "The role that clusters assume", BUCKET_OWNER_ROLE),),
        hands_over=(
            HandOver(
                "bucket-owner role ARN",
                str(role),
                "whoever configures clusters",
                "it stands in the Spark configuration",
            ),
        ),
        handoffs=(
            *bucket_handoffs(buckets, policies, setup.partition),
            *key_handoffs(buckets, policies, setup.partition),
        ),
    )


def _bucket_owner_role(setup: InstanceProfileSetup, owner: BucketOwner, buckets: tuple[Bucket, ...]) -> RoleSpec:
    deployment_role = setup.workspace.role
    trust = roles.bucket_owner_trust(
        str(deployment_role), account_root=setup.partition.root(str(deployment_role.account)), by=owner.trust
    )
    grants = [bucket.grant(setup.partition) for bucket in buckets]
    return roles.bucket_owner_role(str(owner.role), trust=trust, buckets=grants)
