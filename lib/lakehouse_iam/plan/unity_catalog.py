"""The plan of the patterns `unity-catalog-aws` and `unity-catalog-azure`.

Order of events, and why:

1. By hand or by `lakehouse-iam connect`: the storage credential, with the ARN that the role will have. It need not exist
   yet. The answer tells the external id and the role that Unity Catalog acts through.
2. `StorageCredentialRole`, the bucket owner's account: the role, complete in one pass. While the external id is not known
   it is a parameter of the stack without a default, so that no trust policy with a guess can be deployed.
3. `BucketOwner<account>`, for every other account that owns buckets: bucket policies that name the role, which must exist
   first. Where somebody keeps the bucket policy there is no stack, only statements to merge.
4. By hand or by `lakehouse-iam connect`: the external locations, which Unity Catalog validates through the role.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from lakehouse_iam.arns import EXTERNAL_ID_PATTERN, AccountId
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
from lakehouse_iam.plan.phases import HandOver, Output, Parameter, Party, Phase, Plan, every_phase
from lakehouse_iam.plan.quotas import Exceeded
from lakehouse_iam.resources import Resource
from lakehouse_iam.roles import unity_catalog as roles
from lakehouse_iam.roles.role_spec import RoleSpec
from lakehouse_iam.setups.unity_catalog import FROM_AZURE, UnityCatalogSetup

STORAGE_CREDENTIAL_ROLE = "StorageCredentialRole"
# What a second setup has of its own, where one setup is too large.
_OF_ITS_OWN = "storage credential and role"

# Stands for the external id in proofs and rehearsals; in a template the reference to the parameter stands in its place.
EXTERNAL_ID = Parameter(
    id="ExternalId",
    stand_in="lakehouse-iam-external-id-not-known-yet",
    pattern=EXTERNAL_ID_PATTERN,
    description="The external id that the storage credential shows in Databricks",
)


def plan(setup: UnityCatalogSetup) -> Plan:
    """The phases of a setup.

    Raises:
        QuotaExceeded: a document, a role or a stack would be larger than AWS accepts.
        SeveralQuotas: several would be, in one account or in several.
    """
    owners = (partial(_other_owner, setup, account) for account in setup.other_owners)
    return Plan(setup, every_phase((partial(_role_phase, setup), *owners)), notes=tuple(_notes(setup)))


def other_owner_phase(account: AccountId) -> str:
    """The id of the phase of an account that owns buckets and not the role."""
    return f"BucketOwner{account}"


def external_ids(setup: UnityCatalogSetup) -> tuple[str, ...]:
    """The external ids that the trust policy asks for; the parameter's stand-in while none is known."""
    return setup.storage_credential.external_ids or (EXTERNAL_ID.stand_in,)


def role_inputs(setup: UnityCatalogSetup) -> roles.StorageCredentialInputs:
    """What the documents of the setup's role are made from."""
    return roles.StorageCredentialInputs(
        partition=setup.partition.name,
        region=setup.region,
        account=str(setup.role.account),
        role_arn=str(setup.role),
        unity_catalog_role=str(setup.storage_credential.unity_catalog_role),
        external_ids=external_ids(setup),
        buckets=tuple(bucket.grant(setup.partition) for bucket in setup.buckets),
    )


# ---------------------------------------------------------------- the account of the role


def _role_phase(setup: UnityCatalogSetup) -> Phase:
    role, account = setup.role, setup.role.account
    buckets, policies = setup.owned_by(account), roles.resource_policies(str(role))
    stack = f"{setup.name}-storage-credential-role"
    spec = roles.storage_credential_role(role_inputs(setup))
    resources: list[Resource] = []
    exceeded = Exceeded()
    with exceeded.part():
        resources += _storage_credential_role(setup, spec)
    with exceeded.part():
        resources += bucket_resources(buckets, policies, setup.partition)
    with exceeded.part():
        check_resource_count(stack, role_resource_count(spec), buckets, of_its_own=_OF_ITS_OWN)
    exceeded.refuse()
    return Phase(
        id=STORAGE_CREDENTIAL_ROLE,
        stack=stack,
        party=Party.BUCKET_OWNER,
        account=account,
        region=setup.region,
        after=(),
        resources=tuple(resources),
        existing=(*existing_boundary(setup.boundary_in(account)), *existing_buckets(buckets)),
        outputs=(
            Output(
                "StorageCredentialRoleArn",
                str(role),
                "The role that the storage credential names",
                STORAGE_CREDENTIAL_ROLE,
            ),
        ),
        hands_over=(
            HandOver(
                "storage credential role ARN",
                str(role),
                "Databricks workspace admin",
                f"to make the storage credential {setup.storage_credential.name}; the role need not exist yet",
            ),
        ),
        handoffs=(
            *bucket_handoffs(buckets, policies, setup.partition),
            *key_handoffs(setup.buckets, policies, setup.partition),
        ),
        parameters=() if setup.storage_credential.external_ids else (EXTERNAL_ID,),
        is_told=tuple(_from_workspace(setup)),
    )


def _storage_credential_role(setup: UnityCatalogSetup, spec: RoleSpec) -> list[Resource]:
    inputs = role_inputs(setup)

    def with_ids(count: int) -> RoleSpec:
        return roles.storage_credential_role(replace(inputs, external_ids=inputs.external_ids[:count]))

    def with_buckets(count: int) -> RoleSpec:
        return roles.storage_credential_role(replace(inputs, buckets=inputs.buckets[:count]))

    return role_resources(
        spec,
        STORAGE_CREDENTIAL_ROLE,
        setup=setup,
        trust_growth=Growth(
            "external ids",
            len(inputs.external_ids),
            with_ids,
            "make a second setup with a role of its own for the other storage credentials",
        ),
        policies_growth=buckets_growth(len(inputs.buckets), with_buckets, setup=setup, of_its_own=_OF_ITS_OWN),
    )


def _from_workspace(setup: UnityCatalogSetup) -> Iterator[HandOver]:
    owner = f"bucket owner {setup.role.account}"
    for external_id in setup.storage_credential.external_ids or ("",):
        yield HandOver(
            "external id", external_id, owner, "the role's trust policy asks for it; the storage credential shows it"
        )
    yield HandOver(
        "Unity Catalog role ARN",
        str(setup.storage_credential.unity_catalog_role),
        owner,
        "the role's trust policy names it; the storage credential shows it as unity_catalog_iam_arn",
    )


# ---------------------------------------------------------------- other accounts that own buckets


def _other_owner(setup: UnityCatalogSetup, account: AccountId) -> Phase:
    buckets, policies = setup.owned_by(account), roles.resource_policies(str(setup.role))
    stack = f"{setup.name}-bucket-owner-{account}"
    resources: list[Resource] = []
    exceeded = Exceeded()
    with exceeded.part():
        resources += bucket_resources(buckets, policies, setup.partition)
    with exceeded.part():
        check_resource_count(stack, 0, buckets, of_its_own=_OF_ITS_OWN)
    exceeded.refuse()
    return Phase(
        id=other_owner_phase(account),
        stack=stack,
        party=Party.BUCKET_OWNER,
        account=account,
        region=setup.region,
        after=(STORAGE_CREDENTIAL_ROLE,),
        resources=tuple(resources),
        existing=tuple(existing_buckets(buckets)),
        outputs=(),
        hands_over=(),
        handoffs=tuple(bucket_handoffs(buckets, policies, setup.partition)),
    )


# ---------------------------------------------------------------- notes


def _notes(setup: UnityCatalogSetup) -> Iterator[str]:
    credential = setup.storage_credential
    if setup.databricks_account and setup.databricks_account in credential.external_ids:
        yield (
            "the external id is the Databricks account id: right only where a Databricks account admin made the storage "
            "credential; for anyone else, workspace admins included, Databricks makes up a random one; compare it with the "
            "one that the storage credential shows"
        )
    published = setup.shard.unity_catalog_role
    if str(credential.unity_catalog_role) != published:
        yield (
            f"{credential.unity_catalog_role} is not the published role of Unity Catalog ({published}): be sure that it "
            "comes from the storage credential's own answer, for whoever holds it gets in"
        )
    elif setup.pattern == FROM_AZURE:
        yield (
            "the role that Azure Databricks acts through is taken to be the published one of Databricks on AWS: compare it "
            "with unity_catalog_iam_arn of the storage credential, and write that into the setup if it differs"
        )
    for account in setup.other_owners:
        names = ", ".join(str(bucket.name) for bucket in setup.owned_by(account))
        yield (
            f"the account {account} owns {names} and not the role: AWS allows it with a bucket policy, but Databricks "
            "documents roles of the bucket's own account only"
        )
    if any(location.read_only for location in setup.external_locations):
        yield (
            "a read-only external location is refused while its folder is empty (No file available under the location to "
            "read): put an object there first, for example an empty one named _lakehouse-iam"
        )
