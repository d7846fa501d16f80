"""What a snapshot keeps of clusters and cluster policies: who they are, the instance profile, how they reach S3. No secrets.

A value of the Spark configuration is kept only where its form cannot be a secret's: an ARN, names of classes, a host, a number, a
plain word. Everything else is replaced by a mark, and environment variables, init scripts and tags are not kept at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lakehouse_iam.databricks.calls import Json
from lakehouse_iam.databricks.workspace_objects import WorkspaceObjects

SECRET_REFERENCE = "(reference to a secret, not kept)"
NOT_KEPT = "(value not kept)"

# S3A and its two elder names, and whatever else chooses where credentials come from.
_ABOUT_S3 = re.compile(r"(^|\.)fs\.s3[an]?\.|credentials\.?provider|\.databricks\.passthrough\.", re.IGNORECASE)
_SECRET_KEY = re.compile(r"(access|encryption)[._-]?key|secret|token|passw|private", re.IGNORECASE)
_ARN = re.compile(r"arn:[a-z-]+:(iam|sts|kms|s3)::?[\w:/+=,.@*-]*")
_PLAIN = re.compile(
    r"true|false|-?\d{1,12}(\.\d{1,6})?[smhdkMG]?"  # numbers, times, sizes
    r"|[A-Za-z][A-Za-z-]{0,31}"  # AssumeRole, BucketOwnerFullControl, SSE-KMS
    r"|[a-z]{2,3}(-[a-z]{2,12}){1,2}-\d"  # a region
    r"|(https://)?([a-z0-9-]{1,63}\.)+[a-z]{2,16}"  # an endpoint
    r"|([a-z0-9_]{1,32}\.){2,9}[A-Za-z][A-Za-z0-9$]{0,80}"  # a class in its package
    r"(\s*,\s*([a-z0-9_]{1,32}\.){2,9}[A-Za-z][A-Za-z0-9$]{0,80})*"
)


def clusters(objects: WorkspaceObjects, listed: list[Json]) -> Iterator[tuple[str, Json]]:
    """The clusters that name something of a setup, by id.

    Args:
        objects: what the setup has.
        listed: the clusters as Databricks lists them.
    """
    for one in listed:
        attributes, conf = one.get("aws_attributes") or {}, one.get("spark_conf") or {}
        profile = attributes.get("instance_profile_arn")
        if _names(objects, profile, conf):
            told: Json = {
                "name": str(one.get("cluster_name", "")),
                "kind": "cluster",
                "instance_profile": profile or None,
            }
            told["spark_conf"] = kept(conf)
            told |= {"data_security_mode": str(one["data_security_mode"])} if one.get("data_security_mode") else {}
            yield str(one.get("cluster_id")), told


def policies(objects: WorkspaceObjects, listed: list[Json]) -> Iterator[tuple[str, Json]]:
    """The cluster policies that name something of a setup, by id.

    A policy fixes a value, or gives a default; what it only allows among others is not what clusters get, and is looked at
    for its names alone.

    Args:
        objects: what the setup has.
        listed: the policies as Databricks lists them; their definitions are JSON text.
    """
    for one in listed:
        rules = _rules(one.get("definition")) | _rules(one.get("policy_family_definition_overrides"))
        given = {key: _given(rule) for key, rule in rules.items()}
        conf = {key.removeprefix("spark_conf."): value for key, value in given.items() if key.startswith("spark_conf.")}
        conf = {key: value for key, value in conf.items() if value is not None}
        profile = given.get("aws_attributes.instance_profile_arn")
        offered = _offered(rules.get("aws_attributes.instance_profile_arn", {}))
        if any(_names(objects, arn, conf) for arn in (profile, *offered)):
            told: Json = {"name": str(one.get("name", "")), "kind": "policy", "instance_profile": profile}
            told["spark_conf"] = kept(conf)
            mode = given.get("data_security_mode")
            yield str(one.get("policy_id")), told | ({"data_security_mode": mode} if mode else {})


def kept(conf: Mapping[str, Any]) -> dict[str, str]:
    """What is kept of a Spark configuration: the keys about S3, and values that are no secrets."""
    return {key: _value(key, str(value)) for key, value in conf.items() if _ABOUT_S3.search(key)}


def _value(key: str, value: str) -> str:
    if "{{" in value:
        return SECRET_REFERENCE
    if _ARN.fullmatch(value):
        return value
    if _SECRET_KEY.search(key) or not _PLAIN.fullmatch(value):
        return NOT_KEPT
    return value


def _names(objects: WorkspaceObjects, profile: object, conf: Mapping[str, Any]) -> bool:
    values = {str(value) for value in conf.values()}
    return (
        profile in objects.instance_profiles
        or bool(values & {*objects.roles, *objects.instance_profiles})
        or any(f".bucket.{bucket}." in key for key in conf for bucket in objects.buckets)
    )


def _rules(definition: object) -> dict[str, Any]:
    if not isinstance(definition, str):
        return {}
    try:
        found = json.loads(definition)
    except ValueError:
        # A policy that Databricks itself could not read names nothing.
        return {}
    return {key: rule for key, rule in found.items() if isinstance(rule, dict)} if isinstance(found, dict) else {}


def _given(rule: Mapping[str, Any]) -> str | None:
    value = rule.get("value") if rule.get("type") == "fixed" else rule.get("defaultValue")
    return None if value is None else str(value)


def _offered(rule: Mapping[str, Any]) -> tuple[str, ...]:
    values = rule.get("values")
    return tuple(str(value) for value in values) if isinstance(values, list) else ()
