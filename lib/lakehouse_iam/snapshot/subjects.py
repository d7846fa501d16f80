"""What one account holds of a setup: the names that a snapshot of it asks for.

They are drawn from the plan (what it creates, expects and hands off) and from the probes that must be allowed, so no pattern is
known here: a resource of a new kind needs a line in `_FINDERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lakehouse_iam.arns import KeyArn, RoleArn
from lakehouse_iam.custom_resource import AthenaWorkGroup, LakeFormationIdentityCenter
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.plan import Phase, Plan
from lakehouse_iam.probes import Expected, setup_probes
from lakehouse_iam.probes.outsiders import UNNAMED_ROLE
from lakehouse_iam.resources import (
    AccessGrant,
    AccessGrantsInstance,
    AccessGrantsLocation,
    Bucket,
    BucketPolicy,
    CatalogPermissions,
    CustomResource,
    DatabaseLink,
    EmrStudio,
    ExistingBucket,
    ExistingKey,
    ExistingRole,
    HandOff,
    HandOffKind,
    InstanceProfile,
    ManagedPolicy,
    RegisteredLocation,
    Role,
    RolePolicy,
    SamlProvider,
    StudioSessionPolicy,
    Workgroup,
)


@dataclass(frozen=True)
class CatalogTable:
    """A table of a catalog, on which Lake Formation grants.

    Args:
        catalog: the account of the catalog.
        database: the database.
        table: the table; `*` for all, empty for the database itself.
    """

    catalog: str
    database: str
    table: str = ""


@dataclass(frozen=True)
class Subjects:
    """What is to be read of one account, each in alphabetical order.

    Args:
        setup: the setup's name.
        account: the account.
        partition: such as `aws`.
        region: the setup's region.
        roles: names of roles; their paths are found by reading.
        instance_profiles: names of instance profiles.
        saml_providers: ARNs of identity providers.
        buckets: names of buckets.
        keys: ARNs of keys that the setup names.
        studios: names of EMR Studios.
        assigned: whether the setup assigns users or groups to a Studio.
        workgroups: names of Athena workgroups.
        access_grants: whether S3 Access Grants take part.
        lake_formation: whether Lake Formation does.
        locations: ARNs of places that Lake Formation gives data of.
        databases: databases and tables that Lake Formation grants on.
        links: names of databases of this account's own catalog.
    """

    setup: str
    account: str
    partition: str
    region: str
    roles: tuple[str, ...] = ()
    instance_profiles: tuple[str, ...] = ()
    saml_providers: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    studios: tuple[str, ...] = ()
    assigned: bool = False
    workgroups: tuple[str, ...] = ()
    access_grants: bool = False
    lake_formation: bool = False
    locations: tuple[str, ...] = ()
    databases: tuple[CatalogTable, ...] = ()
    links: tuple[str, ...] = ()


def accounts_of(plan: Plan) -> tuple[str, ...]:
    """The accounts that take part in a setup: those of its phases, and those of keys that it needs a statement in."""
    found = {str(phase.account): None for phase in plan.phases}
    for phase in plan.phases:
        found |= {str(key.account): None for key in _keys(phase)}
    return tuple(found)


def subjects_of(plan: Plan, account: str) -> Subjects:
    """What an account holds of a setup.

    Args:
        plan: the setup's plan.
        account: one of `accounts_of(plan)`.
    """
    finding = _Finding(account)
    for phase in plan.phases:
        finding.look_at(phase)
    for probe in setup_probes(plan.source):
        if probe.expected is Expected.ALLOW:
            finding.add_arns(probe.principal, *probe.assumes, probe.resource)
    return Subjects(plan.setup, account, plan.partition, plan.source.region, **finding.found())


@dataclass
class _Finding:
    """Names of each kind, gathered."""

    account: str
    names: dict[str, set[Any]] = field(default_factory=dict)

    def look_at(self, phase: Phase) -> None:
        for key in _keys(phase):
            self.add_arns(str(key))
        for handoff in phase.handoffs:
            if handoff.kind is not HandOffKind.BUCKET_POLICY:
                self.add_arns(handoff.target)
        if str(phase.account) != self.account:
            return
        for one in (*phase.resources, *phase.existing):
            for kind, name in _FINDERS.get(type(one), _nothing)(one):
                self.add(kind, name)
        for handoff in phase.handoffs:
            if handoff.kind is HandOffKind.BUCKET_POLICY:
                self.add("buckets", handoff.target)

    def add(self, kind: str, name: Any) -> None:
        self.names.setdefault(kind, set()).add(name)

    def add_arns(self, *texts: str) -> None:
        """Roles and keys of this account among texts; everything else is passed over."""
        for text in texts:
            role = _parsed(RoleArn.parse, text)
            if role is not None and str(role.account) == self.account and str(role.name) != UNNAMED_ROLE:
                self.add("roles", str(role.name))
            key = _parsed(KeyArn.parse, text)
            if key is not None and str(key.account) == self.account:
                self.add("keys", text)

    def found(self) -> dict[str, Any]:
        flags = {kind: True for kind in ("assigned", "access_grants", "lake_formation") if kind in self.names}
        sorted_names = {kind: tuple(sorted(names, key=repr)) for kind, names in self.names.items() if kind not in flags}
        return sorted_names | flags


def _parsed(parse: Callable[[str], Any], text: str) -> Any:
    try:
        return parse(text)
    except InvalidValue:
        return None


def _keys(phase: Phase) -> Iterator[KeyArn]:
    """The keys that a phase needs: of its buckets, expected, and handed off for."""
    for one in (*phase.resources, *phase.existing):
        if isinstance(one, Bucket | ExistingBucket | Workgroup) and one.key is not None:
            yield one.key
        elif isinstance(one, ExistingKey):
            yield one.arn
    for handoff in phase.handoffs:
        yield from _key_handed_off_for(handoff)


def _key_handed_off_for(handoff: HandOff) -> Iterator[KeyArn]:
    key = _parsed(KeyArn.parse, handoff.target) if handoff.kind is HandOffKind.KEY_POLICY else None
    if key is not None:
        yield key


# ---------------------------------------------------------------- of what kind a resource is

Found = Iterator[tuple[str, Any]]


def _nothing(_: Any) -> Found:
    yield from ()


def _role(role: Role) -> Found:
    yield "roles", str(role.arn.name)


def _of_role(policy: ManagedPolicy | RolePolicy) -> Found:
    yield "roles", str(policy.role)


def _existing_role(role: ExistingRole) -> Found:
    yield "roles", str(role.name)


def _instance_profile(profile: InstanceProfile) -> Found:
    yield "instance_profiles", str(profile.name)
    yield "roles", str(profile.role)


def _saml_provider(provider: SamlProvider) -> Found:
    yield "saml_providers", str(provider.arn)


def _bucket(bucket: Bucket | ExistingBucket) -> Found:
    yield "buckets", str(bucket.name)


def _bucket_policy(policy: BucketPolicy) -> Found:
    yield "buckets", str(policy.bucket)


def _studio(studio: EmrStudio) -> Found:
    yield "studios", studio.name


def _assignment(_: StudioSessionPolicy) -> Found:
    yield "assigned", True


def _workgroup(workgroup: Workgroup) -> Found:
    yield "workgroups", workgroup.name


def _custom_resource(resource: CustomResource) -> Found:
    if isinstance(resource.of, AthenaWorkGroup):
        yield "workgroups", str(resource.of.name)
    elif isinstance(resource.of, LakeFormationIdentityCenter):
        yield "lake_formation", True


def _access_grants(_: AccessGrantsInstance | AccessGrantsLocation | AccessGrant) -> Found:
    yield "access_grants", True


def _registered(location: RegisteredLocation) -> Found:
    yield "lake_formation", True
    yield "locations", location.arn


def _granted(grant: CatalogPermissions) -> Found:
    yield "lake_formation", True
    yield "databases", CatalogTable(str(grant.catalog), grant.database, grant.table)


def _link(link: DatabaseLink) -> Found:
    yield "lake_formation", True
    yield "links", link.name


_FINDERS: dict[type, Callable[[Any], Found]] = {
    AccessGrant: _access_grants,
    AccessGrantsInstance: _access_grants,
    AccessGrantsLocation: _access_grants,
    Bucket: _bucket,
    BucketPolicy: _bucket_policy,
    CatalogPermissions: _granted,
    CustomResource: _custom_resource,
    DatabaseLink: _link,
    EmrStudio: _studio,
    ExistingBucket: _bucket,
    ExistingRole: _existing_role,
    InstanceProfile: _instance_profile,
    ManagedPolicy: _of_role,
    RegisteredLocation: _registered,
    Role: _role,
    RolePolicy: _of_role,
    SamlProvider: _saml_provider,
    StudioSessionPolicy: _assignment,
    Workgroup: _workgroup,
}
