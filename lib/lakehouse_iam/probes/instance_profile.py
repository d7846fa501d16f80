"""The probes of the pattern `instance-profile`: the chain from EC2 to the buckets, and everybody beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lakehouse_iam.arns import AccountId, RoleArn
from lakehouse_iam.partitions import EC2_SERVICE
from lakehouse_iam.probes.buckets import AccessPath, asking_once_for_each_key, bucket_probes, outsider_probes
from lakehouse_iam.probes.iam import iam_probes
from lakehouse_iam.probes.outsiders import (
    OTHER_ROLE,
    OTHER_SERVICE,
    OTHER_WORKSPACE,
    STRANGER_ACCOUNT,
    sister_role,
)
from lakehouse_iam.probes.pass_role import pass_role_probes
from lakehouse_iam.probes.probe import Context, Expected, Probe
from lakehouse_iam.roles.instance_profile import TrustBy
from lakehouse_iam.setups.instance_profile import BucketOwner, InstanceProfileSetup


def probes(setup: InstanceProfileSetup) -> Iterator[Probe]:
    """Every question about a setup of this pattern."""
    names = frozenset(bucket.name for bucket in setup.buckets)
    yield from _deployment_role_probes(setup)
    yield from pass_role_probes(setup.workspace.role, setup.workspace.cross_account_role, "the deployment role")
    for owner in setup.bucket_owners:
        yield from _assume_probes(setup, owner)
        path = AccessPath(str(setup.workspace.role), (str(owner.role),))
        yield from iam_probes(path, str(owner.role.name), str(owner.role))
        for bucket in asking_once_for_each_key(setup.buckets_of(owner)):
            yield from bucket_probes(path, bucket, names, setup.partition)
            for who, principal in _outsiders(setup):
                yield from outsider_probes(who, principal, bucket, setup.partition)


def _other_role(setup: InstanceProfileSetup, account: str) -> str:
    return f"arn:{setup.partition.name}:iam::{account}:role/{OTHER_ROLE}"


def _outsiders(setup: InstanceProfileSetup) -> tuple[tuple[str, str], ...]:
    """Those who must not reach a bucket straight; what their own account allows them is not what stops them."""
    workspace = setup.workspace.role
    return (
        ("the deployment role, without assuming,", str(workspace)),
        ("another role of the workspace account", _other_role(setup, str(workspace.account))),
        ("a role of another account", _other_role(setup, STRANGER_ACCOUNT)),
    )


def _deployment_role_probes(setup: InstanceProfileSetup) -> Iterator[Probe]:
    role = str(setup.workspace.role)

    def assume(who: str, principal: str, expected: Expected, context: Context = ()) -> Probe:
        return Probe(f"{who} the deployment role", principal, (), "sts:AssumeRole", role, expected, context)

    yield assume("EC2 hands a cluster", EC2_SERVICE, Expected.ALLOW)
    yield assume("Lambda hands a function", OTHER_SERVICE, Expected.DENY)
    yield assume(
        "another role of the workspace account assumes",
        _other_role(setup, str(setup.workspace.role.account)),
        Expected.DENY,
    )
    yield assume("a role of another account assumes", _other_role(setup, STRANGER_ACCOUNT), Expected.DENY)
    serverless, ids = setup.shard.serverless_role, setup.workspace.serverless_workspace_ids
    if serverless and ids:
        for id in ids:
            named = (("sts:ExternalId", f"databricks-serverless-{id}"),)
            yield assume(f"serverless SQL of the workspace {id} assumes", serverless, Expected.ALLOW, named)
        other = (("sts:ExternalId", f"databricks-serverless-{OTHER_WORKSPACE}"),)
        yield assume("serverless SQL of another workspace assumes", serverless, Expected.DENY, other)
        yield assume("serverless SQL without an external id assumes", serverless, Expected.DENY)
        yield assume(
            "another role of serverless SQL's account assumes",
            _other_role(setup, str(RoleArn.parse(serverless).account)),
            Expected.DENY,
            (("sts:ExternalId", f"databricks-serverless-{ids[0]}"),),
        )
    yield from iam_probes(AccessPath(role, ()), "the deployment role", role)


def _assume_probes(setup: InstanceProfileSetup, owner: BucketOwner) -> Iterator[Probe]:
    deployment_role, target, name = str(setup.workspace.role), str(owner.role), owner.role.name
    askers = (
        (deployment_role, "the deployment role", Expected.ALLOW),
        (
            _other_role(setup, str(setup.workspace.role.account)),
            "another role of the workspace account",
            Expected.DENY,
        ),
        (_other_role(setup, STRANGER_ACCOUNT), "a role of another account", Expected.DENY),
        (
            _other_role(setup, str(owner.role.account)),
            f"another role of the account of {name}",
            Expected.DENY,
        ),
    )
    for principal, who, expected in askers:
        yield Probe(f"{who} assumes {name}", principal, (), "sts:AssumeRole", target, expected)
    sister = sister_role(owner.role)
    question = f"the deployment role assumes the similarly named role {sister.name}"
    yield Probe(question, deployment_role, (), "sts:AssumeRole", str(sister), Expected.DENY)
    namesake = replace(owner.role, account=AccountId(STRANGER_ACCOUNT))
    question = f"the deployment role assumes a role of another account that is named {name} too"
    yield Probe(question, deployment_role, (), "sts:AssumeRole", str(namesake), Expected.DENY)
    survives = Expected.ALLOW if owner.trust is TrustBy.ACCOUNT else Expected.DENY
    question = f"the deployment role, deleted and recreated under its name, assumes {name}"
    yield Probe(question, deployment_role, (), "sts:AssumeRole", target, survives, recreated=deployment_role)
