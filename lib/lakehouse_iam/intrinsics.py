"""CloudFormation intrinsics resolved as far as a template and its account tell.

What only the deployment knows stays an `Unresolved` value, so that nobody mistakes a guess for a fact.
Source: CloudFormation "Intrinsic function reference" and "Pseudo parameters reference", read 2026-11-21.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import PARTITIONS, partition_of_region

_VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")


@dataclass(frozen=True)
class Unresolved:
    """A value that is known at deployment only.

    Args:
        expression: the intrinsic as it stands in the template, in short.
    """

    expression: str


@dataclass(frozen=True)
class Deployment:
    """Where a template is deployed, as far as that is known.

    Args:
        template: the template.
        account: the account id, or empty.
        region: the region, or empty.
        known: what the template does not tell and somebody else does, by the expression that an `Unresolved` of it would
            have: `Ref ExternalId`, `GetAtt Nested.Outputs.Role`, `ImportValue lake-role`, `GetStackOutput stack.Role`.
    """

    template: Mapping[str, Any]
    account: str = ""
    region: str = ""
    known: Mapping[str, Any] = field(default_factory=dict)

    def resolve(self, value: Any) -> Any:
        """The value with every intrinsic in it replaced; what cannot be known becomes `Unresolved`."""
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref":
                return self._ref(str(argument))
            if name == "Fn::GetAtt":
                return self._attribute(argument)
            if name == "Fn::Join":
                return self._join(argument)
            if name == "Fn::Sub":
                return self._sub(argument)
            if name == "Fn::Select":
                return self._select(argument)
            if name == "Fn::Split":
                return self._split(argument)
            if name == "Fn::ImportValue":
                return self._told(f"ImportValue {_text(self.resolve(argument))}")
            if name == "Fn::GetStackOutput":
                stack, output = (_text(self.resolve(argument.get(key))) for key in ("StackName", "OutputName"))
                return self._told(f"GetStackOutput {stack}.{output}")
            if name.startswith("Fn::"):
                return Unresolved(name)
        return {key: self.resolve(item) for key, item in value.items()}

    def resource(self, logical_id: str) -> Mapping[str, Any]:
        """A resource of the template, empty if there is none of that id."""
        found: Mapping[str, Any] = self.template.get("Resources", {}).get(logical_id, {})
        return found

    @property
    def partition(self) -> str:
        """The partition of the region, or empty where the region is not known."""
        try:
            return partition_of_region(self.region).name
        except InvalidValue:
            return ""

    def _told(self, expression: str) -> Any:
        """What somebody else tells of an expression, or that nobody does."""
        return self.known.get(expression, Unresolved(expression))

    def _ref(self, name: str) -> Any:
        pseudo = {
            "AWS::AccountId": self.account,
            "AWS::Region": self.region,
            "AWS::Partition": self.partition,
            "AWS::URLSuffix": PARTITIONS[self.partition].dns_suffix if self.partition else "",
        }
        if name in pseudo:
            return pseudo[name] or self._told(f"Ref {name}")
        parameter = self.template.get("Parameters", {}).get(name)
        if parameter is not None:
            return self.known.get(f"Ref {name}", parameter.get("Default", Unresolved(f"Ref {name}")))
        resource = self.resource(name)
        name_property = _NAME_PROPERTIES.get(resource.get("Type", ""))
        physical = self.resolve(resource.get("Properties", {}).get(name_property)) if name_property else None
        return physical if isinstance(physical, str) else self._told(f"Ref {name}")

    def _attribute(self, argument: Any) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else [str(part) for part in argument]
        logical_id, attribute = parts[0], parts[-1]
        unknown = self._told(f"GetAtt {logical_id}.{'.'.join(parts[1:])}")
        resource = self.resource(logical_id)
        properties = resource.get("Properties", {})
        name = self._ref(logical_id)
        if attribute != "Arn" or not isinstance(name, str) or not self.partition:
            return unknown
        if resource.get("Type") == "AWS::S3::Bucket":
            return f"arn:{self.partition}:s3:::{name}"
        kind = {"AWS::IAM::Role": "role", "AWS::IAM::InstanceProfile": "instance-profile"}.get(resource.get("Type", ""))
        path = self.resolve(properties.get("Path", "/"))
        if kind is None or not self.account or not isinstance(path, str):
            return unknown
        return f"arn:{self.partition}:iam::{self.account}:{kind}{path}{name}"

    def _join(self, argument: Any) -> Any:
        separator, values = argument[0], self.resolve(argument[1])
        if not isinstance(values, list) or not all(isinstance(value, str | int) for value in values):
            return _first_unresolved(values) or Unresolved("Fn::Join")
        return str(separator).join(str(value) for value in values)

    def _select(self, argument: Any) -> Any:
        index, values = self.resolve(argument)
        known = isinstance(values, list) and str(index).isdigit() and int(index) < len(values)
        return values[int(index)] if known else _first_unresolved(values) or Unresolved("Fn::Select")

    def _split(self, argument: Any) -> Any:
        separator, text = self.resolve(argument)
        if isinstance(text, str) and separator:
            return text.split(separator)
        return _first_unresolved([text]) or Unresolved("Fn::Split")

    def _sub(self, argument: Any) -> Any:
        text, variables = (argument, {}) if isinstance(argument, str) else (argument[0], argument[1])
        values = {}
        for literal, name in _VARIABLE.findall(text):
            if not literal:
                given = self.resolve(variables[name]) if name in variables else None
                values[name] = given if given is not None else self._attribute(name) if "." in name else self._ref(name)
        waiting = _first_unresolved(list(values.values()))
        return waiting or _VARIABLE.sub(lambda m: f"${{{m[2]}}}" if m[1] else str(values[m[2]]), text)


_NAME_PROPERTIES = {
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::S3::Bucket": "BucketName",
}


def _first_unresolved(values: Any) -> Unresolved | None:
    """The value that a whole one waits for."""
    listed = values if isinstance(values, list) else [values]
    return next((value for value in listed if isinstance(value, Unresolved)), None)


def _text(value: Any) -> str:
    """A resolved value inside the name of an expression."""
    return value.expression if isinstance(value, Unresolved) else str(value)


def plain(value: Any) -> Any:
    """A resolved value as JSON again, each `Unresolved` as its shortest stand-in: for sizes that are at least so large."""
    if isinstance(value, Unresolved):
        return ""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def names_resource(value: Any, logical_id: str) -> bool:
    """Whether an unresolved value refers to a resource, which makes CloudFormation create that resource first."""
    if isinstance(value, list):
        return any(names_resource(item, logical_id) for item in value)
    if not isinstance(value, Mapping):
        return False
    attribute = value.get("Fn::GetAtt", "")
    owner = attribute.split(".", 1)[0] if isinstance(attribute, str) else attribute[0]
    sub = value.get("Fn::Sub", "")
    template, given = (sub, {}) if isinstance(sub, str) else (sub[0], sub[1])
    named = {
        name.split(".", 1)[0] for literal, name in _VARIABLE.findall(template) if not literal and name not in given
    }
    return (
        value.get("Ref") == logical_id
        or owner == logical_id
        or logical_id in named
        or any(names_resource(item, logical_id) for item in value.values())
    )


def is_resolved(value: Any) -> bool:
    """Whether nothing in a resolved value waits for the deployment."""
    if isinstance(value, dict):
        return all(is_resolved(item) for item in value.values())
    if isinstance(value, list):
        return all(is_resolved(item) for item in value)
    return not isinstance(value, Unresolved)
