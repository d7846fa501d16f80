"""Where a template says that it is rewritten while it is deployed: transforms, macros, loops and hooks.

What becomes of such a place cannot be read from the template. Loops and macros among the resources are resources of the
types `LOOP` and `MACRO` (`lakehouse_iam.template_text`), and are not listed here.
Source: CloudFormation "Transform", "Fn::Transform", "Fn::ForEach", "Hooks", read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lakehouse_iam.template_text import LOOP, MACRO


@dataclass(frozen=True)
class MadeAtDeployment:
    """A part of a template that the deployment makes anew.

    Args:
        path: where it stands.
        what: what is there, as a sentence.
    """

    path: str
    what: str


def made_at_deployment(body: Mapping[str, Any]) -> Iterator[MadeAtDeployment]:
    """Every such part of a template."""
    for section in ("Transform", "Hooks"):
        if section in body:
            what = (
                f"the template has {section}, which rewrites it while it is deployed: what becomes of it cannot be read"
            )
            yield MadeAtDeployment(section, what)
    yield from _macros_and_loops(body, "")


def _macros_and_loops(value: Any, path: str) -> Iterator[MadeAtDeployment]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            where = f"{path}.{key}" if path else str(key)
            if path != "Resources" and key == MACRO:
                what = f"{MACRO} rewrites the template while it is deployed: what becomes of it cannot be read"
                yield MadeAtDeployment(where, what)
            elif path != "Resources" and str(key).startswith(f"{LOOP}::"):
                what = f"{LOOP} makes entries while the template is deployed: what it makes cannot be read"
                yield MadeAtDeployment(where, what)
            yield from _macros_and_loops(item, where)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _macros_and_loops(item, f"{path}[{index}]")
