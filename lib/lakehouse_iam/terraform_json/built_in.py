"""The resource of Terraform's built-in provider that the constructs emit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lakehouse_iam.terraform_json.blocks import Resource


@dataclass(frozen=True)
class TerraformData(Resource):
    """A value in the state; since Terraform 1.4, and in every OpenTofu."""

    TERRAFORM_TYPE: ClassVar[str] = "terraform_data"

    input: str
    triggers_replace: str
