"""Files of templates and of cloud assemblies, with the file and the line of whatever cannot be read.

Templates are JSON or YAML; the short forms of intrinsics (`!Ref`, `!Sub`, `!GetAtt` …) are read as the long ones. What is
not a template that CloudFormation would take is refused: larger than `TEMPLATE_BYTES` (as YAML `YAML_BYTES`), JSON that
`lakehouse_iam.evaluator.strict_json` refuses (too deep, a key twice, NaN), or YAML with aliases.
Source: CloudFormation "Template formats" and "Intrinsic function reference" (short forms; "CloudFormation doesn't support
… aliases"), "Understand CloudFormation quotas" (1 MB), read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.evaluator import strict_json
from lakehouse_iam.evaluator.strict_json import MAX_DEPTH as DEPTH
from lakehouse_iam.file_names import TEMPLATE_FILE

if TYPE_CHECKING:
    from ruamel.yaml import Node

TEMPLATE_BYTES = 5_000_000
"""CloudFormation takes 1 MB; with indents and comments a file may be larger."""
YAML_BYTES = 1_000_000
"""YAML is deployed as it is written, comments included, and takes about ten seconds a megabyte to be read."""
ASSEMBLY_BYTES = 200_000_000
"""The manifest of an assembly and its metadata, which hold the probes of thousands of buckets."""
TEMPLATE_ENDINGS = (TEMPLATE_FILE, ".template.yaml", ".template.yml")


class TemplateError(LakehouseIamError):
    """A folder or a template that cannot be read: which file, the line if there is one, what is wrong, what is allowed."""


def read_json(file: Path, most: int = ASSEMBLY_BYTES) -> Any:
    """The JSON in a file.

    Args:
        file: the file.
        most: how many bytes it may have.

    Raises:
        TemplateError: it cannot be read, or is not JSON; with the line.
    """
    return _json(file, _text(file, most))


def read_template(file: Path) -> Mapping[str, Any]:
    """The template in a file, JSON or YAML by its ending.

    Raises:
        TemplateError: it cannot be read, or is not a template.
    """
    return _checked(file, _body(file))


def read_synthesized(file: Path) -> Mapping[str, Any]:
    """The template of a stack in a cloud assembly. The CDK writes a stack without resources as one without `Resources`.

    Raises:
        TemplateError: it cannot be read, or is not a template.
    """
    body = _body(file)
    return _checked(file, {"Resources": {}, **body} if isinstance(body, dict) else body)


def _body(file: Path) -> Any:
    is_yaml = file.suffix in (".yaml", ".yml")
    text = _text(file, YAML_BYTES if is_yaml else TEMPLATE_BYTES)
    return _yaml(file, text) if is_yaml else _json(file, text)


LOOP = "Fn::ForEach"
MACRO = "Fn::Transform"
"""What stands among the entries of a section and makes others of them while the template is deployed."""


def with_makers_named(entries: Any) -> Any:
    """The entries of a section, a loop or a macro among them as an entry of a type of its own."""
    if not isinstance(entries, dict):
        return entries
    return {
        key: {"Type": MACRO if key == MACRO else LOOP, "Properties": {"Entry": entry}} if _makes_entries(key) else entry
        for key, entry in entries.items()
    }


def _makes_entries(key: Any) -> bool:
    return isinstance(key, str) and (key == MACRO or key.startswith(f"{LOOP}::"))


def _checked(file: Path, body: Any) -> Mapping[str, Any]:
    if isinstance(body, dict):
        made = {name: with_makers_named(body[name]) for name in _MADE_BY_LOOPS if name in body}
        body = {**body, **made}
    resources = body.get("Resources") if isinstance(body, dict) else None
    if not isinstance(resources, dict):
        raise TemplateError(f"{file}: this is not a template: allowed is a JSON object with Resources")
    for logical_id, resource in resources.items():
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            raise TemplateError(
                f"{file}: Resources.{logical_id}: this is not a resource: allowed is an object with Type"
            )
        if not isinstance(resource.get("Properties", {}), dict):
            raise TemplateError(f"{file}: Resources.{logical_id}.Properties: this is not an object")
    for section in ("Parameters", "Mappings", "Conditions", "Outputs", "Metadata"):
        entries = body.get(section, {})
        if not isinstance(entries, dict) or (
            section != "Metadata" and not all(isinstance(entry, dict) for entry in entries.values())
        ):
            raise TemplateError(f"{file}: {section}: this is not an object of objects, as CloudFormation wants it")
    checked: Mapping[str, Any] = body
    return checked


_MADE_BY_LOOPS = ("Resources", "Outputs", "Conditions")
"""The sections in which `Fn::ForEach` may stand as an entry (CloudFormation "Fn::ForEach", read 2026-11-25)."""


def _text(file: Path, most: int) -> str:
    try:
        size = file.stat().st_size
        if size > most:
            raise TemplateError(f"{file}: the file has {size:,} bytes: allowed are {most:,}")
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TemplateError(f"{file}: the file is not text: allowed is UTF-8") from error
    except OSError as error:
        raise TemplateError(f"{file}: the file cannot be read: {error.strerror}") from error


def _json(file: Path, text: str) -> Any:
    try:
        return strict_json.read_json(text)
    except strict_json.JsonFaultError as error:
        line = f":{error.line}" if error.line else ""
        column = f" at column {error.column}" if error.column else ""
        what = str(error).removeprefix("not JSON: ")
        raise TemplateError(f"{file}{line}: this is not JSON: {what}{column}") from error


# ---------------------------------------------------------------- YAML


def _yaml(file: Path, text: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import SafeConstructor
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    class Constructor(SafeConstructor):
        """Scalars that CloudFormation reads as text stay as they are written: dates, numbers with leading zeros."""

    for tag in ("timestamp", "int", "float"):
        Constructor.add_constructor(f"tag:yaml.org,2002:{tag}", lambda _, node: str(node.value))
    Constructor.add_multi_constructor("!", _intrinsic)
    reader = YAML(typ="safe", pure=True)
    reader.Constructor = Constructor
    try:
        _check_yaml_events(file, reader, text)
        return reader.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark is not None else ""
        raise TemplateError(f"{file}{line}: this is not YAML: {error.problem or error.context}") from error
    except RecursionError as error:
        raise TemplateError(f"{file}: this is nested too deeply: allowed are {DEPTH} levels") from error
    except (YAMLError, ValueError) as error:
        raise TemplateError(f"{file}: this is not YAML: {str(error).splitlines()[0]}") from error


def _check_yaml_events(file: Path, reader: Any, text: str) -> None:
    """Refuse aliases, and nesting that would exhaust the reader."""
    from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent

    depth = 0
    for event in reader.parse(text):
        if isinstance(event, AliasEvent):
            line = event.start_mark.line + 1
            raise TemplateError(f"{file}:{line}: an alias (*{event.anchor}) stands here: CloudFormation takes none")
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > DEPTH:
            line = event.start_mark.line + 1
            raise TemplateError(f"{file}:{line}: this is nested too deeply: allowed are {DEPTH} levels")


_BARE = ("Ref", "Condition")
"""The short forms whose long form has no `Fn::`."""


def _intrinsic(constructor: Any, tag: str, node: Node) -> dict[str, Any]:
    from ruamel.yaml import MappingNode, ScalarNode

    name = str(tag).lstrip("!")
    if isinstance(node, ScalarNode):
        value: Any = constructor.construct_scalar(node)
        if name == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, MappingNode):
        value = constructor.construct_mapping(node, deep=True)
    else:
        value = constructor.construct_sequence(node, deep=True)
    return {name if name in _BARE else f"Fn::{name}": value}
