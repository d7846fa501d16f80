"""Plans of Terraform (`terraform show -json`) as templates, so that one reader reads both engines.

Read are the resources of this library: those whose provider is one of ours (`aws.account_<id>`) or that carry our tag. A
value that is known after the apply only is followed to the resource that it refers to; otherwise it stays unresolved.

Source: Terraform docs "JSON Output Format" (format 1.x: planned_values, configuration), from memory, to be
checked against the page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lakehouse_iam.cloudformation import HANDOFF_METADATA
from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.proof.plan_shape import check_shape
from lakehouse_iam.proof.stack_templates import StackTemplate
from lakehouse_iam.resources import HandOffKind
from lakehouse_iam.template_text import TemplateError, read_json

_OWN_PROVIDER = re.compile(r"(?:.*:)?aws\.account_([0-9]{12})")
_OWN_TAG = "lakehouse-iam:setup"
OTHER_TYPES = "Terraform::"
"""Begins the type of a resource in one of our accounts that is not read; the type of Terraform follows."""
_NOT_AN_ID = re.compile(r"[^A-Za-z0-9]")

Json = dict[str, Any]


@dataclass(frozen=True)
class PlanFile:
    """What a plan says.

    Args:
        templates: its resources as templates, one for each account.
        setups: the setups that its resources are tagged with.
        not_read: the addresses of resources that are not of this library or of no type that is read.
    """

    templates: tuple[StackTemplate, ...]
    setups: frozenset[str]
    not_read: tuple[str, ...]


@dataclass(frozen=True)
class _Planned:
    """A resource of the plan, with what the configuration says of it."""

    address: str
    type: str
    values: Mapping[str, Any]
    expressions: Mapping[str, Any]
    account: str

    @property
    def is_ours(self) -> bool:
        tags = self.values.get("tags")
        return bool(self.account) or (isinstance(tags, Mapping) and _OWN_TAG in tags)

    @property
    def logical_id(self) -> str:
        return _NOT_AN_ID.sub("", self.address)


def is_plan(path: Path) -> bool:
    """Whether a path is taken for a plan: a JSON file."""
    return path.is_file() and path.suffix == ".json"


def read_plan(file: Path) -> PlanFile:
    """Read the JSON of a plan.

    Raises:
        TemplateError: it is no plan, or none of its resources is of this library.
    """
    body = read_json(file)
    values = body.get("planned_values") if isinstance(body, dict) else None
    root = values.get("root_module") if isinstance(values, dict) else None
    if not isinstance(root, dict):
        raise TemplateError(
            f"{file}: this is no plan of Terraform: allowed is what terraform show -json writes of a plan "
            "(an object with planned_values)"
        )
    check_shape(file, body)
    planned = list(_planned(root, body.get("configuration", {})))
    ours = [one for one in planned if one.is_ours]
    not_read = tuple(one.address for one in planned if not one.is_ours or one.type not in _MAKERS)
    if not any(one.type in _MAKERS for one in ours):
        listed = ", ".join(not_read[:20]) or "no resource at all"
        raise TemplateError(
            f"{file}: nothing in this plan is of lakehouse-iam (a provider aws.account_<id>, or the tag {_OWN_TAG}): "
            f"not read: {listed}"
        )
    setups = frozenset(
        str(one.values["tags"][_OWN_TAG])
        for one in ours
        if isinstance(one.values.get("tags"), Mapping) and _OWN_TAG in one.values["tags"]
    )
    templates = _templates(file, ours, _regions(body.get("configuration", {})))
    outputs = values.get("outputs", {}) if isinstance(values, dict) else {}
    given = outputs.get("HandOffs", {}) if isinstance(outputs, dict) else {}
    handoffs = given.get("value") if isinstance(given, dict) else None
    return PlanFile(_with_handoffs(templates, handoffs), setups, not_read)


def _planned(root: Mapping[str, Any], configuration: Mapping[str, Any]) -> Iterator[_Planned]:
    configured = {one["address"]: one for one in configuration.get("root_module", {}).get("resources", [])}
    for module in _modules(root):
        for resource in module.get("resources", []):
            if resource.get("mode", "managed") != "managed":
                continue
            told = configured.get(re.sub(r"\[[^\]]*\]$", "", resource["address"]), {})
            provider = _OWN_PROVIDER.fullmatch(str(told.get("provider_config_key", "")))
            account = provider[1] if provider else ""
            yield _Planned(
                resource["address"],
                resource["type"],
                resource.get("values") or {},
                told.get("expressions", {}),
                account,
            )


def _modules(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield module
    for child in module.get("child_modules", []):
        yield from _modules(child)


def _regions(configuration: Mapping[str, Any]) -> dict[str, str]:
    """The region of each of our providers, by account."""
    found: dict[str, str] = {}
    for key, provider in configuration.get("provider_config", {}).items():
        account = _OWN_PROVIDER.fullmatch(key)
        region = provider.get("expressions", {}).get("region", {}).get("constant_value")
        if account is not None and isinstance(region, str):
            found[account[1]] = region
    return found


def _templates(file: Path, planned: list[_Planned], regions: Mapping[str, str]) -> tuple[StackTemplate, ...]:
    by_address = {one.address: one for one in planned}
    bodies: dict[str, Json] = {}
    for one in planned:
        if one.type in _MAKERS:
            type_, properties = _MAKERS[one.type](one, by_address)
            body = bodies.setdefault(one.account, {"Resources": {}})
            if type_:
                body["Resources"][one.logical_id] = {"Type": type_, **_kept(one), "Properties": properties}
            else:
                _merge(body["Resources"], one, properties, by_address)
        elif one.account:
            made = {"Type": f"{OTHER_TYPES}{one.type}", "Properties": dict(one.values)}
            bodies.setdefault(one.account, {"Resources": {}})["Resources"][one.logical_id] = made
    return tuple(
        StackTemplate(str(file), f"terraform-{account or 'of-no-account'}", body, account, regions.get(account, ""))
        for account, body in bodies.items()
    )


def _kept(one: _Planned) -> Json:
    """Terraform deletes no bucket that holds objects, unless it is told to; `prevent_destroy` is in no plan."""
    if one.type != "aws_s3_bucket":
        return {}
    policy = "Delete" if one.values.get("force_destroy") else "Retain"
    return {"DeletionPolicy": policy, "UpdateReplacePolicy": policy}


def _with_handoffs(templates: tuple[StackTemplate, ...], handoffs: Any) -> tuple[StackTemplate, ...]:
    """What the output `HandOffs` hands off, in the metadata of a template: of the first one what is for a role."""
    if not templates or not isinstance(handoffs, list) or not all(isinstance(one, dict) for one in handoffs):
        return templates
    of_roles = [one for one in handoffs if HandOffKind.ROLE_POLICY.value in one]
    others = [one for one in handoffs if one not in of_roles]
    first, last = templates[0], templates[-1]
    if first is last:
        return (replace(first, body={**first.body, "Metadata": {HANDOFF_METADATA: [*of_roles, *others]}}),)
    return (
        replace(first, body={**first.body, "Metadata": {HANDOFF_METADATA: of_roles}}),
        *templates[1:-1],
        replace(last, body={**last.body, "Metadata": {HANDOFF_METADATA: others}}),
    )


def _merge(resources: Json, one: _Planned, properties: Json, by_address: Mapping[str, _Planned]) -> None:
    """Add what stands in a resource of its own in Terraform and in another one's properties in CloudFormation."""
    (target,) = (key for key in properties if key.startswith("of "))
    holder = by_address.get(_referred(one, target[3:]))
    added = {key: value for key, value in properties.items() if key != target}
    if holder is None:
        return
    into = resources.setdefault(holder.logical_id, {"Type": "", "Properties": {}})["Properties"]
    for key, value in added.items():
        into[key] = [*into.get(key, []), *value] if isinstance(value, list) else value


def _referred(one: _Planned, attribute: str) -> str:
    """The address of the resource that an attribute refers to, or empty."""
    references = one.expressions.get(attribute, {}).get("references", [])
    return next((re.sub(r"\[[^\]]*\]$", "", text) for text in reversed(references) if text.count(".") == 1), "")


def _document(one: _Planned, attribute: str) -> Any:
    """A policy document; unresolved where the plan does not know it yet."""
    text = one.values.get(attribute)
    if not isinstance(text, str):
        return _unknown(one, attribute)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise TemplateError(f"{one.address}.{attribute}: this is not JSON: {error.msg}") from error


def _unknown(one: _Planned, attribute: str) -> Json:
    return {"Ref": f"{one.address}.{attribute}, which is known after the apply"}


def _text(one: _Planned, attribute: str) -> Any:
    value = one.values.get(attribute)
    return _unknown(one, attribute) if value is None else value


Maker = tuple[str, Json]


def _role(one: _Planned, others: Mapping[str, _Planned]) -> Maker:
    tags = one.values.get("tags") or {}
    properties: Json = {
        "RoleName": _text(one, "name"),
        "Path": one.values.get("path") or "/",
        "AssumeRolePolicyDocument": _document(one, "assume_role_policy"),
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }
    if one.values.get("permissions_boundary"):
        properties["PermissionsBoundary"] = one.values["permissions_boundary"]
    if one.values.get("max_session_duration"):
        properties["MaxSessionDuration"] = one.values["max_session_duration"]
    return "AWS::IAM::Role", properties


def _policy(one: _Planned, others: Mapping[str, _Planned]) -> Maker:
    return "AWS::IAM::ManagedPolicy", {
        "ManagedPolicyName": _text(one, "name"),
        "Path": one.values.get("path") or "/",
        "PolicyDocument": _document(one, "policy"),
    }


def _role_name(one: _Planned, others: Mapping[str, _Planned]) -> Any:
    given = one.values.get("role")
    if isinstance(given, str):
        return given
    holder = others.get(_referred(one, "role"))
    return _unknown(one, "role") if holder is None else _text(holder, "name")


def _role_policy(one: _Planned, others: Mapping[str, _Planned]) -> Maker:
    properties = {
        "PolicyName": _text(one, "name"),
        "PolicyDocument": _document(one, "policy"),
        "Roles": [_role_name(one, others)],
    }
    return "AWS::IAM::Policy", properties


def _attachment(one: _Planned, others: Mapping[str, _Planned]) -> Maker:
    """An attachment gives a managed policy of the plan a role, and a role an ARN of a policy that is not in it."""
    arn = one.values.get("policy_arn")
    known = isinstance(arn, str) and split_arn(arn) is not None
    if known and _referred(one, "policy_arn") not in others:
        return "", {"of role": "", "ManagedPolicyArns": [arn]}
    return "", {"of policy_arn": "", "Roles": [_role_name(one, others)]}


def _instance_profile(one: _Planned, others: Mapping[str, _Planned]) -> Maker:
    return "AWS::IAM::InstanceProfile", {
        "InstanceProfileName": _text(one, "name"),
        "Path": one.values.get("path") or "/",
        "Roles": [_role_name(one, others)],
    }


def _saml_provider(one: _Planned, others: Mapping[str, _Planned]) -> Maker:
    return "AWS::IAM::SAMLProvider", {
        "Name": _text(one, "name"),
        "SamlMetadataDocument": _text(one, "saml_metadata_document"),
    }


def _bucket(one: _Planned, others: Mapping[str, _Planned]) -> Maker:
    properties: Json = {"BucketName": _text(one, "bucket")}
    if one.values.get("acl"):
        properties["AccessControl"] = one.values["acl"]
    return "AWS::S3::Bucket", properties


def _ownership(one: _Planned, others: Mapping[str, _Planned]) -> Maker:
    rules = [{"ObjectOwnership": rule.get("object_ownership")} for rule in one.values.get("rule") or []]
    return "", {"of bucket": "", "OwnershipControls": {"Rules": rules}}


def _encryption(one: _Planned, others: Mapping[str, _Planned]) -> Maker:
    rules = []
    for rule in one.values.get("rule") or []:
        for given in rule.get("apply_server_side_encryption_by_default") or []:
            by_default = {"SSEAlgorithm": given.get("sse_algorithm")}
            if given.get("kms_master_key_id"):
                by_default["KMSMasterKeyID"] = given["kms_master_key_id"]
            made: Json = {"ServerSideEncryptionByDefault": by_default}
            if rule.get("bucket_key_enabled"):
                made["BucketKeyEnabled"] = True
            rules.append(made)
    return "", {"of bucket": "", "BucketEncryption": {"ServerSideEncryptionConfiguration": rules}}


def _bucket_policy(one: _Planned, others: Mapping[str, _Planned]) -> Maker:
    given = one.values.get("bucket")
    holder = others.get(_referred(one, "bucket"))
    name = given if isinstance(given, str) else _unknown(one, "bucket") if holder is None else _text(holder, "bucket")
    return "AWS::S3::BucketPolicy", {"Bucket": name, "PolicyDocument": _document(one, "policy")}


def _public_access(one: _Planned, others: Mapping[str, _Planned]) -> Maker:
    blocks = {
        "BlockPublicAcls": "block_public_acls",
        "BlockPublicPolicy": "block_public_policy",
        "IgnorePublicAcls": "ignore_public_acls",
        "RestrictPublicBuckets": "restrict_public_buckets",
    }
    on = {name: bool(one.values.get(attribute)) for name, attribute in blocks.items()}
    return "", {"of bucket": "", "PublicAccessBlockConfiguration": on}


def _key(one: _Planned, others: Mapping[str, _Planned]) -> Maker:
    return "AWS::KMS::Key", {"KeyPolicy": _document(one, "policy")}


_MAKERS = {
    "aws_iam_role": _role,
    "aws_iam_policy": _policy,
    "aws_iam_role_policy": _role_policy,
    "aws_iam_role_policy_attachment": _attachment,
    "aws_iam_instance_profile": _instance_profile,
    "aws_iam_saml_provider": _saml_provider,
    "aws_s3_bucket": _bucket,
    "aws_s3_bucket_ownership_controls": _ownership,
    "aws_s3_bucket_policy": _bucket_policy,
    "aws_s3_bucket_public_access_block": _public_access,
    "aws_s3_bucket_server_side_encryption_configuration": _encryption,
    "aws_kms_key": _key,
}
