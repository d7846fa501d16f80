"""CloudFormation intrinsics resolved as far as a template and its account tell.

What only the deployment knows stays an `Unresolved` value, so that nobody mistakes a guess for a fact.
Source: CloudFormation "Intrinsic function reference", "Condition functions" and "Pseudo parameters reference", read
2026-11-21 and 2026-11-25.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.partitions import PARTITIONS, partition_of_region

_VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")
LONGEST_TEXT = 1_000_000
"""Characters of one resolved text. A template has at most 1 MB, so no text that is meant is longer."""


@dataclass(frozen=True)
class Unresolved:
    """A value that is known at deployment only.

    Args:
        expression: the intrinsic as it stands in the template, in short.
    """

    expression: str


@dataclass(frozen=True)
class Alternatives(Unresolved):
    """A value that is one of several, and only the deployment knows which: an `Fn::If` on an unknown condition.

    Args:
        expression: the intrinsic in short.
        options: the values, resolved.
    """

    options: tuple[Any, ...] = ()


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
    _underway: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    def resolve(self, value: Any) -> Any:
        """The value with every intrinsic in it replaced; what cannot be known becomes `Unresolved`.

        Raises:
            InvalidValue: an intrinsic that CloudFormation would refuse, or a text of more than `LONGEST_TEXT` characters.
        """
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, Mapping):
            return _known(value)
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref" or (isinstance(name, str) and name.startswith("Fn::")):
                return self._intrinsic(name, argument)
        return {key: self.resolve(item) for key, item in value.items()}

    def condition(self, name: str) -> bool | None:
        """Whether a condition of the template holds; None where only the deployment knows, or there is no such condition."""
        key = f"Condition {name}"
        if key in self._underway:
            return None
        self._underway.add(key)
        try:
            return self._holds(self.template.get("Conditions", {}).get(name))
        except (TypeError, ValueError, AttributeError, LookupError):
            return None
        finally:
            self._underway.discard(key)

    def _holds(self, test: Any) -> bool | None:
        if not isinstance(test, Mapping) or len(test) != 1:
            return None
        name, argument = next(iter(test.items()))
        if name == "Condition":
            return self.condition(str(argument))
        if name == "Fn::Equals":
            left, right = (self._fixed(side) for side in argument)
            return None if isinstance(left, Unresolved) or isinstance(right, Unresolved) else str(left) == str(right)
        if name == "Fn::Not":
            held = self._holds(argument[0])
            return None if held is None else not held
        if name in ("Fn::And", "Fn::Or"):
            decisive = name == "Fn::Or"
            parts = [self._holds(part) for part in argument]
            return decisive if decisive in parts else None if None in parts else not decisive
        return None

    def _fixed(self, value: Any) -> Any:
        """A value for a condition: a parameter's default is not one, for whoever deploys may give another."""
        if isinstance(value, Mapping) and "Ref" in value:
            name = str(value["Ref"])
            if name in self.template.get("Parameters", {}) and f"Ref {name}" not in self.known:
                return Unresolved(f"Ref {name}")
        resolved = self.resolve(value)
        return resolved if is_resolved(resolved) else Unresolved(str(value))

    def _intrinsic(self, name: str, argument: Any) -> Any:
        try:
            reader = _READERS.get(name)
            return Unresolved(name) if reader is None else _known(reader(self, argument))
        except (TypeError, ValueError, AttributeError, LookupError) as error:
            if isinstance(error, InvalidValue):
                raise
            raise InvalidValue(
                f"{name} has an argument that CloudFormation would refuse: {_short(argument)}",
                allowed=f"what the reference of {name} says",
            ) from error

    def _import(self, argument: Any) -> Any:
        return self._told(f"ImportValue {_text(self.resolve(argument))}")

    def _stack_output(self, argument: Any) -> Any:
        stack, output = (_text(self.resolve(argument.get(key))) for key in ("StackName", "OutputName"))
        return self._told(f"GetStackOutput {stack}.{output}")

    def _if(self, argument: Any) -> Any:
        name, then, otherwise = argument
        held = self.condition(str(name))
        if held is None:
            return Alternatives(f"Fn::If {name}", (self.resolve(then), self.resolve(otherwise)))
        return self.resolve(then if held else otherwise)

    def _find_in_map(self, argument: Any) -> Any:
        name, first, second = (self.resolve(part) for part in argument[:3])
        waiting = _first_unresolved([name, first, second])
        if waiting:
            return waiting
        found = self.template.get("Mappings", {}).get(name, {}).get(str(first), {}).get(str(second))
        if found is None and len(argument) > 3:
            return self.resolve(argument[3]["DefaultValue"])
        return Unresolved(f"Fn::FindInMap {name}.{first}.{second}") if found is None else self.resolve(found)

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

    def _ref(self, argument: Any) -> Any:
        name = str(argument)
        if name in self._underway:
            return Unresolved(f"Ref {name}, which refers to itself")
        self._underway.add(name)
        try:
            return self._referred(name)
        finally:
            self._underway.discard(name)

    def _referred(self, name: str) -> Any:
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
        if resource.get("Type") == _SAML_PROVIDER:
            return self._saml_provider(name, resource)
        name_property = _NAME_PROPERTIES.get(resource.get("Type", ""))
        physical = self.resolve(resource.get("Properties", {}).get(name_property)) if name_property else None
        return physical if isinstance(physical, str) else self._told(f"Ref {name}")

    def _attribute(self, argument: Any) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else [str(part) for part in argument]
        key = f"GetAtt {'.'.join(parts)}"
        if key in self._underway:
            return Unresolved(f"{key}, which refers to itself")
        self._underway.add(key)
        try:
            return self._attribute_of(parts)
        finally:
            self._underway.discard(key)

    def _attribute_of(self, parts: list[str]) -> Any:
        logical_id, attribute = parts[0], parts[-1]
        unknown = self._told(f"GetAtt {logical_id}.{'.'.join(parts[1:])}")
        resource = self.resource(logical_id)
        properties = resource.get("Properties", {})
        name = self._ref(logical_id)
        if attribute == "Arn" and resource.get("Type") == _SAML_PROVIDER:
            return name
        if attribute != "Arn" or not isinstance(name, str) or not self.partition:
            return unknown
        if resource.get("Type") == "AWS::S3::Bucket":
            return f"arn:{self.partition}:s3:::{name}"
        kind = {"AWS::IAM::Role": "role", "AWS::IAM::InstanceProfile": "instance-profile"}.get(resource.get("Type", ""))
        path = self.resolve(properties.get("Path", "/"))
        if kind is None or not self.account or not isinstance(path, str):
            return unknown
        return f"arn:{self.partition}:iam::{self.account}:{kind}{path}{name}"

    def _saml_provider(self, logical_id: str, resource: Mapping[str, Any]) -> Any:
        """The ARN of a SAML provider, which is what a reference to one means."""
        name = self.resolve(resource.get("Properties", {}).get("Name"))
        if not isinstance(name, str) or not self.partition or not self.account:
            return self._told(f"Ref {logical_id}")
        return f"arn:{self.partition}:iam::{self.account}:saml-provider/{name}"

    def _join(self, argument: Any) -> Any:
        separator, values = argument[0], self.resolve(argument[1])
        if not isinstance(values, list) or not all(isinstance(value, str | int | float) for value in values):
            return _first_unresolved(values) or Unresolved("Fn::Join")
        return _checked_text(str(separator).join(_as_text(value) for value in values))

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
        if waiting:
            return waiting
        longest = max((len(_as_text(value)) for value in values.values()), default=0)
        if len(text) + longest * text.count("${") > LONGEST_TEXT:
            _checked_text(" " * (LONGEST_TEXT + 1))
        return _VARIABLE.sub(lambda m: f"${{{m[2]}}}" if m[1] else _as_text(values[m[2]]), text)


_DYNAMIC_REFERENCE = "{{resolve:"
"""Begins a dynamic reference: CloudFormation puts in its place what Parameter Store or Secrets Manager holds by then.

Source: CloudFormation "Get values stored in other services using dynamic references", read 2026-11-25.
"""


def _known(value: Any) -> Any:
    """A value, unless it holds a dynamic reference."""
    return Unresolved(value) if isinstance(value, str) and _DYNAMIC_REFERENCE in value else value


def _checked_text(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise InvalidValue(
            f"a text would have more than {LONGEST_TEXT:,} characters once its intrinsics are resolved",
            allowed="what fits into a template of 1 MB",
        )
    return text


def _as_text(value: Any) -> str:
    """A value inside a text, as CloudFormation writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


_READERS = {
    "Ref": Deployment._ref,
    "Fn::GetAtt": Deployment._attribute,
    "Fn::Join": Deployment._join,
    "Fn::Sub": Deployment._sub,
    "Fn::Select": Deployment._select,
    "Fn::Split": Deployment._split,
    "Fn::If": Deployment._if,
    "Fn::FindInMap": Deployment._find_in_map,
    "Fn::ImportValue": Deployment._import,
    "Fn::GetStackOutput": Deployment._stack_output,
}
"""How each intrinsic is read; every other one stays unresolved."""


_SAML_PROVIDER = "AWS::IAM::SAMLProvider"
_NAME_PROPERTIES = {
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::S3::Bucket": "BucketName",
}


def _first_unresolved(values: Any) -> Unresolved | None:
    """The value that a whole one waits for."""
    listed = values if isinstance(values, list) else [values]
    found = next((value for value in listed if isinstance(value, Unresolved)), None)
    # One of several parts makes one of several wholes, which are not those parts.
    return Unresolved(found.expression) if isinstance(found, Alternatives) else found


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
