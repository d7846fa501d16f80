"""Snapshots of a healthy deployment, made from a plan: what AWS and Databricks would show of it.

`tests/unit/doctor` and others begin with these and break them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lakehouse_iam.arns import AccountId, DirectoryPrincipal, RoleArn
from lakehouse_iam.custom_resource import AthenaWorkGroup, LakeFormationIdentityCenter
from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.plan import plan_setup
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.proof.deployed import Deployed, left_to_iam
from lakehouse_iam.proof.meaning import meaning_of
from lakehouse_iam.resources import (
    AccessGrant,
    AccessGrantsInstance,
    AccessGrantsLocation,
    Bucket,
    CatalogPermissions,
    CustomResource,
    DatabaseLink,
    EmrStudio,
    ExistingBucket,
    InstanceProfile,
    ManagedPolicy,
    RegisteredLocation,
    Role,
    SamlProvider,
    Workgroup,
)
from lakehouse_iam.setups import load_setups
from lakehouse_iam.snapshot.document import VERSION, VERSION_KEY, Snapshot
from lakehouse_iam.snapshot.told import with_texts

Json = dict[str, Any]

EXAMPLES = Path(__file__).parents[2] / "examples"
TAKEN = "2026-11-26T04:00:00Z"
CREATED = "2026-11-01T09:00:00Z"
EXTERNAL_ID = "0a1b2c3d-external-id-of-the-credential"
STUDIO_ID = "es-ABCDEFGHIJKLMNOPQRSTUVWXY"
ALL_BLOCKED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)


def example_plans() -> tuple[Plan, ...]:
    """The plans of all examples."""
    return tuple(plan_setup(setup) for setup in load_setups(EXAMPLES))


def example_plan(name: str) -> Plan:
    """The plan of one example, by its setup's name."""
    return next(plan for plan in example_plans() if plan.setup == name)


def plan_with(tmp_path: Path, name: str, change: Callable[[str], str]) -> Plan:
    """The plan of an example whose text is changed.

    Args:
        tmp_path: a folder to write to.
        name: the file of the example, without its ending.
        change: from the text of the example to that of the setup.
    """
    file = tmp_path / f"{name}.yaml"
    file.write_text(change((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")), encoding="utf-8")
    metadata = EXAMPLES / "okta-metadata.xml"
    (tmp_path / metadata.name).write_bytes(metadata.read_bytes())
    (setup,) = load_setups(file)
    return plan_setup(setup)


def swapped_accounts(text: str) -> str:
    """A setup with its two accounts in each other's place: ids below and above each other change sides."""
    first, second, aside = "111122223333", "444455556666", "000000000000"
    return text.replace(first, aside).replace(second, first).replace(aside, second)


def healthy(plan: Plan) -> dict[str, Json]:
    """The content of one snapshot for each account, by its id, and of the workspace, under `workspace`."""
    return _Writing(plan).written()


def as_snapshots(contents: dict[str, Json]) -> tuple[Snapshot, ...]:
    """Snapshots of contents; each has a copy of its own."""
    return tuple(Snapshot(copy.deepcopy(content), f"{name}.json") for name, content in contents.items())


class _Writing:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._meant: Deployed = meaning_of(plan, {}).deployed
        self._document = meaning_of(plan, {}).document
        self._told = {
            parameter.stand_in: {"ExternalId": EXTERNAL_ID, "StudioId": STUDIO_ID}[parameter.id]
            for phase in plan.phases
            for parameter in phase.parameters
        }
        self._contents: dict[str, Json] = {}

    def written(self) -> dict[str, Json]:
        for phase in self._plan.phases:
            self._account(str(phase.account))
        self._roles()
        for phase in self._plan.phases:
            for resource in phase.resources:
                self._resource(str(phase.account), phase.region, resource)
            for existing in phase.existing:
                if isinstance(existing, ExistingBucket):
                    key = str(existing.key) if existing.key else None
                    ownership = "ObjectWriter" if existing.object_ownership.uses_acls else "BucketOwnerEnforced"
                    self._bucket(str(phase.account), str(existing.name), phase.region, key, ownership)
        self._keys()
        self._workspace()
        return with_texts(self._contents, self._told)

    def _account(self, account: str) -> Json:
        return self._contents.setdefault(
            account,
            {
                VERSION_KEY: VERSION,
                "setup": self._plan.setup,
                "taken": TAKEN,
                "by": "snapshot",
                "of": {
                    "account": account,
                    "partition": self._plan.partition,
                    "region": self._plan.source.region,
                },
                "account_block_public_access": None,
                "organization": {"id": None},
            },
        )

    def _in(self, account: str, kind: str) -> Json:
        found: Json = self._account(account).setdefault(kind, {})
        return found

    # ------------------------------------------------------------ roles

    def _roles(self) -> None:
        made = {str(one.arn): one for phase in self._plan.phases for one in phase.resources if isinstance(one, Role)}
        managed = {
            (str(phase.account), one.name): one
            for phase in self._plan.phases
            for one in phase.resources
            if isinstance(one, ManagedPolicy)
        }
        for number, (arn, role) in enumerate(self._meant.roles.items()):
            account, name = arn.split(":")[4], arn.rpartition("/")[2]
            if name == "lakehouse-iam-unnamed-role":
                continue
            inline, attached = {}, {}
            for policy, written in role.identity.items():
                if (account, policy) in managed:
                    own = f"arn:{self._plan.partition}:iam::{account}:policy/{policy}"
                    attached[own] = {"version": "v1", "document": written.document}
                else:
                    inline[policy] = written.document
            spec = made.get(arn)
            boundary = spec.permissions_boundary if spec else None
            self._in(account, "roles")[name] = {
                "arn": arn,
                "id": f"AROA{number:017d}",
                "created": CREATED,
                "last_used": None,
                "trust": role.trust.document if role.trust else _trust_of_somebody(account, self._plan.partition),
                "inline": inline,
                "attached": attached,
                "boundary": {"arn": str(boundary), "document": _EVERYTHING} if boundary else None,
                "session_seconds": (spec.session_hours or 1) * 3600 if spec else 3600,
                "tags": {},
            }

    # ------------------------------------------------------------ resources

    def _resource(self, account: str, region: str, resource: object) -> None:
        partition = self._plan.partition
        if isinstance(resource, InstanceProfile):
            role = next(
                arn for arn in self._meant.roles if arn.split(":")[4] == account and arn.endswith(f"/{resource.role}")
            )
            path = str(resource.path)
            self._in(account, "instance_profiles")[str(resource.name)] = {
                "arn": f"arn:{partition}:iam::{account}:instance-profile{path}{resource.name}",
                "id": "AIPA00000000000000001",
                "roles": [role],
            }
        elif isinstance(resource, SamlProvider):
            self._in(account, "saml_providers")[str(resource.arn)] = {
                "metadata": resource.metadata,
                "created": CREATED,
                "valid_until": "2036-11-01T09:00:00Z",
            }
        elif isinstance(resource, Bucket):
            key = str(resource.key) if resource.key else None
            ownership = "ObjectWriter" if resource.object_ownership.uses_acls else "BucketOwnerEnforced"
            self._bucket(account, str(resource.name), region, key, ownership)
        elif isinstance(resource, EmrStudio):
            self._in(account, "studios")[resource.name] = {
                "id": STUDIO_ID,
                "auth_mode": "SSO",
                "service_role": str(resource.service_role),
                "user_role": str(resource.user_role),
                "vpc": resource.vpc,
                "subnets": list(resource.subnets),
                "storage": resource.storage,
                "trusted_identity_propagation": True,
                "idc_user_assignment": "REQUIRED" if resource.assigned_only else "OPTIONAL",
                "idc_instance": str(resource.instance),
            }
        elif isinstance(resource, Workgroup):
            self._in(account, "workgroups")[resource.name] = {
                "state": "ENABLED",
                "identity_center": False,
                "results": resource.results,
            }
        elif isinstance(resource, CustomResource):
            self._custom(account, resource)
        elif isinstance(resource, AccessGrantsInstance | AccessGrantsLocation | AccessGrant):
            self._access_grants(account, resource)
        elif isinstance(resource, RegisteredLocation | CatalogPermissions | DatabaseLink):
            self._lake_formation(account, resource)

    def _bucket(self, account: str, name: str, region: str, key: str | None, ownership: str) -> None:
        meant = self._meant.buckets.get(f"arn:{self._plan.partition}:s3:::{name}")
        written = [one for one in (meant.policy, *meant.handed_off) if one is not None] if meant else []
        statements = [one for document in written for one in _listed(document.document["Statement"])]
        algorithm = "aws:kms" if key else "AES256"
        self._in(account, "buckets")[name] = {
            "region": region,
            "policy": {"Version": "2012-10-17", "Statement": statements} if statements else None,
            "ownership": ownership,
            "acl_grantees": [],
            "block_public_access": dict(ALL_BLOCKED),
            "encryption": {"algorithm": algorithm, "key": key, "bucket_key": bool(key)},
            "access_points": [],
            "versioning": "Off",
        }

    def _keys(self) -> None:
        existing = {one.arn for one in self._document.existing if ":kms:" in one.arn}
        for arn in sorted(existing | set(self._meant.keys)):
            meant = self._meant.keys.get(arn)
            statements = list(left_to_iam(arn)["Statement"])
            for written in meant.handed_off if meant else ():
                statements += _listed(written.document["Statement"])
            self._in(arn.split(":")[4], "keys")[arn] = {
                "state": "Enabled",
                "manager": "CUSTOMER",
                "usage": "ENCRYPT_DECRYPT",
                "spec": "SYMMETRIC_DEFAULT",
                "policy": {"Version": "2012-10-17", "Statement": statements},
                "grants": [],
                "multi_region": False,
                "aliases": [],
            }

    # ------------------------------------------------------------ Athena, Access Grants, Lake Formation

    def _custom(self, account: str, resource: CustomResource) -> None:
        of = resource.of
        if isinstance(of, AthenaWorkGroup):
            self._in(account, "workgroups")[of.name] = {
                "state": "ENABLED",
                "identity_center": True,
                "identity_center_instance": str(of.instance_arn),
                "execution_role": str(of.execution_role),
                "results": of.results_location,
                "enforced": True,
                "access_grants": True,
                "access_grants_user_prefix": of.user_prefix,
            }
        elif isinstance(of, LakeFormationIdentityCenter):
            self._in(account, "lake_formation")["identity_center"] = {
                "application": f"arn:aws:sso::{account}:application/ssoins-0/apl-0",
                "instance": str(of.instance_arn),
                "share_recipients": [str(one) for one in of.share_recipients or ()],
            }

    def _access_grants(self, account: str, resource: AccessGrantsInstance | AccessGrantsLocation | AccessGrant) -> None:
        grants = self._in(account, "access_grants")
        grants.setdefault(
            "instance",
            {
                "arn": f"arn:aws:s3:{self._plan.source.region}:{account}:access-grants/default",
                "identity_center": "arn:aws:sso:::instance/ssoins-0123456789abcdef",
            },
        )
        if isinstance(resource, AccessGrantsLocation):
            grants.setdefault("locations", []).append({"scope": resource.scope, "role": str(resource.role)})
        elif isinstance(resource, AccessGrant):
            scopes = {
                one.id: one.scope
                for phase in self._plan.phases
                for one in phase.resources
                if isinstance(one, AccessGrantsLocation)
            }
            grants.setdefault("grants", []).append(
                {
                    "scope": f"{scopes[resource.location].rstrip('*').rstrip('/')}/{resource.prefix}",
                    "permission": "READWRITE",
                    "grantee_type": f"DIRECTORY_{resource.grantee.kind.value}",
                    "grantee": resource.grantee.id,
                }
            )

    def _lake_formation(self, account: str, resource: RegisteredLocation | CatalogPermissions | DatabaseLink) -> None:
        formation = self._in(account, "lake_formation")
        if isinstance(resource, RegisteredLocation):
            formation.setdefault("locations", {})[resource.arn] = {"role": str(resource.role)}
        elif isinstance(resource, DatabaseLink):
            formation.setdefault("databases", {})[resource.name] = {"target": f"{resource.catalog}/{resource.database}"}
        else:
            formation.setdefault("permissions", []).append(
                {
                    "principal": principal_text(resource.principal, self._plan.partition),
                    "catalog": str(resource.catalog),
                    "database": resource.database,
                    **({"table": resource.table} if resource.table else {}),
                    **({"columns": list(resource.columns)} if resource.columns else {}),
                    "permissions": list(resource.permissions),
                    "grantable": list(resource.grantable),
                }
            )

    # ------------------------------------------------------------ the workspace

    def _workspace(self) -> None:
        setup = self._plan.source
        reference = pattern_named(self._plan.pattern).meant_workspace
        content: Json = reference.load()(setup) if reference is not None else {}
        if not content:
            return
        for credential in content.get("storage_credentials", {}).values():
            credential.setdefault("external_id", EXTERNAL_ID)
        host = getattr(setup, "host", None) or "https://dbc-a1b2345c-d6e7.cloud.databricks.com"
        self._contents["workspace"] = {
            VERSION_KEY: VERSION,
            "setup": self._plan.setup,
            "taken": TAKEN,
            "by": "snapshot",
            "of": {"workspace": str(host)},
            **content,
        }


def principal_text(principal: DirectoryPrincipal | RoleArn | AccountId, partition: str) -> str:
    """How Lake Formation shows a principal."""
    return principal.arn(partition) if isinstance(principal, DirectoryPrincipal) else str(principal)


_EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def _trust_of_somebody(account: str, partition: str) -> Json:
    """The trust policy of a role that is no setup's."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::414351767826:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": account}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]


def every_plan() -> Iterator[Plan]:
    """The examples, one after the other."""
    yield from example_plans()
