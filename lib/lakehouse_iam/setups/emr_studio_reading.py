"""Reading a setup of the pattern `emr-studio`: the rules that take two values.

The schema has checked each value by itself. What is under `lake_formation` is in `emr_studio_grants`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lakehouse_iam.arns import (
    AccountId,
    DirectoryPrincipal,
    IamPath,
    IdentityCenterInstance,
    RoleArn,
)
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import Partition, partition_of_region
from lakehouse_iam.s3_url import S3Url
from lakehouse_iam.setups.buckets import read_key
from lakehouse_iam.setups.document import Document
from lakehouse_iam.setups.emr_studio import (
    PATTERN,
    SUBNETS,
    AccessGrants,
    Assignee,
    EmrStudioSetup,
    IdentityCenter,
    InstanceOrigin,
    Place,
    Studio,
    Use,
    Workgroup,
)
from lakehouse_iam.setups.emr_studio_formats import studio_role
from lakehouse_iam.setups.emr_studio_grants import directory_principal, one_of, read_lake_formation
from lakehouse_iam.setups.problems import Faults, Path
from lakehouse_iam.setups.setup import common_keys
from lakehouse_iam.setups.top_level import boundary_of, partition_of


def read(document: Document) -> EmrStudioSetup:
    """The setup of a document that its schema has passed.

    Raises:
        SeveralFaults: every rule that the document breaks as a whole.
    """
    content, faults = document.content, Faults()
    partition = partition_of(content, faults)
    _check_partition(partition, content, faults)
    _check_mode(content, faults)
    account = AccountId.parse(content["account"])
    roles = _Roles(content, account, partition, faults)
    region = str(content["region"])
    lake_formation = read_lake_formation(
        content, region, account, partition, roles.named("lake_formation", "registration_role", "data-location"), faults
    )
    common, boundary = common_keys(content, faults), boundary_of(content, partition, faults)
    setup = EmrStudioSetup(
        **common,
        pattern=PATTERN,
        partition=partition,
        permissions_boundary=boundary,
        account=account,
        identity_center=_identity_center(content, account, partition, faults),
        studio=_studio(content, partition, roles, faults),
        workgroup=_workgroup(content, partition, roles, faults),
        access_grants=AccessGrants(
            InstanceOrigin(content.get("access_grants", {}).get("instance", "create")),
            roles.named("access_grants", "location_role", "query-results"),
        ),
        lake_formation=lake_formation,
    )
    roles.check_each_is_its_own()
    faults.raise_any()
    return setup


# ---------------------------------------------------------------- rules of the whole


def _check_partition(partition: Partition, content: dict[str, Any], faults: Faults) -> None:
    if partition.name != "aws":
        problem = InvalidValue(
            f"workgroups with Identity Center are not known in the partition {partition.name}",
            allowed="allowed are regions of the partition aws: AWS lists no others for Athena with Identity Center, "
            "and AWS::EMR::Studio and the API of Athena do not take every partition's ARNs",
        )
        faults.add(("partition",) if "partition" in content else ("region",), problem)


def _check_mode(content: dict[str, Any], faults: Faults) -> None:
    """A Studio in IAM mode: nothing of this pattern works with it, and what is said first is what cannot go together."""
    studio = content["studio"]
    if studio.get("auth_mode", "SSO") == "SSO":
        return
    if "user_role" in studio:
        problem = InvalidValue(
            "a Studio in IAM mode has no user role",
            allowed="user_role goes with auth_mode: SSO; AWS::EMR::Studio refuses the two together",
            next_step="write auth_mode: SSO",
        )
        faults.add(("studio", "user_role"), problem)
    mismatch = (
        "and the workgroup authenticates with Identity Center, so it would not be shown in the Studio"
        if content["workgroup"].get("identity_center", True)
        else "and the grants of Lake Formation to users and groups never apply in it"
    )
    problem = InvalidValue(
        f"the Studio authenticates with IAM, {mismatch}",
        allowed="allowed here is SSO: only then the identity of the user reaches Athena and Lake Formation",
        next_step="leave auth_mode out; it cannot be changed after the Studio is made",
    )
    faults.add(("studio", "auth_mode"), problem)


class _Roles:
    """The roles of a setup: each with its own name, all with one path."""

    def __init__(self, content: dict[str, Any], account: AccountId, partition: Partition, faults: Faults) -> None:
        self._content, self._account, self._partition, self._faults = content, account, partition, faults
        self._path = IamPath.parse(content["studio"].get("role_path", "/"))
        self._seen: list[tuple[Path, RoleArn]] = []

    def named(self, section: str, key: str, ending: str) -> RoleArn:
        """The role under a key; where none is written, the setup's name with an ending."""
        given = self._content.get(section, {}).get(key, f"{self._content['setup']}-{ending}")
        catalog = self._content["lake_formation"].get("catalog", self._account.value)
        account = AccountId.parse(catalog) if section == "lake_formation" else self._account
        role = RoleArn(self._partition.name, account, studio_role(given), self._path)
        self._seen.append(((section, key), role))
        return role

    def check_each_is_its_own(self) -> None:
        """Note a name that two roles share: one was the tutorial's shortcut, and it failed."""
        first: dict[tuple[AccountId, str], Path] = {}
        for path, role in self._seen:
            known = first.setdefault((role.account, str(role.name).lower()), path)
            if known != path:
                problem = InvalidValue(
                    f"the role {role.name} is {'.'.join(map(str, known))} too",
                    allowed="a role of its own for each: a Studio whose service role is its user role lacks sts:SetContext, "
                    "and whoever may be the one could be the other",
                    next_step="give it another name, or leave the key out",
                )
                self._faults.add(path, problem)


# ---------------------------------------------------------------- parts


def _identity_center(
    content: dict[str, Any], account: AccountId, partition: Partition, faults: Faults
) -> IdentityCenter:
    given = content["identity_center"]
    instance = IdentityCenterInstance.parse(given["instance"])
    if instance.partition != partition.name:
        problem = InvalidValue(
            f"{instance} is in the partition {instance.partition}",
            allowed=f"allowed is an instance of {partition.name}",
        )
        faults.add(("identity_center", "instance"), problem)
    region = str(given.get("region", content["region"]))
    if partition_of_region(region) != partition:
        problem = InvalidValue(
            f"the region {region} is not in the partition {partition.name}",
            allowed=f"allowed are regions of {partition.name}",
        )
        faults.add(("identity_center", "region"), problem)
    return IdentityCenter(instance, AccountId.parse(given.get("account", account.value)), region)


def _studio(content: dict[str, Any], partition: Partition, roles: _Roles, faults: Faults) -> Studio:
    given, path = content["studio"], ("studio",)
    everyone = given.get("access", "assigned") == "everyone"
    assigned = tuple(_assigned(given.get("assigned", []), (*path, "assigned"), faults))
    if not given.get("assigned") and not everyone:
        problem = InvalidValue(
            "nobody is assigned to the Studio",
            allowed="at least one user or group under assigned, or access: everyone",
            next_step="without an assignment the Studio opens for nobody",
        )
        faults.add((*path, "assigned") if "assigned" in given else path, problem)
    if not given.get("assigned") and everyone and content["workgroup"].get("identity_center", True):
        problem = InvalidValue(
            "nobody is assigned to the workgroup",
            allowed="a workgroup with Identity Center opens only for those under studio.assigned, whatever studio.access is",
            next_step="list them, or write identity_center: false under workgroup",
        )
        faults.add((*path, "access"), problem)
    subnets = tuple(sorted(str(subnet) for subnet in given["subnets"]))
    if len(subnets) > SUBNETS:
        problem = InvalidValue(f"{len(subnets)} subnets are too many", allowed=f"a Studio takes {SUBNETS}")
        faults.add((*path, "subnets"), problem)
    return Studio(
        name=str(given["name"]),
        everyone=everyone,
        assigned=tuple(sorted(assigned, key=lambda assignee: str(assignee.principal))),
        use=Use(given.get("use", "athena")),
        vpc=str(given["vpc"]),
        subnets=subnets,
        network_tagged=given.get("network_tags", "handoff") == "present",
        application_arn=str(given.get("application_arn", "")),
        storage=_place(given, path, "storage", "storage_bucket", content, partition, faults),
        service_role=roles.named("studio", "service_role", "emr-service"),
        user_role=roles.named("studio", "user_role", "emr-user"),
    )


def _assigned(entries: list[dict[str, Any]], path: Path, faults: Faults) -> Iterator[Assignee]:
    seen: dict[DirectoryPrincipal, int] = {}
    for index, entry in enumerate(entries):
        where: Path = (*path, index)
        if ("user" in entry) == ("group" in entry):
            faults.add(where, one_of(entry, ("user", "group")))
            continue
        principal = directory_principal(entry)
        first = seen.setdefault(principal, index)
        if first != index:
            problem = InvalidValue(
                f"the {principal} is assigned already, at studio.assigned[{first}]",
                allowed="each once: S3 Access Grants refuses two grants of the same prefix to the same user or group",
                next_step="leave one out",
            )
            faults.add((*where, principal.kind.noun), problem)
        queries_only = "session" in entry
        if queries_only and "name" not in entry:
            problem = InvalidValue(
                "session is written without a name",
                allowed="the user name, or the group's display name: CloudFormation maps sessions by name only",
                next_step="add name:, exactly as Identity Center shows it",
            )
            faults.add((*where, "session"), problem)
        yield Assignee(principal, str(entry.get("name", "")), queries_only)


def _workgroup(content: dict[str, Any], partition: Partition, roles: _Roles, faults: Faults) -> Workgroup:
    given, path = content["workgroup"], ("workgroup",)
    identity_center = bool(given.get("identity_center", True))
    for key in ("execution_role", "user_prefixes"):
        if not identity_center and key in given:
            problem = InvalidValue(
                f"{key} is written for a regular workgroup",
                allowed="only a workgroup with Identity Center has one: a regular one acts with the role of the user",
                next_step=f"leave {key} out, or write identity_center: true",
            )
            faults.add((*path, key), problem)
    if not identity_center and "access_grants" in content:
        problem = InvalidValue(
            "access_grants is written for a regular workgroup",
            allowed="only the results of a workgroup with Identity Center go through S3 Access Grants",
            next_step="leave access_grants out, or write identity_center: true under workgroup",
        )
        faults.add(("access_grants",), problem)
    return Workgroup(
        name=str(given["name"]),
        identity_center=identity_center,
        results=_place(given, path, "results", "results_bucket", content, partition, faults),
        user_prefixes=identity_center and bool(given.get("user_prefixes", True)),
        execution_role=roles.named("workgroup", "execution_role", "athena-execution"),
    )


def _place(
    given: dict[str, Any],
    path: Path,
    key: str,
    bucket_key: str,
    content: dict[str, Any],
    partition: Partition,
    faults: Faults,
) -> Place:
    url = S3Url.parse(given[key])
    bucket = given.get(bucket_key, {})
    name = str(bucket.get("name", url.bucket))
    if name != str(url.bucket):
        folder = f"/{url.folder}" if url.folder else ""
        problem = InvalidValue(
            f"{url} is not in the bucket {name}",
            allowed=f"{key} is a folder of the bucket under {bucket_key}",
            next_step=f"write 's3://{name}{folder}', or name: {url.bucket}",
        )
        faults.add((*path, key), problem)
    return Place(
        url,
        create=bool(bucket.get("create", False)),
        key=read_key(bucket, (*path, bucket_key), content["region"], partition, faults),
    )
