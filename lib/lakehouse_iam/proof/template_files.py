"""Templates from files: what `lakehouse-iam template` wrote, and cloud assemblies (`cdk.out`) with all their stages.

Source: the cloud-assembly schema of aws-cdk 2.x (manifest.json, `aws:cloudformation:stack`, `cdk:cloud-assembly`, nested
stacks by `aws:asset:path`), read 2026-11-21.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lakehouse_iam.errors import InvalidValue, LakehouseIamError
from lakehouse_iam.probes.document import PROBES_FILE, PROBES_METADATA, ProbeDocument, from_json
from lakehouse_iam.proof.from_constructs import (
    ACCESS_METADATA,
    WAY_METADATA,
    Promise,
    probes_of_promises,
    roles_of_promises,
)
from lakehouse_iam.proof.stack_templates import StackTemplate

_TEMPLATE = ".template.json"
_ACCOUNT = re.compile(r"[0-9]{12}")
_UNKNOWN = ("unknown-account", "unknown-region")


class TemplateError(LakehouseIamError):
    """A folder or a template that cannot be read: which file, the line if there is one, what is wrong, what is allowed."""


@dataclass(frozen=True)
class TemplateFiles:
    """Templates that are deployed side by side: those of a folder, or of one stage of a cloud assembly.

    Stages of one app may be alternatives of each other, with the same names in the same account, so each is proved by
    itself.

    Args:
        templates: every template, nested ones included.
        documents: the probes of each setup that came with them.
        promises: what constructs said of themselves.
    """

    templates: tuple[StackTemplate, ...]
    documents: tuple[ProbeDocument, ...]
    promises: tuple[Promise, ...] = ()


def holds_templates(path: Path) -> bool:
    """Whether a path is a cloud assembly or a folder with templates in it, and not a setup or a folder of setups."""
    return path.is_dir() and ((path / "manifest.json").exists() or any(path.rglob(f"*{_TEMPLATE}")))


def probes_of(files: TemplateFiles) -> tuple[ProbeDocument, ...]:
    """The probes that came with the templates: of setups, and of constructs that belong to none."""
    proved = frozenset(
        arn for document in files.documents for probe in document.probes for arn in (*probe.assumes, probe.resource)
    )
    told = _told_at_deployment(files.templates)
    probes = probes_of_promises(files.promises, files.templates, told, proved)
    own = ProbeDocument("constructs of the app", "", (), told, (), (), probes)
    return (*files.documents, own) if probes else files.documents


def made_by_constructs(files: TemplateFiles) -> frozenset[str]:
    """The roles among the templates that constructs of this library make."""
    return roles_of_promises(files.promises, files.templates, _told_at_deployment(files.templates))


def no_probes(folder: Path | str) -> TemplateError:
    """What to say when no probes came with any of the templates."""
    return TemplateError(
        f"{folder}: the templates carry no probes: allowed is a folder with *{PROBES_FILE} beside them, or a cdk.out of "
        f"stages or constructs of this library: give the setup: lakehouse-iam prove SETUP --templates {folder}"
    )


def nothing_to_prove(folder: Path | str) -> TemplateError:
    """What to say of a folder with nothing in it that can be proved."""
    return TemplateError(
        f"{folder}: the folder holds no setup and no template: {_ALLOWED}, or setups (.yaml, .yml, .json)"
    )


def _told_at_deployment(templates: Sequence[StackTemplate]) -> dict[str, str]:
    """What stands for parameters that only the deployment is told: some value, the same wherever it is used."""
    return {
        name: f"told-at-deployment-{name}"
        for template in templates
        for name, parameter in template.body.get("Parameters", {}).items()
        if "Default" not in parameter and parameter.get("Type") == "String"
    }


def read_templates(folder: Path | str) -> tuple[TemplateFiles, ...]:
    """Read a cloud assembly, stage by stage, or a folder of templates.

    Raises:
        TemplateError: no folder, no template in it, or a file that is not what it should be.
        InvalidValue: a document of probes that is not one.
    """
    root = Path(folder)
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        raise TemplateError(f"{root}: the folder {what}: {_ALLOWED}")
    read = _assembly(root, root) if (root / "manifest.json").exists() else [_folder(root)]
    found = tuple(files for files in read if files.templates)
    if not found:
        raise TemplateError(f"{root}: the folder holds no template: {_ALLOWED}")
    return found


_ALLOWED = (
    "allowed is what lakehouse-iam template writes (<account>/<stack>.template.json), or a cloud assembly of the CDK "
    "(cdk.out, with manifest.json)"
)


def read_json(file: Path) -> Any:
    """The JSON in a file.

    Raises:
        TemplateError: it cannot be read, or is not JSON; with the line.
    """
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise TemplateError(f"{file}:{error.lineno}: this is not JSON: {error.msg} at column {error.colno}") from error
    except UnicodeDecodeError as error:
        raise TemplateError(f"{file}: the file is not text: allowed is UTF-8") from error
    except RecursionError as error:
        raise TemplateError(f"{file}: this is nested too deeply: allowed are a few levels") from error
    except OSError as error:
        raise TemplateError(f"{file}: the file cannot be read: {error.strerror}") from error


def _template_body(file: Path) -> Mapping[str, Any]:
    body = read_json(file)
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
    checked: Mapping[str, Any] = body
    return checked


# ---------------------------------------------------------------- a folder of templates


def _folder(root: Path) -> TemplateFiles:
    documents = tuple(from_json(read_json(file), str(file)) for file in sorted(root.rglob(f"*{PROBES_FILE}")))
    places = {(place.account, place.stack): place for document in documents for place in document.stacks}
    templates = []
    for file in sorted(root.rglob(f"*{_TEMPLATE}")):
        stack = file.name.removesuffix(_TEMPLATE)
        account = file.parent.name if _ACCOUNT.fullmatch(file.parent.name) else ""
        place = places.get((account, stack))
        templates.append(
            StackTemplate(str(file), stack, _template_body(file), account, place.region if place is not None else "")
        )
    return TemplateFiles(tuple(templates), documents)


# ---------------------------------------------------------------- a cloud assembly


def _assembly(folder: Path, root: Path) -> list[TemplateFiles]:
    file = folder / "manifest.json"
    manifest = read_json(file)
    artifacts = manifest.get("artifacts", {}) if isinstance(manifest, dict) else None
    if not isinstance(artifacts, dict):
        raise TemplateError(
            f"{file}: this is not the manifest of a cloud assembly: allowed is an object with artifacts"
        )
    templates: list[StackTemplate] = []
    documents: list[ProbeDocument] = []
    promises: list[Promise] = []
    inner: list[TemplateFiles] = []
    try:
        for id, artifact in artifacts.items():
            if artifact["type"] == "cdk:cloud-assembly":
                inner += _assembly(_within(root, folder / artifact["properties"]["directoryName"]), root)
            elif artifact["type"] == "aws:cloudformation:stack":
                templates += _stack(folder, root, id, artifact)
                metadata = _metadata(folder, root, artifact)
                documents += _documents(metadata)
                place = str(folder / artifact["properties"]["templateFile"])
                promises += _promises(metadata, place)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, LakehouseIamError):
            raise
        raise TemplateError(f"{file}: this is not the manifest of a cloud assembly: {error!r}") from error
    return [TemplateFiles(tuple(templates), tuple(documents), tuple(promises)), *inner]


def _within(root: Path, path: Path) -> Path:
    """A path that a manifest names, which must not lead out of the assembly."""
    if not path.resolve().is_relative_to(root.resolve()):
        raise TemplateError(f"{path}: the manifest leads out of its folder: allowed are paths within {root}")
    return path


def _stack(folder: Path, root: Path, id: str, artifact: Mapping[str, Any]) -> Iterator[StackTemplate]:
    account, region = artifact["environment"].removeprefix("aws://").split("/")
    properties = artifact["properties"]
    file = _within(root, folder / properties["templateFile"])
    top = StackTemplate(
        place=str(file),
        stack=properties.get("stackName", id),
        body=_template_body(file),
        account="" if account in _UNKNOWN else account,
        region="" if region in _UNKNOWN else region,
        parameters=properties.get("parameters", {}),
        path=artifact.get("displayName", id).split(" (")[0],
    )
    yield top
    yield from _nested(top, folder, root)


def _nested(parent: StackTemplate, folder: Path, root: Path) -> Iterator[StackTemplate]:
    for logical_id, resource in parent.body["Resources"].items():
        asset = resource.get("Metadata", {}).get("aws:asset:path")
        if resource["Type"] != "AWS::CloudFormation::Stack":
            continue
        if not isinstance(asset, str) or not (folder / asset).is_file():
            raise TemplateError(
                f"{parent.place}: Resources.{logical_id}: the template of this nested stack is not in the folder: "
                "what it deploys cannot be proved"
            )
        file = _within(root, folder / asset)
        inner = StackTemplate(
            place=str(file),
            stack=f"{parent.stack}-{logical_id}",
            body=_template_body(file),
            account=parent.account,
            region=parent.region,
            parent=parent.place,
            parent_resource=logical_id,
            path=f"{parent.path}/{logical_id}",
        )
        yield inner
        yield from _nested(inner, folder, root)


def _metadata(folder: Path, root: Path, artifact: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """The metadata of a stack's constructs: path, type and data."""
    metadata = dict(artifact.get("metadata", {}))
    if "additionalMetadataFile" in artifact:
        metadata |= read_json(_within(root, folder / artifact["additionalMetadataFile"]))
    return [(path, entry["type"], entry.get("data")) for path, entries in metadata.items() for entry in entries]


def _documents(metadata: Sequence[tuple[str, str, Any]]) -> Iterator[ProbeDocument]:
    for path, type_, data in metadata:
        if type_ == PROBES_METADATA:
            yield from_json(data, path)


def _promises(metadata: Sequence[tuple[str, str, Any]], place: str) -> Iterator[Promise]:
    for path, type_, data in metadata:
        if type_ in (WAY_METADATA, ACCESS_METADATA):
            yield Promise(place, path, type_, data)


def templates_of_setup(read: Sequence[TemplateFiles], document: ProbeDocument) -> tuple[StackTemplate, ...]:
    """The templates that are deployed with a setup's stacks, in their accounts and regions.

    Raises:
        InvalidValue: the template of a stack is missing.
    """
    wanted = {(place.account, place.stack): place.region for place in document.stacks}
    for files in read:
        if wanted.keys() <= {(template.account, template.stack) for template in files.templates}:
            return in_regions(files.templates, document)
    known = {(template.account, template.stack) for files in read for template in files.templates}
    account, stack = next((one for one in wanted if one not in known), next(iter(wanted)))
    raise InvalidValue(
        f"the template of the stack {stack} in {account} is not in the folder",
        allowed="<account>/<stack>.template.json for every stack of the setup",
    )


def in_regions(templates: Sequence[StackTemplate], document: ProbeDocument) -> tuple[StackTemplate, ...]:
    """The templates, each in the region that the document tells where nothing else does."""
    regions = {(place.account, place.stack): place.region for place in document.stacks}
    return tuple(
        replace(template, region=template.region or regions.get((template.account, template.stack), ""))
        for template in templates
    )
