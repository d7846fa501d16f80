"""Descriptions made into elements of the engine: resources, providers, outputs. Nothing is decided here."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from constructs import Construct

from lakehouse_iam.terraform.description import Provider, Resource
from lakehouse_iam.terraform.engine import (
    TerraformOutput,
    TerraformProvider,
    TerraformProviderGeneratorMetadata,
    TerraformResource,
    TerraformResourceLifecycle,
    Token,
)
from lakehouse_iam.terraform.literals import literal

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")


class Element(TerraformResource):
    """A resource in a stack.

    Args:
        description: what it is.
        provider: which configuration of its provider makes it. Default: the provider's unnamed one.
        depends_on: what must be there before, beyond what its attributes refer to.
        keep: whether Terraform shall refuse to destroy it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        description: Resource,
        *,
        provider: TerraformProvider | None = None,
        depends_on: Sequence[TerraformResource] = (),
        keep: bool = False,
    ) -> None:
        self._attributes = description.attributes()
        super().__init__(
            scope,
            id,
            terraform_resource_type=description.TERRAFORM_TYPE,
            provider=provider,
            depends_on=list(depends_on) or None,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True) if keep else None,
        )

    def _synthesize_attributes(self) -> dict[str, Any]:
        return self._attributes

    def reference(self, attribute: str) -> str:
        """A reference to one of its attributes, such as `arn` or `aws_iam_role[0].external_id`, as text to put anywhere."""
        return str(Token.as_string(self.interpolation_for_attribute(attribute)))


class ProviderElement(TerraformProvider):
    """The configuration of a provider in a stack; one that has an alias is used by those resources only that name it.

    Args:
        description: what it is.
    """

    def __init__(self, scope: Construct, id: str, description: Provider) -> None:
        self._attributes = description.attributes()
        super().__init__(
            scope,
            id,
            terraform_resource_type=description.TERRAFORM_TYPE,
            terraform_provider_source=description.SOURCE,
            terraform_generator_metadata=TerraformProviderGeneratorMetadata(
                provider_name=description.TERRAFORM_TYPE, provider_version_constraint=description.VERSION
            ),
        )

    @property
    def alias(self) -> str | None:
        """The name by which resources ask for it."""
        alias = self._attributes.get("alias")
        return str(alias) if alias else None

    @alias.setter
    def alias(self, value: str | None) -> None:
        self._attributes = {**self._attributes, "alias": value}

    def _synthesize_attributes(self) -> dict[str, Any]:
        return self._attributes


def output(scope: Construct, id: str, value: Any, *, description: str) -> TerraformOutput:
    """A value that the apply shows; text in it is text, and references are told."""
    return TerraformOutput(scope, id, value=literal(value), description=literal(description))


def element_id(kind: str, name: str) -> str:
    """An id for one of several of a kind; where the name holds what an address cannot, with a hash."""
    if _PLAIN.fullmatch(name):
        return f"{kind}-{name}"
    return f"{kind}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
