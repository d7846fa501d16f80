"""Clusters of the pattern `instance-profile`: the Spark configuration, and the instance profile they carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lakehouse_iam.arns.arn import account_of, name_of
from lakehouse_iam.doctor.case import Case
from lakehouse_iam.doctor.finding import Change, Finding, Patch
from lakehouse_iam.doctor.likeness import is_slip
from lakehouse_iam.doctor.workspace import WORKSPACE
from lakehouse_iam.plan.instance_profile import spark_configuration
from lakehouse_iam.setups.instance_profile import InstanceProfileSetup
from lakehouse_iam.spark.configuration import PREFIX

_ROLE_KEYS = (".stsAssumeRole.arn", ".assumed.role.arn")


def findings(case: Case) -> Iterator[Finding]:
    """What is wrong with the clusters that name something of the setup."""
    setup = case.plan.source
    if not isinstance(setup, InstanceProfileSetup):
        return
    for snapshot in case.snapshots.workspaces.values():
        for id, cluster in snapshot.objects("clusters").items():
            if cluster is not None:
                yield from _cluster(case, setup, id, cluster)


def _cluster(case: Case, setup: InstanceProfileSetup, id: str, cluster: Mapping[str, Any]) -> Iterator[Finding]:
    roles = {str(owner.role) for owner in setup.bucket_owners}
    named = {value for key, value in cluster.get("spark_conf", {}).items() if key.endswith(_ROLE_KEYS)}
    profile, carried = str(setup.workspace.instance_profile), cluster.get("instance_profile")
    strangers = sorted(named - roles)
    if strangers and carried == profile:
        yield from _other_role(case, setup, id, cluster, strangers[0])
    # A cluster that names no role may mount the bucket with one, and a policy need not say which profile clusters carry.
    elif named & roles and carried != profile and cluster["kind"] == "cluster":
        yield from _other_profile(case, setup, id, cluster, carried)


def _configured(setup: InstanceProfileSetup, id: str, cluster: Mapping[str, Any]) -> Patch:
    others = {
        key: value for key, value in cluster.get("spark_conf", {}).items() if not key.startswith(f"{PREFIX}fs.s3a")
    }
    whole = others | dict(spark_configuration(setup))
    lines = tuple(f"{key} {value}" for key, value in spark_configuration(setup).items())
    return Patch((Change(WORKSPACE, ("clusters", id, "spark_conf"), whole),), commands=lines)


def _other_role(
    case: Case, setup: InstanceProfileSetup, id: str, cluster: Mapping[str, Any], found: str
) -> Iterator[Finding]:
    owners = [str(owner.role) for owner in setup.bucket_owners]
    slip = next(
        (one for one in owners if is_slip(account_of(found), account_of(one)) and name_of(one) == name_of(found)), ""
    )
    path = next((one for one in owners if account_of(one) == account_of(found) and name_of(one) == name_of(found)), "")
    disease = "spark-account-mistyped" if slip else "spark-role-path-differs" if path else "spark-names-other-role"
    if ":instance-profile/" in found:
        disease = "spark-names-instance-profile"
    wanted = slip or path or owners[0]
    values = {"cluster": str(cluster["name"]), "found": found, "wanted": wanted}
    yield Finding(disease, id, "", case.rank(wanted) - 0.1, values, patch=_configured(setup, id, cluster))


def _other_profile(
    case: Case, setup: InstanceProfileSetup, id: str, cluster: Mapping[str, Any], carried: str | None
) -> Iterator[Finding]:
    profile, role = str(setup.workspace.instance_profile), str(setup.workspace.role)
    values = {"cluster": str(cluster["name"]), "found": carried or "", "wanted": profile}
    disease = "cluster-carries-other-profile" if carried else "cluster-carries-no-profile"
    patch = Patch((Change(WORKSPACE, ("clusters", id, "instance_profile"), profile),))
    yield Finding(disease, id, "", case.rank(role) - 0.1, values, patch=patch)
