"""Templates from files: what `lakehouse-iam template` wrote, and cloud assemblies (`cdk.out`) with all their stages.

Source: the cloud-assembly schema of aws-cdk 2.x (nested stacks by `aws:asset:path`), read 2026-11-21.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lakehouse_iam.cloud_assembly import CloudAssembly, is_assembly, manifest_of, read_assemblies, within
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.file_names import DOCUMENT_FILES, EXCHANGE_FILE, HANDOFF_FILE, PROBES_FILE
from lakehouse_iam.probes.document import PROBES_METADATA, ProbeDocument, from_json
from lakehouse_iam.proof.from_constructs import (
    ACCESS_METADATA,
    PERMISSIONS_METADATA,
    WAY_METADATA,
    Declaration,
    declared_roles,
    probes_of_declarations,
)
from lakehouse_iam.proof.handoff_files import HandOffFile
from lakehouse_iam.proof.place import Place
from lakehouse_iam.proof.resource_types import NESTED_STACK
from lakehouse_iam.proof.stack_templates import StackTemplate
from lakehouse_iam.proof.terraform_plan import read_plan
from lakehouse_iam.template_text import TEMPLATE_ENDINGS, TemplateError, read_json, read_synthesized, read_template

_ACCOUNT = re.compile(r"[0-9]{12}")


class NestedTemplateMissing(TemplateError):
    """A nested stack whose template is not in the assembly.

    Args:
        place: the nested stack in the template that it is part of.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        super().__init__(
            f"{place}: the template of this nested stack is not in the folder: what it deploys cannot be proved"
        )


@dataclass(frozen=True)
class TemplateFiles:
    """Templates that are deployed side by side: those of a folder, or of one stage of a cloud assembly.

    Stages of one app may be alternatives of each other, with the same names in the same account, so each is proved by
    itself.

    Args:
        templates: every template, nested ones included.
        documents: the probes of each setup that came with them.
        declarations: what constructs declared of themselves.
        handoffs: the hand-off files beside the templates.
        unread: files of the folder that are none of these.
        of_an_app: whether they are the stacks of somebody's app, of which some may belong to no setup.
        missing: nested stacks, outside of setups, whose template is not there.
    """

    templates: tuple[StackTemplate, ...]
    documents: tuple[ProbeDocument, ...]
    declarations: tuple[Declaration, ...] = ()
    handoffs: tuple[HandOffFile, ...] = ()
    unread: tuple[str, ...] = ()
    of_an_app: bool = False
    missing: tuple[Place, ...] = ()


def files_of_plan(file: Path) -> TemplateFiles:
    """A plan of Terraform (`terraform show -json`) as the templates it stands for.

    Raises:
        TemplateError: it is no plan, or none of its resources is of this library.
    """
    plan = read_plan(file)
    return TemplateFiles(plan.templates, (), unread=tuple(f"{file}: {address}" for address in plan.not_read))


def holds_templates(path: Path) -> bool:
    """Whether a path is a cloud assembly or a folder with templates in it, and not a setup or a folder of setups."""
    return path.is_dir() and (is_assembly(path) or any(_template_files(path)))


def probes_of(files: TemplateFiles) -> tuple[ProbeDocument, ...]:
    """The probes that came with the templates: of setups, and of constructs that belong to none."""
    proved = frozenset(
        arn for document in files.documents for probe in document.probes for arn in (*probe.assumes, probe.resource)
    )
    told = told_at_deployment(files.templates)
    probes = probes_of_declarations(files.declarations, files.templates, told, proved)
    own = ProbeDocument("constructs of the app", "", (), told, (), (), probes)
    return (*files.documents, own) if probes else files.documents


def made_by_constructs(files: TemplateFiles) -> frozenset[str]:
    """The roles among the templates that constructs of this library make."""
    return declared_roles(files.declarations, files.templates, told_at_deployment(files.templates))


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


def told_at_deployment(templates: Sequence[StackTemplate]) -> dict[str, str]:
    """What stands for parameters that only the deployment is told: some value, the same wherever it is used."""
    return {
        name: f"told-at-deployment-{name}"
        for template in templates
        for name, parameter in template.body.get("Parameters", {}).items()
        if "Default" not in parameter and parameter.get("Type") == "String"
    }


def read_templates(folder: Path | str) -> tuple[TemplateFiles, ...]:
    """Read a cloud assembly, stage by stage, or a folder of templates, of which nothing may be missing.

    Raises:
        NestedTemplateMissing: the template of a nested stack is not there.
        TemplateError: what `read_stages` raises.
        InvalidValue: what `read_stages` raises.
    """
    found = read_stages(folder)
    for place in (place for files in found for place in files.missing):
        raise NestedTemplateMissing(place)
    return found


def read_stages(folder: Path | str) -> tuple[TemplateFiles, ...]:
    """Read a cloud assembly, stage by stage, or a folder of templates.

    Raises:
        TemplateError: no folder, no template in it, or a file that is not what it should be.
        InvalidValue: a document of probes that is not one.
    """
    root = Path(folder)
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        raise TemplateError(f"{root}: the folder {what}: {_ALLOWED}")
    read = [_assembly(one, root) for one in read_assemblies(root)] if is_assembly(root) else [_folder(root)]
    found = tuple(files for files in read if files.templates)
    if not found:
        raise TemplateError(f"{root}: the folder holds no template: {_ALLOWED}")
    return found


_ALLOWED = (
    "allowed is what lakehouse-iam template writes (<account>/<stack>.template.json), or a cloud assembly of the CDK "
    "(cdk.out, with manifest.json)"
)


# ---------------------------------------------------------------- a folder of templates


def _folder(root: Path) -> TemplateFiles:
    documents = tuple(from_json(read_json(file), str(file)) for file in sorted(root.rglob(f"*{PROBES_FILE}")))
    places = {(place.account, place.stack): place for document in documents for place in document.stacks}
    templates = []
    for file in sorted(_template_files(root)):
        stack, account = file.name.rpartition(".template.")[0], _account_of(file)
        place = places.get((account, stack))
        templates.append(
            StackTemplate(str(file), stack, read_template(file), account, place.region if place is not None else "")
        )
    handoffs = tuple(
        HandOffFile(str(file), _account_of(file), file.name.removesuffix(HANDOFF_FILE), read_json(file))
        for file in sorted(root.rglob(f"*{HANDOFF_FILE}"))
    )
    return TemplateFiles(tuple(templates), documents, (), handoffs, tuple(_unread(root)))


def _template_files(folder: Path) -> Iterator[Path]:
    return (file for ending in TEMPLATE_ENDINGS for file in folder.rglob(f"*{ending}"))


def _account_of(file: Path) -> str:
    return file.parent.name if _ACCOUNT.fullmatch(file.parent.name) else ""


def _unread(root: Path) -> Iterator[str]:
    """Files that may be templates or setups by their endings and are read as neither here."""
    known = (*TEMPLATE_ENDINGS, PROBES_FILE, HANDOFF_FILE, EXCHANGE_FILE, *DOCUMENT_FILES)
    for file in sorted(root.rglob("*")):
        if file.suffix in (".json", ".yaml", ".yml", ".template") and not file.name.endswith(known):
            yield str(file)


# ---------------------------------------------------------------- a cloud assembly


def _assembly(assembly: CloudAssembly, root: Path) -> TemplateFiles:
    tops: list[StackTemplate] = []
    documents: list[ProbeDocument] = []
    declarations: list[Declaration] = []
    with manifest_of(assembly.folder):
        for stack in assembly.stacks:
            top = StackTemplate(
                place=str(stack.file),
                stack=stack.name,
                body=read_synthesized(stack.file),
                account=stack.account,
                region=stack.region,
                parameters=stack.parameters,
                path=stack.path,
            )
            tops.append(top)
            for entry in stack.metadata():
                if entry.type == PROBES_METADATA:
                    documents.append(from_json(entry.data, entry.path))
                elif entry.type in (WAY_METADATA, ACCESS_METADATA, PERMISSIONS_METADATA):
                    declarations.append(Declaration(top.place, entry.path, entry.type, entry.data))
        nested = {top.place: tuple(_nested(top, assembly.folder, root)) for top in tops}
    # What is missing of a setup's own stacks is reported as beyond the setup; of other stacks nothing is known then.
    of_setups = {(place.account, place.stack) for one in documents if one.definition for place in one.stacks}
    templates = [one for top in tops for one in (top, *nested[top.place])]
    others = [top for top in tops if (top.account, top.stack) not in of_setups]
    missing = [place for top in others for place in _missing((top, *nested[top.place]))]
    return TemplateFiles(
        tuple(templates), tuple(documents), tuple(declarations), of_an_app=True, missing=tuple(missing)
    )


def _nested_stacks(template: StackTemplate) -> Iterator[tuple[str, Any]]:
    """The nested stacks of a template: their logical ids, and what the CDK says of where their templates are."""
    for logical_id, resource in template.body["Resources"].items():
        if resource["Type"] == NESTED_STACK:
            yield logical_id, resource.get("Metadata", {}).get("aws:asset:path")


def _nested(parent: StackTemplate, folder: Path, root: Path) -> Iterator[StackTemplate]:
    """The templates of nested stacks, as far as they are there, each after the one that it is nested in."""
    for logical_id, asset in _nested_stacks(parent):
        if not isinstance(asset, str) or not (folder / asset).is_file():
            continue
        file = within(root, folder / asset)
        inner = StackTemplate(
            place=str(file),
            stack=f"{parent.stack}-{logical_id}",
            body=read_template(file),
            account=parent.account,
            region=parent.region,
            parent=parent.place,
            parent_resource=logical_id,
            path=f"{parent.path}/{logical_id}",
        )
        yield inner
        yield from _nested(inner, folder, root)


def _missing(templates: Sequence[StackTemplate]) -> Iterator[Place]:
    """The nested stacks among templates whose own template is not among them."""
    there = {(template.parent, template.parent_resource) for template in templates}
    for template in templates:
        for logical_id, _ in _nested_stacks(template):
            if (template.place, logical_id) not in there:
                yield Place(template.place, logical_id)


def files_of_setup(read: Sequence[TemplateFiles], document: ProbeDocument) -> TemplateFiles:
    """The templates that are deployed with a setup's stacks.

    Raises:
        InvalidValue: the template of a stack is missing.
    """
    wanted = {(place.account, place.stack): place.region for place in document.stacks}
    for files in read:
        if wanted.keys() <= {(template.account, template.stack) for template in files.templates}:
            return files
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
