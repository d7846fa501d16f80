"""The plan of the pattern `emr-studio`.

Order of events, and why:

1. By hand, `IdentityCenter`, where the instance belongs to another account: its admin says which instance, and which ids users
   and groups have. Nothing can be granted or assigned to who is not in the directory.
2. `CatalogOwner`, where the databases belong to another account:
   function role → function → Lake Formation's connection to Identity Center there, with the Studio's account as recipient;
   registration role → registered locations → grants to the Studio's account, with the right to grant on. No resource of RAM is
   made: with each grant to an account Lake Formation makes the resource share itself, in every version of its cross-account
   settings, and one of ours beside it would share nothing (Lake Formation "Updating cross-account data sharing version settings",
   read 2026-11-26).
   By hand, the Studio's account accepts the invitation next; within an organization that shares by itself there is none.
3. `StudioOwner`:
   a. function role → function → Lake Formation's connection to Identity Center, before anything is granted to a user;
   b. registration role → registered locations, where the databases are in this account;
   c. buckets → location role → S3 Access Grants instance → location of the results → a grant for each user and group;
   d. execution role → workgroup → its assignments: Athena checks the role, and finds Lake Formation connected;
   e. links to shared databases, then grants on links and on what they lead to;
   f. service role and user role → security groups → the Studio, which checks both roles and both groups.
4. `StudioUsers`: the Studio's application is looked up → assignments → session policies. A stack of its own, because AWS names
   the application nowhere: a look-up that fails must not roll the Studio back, and a Studio that is recreated has another one.

Roles stand before whoever is given them, with their policies, because AWS checks both when it is given a role.
"""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.arns import AccountId
from lakehouse_iam.errors import QuotaExceeded
from lakehouse_iam.plan import emr_studio_resources as parts
from lakehouse_iam.plan import emr_studio_roles as roles
from lakehouse_iam.plan.assemble import STACK_RESOURCES, existing_boundary
from lakehouse_iam.plan.phases import HandOver, Output, Parameter, Party, Phase, Plan
from lakehouse_iam.resources import Existing, ExistingBucket, ExistingKey, Resource
from lakehouse_iam.resources.references import AttributeOf
from lakehouse_iam.setups.emr_studio import EmrStudioSetup, InstanceOrigin, Place, Use
from lakehouse_iam.statements.emr import EMR_TAG
from lakehouse_iam.statements.s3 import ObjectOwnership

IDENTITY_CENTER = "IdentityCenter"
CATALOG_OWNER = "CatalogOwner"
STUDIO_OWNER = "StudioOwner"
STUDIO_USERS = "StudioUsers"
STUDIO_ID = Parameter(
    id="StudioId",
    stand_in="es-TOLDBYTHEDEPLOYMENTOFTHESTUDIO",
    pattern="^es-[0-9A-Z]+$",
    description="The id of the Studio: the output StudioId of the stack before",
)


def plan(setup: EmrStudioSetup) -> Plan:
    """The phases of a setup.

    Raises:
        QuotaExceeded: a document, a role or a stack would be larger than AWS accepts.
    """
    phases = (
        *([_identity_center(setup)] if setup.identity_center.account != setup.account else []),
        *([_catalog_owner(setup)] if setup.shares_catalog else []),
        _studio_owner(setup),
        *([_studio_users(setup)] if setup.studio.assigned else []),
    )
    for phase in phases:
        if len(phase.resources) > STACK_RESOURCES:
            raise QuotaExceeded(
                f"the stack {phase.stack} would have {len(phase.resources)} resources; CloudFormation takes {STACK_RESOURCES} in "
                "one template",
                next_step="grant and assign groups instead of their members",
            )
    return Plan(setup, phases, notes=tuple(_notes(setup)))


# ---------------------------------------------------------------- the phases


def _identity_center(setup: EmrStudioSetup) -> Phase:
    center = setup.identity_center
    people = ", ".join(str(principal) for principal in setup.directory_principals)
    return Phase(
        id=IDENTITY_CENTER,
        stack=f"{setup.name}-identity-center",
        party=Party.IDENTITY_CENTER,
        account=center.account,
        region=center.region,
        after=(),
        resources=(),
        existing=(),
        outputs=(),
        hands_over=(
            HandOver("instance", str(center.instance), "Studio owner's admin", "users sign in to it"),
            HandOver("users and groups", people, "Studio owner's admin", "they are assigned and granted by these ids"),
        ),
        handoffs=(),
        is_told=(
            HandOver(
                "applications",
                "",
                "Identity Center's admin",
                "the applications of Lake Formation, Athena and EMR Studio are made from the Studio's account "
                f"{setup.account} and appear in this instance",
            ),
        ),
    )


def _catalog_owner(setup: EmrStudioSetup) -> Phase:
    account = setup.lake_formation.catalog
    function = parts.function(setup, account)
    connection = parts.connection(setup, account)
    registration = tuple(parts.registration(setup))
    # The location must be registered first: Lake Formation vends nothing of a table whose data it does not manage.
    shares = parts.shared_with_studio(setup, parts.ids((connection, *registration)))
    resources: tuple[Resource, ...] = (*function, connection, *registration, *shares)
    return Phase(
        id=CATALOG_OWNER,
        stack=f"{setup.name}-catalog-owner",
        party=Party.CATALOG_OWNER,
        account=account,
        region=setup.region,
        after=(),
        resources=resources,
        existing=(*existing_boundary(setup.boundary_in(account)), *_data_buckets(setup)),
        outputs=(),
        hands_over=(_resource_share("Studio owner's admin", setup),),
        handoffs=roles.data_key_handoffs(setup),
        is_told=(
            *_needs_lake_formation_admin(account),
            HandOver(
                "AWSLakeFormationCrossAccountManager",
                "",
                f"Lake Formation's admin of {account}",
                "whoever deploys the stack must have that policy: Lake Formation makes the resource share in their name",
            ),
        ),
    )


def _resource_share(to: str, setup: EmrStudioSetup) -> HandOver:
    """What Lake Formation makes in RAM with the grants to the Studio's account, and what must become of it."""
    catalog, region = setup.lake_formation.catalog, setup.region
    return HandOver(
        "resource share",
        "",
        to,
        f"Lake Formation of {catalog} makes it; accept it before the Studio's stack is deployed, unless the organization shares "
        f"by itself: aws ram get-resource-share-invitations --region {region} shows it, and aws ram "
        f"accept-resource-share-invitation --region {region} --resource-share-invitation-arn ARN accepts it",
    )


def _studio_owner(setup: EmrStudioSetup) -> Phase:
    account = setup.account
    stack = f"{setup.name}-studio-owner"
    return Phase(
        id=STUDIO_OWNER,
        stack=stack,
        party=Party.STUDIO_OWNER,
        account=account,
        region=setup.region,
        after=(CATALOG_OWNER,) if setup.shares_catalog else (),
        resources=tuple(_studio_owner_resources(setup)),
        existing=(
            *existing_boundary(setup.boundary_in(account)),
            *_places(setup),
            *(() if setup.shares_catalog else _data_buckets(setup)),
        ),
        outputs=(
            Output(
                "StudioId",
                "",
                "The Studio's id, which the stack of its users is told",
                only_deployed=AttributeOf(parts.STUDIO, "StudioId"),
            ),
            Output("StudioUrl", "", "Where users sign in", only_deployed=AttributeOf(parts.STUDIO, "Url")),
            *(Output(f"{id}Arn", str(arn), f"The role {arn.name}", id) for id, arn in parts.role_arns(setup)),
        ),
        hands_over=tuple(_studio_hands_over(setup)),
        handoffs=(
            *roles.studio_key_handoffs(setup),
            *(() if setup.shares_catalog else roles.data_key_handoffs(setup)),
        ),
        is_told=(
            *_needs_lake_formation_admin(account),
            *([_resource_share("catalog owner's admin", setup)] if setup.shares_catalog else []),
        ),
    )


def _studio_owner_resources(setup: EmrStudioSetup) -> Iterator[Resource]:
    connection = parts.connection(setup, setup.account)
    yield from (*parts.function(setup, setup.account), connection)
    registration = () if setup.shares_catalog else tuple(parts.registration(setup))
    buckets, links = tuple(parts.buckets(setup)), parts.links(setup)
    yield from (*registration, *buckets)
    places = parts.ids(buckets)
    granted: tuple[str, ...] = ()
    if setup.workgroup.identity_center:
        access_grants = tuple(parts.access_grants(setup, places))
        yield from access_grants
        granted = parts.ids(access_grants)
    yield from parts.workgroup(setup, (*places, *granted))
    yield from links
    yield from parts.grants(setup, parts.ids((connection, *registration, *links)))
    yield from parts.studio(setup, places)


def _studio_users(setup: EmrStudioSetup) -> Phase:
    function = roles.function_scope(setup, setup.account).function_arn
    return Phase(
        id=STUDIO_USERS,
        stack=f"{setup.name}-studio-users",
        party=Party.STUDIO_OWNER,
        account=setup.account,
        region=setup.region,
        after=(STUDIO_OWNER,),
        resources=tuple(parts.studio_users(setup, STUDIO_ID.stand_in, function)),
        existing=(),
        outputs=(
            Output(
                "StudioApplicationArn",
                "",
                "The Studio's application in Identity Center",
                only_deployed=AttributeOf(parts.APPLICATION, "ApplicationArn"),
            ),
        ),
        hands_over=(),
        handoffs=(),
        parameters=(STUDIO_ID,),
        is_told=(
            HandOver(
                "StudioId",
                "",
                "Studio owner's admin",
                "the output of the stack before, as --parameter-overrides StudioId=…",
            ),
        ),
    )


# ---------------------------------------------------------------- what must be there, and what others are told


def _places(setup: EmrStudioSetup) -> Iterator[Existing]:
    places: tuple[Place, ...] = (setup.studio.storage, setup.workgroup.results)
    for key in sorted({place.key for place in places if place.key}, key=str):
        yield ExistingKey(key)
    made = {place.bucket for place in places if place.create}
    seen = set(made)
    for place in places:
        if place.bucket not in seen:
            seen.add(place.bucket)
            yield ExistingBucket(place.bucket, ObjectOwnership.BUCKET_OWNER_ENFORCED, place.key)


def _data_buckets(setup: EmrStudioSetup) -> Iterator[Existing]:
    seen = set()
    for location in setup.lake_formation.locations:
        if location.url.bucket not in seen:
            seen.add(location.url.bucket)
            yield ExistingBucket(location.url.bucket, ObjectOwnership.BUCKET_OWNER_ENFORCED, location.key)


def _needs_lake_formation_admin(account: AccountId) -> tuple[HandOver, ...]:
    return (
        HandOver(
            "Lake Formation administrator",
            "",
            f"Lake Formation's admin of {account}",
            "whoever deploys the stack must be one: grants, locations and the connection are refused otherwise",
        ),
    )


def _studio_hands_over(setup: EmrStudioSetup) -> Iterator[HandOver]:
    yield HandOver("StudioId", "", "whoever deploys the stack of its users", "its application is looked up by it")
    if setup.studio.use is Use.FULL and not setup.studio.network_tagged:
        yield HandOver(
            f"the tag {EMR_TAG}=true",
            ", ".join((setup.studio.vpc, *setup.studio.subnets)),
            "network's owner",
            "the service role makes network interfaces and security groups only where it stands: aws ec2 create-tags "
            f"--resources {' '.join((setup.studio.vpc, *setup.studio.subnets))} --tags Key={EMR_TAG},Value=true",
        )


def _notes(setup: EmrStudioSetup) -> Iterator[str]:
    if not setup.workgroup.identity_center:
        yield (
            "the workgroup is a regular one: Athena's page says that a Studio may use it without assignments, EMR's page that "
            "the workgroup must propagate identities too; nobody here has tried which holds"
        )
    if setup.access_grants.instance is InstanceOrigin.EXISTS:
        yield (
            "the S3 Access Grants instance must be associated with the same Identity Center: aws s3control "
            f"associate-access-grants-identity-center --account-id {setup.account} "
            f"--identity-center-arn {setup.identity_center.instance} does so"
        )
    if setup.studio.use is Use.FULL and not setup.studio.network_tagged:
        yield (
            f"the owner of the network must tag {', '.join((setup.studio.vpc, *setup.studio.subnets))} with {EMR_TAG}=true, or "
            "no Workspace starts"
        )
    if setup.shares_catalog:
        yield (
            "grants of another account's tables to users and groups take an organization instance of Identity Center, and Lake "
            "Formation's cross-account version 3 or higher; AWS documents them for EMR on EC2, and nobody here has tried Athena"
        )
    yield (
        "grants of IAMAllowedPrincipals let IAM alone decide: revoke them on the databases and tables, or Lake Formation decides "
        "nothing"
    )
    yield "grants and assignments that change take up to an hour to reach sessions that are open"
