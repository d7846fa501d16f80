"""Cloud assemblies (`cdk.out`): the stacks of a manifest, with their places, metadata and order, and the assemblies in it.

The manifest is read here and nowhere else.
Source: the cloud-assembly schema of aws-cdk 2.x (manifest.json, `aws:cloudformation:stack`, `cdk:cloud-assembly`), read
2026-11-21.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.template_text import TemplateError, read_json

MANIFEST = "manifest.json"
_STACK = "aws:cloudformation:stack"
_ASSEMBLY = "cdk:cloud-assembly"
# How a manifest writes what only the deployment knows: aws://unknown-account/unknown-region.
_UNKNOWN = frozenset({"unknown-account", "unknown-region"})


@dataclass(frozen=True)
class Metadata:
    """One metadata entry of a construct.

    Args:
        path: the construct's path.
        type: what kind of entry it is.
        data: what it says.
    """

    path: str
    type: str
    data: Any


@dataclass(frozen=True)
class AssemblyStack:
    """A stack as the manifest of its cloud assembly describes it.

    Args:
        path: its construct path.
        name: its name in AWS.
        file: its template.
        account: where it is deployed, or empty.
        region: where it is deployed, or empty.
        parameters: values for its parameters.
        after: the construct paths of every stack of the manifest that is deployed before it.
        deployment_roles: the ARNs of the roles that the CDK deploys it with, pseudo parameters left in place. They exist
            before: `cdk bootstrap` makes them.
        inline_metadata: the metadata that the manifest itself holds.
        metadata_file: where the rest of the metadata is, if it is in a file of its own.
    """

    path: str
    name: str
    file: Path
    account: str
    region: str
    parameters: Mapping[str, Any]
    after: frozenset[str]
    deployment_roles: tuple[str, ...]
    inline_metadata: Mapping[str, Any] = field(repr=False)
    metadata_file: Path | None

    def metadata(self) -> tuple[Metadata, ...]:
        """The metadata of the stack's constructs.

        Raises:
            TemplateError: its file cannot be read, or does not hold metadata.
        """
        found = dict(self.inline_metadata)
        if self.metadata_file is not None:
            found |= read_json(self.metadata_file)
        return tuple(Metadata(path, one["type"], one.get("data")) for path, many in found.items() for one in many)


@dataclass(frozen=True)
class CloudAssembly:
    """One manifest.

    Args:
        folder: where it is.
        stacks: its stacks, in its order.
        inner: the folders of the assemblies in it, one a stage.
    """

    folder: Path
    stacks: tuple[AssemblyStack, ...]
    inner: tuple[Path, ...]


def is_assembly(folder: Path) -> bool:
    """Whether a folder is a cloud assembly."""
    return (folder / MANIFEST).exists()


def read_assembly(folder: Path, root: Path | None = None) -> CloudAssembly:
    """Read one manifest.

    Args:
        folder: the folder of the manifest.
        root: the outermost folder, which no path may lead out of; `folder` where left out.

    Raises:
        TemplateError: it cannot be read, is not a manifest, or leads out of the folder.
    """
    file = folder / MANIFEST
    manifest = read_json(file)
    artifacts = manifest.get("artifacts", {}) if isinstance(manifest, dict) else None
    if not isinstance(artifacts, dict):
        raise TemplateError(
            f"{file}: this is not the manifest of a cloud assembly: allowed is an object with artifacts"
        )
    with manifest_of(folder):
        return CloudAssembly(
            folder,
            tuple(_stacks(folder, root or folder, artifacts)),
            tuple(
                within(root or folder, folder / artifact["properties"]["directoryName"])
                for artifact in artifacts.values()
                if artifact["type"] == _ASSEMBLY
            ),
        )


def read_assemblies(root: Path) -> tuple[CloudAssembly, ...]:
    """An assembly and every assembly in it, the outermost first.

    Raises:
        TemplateError: one of them cannot be read, is not a manifest, or leads out of the folder.
    """

    def walk(folder: Path) -> Iterator[CloudAssembly]:
        assembly = read_assembly(folder, root)
        yield assembly
        for inner in assembly.inner:
            yield from walk(inner)

    return tuple(walk(root))


@contextmanager
def manifest_of(folder: Path) -> Iterator[None]:
    """Say of which manifest a part is not what it should be.

    Raises:
        TemplateError: instead of the errors of reading a value that is not there.
    """
    try:
        yield
    except LakehouseIamError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise TemplateError(f"{folder / MANIFEST}: this is not the manifest of a cloud assembly: {error!r}") from error


def within(root: Path, path: Path) -> Path:
    """A path that a manifest names, which must not lead out of the assembly.

    Raises:
        TemplateError: it does.
    """
    if not path.resolve().is_relative_to(root.resolve()):
        raise TemplateError(f"{path}: the manifest leads out of its folder: allowed are paths within {root}")
    return path


def _stacks(folder: Path, root: Path, artifacts: Mapping[str, Any]) -> Iterator[AssemblyStack]:
    stacks = {id: artifact for id, artifact in artifacts.items() if artifact["type"] == _STACK}
    path_of = {id: str(artifact.get("displayName", id)).split(" (")[0] for id, artifact in stacks.items()}
    for id, artifact in stacks.items():
        account, region = artifact["environment"].removeprefix("aws://").split("/")
        properties = artifact["properties"]
        metadata_file = artifact.get("additionalMetadataFile")
        yield AssemblyStack(
            path=path_of[id],
            name=properties.get("stackName", id),
            file=within(root, folder / properties["templateFile"]),
            account="" if account in _UNKNOWN else account,
            region="" if region in _UNKNOWN else region,
            parameters=properties.get("parameters", {}),
            after=frozenset(path_of[other] for other in _all_before(id, artifacts) if other in stacks),
            deployment_roles=tuple(_deployment_roles(properties)),
            inline_metadata=artifact.get("metadata", {}),
            metadata_file=within(root, folder / metadata_file) if metadata_file else None,
        )


def _deployment_roles(properties: Mapping[str, Any]) -> Iterator[str]:
    for arn in (
        properties.get("assumeRoleArn"),
        properties.get("cloudFormationExecutionRoleArn"),
        properties.get("lookupRole", {}).get("arn"),
    ):
        if arn:
            yield str(arn)


def _all_before(id: str, artifacts: Mapping[str, Any]) -> set[str]:
    before: set[str] = set()
    waiting = [id]
    while waiting:
        for other in artifacts.get(waiting.pop(), {}).get("dependencies", []):
            if other not in before:
                before.add(other)
                waiting.append(other)
    return before
