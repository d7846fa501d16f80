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

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lakehouse_iam.arns import EXTERNAL_ID_PATTERN, AccountId, KeyArn
from lakehouse_iam.errors import LakehouseIamError, QuotaExceeded
from lakehouse_iam.partitions import DATABRICKS_SHARDS, PRE_PRODUCTION_UNITY_CATALOG_ROLE
from lakehouse_iam.plan.bucket_probes import Way, asking_once_for_each_key, bucket_probes, outsider_probes
from lakehouse_iam.plan.existing import existing_of
from lakehouse_iam.plan.file_event_probes import file_event_probes
from lakehouse_iam.plan.iam_probes import iam_probes
from lakehouse_iam.plan.limits import STACK_RESOURCES, more_room
from lakehouse_iam.plan.names import bucket_id, policy_name
from lakehouse_iam.plan.outsiders import OTHER_ROLE, STRANGER_ACCOUNT, sister_bucket, sister_role
from lakehouse_iam.plan.phases import HandOver, Output, Parameter, Party, Phase, Plan, PlanError
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
    HandOff,
    KeyPolicyGrant,
    ManagedPolicy,
    Resource,
    Role,
)
from lakehouse_iam.roles import storage_credential as documents
from lakehouse_iam.setups.buckets import Bucket as BucketInSetup
from lakehouse_iam.setups.buckets import BucketPolicyMode
from lakehouse_iam.setups.unity_catalog import FROM_AZURE, UnityCatalogSetup
from lakehouse_iam.statements.kms import strongest_key_grants
from lakehouse_iam.statements.s3 import Access

STORAGE_CREDENTIAL_ROLE = "StorageCredentialRole"

# Stands for the external id in proofs and rehearsals; in a template the reference to the parameter stands in its place.
EXTERNAL_ID = Parameter(
    id="ExternalId",
    stand_in="lakehouse-iam-external-id-not-known-yet",
    pattern=EXTERNAL_ID_PATTERN,
    description="The external id that the storage credential shows in Databricks",
)


def plan(setup: UnityCatalogSetup) -> Plan:
    """The phases and probes of a setup.

    Raises:
        PlanError: a document, a role or a stack would be larger than AWS accepts.
    """
    try:
        phases = (_role_phase(setup), *(_other_owner(setup, account) for account in setup.other_owners))
    except LakehouseIamError as problem:
        raise PlanError(setup.name, problem) from problem
    return Plan(
        setup=setup.name,
        pattern=setup.pattern,
        partition=setup.partition.name,
        tags=(("lakehouse-iam:setup", setup.name), *setup.tags),
        phases=phases,
        probes=tuple(_probes(setup)),
        notes=tuple(_notes(setup)),
    )


def other_owner_phase(account: AccountId) -> str:
    """The id of the phase of an account that owns buckets and not the role."""
    return f"BucketOwner{account}"


def external_ids(setup: UnityCatalogSetup) -> tuple[str, ...]:
    """The external ids that the trust policy asks for; the parameter's stand-in while none is known."""
    return setup.storage_credential.external_ids or (EXTERNAL_ID.stand_in,)


def storage_credential(setup: UnityCatalogSetup) -> documents.StorageCredential:
    """The setup in the words of the role documents."""
    return documents.StorageCredential(
        partition=setup.partition.name,
        account=str(setup.role.account),
        role_arn=str(setup.role),
        unity_catalog_role=str(setup.storage_credential.unity_catalog_role),
        external_ids=external_ids(setup),
        buckets=tuple(bucket.grant(setup.partition) for bucket in setup.buckets),
        file_events=setup.file_events,
    )


# ---------------------------------------------------------------- the account of the role


def _role_phase(setup: UnityCatalogSetup) -> Phase:
    role, account = setup.role, setup.role.account
    credential = storage_credential(setup)
    made = documents.role_documents(credential)
    if made.trust.size > setup.trust_policy_size:
        raise _trust_too_large(setup, credential, made.trust.size)
    if len(made.policies) > setup.managed_policies_per_role:
        raise _too_many_policies(setup, credential, made.policies)
    buckets = setup.buckets_of(account)
    resources: list[Resource] = [
        Role(STORAGE_CREDENTIAL_ROLE, role, made.trust, documents.ROLE_DESCRIPTION, setup.boundary_in(account)),
        *(
            ManagedPolicy(
                f"StorageCredentialAccess{policy.label}",
                policy_name(str(role.name), "storage-credential-access", policy),
                policy.document,
                documents.POLICY_DESCRIPTION,
                role.name,
            )
            for policy in made.policies
        ),
        *_buckets_and_policies(setup, buckets),
    ]
    stack = f"{setup.name}-storage-credential-role"
    _check_resources(setup, stack, resources, buckets)
    return Phase(
        id=STORAGE_CREDENTIAL_ROLE,
        stack=stack,
        party=Party.BUCKET_OWNER,
        account=account,
        region=setup.region,
        after=(),
        resources=tuple(resources),
        existing=(*_boundary(setup, account), *existing_of(buckets)),
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
        handoffs=(*_bucket_handoffs(setup, buckets), *_key_handoffs(setup)),
        parameters=() if setup.storage_credential.external_ids else (EXTERNAL_ID,),
        is_told=tuple(_from_workspace(setup)),
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


def _trust_too_large(setup: UnityCatalogSetup, credential: documents.StorageCredential, size: int) -> QuotaExceeded:
    ids, most = credential.external_ids, setup.trust_policy_size

    def fits(count: int) -> bool:
        some = replace(credential, external_ids=ids[: max(count, 1)])
        return documents.role_documents(some).trust.size <= most

    raised = (
        "have the quota 'Role trust policy length' raised and say so with quotas.trust_policy_size "
        f"(up to {TRUST_POLICY_SIZE_ADJUSTED:,}), or "
    )
    return QuotaExceeded(
        f"the trust policy of the role {setup.role.name} would take {size:,} characters of {most:,}",
        next_step=f"{how_many_fit(len(ids), fits):,} of {len(ids):,} external ids fit; "
        f"{raised if most < TRUST_POLICY_SIZE_ADJUSTED else ''}"
        "make a second setup with a role of its own for the other storage credentials",
    )


def _too_many_policies(
    setup: UnityCatalogSetup, credential: documents.StorageCredential, policies: tuple[PackedPolicy, ...]
) -> QuotaExceeded:
    buckets, most = credential.buckets, setup.managed_policies_per_role
    fit = how_many_fit(len(buckets), lambda n: len(documents.permissions(credential, buckets[:n])) <= most)
    return QuotaExceeded(
        f"the role {setup.role.name} would need {len(policies)} managed policies of {MANAGED_POLICY_SIZE:,} characters; "
        f"{most} may be attached to a role",
        next_step=f"the first {fit:,} of {len(buckets):,} buckets by name fit; "
        + more_room(most, owner="storage credential and role"),
    )


# ---------------------------------------------------------------- buckets of any account


def _other_owner(setup: UnityCatalogSetup, account: AccountId) -> Phase:
    buckets = setup.buckets_of(account)
    resources = list(_buckets_and_policies(setup, buckets))
    stack = f"{setup.name}-bucket-owner-{account}"
    _check_resources(setup, stack, resources, buckets)
    return Phase(
        id=other_owner_phase(account),
        stack=stack,
        party=Party.BUCKET_OWNER,
        account=account,
        region=setup.region,
        after=(STORAGE_CREDENTIAL_ROLE,),
        resources=tuple(resources),
        existing=tuple(existing_of(buckets)),
        outputs=(),
        hands_over=(),
        handoffs=tuple(_bucket_handoffs(setup, buckets)),
    )


def _buckets_and_policies(setup: UnityCatalogSetup, buckets: Sequence[BucketInSetup]) -> Iterator[Resource]:
    for bucket in buckets:
        # No other id of the stack begins with S3, so a bucket named storage-credential-role takes none of them.
        id = f"S3{bucket_id(bucket.name)}"
        if bucket.create:
            yield Bucket(f"{id}Bucket", bucket.name, bucket.object_ownership, bucket.key)
        if bucket.policy is BucketPolicyMode.MANAGED:
            document = documents.bucket_policy_document(bucket.grant(setup.partition), str(setup.role))
            size = len(document.compact().encode())
            if size > BUCKET_POLICY_SIZE:
                raise QuotaExceeded(
                    f"the policy of the bucket {bucket.name} would take {size:,} bytes of {BUCKET_POLICY_SIZE:,}",
                    next_step=_fewer_prefixes(bucket, setup),
                )
            yield BucketPolicy(f"{id}BucketPolicy", bucket.name, document)


def _fewer_prefixes(bucket: BucketInSetup, setup: UnityCatalogSetup) -> str:
    def fits(count: int) -> bool:
        part = replace(bucket, prefixes=bucket.prefixes[:count]).grant(setup.partition)
        size = len(documents.bucket_policy_document(part, str(setup.role)).compact().encode())
        return size <= BUCKET_POLICY_SIZE

    fit = how_many_fit(len(bucket.prefixes), fits)
    own = bucket.owner == setup.role.account
    enough = ", or write policy: none, for the role's own policy is enough within its account" if own else ""
    return (
        f"{fit:,} of its {len(bucket.prefixes):,} prefixes fit; give a common parent folder or the whole bucket{enough}"
    )


def _check_resources(
    setup: UnityCatalogSetup, stack: str, resources: Sequence[Resource], buckets: Sequence[BucketInSetup]
) -> None:
    if len(resources) <= STACK_RESOURCES:
        return
    # What is not a bucket's own are the role and its policies, of which fewer buckets never need more.
    room = STACK_RESOURCES - sum(not isinstance(resource, Bucket | BucketPolicy) for resource in resources)
    fit = how_many_fit(len(buckets), lambda n: len(list(_buckets_and_policies(setup, buckets[:n]))) <= room)
    raise QuotaExceeded(
        f"the stack {stack} would have {len(resources)} resources; CloudFormation takes {STACK_RESOURCES} in one template",
        next_step=f"the first {fit:,} of {len(buckets):,} buckets by name fit; "
        "move the others into a second setup with a storage credential and role of its own",
    )


def _boundary(setup: UnityCatalogSetup, account: AccountId) -> Iterator[Existing]:
    boundary = setup.boundary_in(account)
    if boundary and boundary.account != "aws":
        yield ExistingManagedPolicy(boundary)


def _bucket_handoffs(setup: UnityCatalogSetup, buckets: Sequence[BucketInSetup]) -> Iterator[HandOff]:
    for bucket in buckets:
        if bucket.policy is BucketPolicyMode.HANDOFF:
            why = (
                "the bucket has a policy of its own; without these statements the role's own policy still lets it in, "
                "unless the bucket policy denies it"
                if bucket.owner == setup.role.account
                else "the bucket is in another account than the role, so nobody gets in until its policy says so; merge "
                "it after the role exists"
            )
            statements = documents.bucket_policy_statements(bucket.grant(setup.partition), str(setup.role))
            yield BucketPolicyGrant(bucket.name, statements, why)


def _key_handoffs(setup: UnityCatalogSetup) -> Iterator[HandOff]:
    grants = [grant.key for grant in (bucket.grant(setup.partition) for bucket in setup.buckets) if grant.key]
    for grant in strongest_key_grants(grants):
        yield KeyPolicyGrant(
            KeyArn.parse(grant.key_arn),
            (documents.key_policy_statement(grant, str(setup.role)),),
            "a key is used only by those its own policy allows; merge it after the role exists",
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
        names = ", ".join(str(bucket.name) for bucket in setup.buckets_of(account))
        yield (
            f"the account {account} owns {names} and not the role: AWS allows it with a bucket policy, but Databricks "
            "documents roles of the bucket's own account only"
        )
    if any(location.read_only for location in setup.external_locations):
        yield (
            "a read-only external location is refused while its folder is empty (No file available under the location to "
            "read): put an object there first, for example an empty one named _lakehouse-iam"
        )


# ---------------------------------------------------------------- probes

WRONG_EXTERNAL_ID = "lakehouse-iam-wrong-external-id"


def _probes(setup: UnityCatalogSetup) -> Iterator[Probe]:
    unity_catalog, role = str(setup.storage_credential.unity_catalog_role), str(setup.role)
    yield from _assume_probes(setup)
    yield from _self_assume_probes(setup)
    way = Way(unity_catalog, (role,), external_ids(setup)[:1])
    yield from iam_probes(way, str(setup.role.name), role)
    events = Expected.ALLOW if setup.file_events else Expected.DENY
    yield from file_event_probes(way, setup.partition.name, str(setup.role.account), setup.region, events)
    for bucket in asking_once_for_each_key(setup.buckets):
        yield from bucket_probes(way, bucket, [other.name for other in setup.buckets], setup.partition)
        yield from _unity_catalog_probes(way, setup, bucket)
        yield from outsider_probes("Unity Catalog, without assuming,", unity_catalog, bucket, setup.partition)
        yield from outsider_probes("a role of another account", _stranger(setup), bucket, setup.partition)


def _unity_catalog_probes(way: Way, setup: UnityCatalogSetup, bucket: BucketInSetup) -> Iterator[Probe]:
    """What Unity Catalog does and other users of buckets do not."""
    arn = bucket.name.arn(setup.partition.name)
    for prefix in bucket.prefixes:
        for asked in (f"{prefix}", f"{prefix}/below/"):
            listing = (("s3:prefix", asked),)
            yield way.probe(f"list {bucket.name}/{asked}", "s3:ListBucket", arn, Expected.ALLOW, listing)
    writes_everywhere = bucket.access is Access.READ_WRITE and not bucket.prefixes
    uploads = Expected.ALLOW if writes_everywhere else Expected.DENY
    yield way.probe(f"list the uploads of {bucket.name}", "s3:ListBucketMultipartUploads", arn, uploads)
    events = Expected.ALLOW if setup.file_events else Expected.DENY
    yield way.probe(f"change the notifications of {bucket.name}", "s3:PutBucketNotification", arn, events)
    yield way.probe(f"see the notifications of {bucket.name}", "s3:GetBucketNotification", arn, events)
    yield from _upload_probes(way, bucket, arn)
    sister = sister_bucket(bucket.name, [other.name for other in setup.buckets])
    beside, where = sister.arn(setup.partition.name), f"of the sister bucket {sister}"
    yield way.probe(f"list the uploads {where}", "s3:ListBucketMultipartUploads", beside, Expected.DENY)
    yield way.probe(f"change the notifications {where}", "s3:PutBucketNotification", beside, Expected.DENY)


def _upload_probes(way: Way, bucket: BucketInSetup, arn: str) -> Iterator[Probe]:
    """Uploads in parts that somebody else began."""
    writes = Expected.ALLOW if bucket.access is Access.READ_WRITE else Expected.DENY
    for prefix in bucket.prefixes or (None,):
        folder = f"{prefix}/" if prefix else ""
        key, where = f"{arn}/{folder}lakehouse-iam-probe", f"{bucket.name}/{folder}".rstrip("/")
        yield way.probe(f"abort an upload to {where}", "s3:AbortMultipartUpload", key, writes)
        yield way.probe(f"list the parts of an upload to {where}", "s3:ListMultipartUploadParts", key, writes)


def _stranger(setup: UnityCatalogSetup) -> str:
    return f"arn:{setup.partition.name}:iam::{STRANGER_ACCOUNT}:role/{OTHER_ROLE}"


def _naming(external_id: str) -> Context:
    return (("sts:ExternalId", external_id),)


def _assume_probes(setup: UnityCatalogSetup) -> Iterator[Probe]:
    unity_catalog, target = str(setup.storage_credential.unity_catalog_role), str(setup.role)
    ids, name = external_ids(setup), setup.role.name

    def probe(who: str, principal: str, how: str, context: Context, expected: Expected) -> Probe:
        return Probe(f"{who} assumes {name} {how}", principal, (), "sts:AssumeRole", target, expected, context)

    for number, external_id in enumerate(ids, start=1):
        how = "with the external id" if len(ids) == 1 else f"with external id {number} of {len(ids)}"
        yield probe("Unity Catalog", unity_catalog, how, _naming(external_id), Expected.ALLOW)
    yield probe("Unity Catalog", unity_catalog, "without an external id", (), Expected.DENY)
    yield probe("Unity Catalog", unity_catalog, "with an empty external id", _naming(""), Expected.DENY)
    yield probe("Unity Catalog", unity_catalog, "with a wrong external id", _naming(WRONG_EXTERNAL_ID), Expected.DENY)
    for who, principal in _outsiders(setup):
        yield probe(who, principal, "with the right external id", _naming(ids[0]), Expected.DENY)


def _outsiders(setup: UnityCatalogSetup) -> Iterator[tuple[str, str]]:
    """Those who know the external id and must be refused all the same."""
    partition, own = setup.partition.name, str(setup.storage_credential.unity_catalog_role)
    # Masters of other partitions cannot even ask: no role is assumed across partitions.
    for shard in DATABRICKS_SHARDS.values():
        if shard.partition == partition and shard.unity_catalog_role != own:
            yield f"Unity Catalog of the shard {shard.name}", shard.unity_catalog_role
    if PRE_PRODUCTION_UNITY_CATALOG_ROLE.startswith(f"arn:{partition}:"):
        yield "Databricks' pre-production Unity Catalog", PRE_PRODUCTION_UNITY_CATALOG_ROLE
    yield "another role of Unity Catalog's account", str(sister_role(setup.storage_credential.unity_catalog_role))
    yield "another role of the same account", f"arn:{partition}:iam::{setup.role.account}:role/{OTHER_ROLE}"
    yield "a role of another account", _stranger(setup)
    yield "the sister role", str(sister_role(setup.role))


def _self_assume_probes(setup: UnityCatalogSetup) -> Iterator[Probe]:
    unity_catalog, role = str(setup.storage_credential.unity_catalog_role), str(setup.role)
    ids, name = external_ids(setup), setup.role.name
    ways = (
        ("with the external id", _naming(ids[0]), Expected.ALLOW),
        ("without an external id", (), Expected.DENY),
        ("with a wrong external id", _naming(WRONG_EXTERNAL_ID), Expected.DENY),
    )
    for how, context, expected in ways:
        question = f"{name} assumes itself {how}"
        yield Probe(question, unity_catalog, (role,), "sts:AssumeRole", role, expected, context, ids[:1])
    for which, other in (
        ("the sister role", sister_role(setup.role)),
        ("a role of another account that is named alike", replace(setup.role, account=AccountId(STRANGER_ACCOUNT))),
    ):
        question = f"{name} assumes {which}"
        yield Probe(question, unity_catalog, (role,), "sts:AssumeRole", str(other), Expected.DENY, (), ids[:1])
