"""Rendered resources, providers and outputs as elements of the engine. Nothing about access is decided here."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from constructs import Construct

from lakehouse_iam.terraform.engine import (
    Precondition,
    TerraformOutput,
    TerraformProvider,
    TerraformProviderGeneratorMetadata,
    TerraformResource,
    TerraformResourceLifecycle,
    Token,
)
from lakehouse_iam.terraform_json import aws
from lakehouse_iam.terraform_json.blocks import Address, Lifecycle, Provider, Refer, Reference, Resource, expression
from lakehouse_iam.terraform_json.literals import Expression, literal
from lakehouse_iam.terraform_json.render import TerraformResource as RenderedResource

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")

# What the ids of elements begin with, by type. The engines derive addresses from ids, and Terraform deletes and creates
# whatever gets another address, so these do not change. Types that are not listed begin with nothing.
_ID_BEGINS: Mapping[type[Resource], str] = {
    aws.AwsIamRole: "Role",
    aws.AwsIamSamlProvider: "Provider",
    aws.AwsIamPolicy: "Policy",
    aws.AwsIamRolePolicyAttachment: "Attachment",
    aws.AwsIamRolePolicy: "Policy",
    aws.AwsIamInstanceProfile: "Profile",
    aws.AwsS3Bucket: "Bucket",
    aws.AwsS3BucketServerSideEncryptionConfiguration: "Encryption",
    aws.AwsS3BucketOwnershipControls: "Ownership",
    aws.AwsS3BucketPublicAccessBlock: "PublicAccess",
    aws.AwsS3BucketPolicy: "Policy",
}


class Element(TerraformResource):
    """A resource in a stack.

    Args:
        description: what it is.
        provider: which configuration of its provider makes it. Default: the provider's unnamed one.
        depends_on: what must be there before, beyond what its attributes refer to.
        lifecycle: how Terraform replaces and destroys it. Default: as it does by itself.
        refer: how the description's references to other resources are written.
        count: how many there are, where that is not one.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        description: Resource,
        *,
        provider: TerraformProvider | None = None,
        depends_on: Sequence[TerraformResource] = (),
        lifecycle: Lifecycle | None = None,
        refer: Refer = expression,
        count: Expression | None = None,
    ) -> None:
        self._attributes = description.attributes(refer)
        super().__init__(
            scope,
            id,
            terraform_resource_type=description.TERRAFORM_TYPE,
            provider=provider,
            depends_on=list(depends_on) or None,
            lifecycle=_lifecycle(lifecycle) if lifecycle else None,
        )
        if count:
            self.add_override("count", count.text)

    def _synthesize_attributes(self) -> dict[str, Any]:
        return self._attributes

    @property
    def address(self) -> str:
        """Its address as Terraform's commands take it, such as `aws_s3_bucket.Lake`."""
        return f"{self.terraform_resource_type}.{self.friendly_unique_id}"

    def reference(self, attribute: str) -> str:
        """A reference to one of its attributes, such as `arn` or `aws_iam_role[0].external_id`, as text to put anywhere."""
        return reference(self, attribute)


def _lifecycle(lifecycle: Lifecycle) -> TerraformResourceLifecycle:
    return TerraformResourceLifecycle(
        prevent_destroy=lifecycle.prevent_destroy,
        create_before_destroy=lifecycle.create_before_destroy,
        ignore_changes=list(lifecycle.ignore_changes) or None,
        precondition=[
            Precondition(condition=one.condition.text, error_message=literal(one.error_message))
            for one in lifecycle.precondition
        ]
        or None,
        replace_triggered_by=list(lifecycle.replace_triggered_by) or None,
    )


def reference(resource: TerraformResource, attribute: str) -> str:
    """A reference to an attribute of any resource of the engine, as text to put anywhere."""
    return str(Token.as_string(resource.interpolation_for_attribute(attribute)))


def make_elements(
    scope: Construct,
    rendered: Sequence[RenderedResource],
    *,
    id_ends: Mapping[str, str],
    provider: TerraformProvider | None,
    given: Mapping[Address, TerraformResource] | None = None,
    providers: Mapping[str, TerraformProvider] | None = None,
) -> dict[Address, Element]:
    """Rendered resources as elements of a stack.

    Args:
        scope: where they live.
        rendered: what to make, each after what it refers to.
        id_ends: what the ids of the elements end in, by the name of the rendered resource. Default: nothing.
        provider: the configuration of their provider. Default: the unnamed one.
        given: resources created elsewhere that they refer to or come after, by the address used for them.
        providers: the configurations of further providers, by what the types of their resources begin with.

    Returns:
        The elements by their addresses.
    """
    made: dict[Address, Element] = {}
    known: dict[Address, TerraformResource] = dict(given or {})

    def refer(to: Reference) -> str:
        return reference(known[to.address], to.attribute)

    for resource in rendered:
        made[resource.address] = known[resource.address] = Element(
            scope,
            f"{_ID_BEGINS.get(type(resource.body), '')}{id_ends.get(resource.name, '')}",
            resource.body,
            provider=(providers or {}).get(resource.address.type.split("_")[0], provider),
            depends_on=[known[address] for address in resource.depends_on],
            lifecycle=resource.lifecycle,
            refer=refer,
            count=resource.count,
        )
    return made


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
    """An output of the stack. Text in it is not evaluated; references are."""
    return TerraformOutput(scope, id, value=literal(value), description=literal(description))


def element_id(kind: str, name: str) -> str:
    """An id for one of several of a kind; where the name holds what an address cannot, with a hash."""
    if _PLAIN.fullmatch(name):
        return f"{kind}-{name}"
    return f"{kind}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
