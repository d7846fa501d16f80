"""Rendered resources as the text of a module holds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lakehouse_iam.terraform_json.render import TerraformResource


def as_json(resources: Sequence[TerraformResource]) -> dict[str, Any]:
    """What stands under `resource` in a `main.tf.json`."""
    written: dict[str, Any] = {}
    for resource in resources:
        body = resource.body.attributes()
        if resource.depends_on:
            body["depends_on"] = [str(address) for address in resource.depends_on]
        if resource.lifecycle:
            body["lifecycle"] = resource.lifecycle.attributes()
        written.setdefault(resource.address.type, {})[resource.name] = body
    return written
