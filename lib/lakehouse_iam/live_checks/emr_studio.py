"""What a setup of `emr-studio` asks of its accounts before it is deployed.

Here is what the Studio's account is asked of the Studio, its network, the workgroup and the results. What Lake Formation and the
Data Catalog are asked is in `emr_studio_data`, what Identity Center is, in `emr_studio_directory`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, cast

from lakehouse_iam.arns import BucketName
from lakehouse_iam.aws_sessions import AccountSession, AwsRefusal
from lakehouse_iam.live_checks import emr_studio_data, emr_studio_directory
from lakehouse_iam.live_checks.check import Answer, Check, note, right, wrong
from lakehouse_iam.live_checks.expected import bucket_in_its_region
from lakehouse_iam.live_checks.stacks import Stack
from lakehouse_iam.plan import Plan
from lakehouse_iam.plan import emr_studio_resources as ids
from lakehouse_iam.plan.emr_studio import STUDIO_OWNER
from lakehouse_iam.setups.emr_studio import EmrStudioSetup, InstanceOrigin, Use
from lakehouse_iam.statements.emr import EMR_TAG

SECRETS = "emr-studio-"
"""How EMR Studio begins the names of the secrets that it makes. Source: EMR Management Guide "Configure EMR Studio user
permissions", read 2026-11-24."""


def checks(plan: Plan) -> Iterator[Check]:
    """The questions of a setup of this pattern."""
    setup = cast("EmrStudioSetup", plan.source)
    stack = Stack(plan.phase(STUDIO_OWNER).stack, setup.region)
    studio, workgroup = setup.studio, setup.workgroup
    yield Check(setup.account, f"workgroup {workgroup.name}", _workgroup(setup, stack))
    yield Check(setup.account, f"EMR Studio {studio.name}", _studio_name(setup, stack))
    yield Check(setup.account, f"network {studio.vpc}", _network(setup))
    if studio.use is Use.FULL:
        yield Check(setup.account, f"secrets {SECRETS}*", _secrets(setup))
    for place in (studio.storage, workgroup.results):
        if not place.create:
            yield Check(setup.account, f"bucket {place.bucket}", _place(setup.region, place.bucket))
    if workgroup.identity_center:
        yield Check(setup.account, "S3 Access Grants", _access_grants(setup, stack))
    yield from chain(emr_studio_data.checks(plan), emr_studio_directory.checks(setup))


def _place(region: str, bucket: BucketName) -> Callable[[AccountSession], Iterator[Answer]]:
    return lambda session: bucket_in_its_region(session, region, bucket)


# ---------------------------------------------------------------- workgroup and Studio


def _workgroup(setup: EmrStudioSetup, stack: Stack) -> Callable[[AccountSession], Iterator[Answer]]:
    wanted, what = setup.workgroup, f"workgroup {setup.workgroup.name}"

    def ask(session: AccountSession) -> Iterator[Answer]:
        try:
            answer = session.read("athena", "GetWorkGroup", setup.region, WorkGroup=wanted.name)
        except AwsRefusal as refusal:
            if not refusal.is_missing:
                raise
            yield right(what, "the name is free")
            return
        center = answer["WorkGroup"].get("Configuration", {}).get("IdentityCenterConfiguration", {})
        has_center = bool(center.get("EnableIdentityCenter"))
        if has_center != wanted.identity_center:
            yield wrong(
                what,
                f"exists and {_mode(has_center)}, and the setup's {_mode(wanted.identity_center)}: that cannot be changed",
                "give workgroup.name another name",
            )
        elif has_center and center.get("IdentityCenterInstanceArn") != str(setup.identity_center.instance):
            yield wrong(
                what,
                f"exists with another instance of Identity Center, {center.get('IdentityCenterInstanceArn')}",
                "give workgroup.name another name, or correct identity_center.instance",
            )
        elif stack.made(session, ids.WORKGROUP):
            yield right(what, "exists, and the setup's stack has it")
        elif has_center:
            yield note(
                what, "exists and will be adopted: its settings are changed, and it is never deleted with the stack"
            )
        else:
            yield wrong(
                what,
                f"exists, and the stack {stack.name} did not make it: CloudFormation refuses to make it again",
                "give workgroup.name another name, or import it into the stack",
            )

    return ask


def _mode(identity_center: bool) -> str:
    return "authenticates with Identity Center" if identity_center else "is a regular one"


def _studio_name(setup: EmrStudioSetup, stack: Stack) -> Callable[[AccountSession], Iterator[Answer]]:
    name, what = setup.studio.name, f"EMR Studio {setup.studio.name}"

    def ask(session: AccountSession) -> Iterator[Answer]:
        studios = session.read_all("emr", "ListStudios", setup.region, "Studios")
        named = [studio for studio in studios if studio["Name"] == name]
        if not named:
            yield right(what, "the name is free")
            return
        own = stack.made(session, ids.STUDIO)
        for studio in named:
            if studio["StudioId"] == own:
                yield right(what, f"exists, and the setup's stack has it: {own}")
            else:
                mode = studio.get("AuthMode", "")
                yield wrong(
                    what,
                    f"the name is taken by {studio['StudioId']}, of authentication mode {mode}",
                    "give studio.name another name; the mode of a Studio cannot be changed",
                )

    return ask


# ---------------------------------------------------------------- the network


def _network(setup: EmrStudioSetup) -> Callable[[AccountSession], Iterator[Answer]]:
    studio, region = setup.studio, setup.region

    def ask(session: AccountSession) -> Iterator[Answer]:
        vpc = _described(session, region, "DescribeVpcs", "Vpcs", VpcIds=[studio.vpc])
        subnets = {
            subnet: _described(session, region, "DescribeSubnets", "Subnets", SubnetIds=[subnet])
            for subnet in studio.subnets
        }
        if vpc is None:
            yield wrong(
                f"VPC {studio.vpc}",
                f"is not in {region}, or not shared with the account {session.account}",
                "correct studio.vpc",
            )
        for id, subnet in subnets.items():
            if subnet is None:
                yield wrong(f"subnet {id}", f"is not in {region}", "correct studio.subnets")
            elif subnet["VpcId"] != studio.vpc:
                yield wrong(f"subnet {id}", f"is in {subnet['VpcId']}, not in {studio.vpc}", "correct studio.subnets")
        found = {studio.vpc: vpc, **subnets}
        bare = [id for id, described in found.items() if described is not None and not _tagged(described)]
        yield from _tags(setup, bare)

    return ask


def _tags(setup: EmrStudioSetup, bare: list[str]) -> Iterator[Answer]:
    studio, what = setup.studio, f"network {setup.studio.vpc}"
    if studio.use is Use.ATHENA:
        yield right(what, f"a Studio that only queries needs no tag {EMR_TAG}")
    elif not bare:
        yield right(what, f"has the tag {EMR_TAG}=true")
    else:
        says = f"{', '.join(bare)}: the tag {EMR_TAG}=true is missing, and no Workspace starts without it"
        command = f"aws ec2 create-tags --resources {' '.join(bare)} --tags Key={EMR_TAG},Value=true"
        yield wrong(what, says, command) if studio.network_tagged else note(what, says, f"its owner is told: {command}")


def _described(
    session: AccountSession, region: str, operation: str, member: str, **which: object
) -> dict[str, Any] | None:
    try:
        found = session.read_all("ec2", operation, region, member, **which)
    except AwsRefusal as refusal:
        if refusal.is_missing:
            return None
        raise
    return found[0] if found else None


def _tagged(described: dict[str, Any]) -> bool:
    return {"Key": EMR_TAG, "Value": "true"} in [
        {"Key": tag.get("Key"), "Value": tag.get("Value")} for tag in described.get("Tags", ())
    ]


def _secrets(setup: EmrStudioSetup) -> Callable[[AccountSession], Iterator[Answer]]:
    what = f"secrets {SECRETS}*"

    def ask(session: AccountSession) -> Iterator[Answer]:
        secrets = session.read_all(
            "secretsmanager",
            "ListSecrets",
            setup.region,
            "SecretList",
            Filters=[{"Key": "name", "Values": [SECRETS]}],
        )
        bare = [secret["ARN"] for secret in secrets if not _tagged(secret)]
        if bare:
            yield note(
                what,
                f"{len(bare)} of {len(secrets)} lack the tag {EMR_TAG}=true, so the Studio cannot read them",
                f"aws secretsmanager tag-resource --secret-id {bare[0]} --tags Key={EMR_TAG},Value=true",
            )
        else:
            yield right(what, f"all {len(secrets)} have the tag {EMR_TAG}=true" if secrets else "there are none yet")

    return ask


# ---------------------------------------------------------------- S3 Access Grants


def _access_grants(setup: EmrStudioSetup, stack: Stack) -> Callable[[AccountSession], Iterator[Answer]]:
    what, account = "S3 Access Grants", str(setup.account)
    create = setup.access_grants.instance is InstanceOrigin.CREATE

    def ask(session: AccountSession) -> Iterator[Answer]:
        try:
            instance = session.read("s3control", "GetAccessGrantsInstance", setup.region, AccountId=account)
        except AwsRefusal as refusal:
            if not refusal.is_missing:
                raise
            if create:
                yield right(what, f"there is no instance in {setup.region} yet")
            else:
                yield wrong(
                    what,
                    f"there is no instance in {setup.region}",
                    "write access_grants: {instance: create}, or leave it out",
                )
            return
        if create and not stack.made(session, ids.INSTANCE):
            yield wrong(
                what,
                f"the account has an instance in {setup.region} already, and takes one only",
                "write access_grants: {instance: exists}: it is adopted and never deleted",
            )
        yield _association(setup, instance)
        yield from _locations(setup, stack, session)

    return ask


def _association(setup: EmrStudioSetup, instance: dict[str, Any]) -> Answer:
    what, wanted = "S3 Access Grants", str(setup.identity_center.instance)
    found = instance.get("IdentityCenterInstanceArn") or instance.get("IdentityCenterArn") or ""
    # The older member is the application's ARN, which carries the id of the instance.
    if setup.identity_center.instance.id in found:
        return right(what, "the instance is associated with the setup's Identity Center")
    command = (
        f"aws s3control associate-access-grants-identity-center --account-id {setup.account} --region {setup.region} "
        f"--identity-center-arn {wanted}"
    )
    if found:
        return wrong(
            what, f"the instance is associated with another Identity Center, {found}", f"dissociate it, then {command}"
        )
    return wrong(what, "the instance is not associated with Identity Center, so it grants nothing to users", command)


def _locations(setup: EmrStudioSetup, stack: Stack, session: AccountSession) -> Iterator[Answer]:
    scope = str(setup.workgroup.results.url)
    found = session.read_all(
        "s3control",
        "ListAccessGrantsLocations",
        setup.region,
        "AccessGrantsLocationsList",
        AccountId=str(setup.account),
    )
    same = [location for location in found if location["LocationScope"].rstrip("/*") == scope]
    if same and not stack.made(session, ids.LOCATION):
        yield wrong(
            f"location {scope}",
            f"is registered already, with the role {same[0]['IAMRoleArn']}, and the stack {stack.name} did not do it",
            "give workgroup.results another folder, or delete that location",
        )
