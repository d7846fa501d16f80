"""What a template means once it is deployed, whoever wrote it: to compare the CDK's templates with our plain ones.

Every reference is resolved to the name or ARN it stands for. Logical ids, the order of statements and of values in a
set, `DependsOn`, metadata and tags' order say nothing about what is deployed, so they go. Sids stay.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakehouse_iam.cloudformation import HANDOFF_METADATA
from lakehouse_iam.intrinsics import Deployment, is_resolved

_NAME_OF = {
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": "PolicyName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::SAMLProvider": "Name",
    "AWS::S3::Bucket": "BucketName",
    "AWS::S3::BucketPolicy": "Bucket",
}
_DOCUMENTS = ("AssumeRolePolicyDocument", "PolicyDocument")


@dataclass(frozen=True)
class Stack:
    """A synthesized stack as the manifest describes it."""

    path: str
    name: str
    account: str
    region: str
    template: Mapping[str, Any]
    dependencies: tuple[str, ...]
    assets: bool


def stacks_of(assembly: Path) -> dict[str, Stack]:
    """Every stack of a cloud assembly and of those nested in it, by construct path, in the order of the manifests."""
    manifest = json.loads((assembly / "manifest.json").read_text())
    artifacts = manifest["artifacts"]
    found: dict[str, Stack] = {}
    for id, artifact in artifacts.items():
        if artifact["type"] == "cdk:cloud-assembly":
            found |= stacks_of(assembly / artifact["properties"]["directoryName"])
        if artifact["type"] == "aws:cloudformation:stack":
            account, region = artifact["environment"].removeprefix("aws://").split("/")
            properties = artifact["properties"]
            path = artifact.get("displayName", id)
            found[path] = Stack(
                path=path,
                name=properties.get("stackName", id),
                account=account,
                region=region,
                template=json.loads((assembly / properties["templateFile"]).read_text()),
                dependencies=tuple(
                    artifacts[other].get("displayName", other)
                    for other in artifact.get("dependencies", ())
                    if artifacts[other]["type"] == "aws:cloudformation:stack"
                ),
                assets=any(other["type"] == "cdk:asset-manifest" for other in artifacts.values()),
            )
    return found


def meaning(template: Mapping[str, Any], *, account: str, region: str) -> dict[str, Any]:
    """Resources by type and physical name, outputs by name, and hand-offs, all resolved."""
    deployment = Deployment(template, account, region)
    resources = {}
    for resource in template["Resources"].values():
        properties = deployment.resolve(resource["Properties"])
        assert is_resolved(properties), properties
        kept = {key: resource[key] for key in ("DeletionPolicy", "UpdateReplacePolicy") if key in resource}
        name = f"{resource['Type']} {properties[_NAME_OF[resource['Type']]]}"
        assert name not in resources, f"{name} stands twice"
        resources[name] = {**kept, "Properties": {key: _property(key, value) for key, value in properties.items()}}
    outputs = {name: deployment.resolve(output) for name, output in template.get("Outputs", {}).items()}
    return {
        "Description": template.get("Description"),
        "Resources": resources,
        "Outputs": outputs,
        "HandOffs": handoffs(template, deployment),
    }


def handoffs(template: Mapping[str, Any], deployment: Deployment) -> list[Any]:
    """What others must merge: each target with its statements and, but for buckets and keys, the reason.

    A construct may be given a bucket by its name, and then does not know whose account it is in, as a plan does. It knows
    its own role only, where a plan has the statements of several for one key.
    """
    found = [
        handoff
        for key, value in template.get("Metadata", {}).items()
        if key.split(":", 1)[0] == HANDOFF_METADATA
        for handoff in deployment.resolve(value)
    ]
    assert is_resolved(found), found
    assert all(handoff["Why"] for handoff in found)
    merged: dict[str, Any] = {}
    for handoff in found:
        if "BucketPolicyOf" in handoff or "KeyPolicyOf" in handoff:
            del handoff["Why"]
        target = json.dumps({key: value for key, value in handoff.items() if key != "Statements"}, sort_keys=True)
        known = merged.setdefault(target, {**handoff, "Statements": []})
        known["Statements"] = _sorted([*known["Statements"], *document(handoff)["Statement"]])
    return _sorted(list(merged.values()))


def document(written: Mapping[str, Any]) -> dict[str, Any]:
    """A policy document with one way of writing each thing."""
    statements = written.get("Statement", written.get("Statements"))
    listed = statements if isinstance(statements, list) else [statements]
    return {**written, "Statement": _sorted([_statement(statement) for statement in listed])}


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value if key in ("Sid", "Effect") else _sets(value) for key, value in statement.items()}


def _sets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sets(item) for key, item in value.items()}
    return _sorted(value) if isinstance(value, list) else [value]


def _property(name: str, value: Any) -> Any:
    if name in _DOCUMENTS:
        return document(value)
    return _sorted(value) if name == "Tags" else value


def _sorted(values: list[Any]) -> list[Any]:
    return sorted(values, key=lambda value: json.dumps(value, sort_keys=True))
