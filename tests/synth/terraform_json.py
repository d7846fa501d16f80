"""Reads `cdk.tf.json` as Terraform does: what the providers would refuse in it, what depends on what, what it comes to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from project import ROOT

FIXTURES = ROOT / "tests" / "fixtures" / "terraform"
META = {"//", "count", "depends_on", "lifecycle", "provider"}
_REFERENCE = re.compile(r"(?<!\$)\$\{([a-z][a-z0-9_]*)\.([A-Za-z0-9_-]+)\.([a-z0-9_.\[\]]+)\}")
_EVALUATED = re.compile(r"(?<!\$)\$\{[^}]*\}|(?<!%)%\{")

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Reference:
    """`${type.name.attribute}` somewhere in a resource."""

    type: str
    name: str
    attribute: str

    @property
    def address(self) -> str:
        return f"{self.type}.{self.name}"


def resources(stack: Json) -> Iterator[tuple[str, str, Json]]:
    """Every resource: type, name and body."""
    for type_, named in stack.get("resource", {}).items():
        for name, body in named.items():
            yield type_, name, body


def texts(value: Any) -> Iterator[str]:
    """Every piece of text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts(key)
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def references(value: Any) -> Iterator[Reference]:
    """Every reference in a JSON value."""
    for text in texts(value):
        for found in _REFERENCE.finditer(text):
            yield Reference(found[1], found[2], found[3])


def evaluated(value: Any) -> list[str]:
    """Everything that Terraform would evaluate in a JSON value."""
    return [found for text in texts(value) for found in _EVALUATED.findall(text)]


# ---------------------------------------------------------------- what the providers would refuse


# Terraform's own provider has no bindings to read. Source: Terraform documentation, "The terraform_data Managed Resource
# Type", read 2026-11-25.
BUILT_IN: Json = {
    "resources": {
        "terraform_data": {
            "attributes": {
                "input": "string optional",
                "output": "string computed",
                "triggers_replace": "string optional",
                "id": "string computed",
            },
            "blocks": {},
        }
    }
}


@cache
def schema(provider: str) -> Json:
    if provider == "terraform":
        return BUILT_IN
    content: Json = json.loads((FIXTURES / f"{provider}.schema.json").read_text())
    return content


def refused(stack: Json) -> list[str]:
    """What the providers' schemas do not take in a stack."""
    return [
        *(problem for type_, name, body in resources(stack) for problem in _resource(type_, name, body)),
        *(
            problem
            for provider, configurations in stack.get("provider", {}).items()
            for body in configurations
            for problem in _block(body, schema(provider)["configuration"], f"provider {provider}")
        ),
        *_references(stack),
    ]


def _resource(type_: str, name: str, body: Json) -> list[str]:
    known = schema(type_.split("_")[0])["resources"].get(type_)
    if known is None:
        return [f"{type_} is not a resource type of its provider"]
    own = {key: value for key, value in body.items() if key not in META}
    return list(_block(own, known, f"{type_}.{name}"))


def _block(body: Json, known: Json, where: str) -> Iterator[str]:
    attributes, blocks = known["attributes"], known["blocks"]
    for key, value in body.items():
        if key in attributes:
            yield from _attribute(value, attributes[key], f"{where}.{key}")
        elif key in blocks:
            yield from _blocks(value, blocks[key], f"{where}.{key}")
        else:
            yield f"{where}.{key} is not known"
    flags = {**attributes, **{name: block["flags"] for name, block in blocks.items()}}
    for key, written in flags.items():
        if "required" in written.split() and key not in body:
            yield f"{where}.{key} is missing"


def _blocks(value: Any, known: Json, where: str) -> Iterator[str]:
    if known.get("object"):
        if isinstance(value, Mapping):
            yield from _block(value, known, where)
        else:
            yield f"{where} is not an object"
        return
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        yield f"{where} is not a list of blocks"
        return
    if len(value) > 1 and not known.get("many"):
        yield f"{where} stands {len(value)} times"
    for item in value:
        yield from _block(item, known, where)


def _attribute(value: Any, written: str, where: str) -> Iterator[str]:
    words = written.split()
    if not {"required", "optional"} & set(words):
        yield f"{where} can only be read"
    type_ = " ".join(word for word in words if word not in ("required", "optional", "computed"))
    if not _is(value, type_):
        yield f"{where} is no {type_}"


def _is(value: Any, type_: str) -> bool:
    if type_.startswith("list of "):
        return isinstance(value, list) and all(_is(item, type_.removeprefix("list of ")) for item in value)
    if type_.startswith("map of "):
        return isinstance(value, Mapping) and all(_is(item, type_.removeprefix("map of ")) for item in value.values())
    if type_ == "bool":
        return isinstance(value, bool)
    if type_ == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def _references(stack: Json) -> Iterator[str]:
    there = {f"{type_}.{name}" for type_, name, _ in resources(stack)}
    for reference in references([stack.get("resource"), stack.get("output")]):
        if reference.type == "var":
            continue
        if reference.address not in there:
            yield f"{reference.address} is referred to and not there"
            continue
        known = schema(reference.type.split("_")[0])["resources"][reference.type]
        *blocks, attribute = reference.attribute.split(".")
        for block in blocks:
            known = known["blocks"].get(block.removesuffix("[0]"), {"attributes": {}, "blocks": {}})
        if attribute not in known["attributes"]:
            yield f"{reference.address}.{reference.attribute} is referred to and not known"


# ---------------------------------------------------------------- what depends on what


def dependencies(stack: Json) -> dict[str, set[str]]:
    """What each resource waits for directly: what it refers to and what it names in `depends_on`."""
    return {
        f"{type_}.{name}": {reference.address for reference in references(body)} | set(body.get("depends_on", ()))
        for type_, name, body in resources(stack)
    }


def everything_before(graph: Mapping[str, set[str]], address: str) -> set[str]:
    """Everything that must be there before a resource.

    Raises:
        ValueError: the resource would have to be there before itself.
    """
    found: set[str] = set()

    def walk(node: str, path: tuple[str, ...]) -> None:
        if node in path:
            raise ValueError(" -> ".join((*path, node)))
        for other in sorted(graph[node]):
            walk(other, (*path, node))
            found.add(other)

    walk(address, ())
    return found


def of_type(addresses: Any, type_: str) -> set[str]:
    """Those addresses that are of a type."""
    return {address for address in addresses if address.startswith(f"{type_}.")}


# ---------------------------------------------------------------- what it comes to


def resolved(value: Any, values: Mapping[str, str]) -> Any:
    """The value as Terraform would hand it to a provider, given what each reference stands for."""
    if isinstance(value, str):
        told = _REFERENCE.sub(lambda found: values[found[0][2:-1]], value)
        return told.replace("$${", "${").replace("%%{", "%{")
    if isinstance(value, Mapping):
        return {resolved(key, values): resolved(item, values) for key, item in value.items()}
    return [resolved(item, values) for item in value] if isinstance(value, list) else value
