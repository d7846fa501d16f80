"""The runbook of the pattern `instance-profile`: the path of the original tutorial, without its way back to account A."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.handoff.databricks_files import VERIFY
from lakehouse_iam.handoff.databricks_side import DatabricksSide, ProfileRegistration
from lakehouse_iam.handoff.runbook.account_steps import phase_steps
from lakehouse_iam.handoff.runbook.links import Link, link
from lakehouse_iam.handoff.runbook.parts import DATABRICKS, Message, PatternRunbook, Step, Turn, owner_of
from lakehouse_iam.plan import Plan
from lakehouse_iam.plan.instance_profile import DEPLOYMENT_ACCOUNT, bucket_owner_phase
from lakehouse_iam.plan.instance_profile_spark import cluster_side
from lakehouse_iam.roles.instance_profile import TrustBy
from lakehouse_iam.setups.instance_profile import BucketOwner, InstanceProfileSetup
from lakehouse_iam.spark.cluster import Place
from lakehouse_iam.spark.configuration import PREFIX

_TRUST = {TrustBy.ROLE: "deployment-role", TrustBy.ACCOUNT: "deployment-role-by-account"}


def turns(plan: Plan) -> tuple[Turn, ...]:
    """Who does what: the workspace's account, each bucket owner, Databricks."""
    setup = _setup(plan)
    return (_workspace(plan, setup), *_owners(plan, setup), _databricks(setup))


def _setup(plan: Plan) -> InstanceProfileSetup:
    assert isinstance(plan.source, InstanceProfileSetup)
    return plan.source


def _workspace(plan: Plan, setup: InstanceProfileSetup) -> Turn:
    phase, role = plan.phase(DEPLOYMENT_ACCOUNT), str(setup.workspace.role)
    sends = (
        *(Message(_TRUST[owner.trust], owner_of(owner.role.account), role) for owner in setup.bucket_owners),
        Message("instance-profile", DATABRICKS, str(setup.workspace.instance_profile)),
    )
    return Turn(
        owner_of(phase.account), "role-of-clusters", steps=phase_steps(plan, phase), sends=sends, stack=phase.stack
    )


def _owners(plan: Plan, setup: InstanceProfileSetup) -> Iterator[Turn]:
    for owner in setup.bucket_owners:
        phase = plan.phase(bucket_owner_phase(setup, owner))
        yield Turn(
            owner_of(phase.account),
            "role-of-bucket-owner",
            {"buckets": [str(bucket.name) for bucket in setup.buckets_of(owner)]},
            phase_steps(plan, phase),
            (Message("bucket-owner-role", DATABRICKS, str(owner.role)),),
            phase.stack,
        )


def _databricks(setup: InstanceProfileSetup) -> Turn:
    cluster = cluster_side(setup)
    profile, role = str(cluster.instance_profile), str(setup.workspace.role)
    first = cluster.places[0]
    steps = (
        Step("open-workspace", {"host": setup.host}),
        Step(
            "register-instance-profile",
            {"profile": profile, "role": role, "meta": False},
            ("instance-profile-verification-failed", "role-of-profile-not-found", "instance-profile-arn-invalid"),
        ),
        Step("allow-instance-profile", {"profile": profile}, ("instance-profile-not-assigned",)),
        Step("cluster-policy", {"policy": cluster.policy}),
        Step("cluster", {"profile": profile, "configuration": cluster.text}),
        Step(
            "list-place",
            {"urls": [place.url for place in cluster.places], "first": first.url},
            ("s3-access-denied", "s3-forbidden-head", "not-allowed-by-trust"),
        ),
        Step("mount", {"mounts": [(one.name, one.place.url, one.mount, one.unmount) for one in cluster.mounts]}),
        Step("verify", {"notebook": VERIFY, "unity_catalog": False}),
    )
    return Turn(DATABRICKS, "use-from-clusters", steps=steps)


# ---------------------------------------------------------------- Databricks' files


def databricks(plan: Plan) -> DatabricksSide:
    """What is made in Databricks: a registration and clusters."""
    setup = _setup(plan)
    cluster = cluster_side(setup)
    return DatabricksSide(
        setup.name,
        setup.host,
        tuple(_links(setup)),
        profile=ProfileRegistration(str(cluster.instance_profile), str(setup.workspace.role)),
        cluster=cluster,
    )


def _links(setup: InstanceProfileSetup) -> Iterator[Link]:
    cluster, role = cluster_side(setup), setup.workspace.role
    yield link(
        "profile",
        "caller",
        f"The cluster carries the instance profile of {role.name}",
        f"クラスターに {role.name} のインスタンスプロファイルが付いている",
        ("instance-profile-not-assigned", "no-aws-credentials"),
        role_name=str(role.name),
    )
    for owner in setup.bucket_owners:
        yield from _links_of_owner(owner, [one for one in cluster.places if one.role == owner.role])
    settings = []
    for number, (key, value) in enumerate(cluster.configuration.items(), start=1):
        settings.append(f"setting-{number}")
        en, ja = f"Spark configuration: {key.removeprefix(PREFIX)}", f"Spark 設定: {key.removeprefix(PREFIX)}"
        yield link(settings[-1], "setting", en, ja, ("s3-forbidden-head",), key=key, value=value)
    for number, place in enumerate(cluster.places, start=1):
        yield from _links_of_place(number, place, (f"bucket-{number}", *settings))


def _links_of_owner(owner: BucketOwner, places: list[Place]) -> Iterator[Link]:
    assume = f"assume-{owner.role.account}"
    yield link(
        assume,
        "assume",
        f"That role may assume {owner.role}",
        f"そのロールが {owner.role} を引き受けられる",
        ("not-allowed-by-trust", "not-allowed-by-identity", "not-authorized"),
        needs=("profile",),
        role=str(owner.role),
    )
    for place in places:
        yield link(
            f"aws-{place.url}",
            "bucket",
            f"{owner.role.name} may list {place.url}",
            f"{owner.role.name} が {place.url} を一覧できる",
            ("s3-access-denied", "not-allowed-by-identity", "not-allowed-by-resource", "no-such-bucket"),
            needs=(assume,),
            bucket=str(place.bucket),
            prefix=f"{place.folder}/" if place.folder else "",
        )


def _links_of_place(number: int, place: Place, needs: tuple[str, ...]) -> Iterator[Link]:
    errors = ("s3-access-denied", "s3-forbidden-head", "kms-key-not-usable", "bucket-in-other-region")
    needs = (f"aws-{place.url}", *needs[1:])
    listed = f"list-{number}"
    yield link(
        listed,
        "list",
        f"Spark lists {place.url}",
        f"Spark から {place.url} を一覧できる",
        errors,
        needs=needs,
        url=place.url,
    )
    en, ja = f"Spark reads an object of {place.url}", f"Spark から {place.url} のオブジェクトを読める"
    yield link(f"read-{number}", "read", en, ja, errors, needs=(listed,), url=place.url)
    if place.writes:
        en, ja = f"Spark writes to {place.url}", f"Spark から {place.url} に書き込める"
        denied = ("s3a-access-denied-put", "acl-not-supported", "kms-key-not-usable")
        yield link(f"write-{number}", "write", en, ja, denied, needs=(listed,), url=place.url)


RUNBOOK = PatternRunbook(turns, databricks)
