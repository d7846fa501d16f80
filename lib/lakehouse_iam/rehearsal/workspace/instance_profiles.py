"""Registered instance profiles."""

from __future__ import annotations

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.rehearsal.workspace.metastore import Metastore
from lakehouse_iam.rehearsal.workspace.refusal import Refusal, existing


def list_profiles(store: Metastore, body: Json, query: dict[str, str]) -> Json:
    """The registered instance profiles."""
    return {"instance_profiles": list(store.profiles.values())}


def add_profile(store: Metastore, body: Json, query: dict[str, str]) -> Json:
    """Register an instance profile that EC2 can see."""
    arn = str(body["instance_profile_arn"])
    if arn in store.profiles:
        raise Refusal(400, "RESOURCE_ALREADY_EXISTS", f"Instance profile {arn} already exists")
    if store.profiles_in_ec2 is not None and arn not in store.profiles_in_ec2 and not body.get("skip_validation"):
        message = f"Invalid IAM Instance Profile ARN: {arn} (InvalidParameterValue)"
        raise Refusal(400, "INVALID_PARAMETER_VALUE", message)
    store.profiles[arn] = {key: value for key, value in body.items() if key != "skip_validation"}
    return {}


def edit_profile(store: Metastore, body: Json, query: dict[str, str]) -> Json:
    """Change the role of a registration."""
    found = existing(store.profiles, "Instance profile", str(body["instance_profile_arn"]))
    found["iam_role_arn"] = body["iam_role_arn"]
    return {}


def remove_profile(store: Metastore, body: Json, query: dict[str, str]) -> Json:
    """Take a registration away."""
    existing(store.profiles, "Instance profile", str(body["instance_profile_arn"]))
    del store.profiles[body["instance_profile_arn"]]
    return {}
