"""The roles of a setup of `emr-studio`, with its names and ARNs filled in."""

from __future__ import annotations

from lakehouse_iam.arns import AccountId, DirectoryPrincipal, KeyArn, RoleArn
from lakehouse_iam.custom_resource import CustomResourceScope, WorkgroupScope, lambda_policy, lambda_trust
from lakehouse_iam.policy import PackedPolicy, PolicyDocument, Principal
from lakehouse_iam.resources import HandOff, HandOffKind
from lakehouse_iam.roles import emr_studio as roles
from lakehouse_iam.roles import emr_studio_data as data_roles
from lakehouse_iam.roles.bucket_access import BucketAccess
from lakehouse_iam.roles.role_spec import PolicyNames, RoleSpec, why_key
from lakehouse_iam.setups.emr_studio import EmrStudioSetup, Place, Use
from lakehouse_iam.statements import athena, kms
from lakehouse_iam.statements.access_grants import ResultsLocation
from lakehouse_iam.statements.emr import Where
from lakehouse_iam.statements.glue import Catalog
from lakehouse_iam.statements.kms import KeyGrant
from lakehouse_iam.statements.s3 import Access
from lakehouse_iam.statements.sts import Source

FUNCTION_ROLE_DESCRIPTION = "Assumed by Lambda for what CloudFormation cannot do with IAM Identity Center"
FUNCTION_ROLE_POLICIES = PolicyNames(
    id="FunctionRolePermissions", suffix="permissions", description="What the function behind custom resources may do"
)


def where(setup: EmrStudioSetup, account: AccountId | None = None) -> Where:
    """The setup's region, in the Studio's account or another."""
    return Where(setup.partition.name, setup.region, str(account or setup.account))


def workgroup_arn(setup: EmrStudioSetup) -> str:
    """The workgroup."""
    return where(setup).arn("athena", f"workgroup/{setup.workgroup.name}")


def access_grants_instance(setup: EmrStudioSetup) -> str:
    """The S3 Access Grants instance: an account has one in a region, and its ARN says so."""
    return where(setup).arn("s3", "access-grants/default")


def queries(setup: EmrStudioSetup) -> roles.Queries:
    """What users query: the account's own catalog, and where it holds links only, the one that they lead to."""
    lake = setup.lake_formation
    accounts = dict.fromkeys((setup.account, lake.catalog))
    key = lake.catalog_key
    return roles.Queries(
        workgroup_arn(setup),
        tuple(
            Catalog(f"arn:{setup.partition.name}:glue:{setup.region}:{account}", lake.databases) for account in accounts
        ),
        (str(key), setup.partition.via_service("glue", key.region)) if key else None,
    )


def key_grant(setup: EmrStudioSetup, key: KeyArn | None, access: Access = Access.READ_WRITE) -> KeyGrant | None:
    """The use of a key for objects in S3."""
    return KeyGrant(str(key), access, setup.partition.via_service("s3", key.region)) if key else None


def service_role(setup: EmrStudioSetup) -> RoleSpec:
    """The Studio's service role."""
    place = setup.studio.storage
    storage = roles.Storage(
        place.bucket.arn(setup.partition.name), place.folder, str(setup.account), key_grant(setup, place.key)
    )
    source = Source(str(setup.account), where(setup).arn("elasticmapreduce", "*"))
    return roles.service_role(str(setup.studio.service_role), source=source, storage=storage, network=_network(setup))


def _network(setup: EmrStudioSetup) -> roles.Network | None:
    if setup.studio.use is Use.ATHENA:
        return None
    instance, partition = setup.identity_center.instance, setup.partition.name
    applications = f"arn:{partition}:sso::*:application/{instance.id}/*"
    return roles.Network(where(setup), setup.studio.vpc, setup.studio.subnets, str(instance), applications)


def user_role(setup: EmrStudioSetup) -> RoleSpec:
    """The Studio's user role."""
    network, results = _network(setup), setup.workgroup.results
    storage = setup.studio.storage.bucket.arn(setup.partition.name)
    keeping = athena.keep_results(results.bucket.arn(setup.partition.name), results.folder, str(setup.account))
    key = key_grant(setup, results.key)
    return roles.user_role(
        str(setup.studio.user_role),
        partition=setup.partition.name,
        queries=queries(setup),
        results=() if setup.workgroup.identity_center else (*keeping, *(kms.key_statements([key]) if key else ())),
        workspaces=roles.Workspaces(network, str(setup.studio.service_role), storage) if network else None,
    )


def execution_role(setup: EmrStudioSetup) -> RoleSpec:
    """The execution role of a workgroup with Identity Center."""
    return data_roles.execution_role(
        str(setup.workgroup.execution_role),
        partition=setup.partition.name,
        source=Source(str(setup.account), workgroup_arn(setup)),
        queries=queries(setup),
        data_source_arn=where(setup).arn("athena", f"datacatalog/{athena.DATA_CATALOG}"),
        results_bucket=setup.workgroup.results.bucket.arn(setup.partition.name),
        access_grants_instance=access_grants_instance(setup),
        key=key_grant(setup, setup.workgroup.results.key),
        writes=setup.lake_formation.writes,
    )


def location_role(setup: EmrStudioSetup) -> RoleSpec:
    """The role of the Access Grants location of the results."""
    results = setup.workgroup.results
    location = ResultsLocation(
        results.bucket.arn(setup.partition.name),
        results.folder,
        setup.workgroup.user_prefixes,
        access_grants_instance(setup),
        str(setup.account),
    )
    return data_roles.location_role(
        str(setup.access_grants.location_role),
        partition=setup.partition.name,
        location=location,
        key=key_grant(setup, results.key),
    )


def registration_role(setup: EmrStudioSetup) -> RoleSpec:
    """The role that the data is registered with."""
    access = Access.READ_WRITE if setup.lake_formation.writes else Access.READ_ONLY
    locations = [
        BucketAccess(
            location.url.bucket.arn(setup.partition.name),
            access,
            (str(location.url.folder),) if location.url.folder else (),
            key=key_grant(setup, location.key, access),
        )
        for location in setup.lake_formation.locations
    ]
    role = str(setup.lake_formation.registration_role)
    return data_roles.registration_role(role, partition=setup.partition.name, locations=locations)


# ---------------------------------------------------------------- the function behind custom resources


def function_name(setup: EmrStudioSetup) -> str:
    """The function's name, in whichever account."""
    return f"{setup.name}-identity-center"


def function_scope(setup: EmrStudioSetup, account: AccountId) -> CustomResourceScope:
    """What the custom resources of one account reach."""
    is_studio, workgroup = account == setup.account, setup.workgroup
    return CustomResourceScope(
        partition=setup.partition.name,
        region=setup.region,
        account=str(account),
        instance_id=setup.identity_center.instance.id,
        function_name=function_name(setup),
        mark_path=f"/lakehouse-iam/{setup.name}",
        workgroup=WorkgroupScope(workgroup.name, str(workgroup.execution_role))
        if is_studio and workgroup.identity_center
        else None,
        lake_formation=True,
        shares=share_recipients(setup, account) is not None,
        look_up=is_studio and bool(setup.studio.assigned),
        assignments=is_studio and bool(setup.studio.assigned),
    )


def share_recipients(setup: EmrStudioSetup, account: AccountId) -> tuple[str, ...] | None:
    """Whom Lake Formation of the catalog's account shares with through Identity Center; `None` for nobody, and elsewhere."""
    lake = setup.lake_formation
    if account != lake.catalog:
        return None
    beside = (str(setup.account),) if setup.shares_catalog else ()
    return tuple(sorted({*lake.share_recipients, *beside})) or None


def function_role_arn(setup: EmrStudioSetup, account: AccountId) -> RoleArn:
    """The function's role."""
    named = setup.studio.service_role
    return RoleArn(named.partition, account, type(named.name)(function_name(setup)), named.path)


def function_role(setup: EmrStudioSetup, account: AccountId) -> RoleSpec:
    """The role of the function in one account."""
    return RoleSpec(
        arn=str(function_role_arn(setup, account)),
        description=FUNCTION_ROLE_DESCRIPTION,
        trust=PolicyDocument(lambda_trust()),
        policies=(PackedPolicy("", PolicyDocument(lambda_policy(function_scope(setup, account)))),),
        policy_names=FUNCTION_ROLE_POLICIES,
    )


# ---------------------------------------------------------------- keys of others


def studio_key_handoffs(setup: EmrStudioSetup) -> tuple[HandOff, ...]:
    """What the policies of keys must allow for the roles in the Studio's account."""
    studio, workgroup = setup.studio, setup.workgroup
    results = (
        (workgroup.execution_role, setup.access_grants.location_role)
        if workgroup.identity_center
        else (studio.user_role,)
    )
    readers = (studio.user_role, *((workgroup.execution_role,) if workgroup.identity_center else ()))
    found: list[HandOff] = []
    for key, users, sid in (
        (studio.storage.key, (studio.service_role,), "LakehouseStudioStorage"),
        (workgroup.results.key, results, "LakehouseQueryResults"),
    ):
        grant = key_grant(setup, key)
        if grant:
            found.append(_handoff(grant, users, sid))
    catalog_key = setup.lake_formation.catalog_key
    if catalog_key:
        via = setup.partition.via_service("glue", catalog_key.region)
        found.append(_handoff(KeyGrant(str(catalog_key), Access.READ_ONLY, via), readers, "LakehouseCatalog"))
    return tuple(found)


def data_key_handoffs(setup: EmrStudioSetup) -> tuple[HandOff, ...]:
    """What the policies of the data's keys must allow for the registration role."""
    lake = setup.lake_formation
    access = Access.READ_WRITE if lake.writes else Access.READ_ONLY
    keys = sorted({location.key for location in lake.locations if location.key}, key=str)
    grants = [grant for key in keys if (grant := key_grant(setup, key, access))]
    return tuple(_handoff(grant, (lake.registration_role,), "LakehouseRegisteredData") for grant in grants)


def _handoff(grant: KeyGrant, users: tuple[RoleArn, ...], sid: str) -> HandOff:
    statements = tuple(
        kms.key_policy_statement(grant, Principal("AWS", str(role)), sid=f"{sid}{number or ''}")
        for number, role in enumerate(users)
    )
    return HandOff(HandOffKind.KEY_POLICY, grant.key_arn, statements, why_key("the role exists"))


def grantee_name(principal: DirectoryPrincipal) -> str:
    """A user or group as part of a resource id."""
    return f"{principal.kind.noun.capitalize()}{principal.id.replace('-', '')}"


def results_url(place: Place) -> str:
    """A place in S3 with the final slash that Athena wants."""
    return f"{place.url}/"
