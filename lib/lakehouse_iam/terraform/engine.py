"""The engine below the constructs: CDK Terrain (`cdktn`), or its archived predecessor `cdktf`; the one place that imports it.

Both have the same names for the same things, so the rest of the code does not know which one it is. Objects of the two do
not mix: an app that uses one of them directly, with both installed, says which with `LAKEHOUSE_IAM_TERRAFORM`.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from lakehouse_iam.errors import InvalidValue, LakehouseIamError

# In the order of preference. cdktf was archived by its maker in December 2025; cdktn is maintained.
ENGINES = ("cdktn", "cdktf")
CHOICE = "LAKEHOUSE_IAM_TERRAFORM"


class EngineMissing(LakehouseIamError, ImportError):
    """No engine, or not the one that was asked for, is installed."""


def engine_name(wanted: str, installed: Collection[str]) -> str:
    """Which engine to use.

    Args:
        wanted: what the environment asks for; empty where it does not say.
        installed: which of them are there.

    Raises:
        InvalidValue: another name than the two.
        EngineMissing: the one that is wanted, or both, are not installed.
    """
    if wanted and wanted not in ENGINES:
        raise InvalidValue(f"{CHOICE} is {wanted!r}", allowed=f"allowed: {', '.join(ENGINES)}, or nothing")
    found = [name for name in ENGINES if name in installed and wanted in ("", name)]
    if found:
        return found[0]
    if wanted:
        raise EngineMissing(f"{CHOICE} asks for {wanted}, which is not installed: {_how_to_install(wanted)}")
    raise EngineMissing(
        f"neither cdktn nor cdktf is installed: {_how_to_install('cdktn')}; [cdktf] for an app that has it already"
    )


def _how_to_install(extra: str) -> str:
    return f"pip install 'lakehouse-iam[{extra}]', or in a clone pip install '.[{extra}]'"


if TYPE_CHECKING:
    from cdktn import (
        App,
        Precondition,
        TerraformElement,
        TerraformOutput,
        TerraformProvider,
        TerraformProviderGeneratorMetadata,
        TerraformResource,
        TerraformResourceLifecycle,
        TerraformStack,
        TerraformVariable,
        Token,
    )

    ENGINE: str
else:
    ENGINE = engine_name(os.environ.get(CHOICE, ""), [name for name in ENGINES if find_spec(name)])
    _module = import_module(ENGINE)
    App = _module.App
    Precondition = _module.Precondition
    TerraformElement = _module.TerraformElement
    TerraformOutput = _module.TerraformOutput
    TerraformProvider = _module.TerraformProvider
    TerraformProviderGeneratorMetadata = _module.TerraformProviderGeneratorMetadata
    TerraformResource = _module.TerraformResource
    TerraformResourceLifecycle = _module.TerraformResourceLifecycle
    TerraformStack = _module.TerraformStack
    TerraformVariable = _module.TerraformVariable
    Token = _module.Token

__all__ = [
    "CHOICE",
    "ENGINE",
    "ENGINES",
    "App",
    "EngineMissing",
    "Precondition",
    "TerraformElement",
    "TerraformOutput",
    "TerraformProvider",
    "TerraformProviderGeneratorMetadata",
    "TerraformResource",
    "TerraformResourceLifecycle",
    "TerraformStack",
    "TerraformVariable",
    "Token",
    "engine_name",
]
