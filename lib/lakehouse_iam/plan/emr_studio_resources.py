"""The resources of a setup of `emr-studio`, in the order in which they are made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from lakehouse_iam.arns import AccountId, DirectoryPrincipal, RoleArn
from lakehouse_iam.custom_resource import (
    AthenaWorkGroup,
    IdentityCenterApplication,
    IdentityCenterAssignment,
    LakeFormationIdentityCenter,
)
from lakehouse_iam.plan import emr_studio_roles as roles
from lakehouse_iam.plan.assemble import Growth, role_resources
from lakehouse_iam.plan.names import bucket_id
from lakehouse_iam.policy import PolicyDocument
from lakehouse_iam.resources import (
    AccessGrant,
    AccessGrantsInstance,
    AccessGrantsLocation,
    Bucket,
    BucketPolicy,
    CatalogPermissions,
    CustomResource,
    CustomResourceFunction,
    DatabaseLink,
    EmrStudio,
    FunctionLogs,
    InboundRule,
    OutboundRule,
    RegisteredLocation,
    Resource,
    SecurityGroup,
    SessionPolicy,
    StudioSessionPolicy,
    Workgroup,
)
from lakehouse_iam.resources.references import AttributeOf
from lakehouse_iam.roles.emr_studio import query_session
from lakehouse_iam.roles.role_spec import RoleSpec
from lakehouse_iam.setups.emr_studio import EmrStudioSetup, InstanceOrigin, Place
from lakehouse_iam.setups.emr_studio_grants import CatalogGrant
from lakehouse_iam.statements.emr import EMR_TAG
from lakehouse_iam.statements.s3 import ObjectOwnership, deny_insecure_transport

FUNCTION = "IdentityCenterFunction"
FUNCTION_LOGS = "FunctionLogs"
FUNCTION_ROLE = "FunctionRole"
CONNECTION = "LakeFormationConnection"
REGISTRATION_ROLE = "RegistrationRole"
SERVICE_ROLE = "ServiceRole"
USER_ROLE = "UserRole"
EXECUTION_ROLE = "ExecutionRole"
LOCATION_ROLE = "LocationRole"
INSTANCE = "AccessGrantsInstance"
LOCATION = "ResultsLocation"
WORKGROUP = "Workgroup"
ENGINE_GROUP = "EngineSecurityGroup"
WORKSPACE_GROUP = "WorkspaceSecurityGroup"
STUDIO = "Studio"
APPLICATION = "StudioApplication"
SESSION_POLICY = "QuerySessionPolicy"

# Source: terraform-aws-modules/terraform-aws-emr `modules/studio` and EMR Management Guide "Define security groups to control EMR
# Studio network traffic" (Livy's port, and Git over HTTPS), read 2026-11-24.
ENGINE_PORT = 18888
GIT_PORT = 443


def ids(resources: Sequence[Resource]) -> tuple[str, ...]:
    """The ids of resources, for what must come after them."""
    return tuple(resource.id for resource in resources)


# ---------------------------------------------------------------- roles and the function


def _role(setup: EmrStudioSetup, id: str, spec: RoleSpec) -> list[Resource]:
    growth = Growth(
        "databases", len(setup.lake_formation.databases), lambda count: spec, "make a second setup for some of them"
    )
    return role_resources(spec, id, setup=setup, trust_growth=None, policies_growth=growth)


def function(setup: EmrStudioSetup, account: AccountId) -> list[Resource]:
    """The function behind custom resources, with its role."""
    role = _role(setup, FUNCTION_ROLE, roles.function_role(setup, account))
    arn, mark_path = roles.function_role_arn(setup, account), roles.function_scope(setup, account).mark_path
    name, logs = roles.function_name(setup), FunctionLogs(FUNCTION_LOGS, roles.function_name(setup))
    return [*role, logs, CustomResourceFunction(FUNCTION, name, arn, mark_path, (*ids(role), logs.id))]


def connection(setup: EmrStudioSetup, account: AccountId) -> CustomResource:
    """Lake Formation's connection to Identity Center in an account, without which no user or group can be granted anything."""
    recipients = roles.share_recipients(setup, account)
    of = LakeFormationIdentityCenter(str(account), str(setup.identity_center.instance), recipients)
    return CustomResource(CONNECTION, FUNCTION, of, (FUNCTION,))


# ---------------------------------------------------------------- data


def registration(setup: EmrStudioSetup) -> Iterator[Resource]:
    """The registered locations, and their role."""
    lake = setup.lake_formation
    if not lake.locations:
        return
    role = _role(setup, REGISTRATION_ROLE, roles.registration_role(setup))
    yield from role
    for location in lake.locations:
        bucket, folder = location.url.bucket, f"/{location.url.folder}" if location.url.folder else ""
        arn = f"{bucket.arn(setup.partition.name)}{folder}"
        id = f"Location{bucket_id(bucket)}{_digest(folder) if folder else ''}"
        yield RegisteredLocation(id, arn, lake.registration_role, ids(role))


def shared_with_studio(setup: EmrStudioSetup, after: tuple[str, ...]) -> Iterator[CatalogPermissions]:
    """The grants to the Studio's account as a whole, with which it may grant on: Lake Formation shares them through RAM."""
    lake = setup.lake_formation
    what: dict[tuple[str, str], set[str]] = {}
    for grant in lake.grants:
        what.setdefault((grant.database, grant.table), set()).update(grant.permissions)
    for (database, table), permissions in sorted(what.items()):
        given = tuple(sorted({*permissions, "DESCRIBE"}))
        id = f"ShareOf{_name(database)}{_name(table)}{_digest(database, table)}"
        yield CatalogPermissions(id, setup.account, lake.catalog, database, table, (), given, given, after)


def links(setup: EmrStudioSetup) -> tuple[DatabaseLink, ...]:
    """The databases that stand for those of another account."""
    lake = setup.lake_formation
    if not setup.shares_catalog:
        return ()
    return tuple(
        DatabaseLink(f"LinkTo{_name(name)}{_digest(name)}", name, lake.catalog, name, setup.region)
        for name in lake.databases
    )


def grants(setup: EmrStudioSetup, after: tuple[str, ...]) -> Iterator[CatalogPermissions]:
    """The grants of users, groups and roles: on links first, then on what they lead to."""
    lake = setup.lake_formation
    described = {(grant.database, grant.to) for grant in lake.grants} if setup.shares_catalog else set()
    for database, to in sorted(described, key=lambda one: (one[0], str(one[1]))):
        id = f"LinkGrant{_digest(database, str(to))}"
        yield CatalogPermissions(id, to, setup.account, database, "", (), ("DESCRIBE",), (), after)
    for grant in lake.grants:
        yield CatalogPermissions(
            _grant_id(grant),
            grant.to,
            lake.catalog,
            grant.database,
            grant.table,
            grant.columns,
            grant.permissions,
            (),
            after,
        )


def _grant_id(grant: CatalogGrant) -> str:
    return f"Grant{_digest(grant.database, grant.table, *grant.columns, str(grant.to))}"


def _name(name: str) -> str:
    return "".join(word.capitalize() for word in name.replace("*", "all").split("_"))


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:8].upper()


# ---------------------------------------------------------------- results and workgroup


def buckets(setup: EmrStudioSetup) -> Iterator[Resource]:
    """The buckets that the setup makes, closed to requests without TLS; one where both places are in it."""
    made: dict[str, Place] = {}
    for place in (setup.studio.storage, setup.workgroup.results):
        if place.create:
            made.setdefault(str(place.bucket), place)
    for place in made.values():
        id = f"S3{bucket_id(place.bucket)}"
        yield Bucket(f"{id}Bucket", place.bucket, ObjectOwnership.BUCKET_OWNER_ENFORCED, place.key)
        tls = deny_insecure_transport(place.bucket.arn(setup.partition.name))
        yield BucketPolicy(f"{id}BucketPolicy", place.bucket, PolicyDocument((tls,)))


def access_grants(setup: EmrStudioSetup, after: tuple[str, ...]) -> Iterator[Resource]:
    """The Access Grants of the results, and the role behind them."""
    role = _role(setup, LOCATION_ROLE, roles.location_role(setup))
    yield from role
    created = setup.access_grants.instance is InstanceOrigin.CREATE
    if created:
        yield AccessGrantsInstance(INSTANCE, setup.identity_center.instance)
    first = (*ids(role), *((INSTANCE,) if created else ()), *after)
    yield AccessGrantsLocation(LOCATION, str(setup.workgroup.results.url), setup.access_grants.location_role, first)
    for assignee in setup.studio.assigned:
        # The role of the location keeps the members of a group apart; a user's grant names the user's folder already.
        folder = setup.workgroup.user_prefixes and assignee.principal.kind.noun == "user"
        prefix = f"{assignee.principal.id}/*" if folder else "*"
        yield AccessGrant(f"ResultsOf{roles.grantee_name(assignee.principal)}", LOCATION, prefix, assignee.principal)


def workgroup(setup: EmrStudioSetup, after: tuple[str, ...]) -> Iterator[Resource]:
    """The workgroup, and with Identity Center its role and its assignments."""
    given = setup.workgroup
    results, key = roles.results_url(given.results), given.results.key
    if not given.identity_center:
        yield Workgroup(WORKGROUP, given.name, results, setup.account, key, after)
        return
    role = _role(setup, EXECUTION_ROLE, roles.execution_role(setup))
    yield from role
    of = AthenaWorkGroup(
        name=given.name,
        instance_arn=str(setup.identity_center.instance),
        execution_role=str(given.execution_role),
        results_location=results,
        results_bucket_owner=str(setup.account),
        key=str(key) if key else None,
        user_prefix=given.user_prefixes,
    )
    yield CustomResource(WORKGROUP, FUNCTION, of, (FUNCTION, CONNECTION, *ids(role), *after))
    for assignee in setup.studio.assigned:
        yield assignment(setup, "Workgroup", assignee.principal, AttributeOf(WORKGROUP, "ApplicationArn"), FUNCTION)


def assignment(
    setup: EmrStudioSetup, to: str, principal: DirectoryPrincipal, application: AttributeOf, function: str
) -> CustomResource:
    """One user or group that may use an application.

    Args:
        setup: the setup.
        to: what it is the application of, as the id begins.
        principal: the user or group.
        application: the application's ARN.
        function: the `id` of the function, or its ARN where it is in another stack.
    """
    of = IdentityCenterAssignment(application, principal.kind.value, principal.id, _other_region(setup))
    # Through the application's ARN it comes after the application; here, after the function, and so is deleted before it.
    first = () if function.startswith("arn:") else (function,)
    return CustomResource(f"{to}Assignment{roles.grantee_name(principal)}", function, of, first)


def _other_region(setup: EmrStudioSetup) -> str | None:
    region = setup.identity_center.region
    return None if region == setup.region else region


# ---------------------------------------------------------------- the Studio


def security_groups(setup: EmrStudioSetup) -> Iterator[Resource]:
    """The two groups that every Studio has, with the rules that AWS documents and no others."""
    tags = ((EMR_TAG, "true"),)
    vpc = setup.studio.vpc
    yield SecurityGroup(ENGINE_GROUP, vpc, f"Engines of the EMR Studio {setup.studio.name}", tags)
    yield SecurityGroup(WORKSPACE_GROUP, vpc, f"Workspaces of the EMR Studio {setup.studio.name}", tags)
    reach = "Workspaces reach the engine"
    yield InboundRule("EngineFromWorkspace", ENGINE_GROUP, WORKSPACE_GROUP, ENGINE_PORT, reach)
    yield OutboundRule("WorkspaceToEngine", WORKSPACE_GROUP, ENGINE_GROUP, ENGINE_PORT, reach)
    yield OutboundRule("WorkspaceToGit", WORKSPACE_GROUP, "", GIT_PORT, "Workspaces reach Git repositories")


def studio(setup: EmrStudioSetup, after: tuple[str, ...]) -> Iterator[Resource]:
    """The Studio with its roles and groups."""
    given = setup.studio
    service, user = (
        _role(setup, SERVICE_ROLE, roles.service_role(setup)),
        _role(setup, USER_ROLE, roles.user_role(setup)),
    )
    groups = tuple(security_groups(setup))
    yield from (*service, *user, *groups)
    yield EmrStudio(
        STUDIO,
        given.name,
        setup.identity_center.instance,
        assigned_only=not given.everyone,
        service_role=given.service_role,
        user_role=given.user_role,
        vpc=given.vpc,
        subnets=given.subnets,
        engine_group=ENGINE_GROUP,
        workspace_group=WORKSPACE_GROUP,
        storage=str(given.storage.url),
        after=(*ids(service), *ids(user), *ids(groups), *after),
    )


def studio_users(setup: EmrStudioSetup, studio_id: str, function_arn: str) -> Iterator[Resource]:
    """Who may use the Studio: assignments to its application, and session policies.

    Args:
        setup: the setup.
        studio_id: what stands for the Studio's id, which only its deployment knows.
        function_arn: the function, which another stack has made.
    """
    given = setup.studio
    look_up = IdentityCenterApplication(
        str(setup.identity_center.instance),
        str(setup.account),
        studio_id=studio_id,
        application_arn=given.application_arn or None,
        identity_center_region=_other_region(setup),
    )
    yield CustomResource(APPLICATION, function_arn, look_up)
    application = AttributeOf(APPLICATION, "ApplicationArn")
    for assignee in given.assigned:
        yield assignment(setup, "Studio", assignee.principal, application, function_arn)
    narrowed = [assignee for assignee in given.assigned if assignee.queries_only]
    if not narrowed:
        return
    document = query_session(roles.queries(setup))
    name = f"{setup.name}-query-session"
    yield SessionPolicy(SESSION_POLICY, name, document, "Sessions of EMR Studio that may query and nothing else")
    for assignee in narrowed:
        who = roles.grantee_name(assignee.principal)
        first = (f"StudioAssignment{who}",)
        yield StudioSessionPolicy(
            f"SessionOf{who}", studio_id, assignee.principal.kind, assignee.name, SESSION_POLICY, first
        )


def role_arns(setup: EmrStudioSetup) -> tuple[tuple[str, RoleArn], ...]:
    """The roles in the Studio's account that others are told of, by the ids of their resources."""
    pairs: list[tuple[str, RoleArn]] = [
        (SERVICE_ROLE, setup.studio.service_role),
        (USER_ROLE, setup.studio.user_role),
    ]
    if setup.workgroup.identity_center:
        pairs += [
            (EXECUTION_ROLE, setup.workgroup.execution_role),
            (LOCATION_ROLE, setup.access_grants.location_role),
        ]
    return tuple(pairs)
