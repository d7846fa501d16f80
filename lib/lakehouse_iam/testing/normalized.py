"""CloudFormation in a form that changes only when its meaning does."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

_NOISE = ("Metadata", "Rules")
_BOOTSTRAP_PARAMETER = "BootstrapVersion"
_ASSET_HASH = re.compile(r"\b[0-9a-f]{64}\b")
_ASSET_PARAMETER = re.compile(r"AssetParameters[0-9a-f]{64}")
_CDK_ONLY_TYPES = ("AWS::CDK::Metadata",)


def template_of(source: object) -> Mapping[str, Any]:
    """The template of a CDK stack, of a `Template` assertion, of a file, or the template itself.

    Args:
        source: a CDK `Stack`, an `aws_cdk.assertions.Template`, the path of a template in JSON, or a mapping.

    Raises:
        TypeError: anything else.
    """
    if isinstance(source, Mapping):
        return source
    if isinstance(source, Path):
        found: Mapping[str, Any] = json.loads(source.read_text(encoding="utf-8"))
        return found
    to_json = getattr(source, "to_json", None)
    if callable(to_json) and not hasattr(source, "template_options"):
        return dict(to_json())
    if hasattr(source, "template_options"):
        from aws_cdk.assertions import Template

        return dict(Template.from_stack(cast("Any", source)).to_json())
    raise TypeError(
        f"a {type(source).__name__} is not CloudFormation: compare a CDK Stack, an assertions.Template, "
        "the pathlib.Path of a template, or a template as a dict"
    )


def normalized(source: object) -> str:
    """A template as text for a snapshot: stable order, no metadata, no bootstrap version, no asset hashes.

    Keys are sorted, for CloudFormation gives their order no meaning; lists keep theirs.

    Args:
        source: whatever `template_of` takes.
    """
    template = {key: value for key, value in template_of(source).items() if key not in _NOISE}
    resources = {
        logical_id: {key: value for key, value in resource.items() if key != "Metadata"}
        for logical_id, resource in template.get("Resources", {}).items()
        if resource.get("Type") not in _CDK_ONLY_TYPES
    }
    parameters = {
        name: parameter
        for name, parameter in template.get("Parameters", {}).items()
        if name != _BOOTSTRAP_PARAMETER and not _ASSET_PARAMETER.match(name)
    }
    kept = {**template, "Resources": resources, "Parameters": parameters}
    if not parameters:
        del kept["Parameters"]
    conditions = {name: c for name, c in kept.get("Conditions", {}).items() if name != "CDKMetadataAvailable"}
    if "Conditions" in kept:
        kept["Conditions"] = conditions
        if not conditions:
            del kept["Conditions"]
    text = json.dumps(kept, indent=2, sort_keys=True, ensure_ascii=False)
    return _ASSET_HASH.sub("<asset>", text) + "\n"
