"""A plan as plain CloudFormation: one template a stack, ready for `aws cloudformation deploy` or the console.

No CDK, no Node, no bootstrap parameters, no assets. What somebody else must merge stands beside the template as a
hand-off file and in its metadata, so that it cannot be overlooked.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from lakehouse_iam.cloudformation.rendering import Renderer
from lakehouse_iam.errors import QuotaExceeded
from lakehouse_iam.plan.phases import Output, Parameter, Phase, Plan, PlanError, refusal
from lakehouse_iam.policy import ANYONE, Json
from lakehouse_iam.resources import (
    Bucket,
    BucketPolicy,
    InstanceProfile,
    ManagedPolicy,
    Resource,
    Role,
    RolePolicy,
    SamlProvider,
    SessionPolicy,
)
from lakehouse_iam.resources.references import AttributeOf
from lakehouse_iam.statements.s3 import ObjectOwnership

# Source: CloudFormation "Understand CloudFormation quotas" (template body in a request 51,200 bytes, in S3 1 MB), read
# 2026-11-21; 460,800 was the second until 2020, and older tools still hold templates to it.
BODY_SIZE = 51_200
TEMPLATE_SIZE = 1_000_000
_SIZES = (BODY_SIZE, 460_800, TEMPLATE_SIZE)
HANDOFF_METADATA = "LakehouseIamHandOff"

OBJECT_OWNERSHIP = {
    ObjectOwnership.BUCKET_OWNER_ENFORCED: "BucketOwnerEnforced",
    ObjectOwnership.BUCKET_OWNER_PREFERRED: "BucketOwnerPreferred",
    ObjectOwnership.OBJECT_WRITER: "ObjectWriter",
}
"""Who owns the objects of a bucket, as S3 calls it."""
CLOSED_TO_THE_PUBLIC = {
    "BlockPublicAcls": True,
    "BlockPublicPolicy": True,
    "IgnorePublicAcls": True,
    "RestrictPublicBuckets": True,
}
"""Block Public Access of a bucket that a setup makes."""


def templates(plan: Plan) -> dict[str, Json]:
    """The template of every phase that has a stack, by the phase's id, in the order of deployment.

    Raises:
        PlanError: a template would be over CloudFormation's 1 MB.
        PlanErrors: several would be.
    """
    too_large: list[PlanError] = []
    with_stack = [phase for phase in plan.phases if phase.has_stack]
    made = {phase.id: template(plan, phase) for phase in with_stack}
    for phase in with_stack:
        size = len(template_text(made[phase.id]).encode())
        if size > TEMPLATE_SIZE:
            problem = QuotaExceeded(
                f"the template of {phase.stack} would take {size:,} bytes of {TEMPLATE_SIZE:,}",
                next_step=_to_make_smaller(phase),
            )
            too_large.append(PlanError(plan.setup, problem))
    if too_large:
        raise refusal(too_large)
    return made


def template(plan: Plan, phase: Phase) -> Json:
    """The template of one phase."""
    body: Json = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": description(plan, phase),
    }
    if phase.handoffs:
        body["Metadata"] = {HANDOFF_METADATA: [handoff.to_json() for handoff in phase.handoffs]}
    if phase.parameters:
        body["Parameters"] = {parameter.id: _parameter(parameter) for parameter in phase.parameters}
    body["Resources"] = {resource.id: _resource(resource, phase, plan.tags) for resource in phase.resources}
    body["Outputs"] = {output.id: _output(output) for output in phase.outputs}
    references = {parameter.stand_in: {"Ref": parameter.id} for parameter in phase.parameters}
    return {key: _with_references(value, references) for key, value in body.items()}


def description(plan: Plan, phase: Phase) -> str:
    """What a stack says of itself."""
    return f"lakehouse-iam {plan.pattern}: {plan.setup}, {phase.party.value} {phase.account}"


def text(document: Any) -> str:
    """A document as it is written to a file: two spaces, final newline, the order of the keys as given."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _to_make_smaller(phase: Phase) -> str:
    for resource in phase.resources:
        if isinstance(resource, SamlProvider) and len(resource.metadata.encode()) > TEMPLATE_SIZE // 2:
            return (
                f"the metadata of {resource.arn.name} alone takes {len(resource.metadata.encode()):,}: download the metadata "
                "of this one application, without the keys and attributes of others"
            )
    return "move some of the buckets into a second setup"


def template_text(document: Json) -> str:
    """A template as it is written to a file: as `text`, or without white space where only that brings it below a limit."""
    readable = text(document)
    compact = json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n"
    return readable if _limit_above(readable) == _limit_above(compact) else compact


def _limit_above(written: str) -> int:
    size = len(written.encode())
    return next((limit for limit in _SIZES if size <= limit), sys.maxsize)


def _parameter(parameter: Parameter) -> Json:
    # No default: a template that nobody has given the value to must not deploy.
    return {
        "Type": "String",
        "Description": parameter.description,
        "AllowedPattern": parameter.pattern,
        "ConstraintDescription": f"must match {parameter.pattern}",
    }


def _with_references(value: Any, references: Mapping[str, Json]) -> Any:
    """The same JSON with a reference wherever the stand-in of a parameter stands."""
    if isinstance(value, dict):
        return {key: _with_references(item, references) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_references(item, references) for item in value]
    if isinstance(value, AttributeOf):
        return _reference(value)
    return references.get(value, value) if isinstance(value, str) else value


def _reference(value: AttributeOf) -> Json:
    return {"Fn::GetAtt": [value.resource, value.attribute]} if value.attribute else {"Ref": value.resource}


def _output(output: Output) -> Json:
    value = {"Fn::GetAtt": [output.arn_of, "Arn"]} if output.arn_of else output.only_deployed or output.value
    return {"Description": output.description, "Value": value}


def _resource(resource: Resource, phase: Phase, tags: tuple[tuple[str, str], ...]) -> Json:
    kind = type(resource)
    own = _renderers()
    renderer = own[kind] if kind in own else _renderers_of_service(kind.__module__.rpartition(".")[2])[kind]
    return renderer(resource, phase, [{"Key": key, "Value": value} for key, value in tags])


@cache
def _renderers_of_service(name: str) -> dict[type, Renderer]:
    """The renderers of a service's resources, in the file that is named like theirs; imported where a plan has one."""
    found: dict[type, Renderer] = import_module(f"{__name__}.{name}").RENDERERS
    return found


@cache
def _renderers() -> dict[type, Renderer]:
    return {
        Role: _role,
        ManagedPolicy: _managed_policy,
        RolePolicy: _role_policy,
        InstanceProfile: _instance_profile,
        Bucket: _bucket,
        BucketPolicy: _bucket_policy,
        SamlProvider: _saml_provider,
        SessionPolicy: _session_policy,
    }


def _role(role: Role, phase: Phase, tags: list[Json]) -> Json:
    properties: Json = {
        "RoleName": str(role.arn.name),
        "Path": str(role.arn.path),
        "Description": role.description,
        "AssumeRolePolicyDocument": role.trust.to_json(),
    }
    if role.permissions_boundary:
        properties["PermissionsBoundary"] = str(role.permissions_boundary)
    if role.session_hours is not None:
        properties["MaxSessionDuration"] = role.session_hours * 3600
    rendered: Json = {"Type": "AWS::IAM::Role", "Properties": {**properties, "Tags": tags}}
    # Whether IAM looks for a federated principal is not documented; the provider comes first all the same.
    providers = [resource.id for resource in phase.resources if isinstance(resource, SamlProvider)]
    return {**rendered, "DependsOn": providers} if providers else rendered


def _managed_policy(policy: ManagedPolicy, phase: Phase, tags: list[Json]) -> Json:
    return {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "ManagedPolicyName": policy.name,
            "Description": policy.description,
            "Path": "/",
            "PolicyDocument": policy.document.to_json(),
            "Roles": [_reference_to_role(str(policy.role), phase)],
        },
    }


def _session_policy(policy: SessionPolicy, phase: Phase, tags: list[Json]) -> Json:
    return {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "ManagedPolicyName": policy.name,
            "Description": policy.description,
            "Path": "/",
            "PolicyDocument": policy.document.to_json(),
        },
    }


def _role_policy(policy: RolePolicy, phase: Phase, tags: list[Json]) -> Json:
    return {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyName": policy.name,
            "PolicyDocument": policy.document.to_json(),
            "Roles": [str(policy.role)],
        },
    }


def _instance_profile(profile: InstanceProfile, phase: Phase, tags: list[Json]) -> Json:
    return {
        "Type": "AWS::IAM::InstanceProfile",
        "Properties": {
            "InstanceProfileName": str(profile.name),
            "Path": str(profile.path),
            "Roles": [_reference_to_role(str(profile.role), phase)],
        },
    }


def _saml_provider(provider: SamlProvider, phase: Phase, tags: list[Json]) -> Json:
    properties: Json = {"Name": str(provider.arn.name), "SamlMetadataDocument": provider.metadata}
    if provider.encryption:
        properties["AssertionEncryptionMode"] = provider.encryption.value
    return {"Type": "AWS::IAM::SAMLProvider", "Properties": {**properties, "Tags": tags}}


def default_encryption(bucket: Bucket) -> Json:
    """The rule by which S3 encrypts the objects of a bucket, as CloudFormation takes it."""
    encryption = (
        {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": str(bucket.key)} if bucket.key else {"SSEAlgorithm": "AES256"}
    )
    rule: Json = {"ServerSideEncryptionByDefault": encryption}
    if bucket.key:
        rule["BucketKeyEnabled"] = True
    return rule


def _bucket(bucket: Bucket, phase: Phase, tags: list[Json]) -> Json:
    return {
        "Type": "AWS::S3::Bucket",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "BucketName": str(bucket.name),
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [default_encryption(bucket)]},
            "OwnershipControls": {"Rules": [{"ObjectOwnership": OBJECT_OWNERSHIP[bucket.object_ownership]}]},
            "PublicAccessBlockConfiguration": CLOSED_TO_THE_PUBLIC,
            "Tags": tags,
        },
    }


def _bucket_policy(policy: BucketPolicy, phase: Phase, tags: list[Json]) -> Json:
    # S3 refuses a policy whose principal does not exist yet, and the text of an ARN creates no dependency.
    names_roles = any(principal != ANYONE for s in policy.document.statements for principal in s.principals)
    roles = [resource.id for resource in phase.resources if isinstance(resource, Role) and names_roles]
    buckets = [
        resource.id for resource in phase.resources if isinstance(resource, Bucket) and resource.name == policy.bucket
    ]
    return {
        "Type": "AWS::S3::BucketPolicy",
        **({"DependsOn": roles} if names_roles else {}),
        "Properties": {
            "Bucket": {"Ref": buckets[0]} if buckets else str(policy.bucket),
            "PolicyDocument": policy.document.to_json(),
        },
    }


def _reference_to_role(name: str, phase: Phase) -> Json | str:
    for resource in phase.resources:
        if isinstance(resource, Role) and str(resource.arn.name) == name:
            return {"Ref": resource.id}
    return name
