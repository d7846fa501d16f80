"""Writes what the Terraform providers take, for the resource types that this library emits, from their prebuilt bindings.

    pip install --no-deps --target .cache/bindings cdktn-provider-{aws,awscc,databricks,time}
    python tools/provider_schema.py .cache/bindings

The bindings are generated from the providers' own schemas, and keep of each attribute its name, its type and whether it is
required, optional or computed. The tests hold every attribute that is emitted against the files written here.
"""

from __future__ import annotations

import json
import re
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakehouse_iam.terraform_json import aws, aws_emr_studio, awscc, databricks, time
from lakehouse_iam.terraform_json.blocks import Provider, Resource

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "tests" / "fixtures" / "terraform"
WHAT: tuple[tuple[type[Provider], tuple[type[Resource], ...]], ...] = (
    (aws.AwsProvider, (*aws.RESOURCES, *aws_emr_studio.RESOURCES)),
    (awscc.AwsccProvider, awscc.RESOURCES),
    (databricks.DatabricksProvider, databricks.RESOURCES),
    (time.TimeProvider, time.RESOURCES),
)

# Nobody sets these here, and with them the file would be twice as long.
_LEFT_OUT = {"endpoints"}

_FLAGS = re.compile(r"// (\w+) - computed: (\w+), optional: (\w+), required: (\w+)\n")
_GETTER = re.compile(r"return this\.get(\w+)Attribute\(")
_ENTRY = re.compile(
    r"^ +(\w+): \{\n +value: (?P<value>.*),\n +isBlock: (?P<block>true|false),\n"
    r' +type: "(?P<type>\w+)",\n +storageClassType: "(?P<storage>\w+)",',
    re.MULTILINE,
)
_BLOCK = re.compile(r"(\w+)ToHclTerraform")
_TYPES = {"string": "string", "boolean": "bool", "number": "number"}
_GETTERS = {
    "String": "string",
    "Number": "number",
    "Boolean": "bool",
    "List": "list of string",
    "StringMap": "map of string",
}
_COLLECTIONS = {"stringList": "list of string", "stringMap": "map of string", "numberList": "list of number"}


@dataclass(frozen=True)
class Binding:
    """One file of a provider's bindings: a resource or the provider's own configuration, with the blocks in it."""

    text: str

    def schema(self, class_name: str) -> dict[str, Any]:
        """The attributes and blocks of a class."""
        body = self._body(f"class {class_name} extends")
        return self._written(body, body[body.index("synthesizeHclAttributes()") :])

    def _block(self, function: str) -> dict[str, Any]:
        struct = function[0].upper() + function[1:]
        body = self._body(f"class {struct}OutputReference extends", missing_is_empty=True)
        return self._written(body, self._body(f"function {function}ToHclTerraform("))

    def _body(self, opening: str, *, missing_is_empty: bool = False) -> str:
        start = self.text.find(opening)
        if start < 0 and missing_is_empty:
            return ""
        return self.text[start : self.text.index("\n}", start)]

    def _written(self, class_body: str, entries: str) -> dict[str, Any]:
        flags = {name: _words(*found) for name, *found in _FLAGS.findall(class_body)}
        attributes: dict[str, str] = {}
        blocks: dict[str, Any] = {}
        for entry in _ENTRY.finditer(entries):
            name = entry[1]
            flag = flags.get(name, "")
            if name in _LEFT_OUT:
                continue
            inner = _BLOCK.search(entry["value"].replace("cdktn.", ""))
            if entry["block"] == "true" and inner:
                many = {"many": True} if "listMapperHcl" in entry["value"] else {}
                function = next(f for f in _BLOCK.findall(entry["value"]) if f not in _TYPES)
                # A nested attribute, which is written as an object where a block is a list of one.
                nested = {"object": True} if entry["type"] == "struct" else {}
                blocks[name] = {"flags": flag, **many, **nested, **self._block(function)}
            else:
                attributes[name] = f"{_type(entry['type'], entry['storage'])} {flag}".strip()
        for name, type_ in _computed_only(class_body):
            attributes.setdefault(name, f"{type_} computed")
        return {"attributes": dict(sorted(attributes.items())), "blocks": dict(sorted(blocks.items()))}


def _words(computed: str, optional: str, required: str) -> str:
    given = {"required": required, "optional": optional, "computed": computed}
    return " ".join(word for word, value in given.items() if value == "true")


def _type(kind: str, storage: str) -> str:
    return _TYPES[storage] if kind == "simple" else _COLLECTIONS.get(storage, "any")


def _computed_only(class_body: str) -> Iterator[tuple[str, str]]:
    """What can only be read: its name and type; each stands between its own comment and the next one's."""
    comments = list(_FLAGS.finditer(class_body))
    ends = [comment.start() for comment in comments][1:] + [len(class_body)][: len(comments)]
    for comment, end in zip(comments, ends, strict=True):
        if _words(*comment.groups()[1:]) == "computed":
            getter = _GETTER.search(class_body, comment.end(), end)
            yield comment[1], _GETTERS.get(getter[1], "any") if getter else "any"


# ---------------------------------------------------------------- the bindings' package


def _archive(bindings: Path, provider: str) -> tuple[str, Path]:
    """The version of a provider's bindings, and the archive in them."""
    (path,) = (bindings / f"cdktn_provider_{provider}" / "_jsii").glob("*.jsii.tgz")
    return path.name.split("@")[1].removesuffix(".jsii.tgz"), path


def _files(archive: Path, wanted: set[str]) -> Iterator[tuple[str, str]]:
    """The wanted resource types, and the provider, each with the text of its file."""
    with tarfile.open(archive) as packed:
        for member in packed:
            if re.fullmatch(r"package/lib/[\w-]+/index\.js", member.name):
                content = packed.extractfile(member)
                text = content.read().decode() if content else ""
                found = re.search(r'static tfResourceType = "(\w+)"', text)
                if found and found[1] in wanted and "data-" not in member.name:
                    yield found[1], text


def schema_of(bindings: Path, provider: type[Provider], resources: tuple[type[Resource], ...]) -> dict[str, Any]:
    """What one provider takes.

    Raises:
        SystemExit: the bindings lack a resource type.
    """
    name = provider.TERRAFORM_TYPE
    version, archive = _archive(bindings, name)
    wanted = {name, *(resource.TERRAFORM_TYPE for resource in resources)}
    texts = dict(_files(archive, wanted))
    missing = wanted - set(texts)
    if missing:
        sys.exit(f"cdktn-provider-{name} {version} has no {', '.join(sorted(missing))}")
    schemas = {type_: Binding(text).schema(_class_name(text)) for type_, text in texts.items()}
    provider_version = re.search(rf"/providers/{provider.SOURCE}/([\d.]+)/", texts[name])
    return {
        "provider": f"{provider.SOURCE} {provider_version[1] if provider_version else 'unknown'}",
        "source": f"cdktn-provider-{name} {version}",
        "configuration": schemas.pop(name),
        "resources": dict(sorted(schemas.items())),
    }


def _class_name(text: str) -> str:
    found = re.search(r"^class (\w+) extends cdktn\.Terraform(?:Resource|Provider) ", text, re.MULTILINE)
    return found[1] if found else ""


def main() -> int:
    """Write the file of each provider."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    FIXTURES.mkdir(parents=True, exist_ok=True)
    for provider, resources in WHAT:
        schema = schema_of(Path(sys.argv[1]), provider, resources)
        path = FIXTURES / f"{provider.TERRAFORM_TYPE}.schema.json"
        path.write_text(json.dumps(schema, indent=1) + "\n", encoding="utf-8")
        print(f"  {path.relative_to(ROOT)}  {schema['provider']} ({schema['source']})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
