"""What each role of `emr-studio` must be able to do, action by action: from a table, which is written from AWS's pages.

The table (`emr_studio_needs.json`) is written beside the policies and not made of them, so that an action that falls out of a
policy is missed by a probe. Three things are not asked, because no policy of the setup decides them alone: a catalog of another
account, which Lake Formation shares; an instance of Identity Center, whose ARN does not say whose it is; the logs of clusters, in
a bucket that EMR makes. What a role must not do is asked in `emr_studio` and `emr_studio_data`, and whatever a template has
beyond the setup is what the closed answer finds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any

from lakehouse_iam.arns import AccountId, KeyArn
from lakehouse_iam.plan.emr_studio_roles import function_name, function_role_arn, share_recipients
from lakehouse_iam.probes.buckets import AccessPath
from lakehouse_iam.probes.probe import Expected, Probe
from lakehouse_iam.setups.emr_studio import EmrStudioSetup, Use
from lakehouse_iam.statements.emr import EMR_TAG

_FUNCTION = "function"
_APPLICATION = "apl-0123456789abcdef"
# The services whose ARNs of the region and account stand in the table, by the name that they have there.
_SERVICES = {
    "athena": "athena",
    "ec2": "ec2",
    "emr": "elasticmapreduce",
    "glue": "glue",
    "lambda": "lambda",
    "logs": "logs",
    "ram": "ram",
    "secrets": "secretsmanager",
    "ssm": "ssm",
}


def needs(setup: EmrStudioSetup) -> Iterator[Probe]:
    """A probe for every action that a role of the setup needs, on everything that it needs it on."""
    for role, account, path, name in _paths(setup):
        features, values = _features(setup, account), _values(setup, account)
        for need in _table():
            if need["role"] == role and set(need.get("when", ())) <= features:
                yield from _asked(need, path, name, values, _lists(setup))


@cache
def _table() -> tuple[dict[str, Any], ...]:
    text = files("lakehouse_iam.probes").joinpath("emr_studio_needs.json").read_text(encoding="utf-8")
    return tuple(json.loads(text)["needs"])


def _paths(setup: EmrStudioSetup) -> Iterator[tuple[str, AccountId, AccessPath, str]]:
    """Each role by its name in the table, its account, the way to it, and what tells two of a kind apart."""
    for role, arn in (
        ("service", setup.studio.service_role),
        ("user", setup.studio.user_role),
        ("execution", setup.workgroup.execution_role),
        ("location", setup.access_grants.location_role),
    ):
        yield role, setup.account, AccessPath(str(arn), ()), ""
    for account in dict.fromkeys((setup.account, setup.lake_formation.catalog)):
        suffix = f" in {account}" if setup.shares_catalog else ""
        yield _FUNCTION, account, AccessPath(str(function_role_arn(setup, account)), ()), suffix


def _features(setup: EmrStudioSetup, account: AccountId) -> set[str]:
    is_studio, identity_center = account == setup.account, setup.workgroup.identity_center
    of = {
        "full": setup.studio.use is Use.FULL,
        "identity_center": identity_center,
        "regular": not identity_center,
        "writes": setup.lake_formation.writes,
        "storage_key": setup.studio.storage.key is not None,
        "results_key": setup.workgroup.results.key is not None,
        "catalog_key": setup.lake_formation.catalog_key is not None,
        "makes_workgroup": is_studio and identity_center,
        "shares": share_recipients(setup, account) is not None,
        "assigns": is_studio and bool(setup.studio.assigned),
    }
    return {name for name, holds in of.items() if holds}


def _values(setup: EmrStudioSetup, account: AccountId) -> dict[str, str]:
    """What stands for the words in braces."""
    partition, center = setup.partition.name, setup.identity_center
    storage, results, lake = setup.studio.storage, setup.workgroup.results, setup.lake_formation
    places = {name: f"arn:{partition}:{service}:{setup.region}:{account}" for name, service in _SERVICES.items()}

    def via(service: str, key: KeyArn | None) -> str:
        return setup.partition.via_service(service, key.region) if key else ""

    return places | {
        "partition": partition,
        "region": setup.region,
        "account": str(account),
        "setup": setup.name,
        "workgroup": setup.workgroup.name,
        "vpc": setup.studio.vpc,
        "tag": EMR_TAG,
        "function": function_name(setup),
        "application": f"arn:{partition}:sso::{account}:application/{center.instance.id}/{_APPLICATION}",
        "storage": str(storage.bucket),
        "results": str(results.bucket),
        "results_folder": f"{results.folder}/" if results.folder else "",
        "storage_key": str(storage.key or ""),
        "results_key": str(results.key or ""),
        "catalog_key": str(lake.catalog_key or ""),
        "via_s3": via("s3", results.key or storage.key),
        "via_glue": via("glue", lake.catalog_key),
    }


def _lists(setup: EmrStudioSetup) -> dict[str, tuple[str, ...]]:
    """What stands for words in braces that mean several things."""
    return {"database": setup.lake_formation.databases, "subnet": setup.studio.subnets}


def _asked(
    need: Mapping[str, Any],
    path: AccessPath,
    name: str,
    values: Mapping[str, str],
    lists: Mapping[str, tuple[str, ...]],
) -> Iterator[Probe]:
    context = tuple((key.format_map(values), value.format_map(values)) for key, value in need.get("sends", {}).items())
    for what, arn in need["on"].items():
        several = [word for word in lists if f"{{{word}}}" in what]
        for chosen in product(*(lists[word] for word in several)):
            one = {**values, **dict(zip(several, chosen, strict=True))}
            for action in need["actions"]:
                question = f"{need['does']}{name}: {action} on {what.format_map(one)}"
                yield path.probe(question, action, arn.format_map(one), Expected.ALLOW, context)
