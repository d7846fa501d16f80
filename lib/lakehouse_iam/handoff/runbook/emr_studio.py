"""The runbook of the pattern `emr-studio`: the console's path around the five traps of the original tutorial.

What the stack makes with a function of its own, because CloudFormation lacks it, the consoles make themselves: so the function,
its role and its logs have no step by hand. Where consoles are clicked: EMR "Create a Studio", Athena "Create a workgroup", Lake
Formation "Connecting Lake Formation with IAM Identity Center", S3 "Create an S3 Access Grants instance", from memory and the
original tutorial, to be checked against the pages; steps say "look for" where a label is not certain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from lakehouse_iam.arns import AccountId, DirectoryPrincipal, RoleArn
from lakehouse_iam.custom_resource import AthenaWorkGroup, IdentityCenterAssignment, LakeFormationIdentityCenter
from lakehouse_iam.handoff.runbook.account_steps import Maker, by_hand, document, merging, phase_steps
from lakehouse_iam.handoff.runbook.parts import Message, PatternRunbook, Step, Turn, owner_of
from lakehouse_iam.plan import Phase, Plan
from lakehouse_iam.plan import emr_studio as plans
from lakehouse_iam.resources import (
    AccessGrant,
    AccessGrantsInstance,
    AccessGrantsLocation,
    CatalogPermissions,
    CustomResource,
    CustomResourceFunction,
    DatabaseLink,
    EmrStudio,
    FunctionLogs,
    InboundRule,
    ManagedPolicy,
    OutboundRule,
    RegisteredLocation,
    Resource,
    Role,
    SecurityGroup,
    SessionPolicy,
    StudioSessionPolicy,
    Workgroup,
)
from lakehouse_iam.setups.emr_studio import EmrStudioSetup, InstanceOrigin, Use
from lakehouse_iam.statements.emr import EMR_TAG

Kind = TypeVar("Kind")


def turns(plan: Plan) -> tuple[Turn, ...]:
    """Who does what: Identity Center's account, the catalog's, the Studio's, and its users."""
    setup = _setup(plan)
    made = {
        plans.IDENTITY_CENTER: _identity_center,
        plans.CATALOG_OWNER: _catalog_owner,
        plans.STUDIO_OWNER: _studio_owner,
        plans.STUDIO_USERS: _studio_users,
    }
    found = [made[phase.id](plan, phase, setup) for phase in plan.phases]
    last = found[-1]
    found[-1] = replace(last, steps=(*last.steps, _try_it(setup)))
    return tuple(found)


def _setup(plan: Plan) -> EmrStudioSetup:
    assert isinstance(plan.source, EmrStudioSetup)
    return plan.source


# ---------------------------------------------------------------- turns


def _identity_center(plan: Plan, phase: Phase, setup: EmrStudioSetup) -> Turn:
    owner, center = owner_of(setup.account), setup.identity_center
    people = [_who(principal) for principal in setup.directory_principals]
    steps = (
        Step("sign-in", {"account": str(phase.account), "region": phase.region}),
        Step(
            "identity-center-values",
            {"instance": str(center.instance), "people": people, "account": str(setup.account)},
        ),
        *merging(phase),
    )
    sends = (
        Message("identity-center-instance", owner, str(center.instance)),
        Message("directory-ids", owner, ", ".join(id for _, id in people)),
    )
    return Turn(owner_of(phase.account), "tell-identity-center", {}, steps, sends)


def _catalog_owner(plan: Plan, phase: Phase, setup: EmrStudioSetup) -> Turn:
    steps = _with_lake_formation_admin(phase, phase_steps(plan, phase, _makers(plan, setup)))
    sends = (Message("resource-share", owner_of(setup.account)),)
    return Turn(owner_of(phase.account), "share-catalog", {}, steps, sends, phase.stack)


def _studio_owner(plan: Plan, phase: Phase, setup: EmrStudioSetup) -> Turn:
    before: list[Step] = []
    if setup.shares_catalog:
        before.append(Step("accept-share", {"owner": str(setup.lake_formation.catalog)}))
    if setup.studio.use is Use.FULL and not setup.studio.network_tagged:
        before.append(Step("tag-network", {"ids": [setup.studio.vpc, *setup.studio.subnets], "tag": EMR_TAG}))
    if setup.access_grants.instance is InstanceOrigin.EXISTS and setup.workgroup.identity_center:
        before.append(Step("associate-access-grants", {"instance": str(setup.identity_center.instance)}))
    steps = _with_lake_formation_admin(phase, phase_steps(plan, phase, _makers(plan, setup)))
    after = Step(
        "revoke-iam-allowed",
        {"databases": setup.lake_formation.databases, "catalog": str(setup.lake_formation.catalog)},
    )
    values = {"studio": setup.studio.name}
    return Turn(
        owner_of(phase.account), "make-studio", values, (*steps[:2], *before, *steps[2:], after), stack=phase.stack
    )


def _studio_users(plan: Plan, phase: Phase, setup: EmrStudioSetup) -> Turn:
    steps = tuple(_after_the_template(plan, step) for step in phase_steps(plan, phase, _makers(plan, setup)))
    return Turn(owner_of(phase.account), "assign-users", {"studio": setup.studio.name}, steps, stack=phase.stack)


def _after_the_template(plan: Plan, step: Step) -> Step:
    """The upload with a warning: the template uses the function of the stack before, which nobody makes by hand."""
    if step.kind != "upload-template":
        return step
    return replace(step, values={**step.values, "only_with": plan.phase(plans.STUDIO_OWNER).stack})


def _with_lake_formation_admin(phase: Phase, steps: Sequence[Step]) -> tuple[Step, ...]:
    errors = ("lake-formation-permission-missing",)
    return (steps[0], Step("lake-formation-admin", {"account": str(phase.account)}, errors), *steps[1:])


def _try_it(setup: EmrStudioSetup) -> Step:
    values = {
        "studio": setup.studio.name,
        "workgroup": setup.workgroup.name,
        "databases": setup.lake_formation.databases,
        "results": str(setup.workgroup.results.url),
    }
    return Step("try-studio", values, ("context-not-allowed", "lake-formation-permission-missing"))


# ---------------------------------------------------------------- by hand


def _makers(plan: Plan, setup: EmrStudioSetup) -> dict[type, Maker]:
    """What is done by hand for each resource that only this pattern has; the first of a kind is the step for all of them."""

    def grants(phase: Phase) -> Step:
        rows = [_grant_row(one) for one in _all(phase, CatalogPermissions)]
        return Step("lake-formation-grants", {"grants": rows}, ("lake-formation-grant-refused",))

    def locations(phase: Phase) -> Step:
        rows = [
            (one.arn.replace(f"arn:{setup.partition.name}:s3:::", "s3://"), str(one.role))
            for one in _all(phase, RegisteredLocation)
        ]
        return Step("register-locations", {"locations": rows}, ("lake-formation-null-failure",))

    def access_grants(phase: Phase) -> Step:
        rows = [(*_who(one.grantee), one.prefix) for one in _all(phase, AccessGrant)]
        return Step("access-grants", {"grants": rows, "location": str(setup.workgroup.results.url)})

    def location(phase: Phase) -> Step:
        (one,) = _all(phase, AccessGrantsLocation)
        return Step("access-grants-location", {"scope": one.scope, "role": str(one.role)})

    def instance(phase: Phase) -> Step:
        return Step("access-grants-instance", {"instance": str(setup.identity_center.instance), "region": phase.region})

    def links(phase: Phase) -> Step:
        rows = [(one.name, str(one.catalog), one.database) for one in _all(phase, DatabaseLink)]
        return Step("database-links", {"links": rows})

    def groups(phase: Phase) -> Step:
        names = {group.id: f"{setup.name}-{group.id}" for group in _all(phase, SecurityGroup)}
        rules = [("in", names[rule.group], rule.port, names[rule.source]) for rule in _all(phase, InboundRule)] + [
            ("out", names[rule.group], rule.port, names.get(rule.target, "0.0.0.0/0"))
            for rule in _all(phase, OutboundRule)
        ]
        return Step(
            "security-groups",
            {"groups": list(names.values()), "vpc": setup.studio.vpc, "rules": rules, "tag": EMR_TAG},
            ("studio-network-interface",),
        )

    def studio(phase: Phase) -> Step:
        (one,) = _all(phase, EmrStudio)
        values = {
            "studio": one.name,
            "instance": str(one.instance),
            "assigned_only": one.assigned_only,
            "service_role": str(one.service_role.name),
            "user_role": str(one.user_role.name),
            "vpc": one.vpc,
            "subnets": one.subnets,
            "engine_group": f"{setup.name}-{one.engine_group}",
            "workspace_group": f"{setup.name}-{one.workspace_group}",
            "storage": one.storage,
        }
        return Step("studio", values, ("context-not-allowed",))

    def workgroup(phase: Phase) -> Step:
        (one,) = _all(phase, Workgroup)
        values = {"workgroup": one.name, "results": one.results, "owner": str(one.owner), "key": str(one.key or "")}
        return Step("regular-workgroup", values)

    def session_policies(phase: Phase) -> Step:
        rows = [(one.kind.noun, one.name) for one in _all(phase, StudioSessionPolicy)]
        (policy,) = _all(phase, SessionPolicy)
        values = {
            "people": rows,
            "policy": policy.name,
            "studio": setup.studio.name,
            "account": str(setup.account),
            "partition": setup.partition.name,
            "region": setup.region,
        }
        return Step("session-policies", values)

    def session_policy(phase: Phase) -> Step:
        (one,) = _all(phase, SessionPolicy)
        values = {
            "name": one.name,
            "description": one.description,
            "document": document(phase, one.document),
            "roles": (),
            "tags": plan.tags,
        }
        return Step("create-policy", values)

    return {
        CatalogPermissions: _once(grants),
        RegisteredLocation: _once(locations),
        AccessGrant: _once(access_grants),
        AccessGrantsLocation: _once(location),
        AccessGrantsInstance: _once(instance),
        DatabaseLink: _once(links),
        SecurityGroup: _once(groups),
        InboundRule: _no_step,
        OutboundRule: _no_step,
        EmrStudio: _once(studio),
        Workgroup: _once(workgroup),
        SessionPolicy: _once(session_policy),
        StudioSessionPolicy: _once(session_policies),
        FunctionLogs: _no_step,
        CustomResourceFunction: _no_step,
        CustomResource: lambda phase, resource: _custom(phase, resource, setup),
        Role: lambda phase, resource: _unless_of_the_function(plan, phase, resource),
        ManagedPolicy: lambda phase, resource: _unless_of_the_function(plan, phase, resource),
    }


def _custom(phase: Phase, resource: Resource, setup: EmrStudioSetup) -> Iterator[Step]:
    assert isinstance(resource, CustomResource)
    of = resource.of
    if isinstance(of, LakeFormationIdentityCenter):
        values = {"instance": of.instance_arn, "recipients": list(of.share_recipients or ())}
        yield Step("lake-formation-connection", values)
    elif isinstance(of, AthenaWorkGroup):
        values = {
            "workgroup": of.name,
            "instance": of.instance_arn,
            "execution_role": of.execution_role.rpartition("/")[2],
            "results": of.results_location,
            "owner": of.results_bucket_owner,
            "key": of.key or "",
            "user_prefix": of.user_prefix,
        }
        yield Step("workgroup", values)
    elif isinstance(of, IdentityCenterAssignment):
        to_workgroup = resource.id.startswith("Workgroup")
        same = [
            one
            for one in _all(phase, CustomResource)
            if isinstance(one.of, IdentityCenterAssignment) and one.id.startswith("Workgroup") == to_workgroup
        ]
        if same[0] is resource:
            people = [_who(assignee.principal) for assignee in setup.studio.assigned]
            values = {"application": setup.workgroup.name if to_workgroup else setup.studio.name, "people": people}
            yield Step("assign-to-workgroup" if to_workgroup else "assign-to-studio", values)


def _unless_of_the_function(plan: Plan, phase: Phase, resource: Resource) -> Iterable[Step]:
    name = (
        resource.arn.name
        if isinstance(resource, Role)
        else resource.role
        if isinstance(resource, ManagedPolicy)
        else None
    )
    function = next((one.role.name for one in phase.resources if isinstance(one, CustomResourceFunction)), None)
    if name == function:
        return ()
    return by_hand(plan, replace(phase, resources=(resource,)), {})


def _once(make: Callable[[Phase], Step]) -> Maker:
    def maker(phase: Phase, resource: Resource) -> Iterable[Step]:
        first = _all(phase, type(resource))[0]
        return (make(phase),) if first is resource else ()

    return maker


def _no_step(phase: Phase, resource: Resource) -> Iterable[Step]:
    return ()


def _all(phase: Phase, kind: type[Kind]) -> tuple[Kind, ...]:
    return tuple(resource for resource in phase.resources if isinstance(resource, kind))


def _who(principal: DirectoryPrincipal) -> tuple[str, str]:
    return principal.kind.noun, principal.id


def _grant_row(grant: CatalogPermissions) -> dict[str, Any]:
    to = grant.principal
    kind = "account" if isinstance(to, AccountId) else "role" if isinstance(to, RoleArn) else to.kind.noun
    return {
        "kind": kind,
        "to": to.id if isinstance(to, DirectoryPrincipal) else str(to),
        "catalog": str(grant.catalog),
        "database": grant.database,
        "table": grant.table,
        "columns": grant.columns,
        "permissions": grant.permissions,
        "grantable": grant.grantable,
    }


RUNBOOK = PatternRunbook(turns)
