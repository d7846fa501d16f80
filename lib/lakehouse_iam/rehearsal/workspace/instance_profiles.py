"""Registered instance profiles (databricks-sdk `service/compute.py`, `InstanceProfilesAPI`, 0.156 and 0.162)."""

from __future__ import annotations

from lakehouse_iam.arns import InstanceProfileArn
from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.rehearsal.workspace.metastore import Metastore
from lakehouse_iam.rehearsal.workspace.request import Refusal, Request, invalid


def list_profiles(store: Metastore, request: Request) -> Json:
    """The registered instance profiles."""
    return {"instance_profiles": list(store.profiles.values())}


def add_profile(store: Metastore, request: Request) -> Json:
    """Register an instance profile that EC2 can see, or any with `skip_validation`."""
    arn = _arn(request)
    if arn in store.profiles:
        raise Refusal(400, "RESOURCE_ALREADY_EXISTS", f"Instance profile {arn} already exists")
    if store.profiles_in_ec2 is not None and arn not in store.profiles_in_ec2 and not request.flag("skip_validation"):
        raise invalid(f"Invalid IAM Instance Profile ARN: {arn} (InvalidParameterValue)")
    store.profiles[arn] = _settings(request)
    return {}


def edit_profile(store: Metastore, request: Request) -> Json:
    """Change the role of a registration, or whether it is a meta instance profile; what is not sent is left empty."""
    arn = _registered(store, request)
    store.profiles[arn] = _settings(request)
    return {}


def remove_profile(store: Metastore, request: Request) -> Json:
    """Take a registration away."""
    del store.profiles[_registered(store, request)]
    return {}


def _settings(request: Request) -> Json:
    kept: Json = {"instance_profile_arn": _arn(request)}
    if "iam_role_arn" in request.body:
        kept["iam_role_arn"] = request.required("iam_role_arn")
    if request.flag("is_meta_instance_profile"):
        kept["is_meta_instance_profile"] = True
    return kept


def _registered(store: Metastore, request: Request) -> str:
    arn = _arn(request)
    if arn not in store.profiles:
        raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", f"Instance profile {arn} does not exist")
    return arn


def _arn(request: Request) -> str:
    arn = request.required("instance_profile_arn")
    try:
        return str(InstanceProfileArn.parse(arn))
    except LakehouseIamError as error:
        raise invalid(f"Invalid instance profile ARN: {arn}") from error
