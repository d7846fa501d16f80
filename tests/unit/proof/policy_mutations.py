"""Every way to drop, widen or change one thing in the templates of a plan."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from lakehouse_iam.proof.stack_templates import StackTemplate

Json = dict[str, Any]
_DOCUMENTS = ("AssumeRolePolicyDocument", "PolicyDocument", "KeyPolicy")
_STRANGER = "999988887777"


@dataclass(frozen=True)
class Mutation:
    """One change: in which stack and resource, which statement, what was done to what."""

    stack: str
    where: str
    change: str
    templates: tuple[StackTemplate, ...]

    @property
    def name(self) -> str:
        return f"{self.stack} | {self.where} | {self.change}"


def mutations(templates: tuple[StackTemplate, ...]) -> Iterator[Mutation]:
    """One mutation at a time, at every place of every policy, attachment and setting."""
    for number, template in enumerate(templates):

        def mutant(where: str, change: str, body: Json, number: int = number) -> Mutation:
            changed = replace(templates[number], body=body)
            return Mutation(
                templates[number].stack, where, change, (*templates[:number], changed, *templates[number + 1 :])
            )

        for where, path in _statements(template.body):
            for change, changed in _changes(_at(template.body, path)):
                yield mutant(where, change, _with(template.body, path, changed))
        for where, path, change, changed in _settings(template.body):
            yield mutant(where, change, _with(template.body, path, changed))


_DROPPED = object()


def _copy(body: Any) -> Any:
    return json.loads(json.dumps(body))


def _at(body: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        body = body[step]
    return body


def _with(body: Any, path: tuple[str | int, ...], value: Any) -> Json:
    copied: Json = _copy(body)
    holder = _at(copied, path[:-1])
    if value is _DROPPED:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return copied


def _statements(body: Any) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    for logical_id, resource in body["Resources"].items():
        for name in _DOCUMENTS:
            statements = resource["Properties"].get(name, {}).get("Statement", [])
            for index, statement in enumerate(statements):
                where = f"{logical_id}.{name} {statement.get('Sid', index)}"
                yield where, ("Resources", logical_id, "Properties", name, "Statement", index)
    for key, handoffs in body.get("Metadata", {}).items():
        for number, handoff in enumerate(handoffs):
            target = next(iter(handoff))
            for index, statement in enumerate(handoff["Statements"]):
                where = f"hand-off {target} {handoff[target]} {statement.get('Sid', index)}"
                yield where, ("Metadata", key, number, "Statements", index)


def _settings(body: Any) -> Iterator[tuple[str, tuple[str | int, ...], str, Any]]:
    """What is not in a statement: whole policies, what they are attached to, Block Public Access."""
    for logical_id, resource in body["Resources"].items():
        properties = resource["Properties"]
        here = ("Resources", logical_id)
        if resource["Type"] in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"):
            yield logical_id, here, "drop the policy", _DROPPED
            yield logical_id, (*here, "Properties", "Roles"), "attach it to another role", ["somebody-else"]
        if resource["Type"] in ("AWS::S3::BucketPolicy", "AWS::S3::Bucket"):
            yield logical_id, here, "drop the resource", _DROPPED
        if "PublicAccessBlockConfiguration" in properties:
            path = (*here, "Properties", "PublicAccessBlockConfiguration")
            yield logical_id, path, "drop Block Public Access", _DROPPED
        if "PermissionsBoundary" in properties:
            yield logical_id, (*here, "Properties", "PermissionsBoundary"), "drop the permissions boundary", _DROPPED


def _changes(statement: Json) -> Iterator[tuple[str, Any]]:
    """The statement with one thing done to it; `_DROPPED` for none of it."""
    yield "drop the statement", _DROPPED
    yield "flip Effect", {**statement, "Effect": "Deny" if statement["Effect"] == "Allow" else "Allow"}
    for element, changes in (("Action", _action), ("Resource", _resource)):
        if element in statement:
            for change, values in _each(statement[element], changes):
                yield f"{element}: {change}", {**statement, element: values}
    if "Principal" in statement:
        for change, principal in _principals(statement["Principal"]):
            yield f"Principal: {change}", {**statement, "Principal": principal}
    for change, condition in _conditions(statement.get("Condition", {})):
        changed = {**statement, "Condition": condition}
        yield f"Condition: {change}", changed if condition else {k: v for k, v in statement.items() if k != "Condition"}


def _each(value: Any, changes: Callable[[str], Iterator[tuple[str, str]]]) -> Iterator[tuple[str, Any]]:
    listed = value if isinstance(value, list) else [value]
    for index, one in enumerate(listed):
        rest = [*listed[:index], *listed[index + 1 :]]
        if rest:
            yield f"drop {one}", rest
        for change, changed in changes(one):
            if changed != one:
                yield f"{one} {change}", [*listed[:index], changed, *listed[index + 1 :]]


def _action(action: str) -> Iterator[tuple[str, str]]:
    service, _, name = action.partition(":")
    yield "to *", "*"
    if name != "*":
        yield f"to {service}:*", f"{service}:*"
    yield "to another", f"{service}:UntagResource"


def _resource(arn: str) -> Iterator[tuple[str, str]]:
    if arn != "*":
        yield "to *", "*"
        head, last = arn.rsplit(":", 1)
        yield "with any name", f"{head}:*"
        yield "to another name", f"{head}:{last.replace('/*', '')[:-1]}x{'/*' if last.endswith('/*') else ''}"
        if not arn.endswith("*"):
            yield "with a star behind it", f"{arn}*"
        if last.endswith("/*"):
            yield "with its folder's slash gone", f"{head}:{last[:-2]}*"
            if "/" in last[:-2]:
                yield "without its last folder", f"{head}:{last[:-2].rpartition('/')[0]}/*"
        account = arn.split(":")[4]
        if account:
            yield "of any account", arn.replace(account, "*")
            yield "of another account", arn.replace(account, _STRANGER)


def _principals(principal: Any) -> Iterator[tuple[str, Any]]:
    if principal == "*":
        return
    yield "to everyone", "*"
    for kind, value in principal.items():
        for change, values in _each(value, _principal):
            yield change, {**principal, kind: values}


def _principal(name: str) -> Iterator[tuple[str, str]]:
    if not name.startswith("arn:"):
        yield "to another service", "sqs.amazonaws.com"
        return
    head, _, resource = name.rpartition(":")
    account = head.split(":")[4]
    if resource != "root":
        yield "to its whole account", f"{head}:root"
        yield "to another role", f"{head}:role/somebody-else"
    yield "of another account", name.replace(account, _STRANGER)


def _conditions(condition: Json) -> Iterator[tuple[str, Json]]:
    for operator, tests in condition.items():
        for key, value in tests.items():
            others = {k: v for k, v in tests.items() if k != key}
            without = (
                {**condition, operator: others} if others else {k: v for k, v in condition.items() if k != operator}
            )
            yield f"drop {operator} {key}", without
            for index, one in enumerate(value if isinstance(value, list) else [value]):
                listed = list(value) if isinstance(value, list) else [value]
                yield (
                    f"{key}: {one} to another",
                    {**condition, operator: {**tests, key: _put(listed, index, _other(one))}},
                )
                if operator in ("StringLike", "ArnLike") and isinstance(one, str):
                    yield f"{key}: {one} to *", {**condition, operator: {**tests, key: _put(listed, index, "*")}}
                    short = one.replace("/*", "*")
                    if short != one:
                        changed = {**tests, key: _put(listed, index, short)}
                        yield f"{key}: {one} without its slash", {**condition, operator: changed}


def _put(values: list[Any], index: int, value: Any) -> list[Any]:
    return [*values[:index], value, *values[index + 1 :]]


def _other(value: Any) -> str:
    """Another value; for one that a parameter gives, a value that was written in its place."""
    flipped = {"true": "false", "false": "true"}
    return flipped.get(value, f"x{value}") if isinstance(value, str) else "written-in-its-place"
