"""Templates with the places they are deployed to, and what they tell each other.

A value that another stack makes is looked up there: exports (`Fn::ImportValue`), outputs (`Fn::GetStackOutput`), and what
a nested stack is given and gives back. A resource that CloudFormation names gets a name that stands for the one it will
choose: nobody else can know it, so nothing but a reference leads there.

Source: CloudFormation "Intrinsic function reference", "Name type", read 2026-11-21.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lakehouse_iam.intrinsics import Deployment, Unresolved

ANY_ACCOUNT = "000000000000"
"""Stands for the one account that stacks go to which name none."""
ANY_REGION = "us-east-1"
"""Stands for the region of stacks that name none: one of the partition aws."""

_ROUNDS = 8
"""Values pass from stack to stack at most so often: deeper than stacks are ever nested."""


@dataclass(frozen=True)
class StackTemplate:
    """A template and where it is deployed.

    Args:
        place: where its text stands, as errors call it: a file.
        stack: the stack's name in AWS.
        body: the template.
        account: where it is deployed, or empty.
        region: where it is deployed, or empty.
        parameters: values for its parameters.
        parent: the `place` of the template that it is nested in, or empty.
        parent_resource: the logical id of the nested stack there.
        path: the construct path of the stack, or empty.
    """

    place: str
    stack: str
    body: Mapping[str, Any]
    account: str = ""
    region: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    parent: str = ""
    parent_resource: str = ""
    path: str = ""


@dataclass(frozen=True)
class BoundTemplate:
    """A template with everything that could be found out for it."""

    template: StackTemplate
    deployment: Deployment
    read_last: list[str] = field(default_factory=list, init=False, repr=False, compare=False)
    """The logical id of the resource that `properties` gave last, for whoever cannot read it."""

    def properties(self, *types: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The resources of some types: logical id and resolved properties, without those that are `AWS::NoValue`."""
        for logical_id, resource in self.template.body.get("Resources", {}).items():
            if resource.get("Type") in types and self.is_made(resource) is not False:
                self.read_last[:] = [logical_id]
                yield logical_id, self.resolved(resource)

    def resolved(self, resource: Mapping[str, Any]) -> Mapping[str, Any]:
        """The properties of a resource, resolved as far as they can be."""
        found = without_no_value(self.deployment.resolve(resource.get("Properties", {})))
        return found if isinstance(found, Mapping) else {}

    def is_made(self, resource: Mapping[str, Any]) -> bool | None:
        """Whether a resource is made at all; None where its condition is known at deployment only."""
        name = resource.get("Condition")
        return True if name is None else self.deployment.condition(str(name))


def without_no_value(value: Any) -> Any:
    """A resolved value without what `Ref: AWS::NoValue` takes away."""
    if isinstance(value, dict):
        return {key: without_no_value(item) for key, item in value.items() if item != _NO_VALUE}
    return [without_no_value(item) for item in value if item != _NO_VALUE] if isinstance(value, list) else value


_NO_VALUE = Unresolved("Ref AWS::NoValue")


def bind(templates: Sequence[StackTemplate], parameters: Mapping[str, str]) -> tuple[BoundTemplate, ...]:
    """The templates, each with what the others tell it.

    Args:
        templates: all that are deployed together.
        parameters: values for parameters that nobody else gives, by name.
    """
    own = {template.place: _own(template, parameters) for template in templates}
    bound = tuple(BoundTemplate(template, _deployment(template, own[template.place])) for template in templates)
    for _ in range(_ROUNDS):
        shared = _shared(bound)
        told = {one.template.place: {**own[one.template.place], **shared, **_family(one, bound)} for one in bound}
        if all(told[one.template.place] == one.deployment.known for one in bound):
            break
        bound = tuple(replace(one, deployment=replace(one.deployment, known=told[one.template.place])) for one in bound)
    return bound


def _deployment(template: StackTemplate, known: Mapping[str, Any]) -> Deployment:
    return Deployment(template.body, template.account or ANY_ACCOUNT, template.region or ANY_REGION, known)


def _own(template: StackTemplate, parameters: Mapping[str, str]) -> dict[str, Any]:
    """What is known of a template by itself: its parameters, and stand-ins for what CloudFormation names."""
    known: dict[str, Any] = {}
    for name, parameter in template.body.get("Parameters", {}).items():
        if name in template.parameters:
            known[f"Ref {name}"] = template.parameters[name]
        elif name in parameters and "Default" not in parameter:
            known[f"Ref {name}"] = parameters[name]
    account = template.account or ANY_ACCOUNT
    deployment = _deployment(template, known)
    for logical_id, resource in template.body.get("Resources", {}).items():
        known |= _stand_ins(template, logical_id, resource, deployment, account)
    return known


def _stand_ins(
    template: StackTemplate, logical_id: str, resource: Mapping[str, Any], deployment: Deployment, account: str
) -> dict[str, Any]:
    type_ = resource.get("Type")
    name = f"{template.stack}-{logical_id}-named-by-cloudformation"
    if type_ in ("AWS::IAM::Role", "AWS::IAM::InstanceProfile"):
        return {f"Ref {logical_id}": name}
    if type_ == "AWS::S3::Bucket":
        return {f"Ref {logical_id}": name.lower()}
    if type_ == "AWS::KMS::Key":
        digest = hashlib.sha256(f"{template.place} {logical_id}".encode()).hexdigest()
        id = "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
        arn = f"arn:{deployment.partition}:kms:{deployment.region}:{account}:key/{id}"
        return {f"Ref {logical_id}": id, f"GetAtt {logical_id}.Arn": arn}
    if type_ == "AWS::IAM::ManagedPolicy":
        arn = managed_policy_arn(logical_id, resource.get("Properties", {}), deployment, name)
        return {f"Ref {logical_id}": arn, f"GetAtt {logical_id}.PolicyArn": arn}
    return {}


def managed_policy_arn(logical_id: str, properties: Mapping[str, Any], deployment: Deployment, otherwise: str) -> str:
    """The ARN of a managed policy that a template makes, under the name `otherwise` where CloudFormation names it."""
    given, path = (deployment.resolve(properties.get(key)) for key in ("ManagedPolicyName", "Path"))
    name = given if isinstance(given, str) else otherwise
    folder = path if isinstance(path, str) else "/"
    return f"arn:{deployment.partition}:iam::{deployment.account}:policy{folder}{name}"


def _shared(bound: Sequence[BoundTemplate]) -> dict[str, Any]:
    """Every export and every output of a stack."""
    told: dict[str, Any] = {}
    for one in bound:
        for id, output in one.template.body.get("Outputs", {}).items():
            value = one.deployment.resolve(output.get("Value"))
            if isinstance(value, Unresolved):
                continue
            told[f"GetStackOutput {one.template.stack}.{id}"] = value
            name = one.deployment.resolve(output.get("Export", {}).get("Name"))
            if isinstance(name, str):
                told[f"ImportValue {name}"] = value
    return told


def _family(one: BoundTemplate, bound: Sequence[BoundTemplate]) -> dict[str, Any]:
    """What a nested stack is given by its parent, and what a parent is given back."""
    told: dict[str, Any] = {}
    for other in bound:
        if other.template.parent == one.template.place:
            for id, output in other.template.body.get("Outputs", {}).items():
                value = other.deployment.resolve(output.get("Value"))
                if not isinstance(value, Unresolved):
                    told[f"GetAtt {other.template.parent_resource}.Outputs.{id}"] = value
        elif one.template.parent and one.template.parent == other.template.place:
            given = other.deployment.resource(one.template.parent_resource).get("Properties", {}).get("Parameters", {})
            for name, written in given.items():
                value = other.deployment.resolve(written)
                if not isinstance(value, Unresolved):
                    told[f"Ref {name}"] = value
    return told
