"""Where and how things of an account are made: what every construct passes on."""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse_iam.terraform.description import Pairs
from lakehouse_iam.terraform.engine import TerraformProvider


@dataclass(frozen=True)
class InAccount:
    """One AWS account as the stack reaches it.

    Args:
        provider: the configuration of `hashicorp/aws` for that account. Default: the unnamed one.
        tags: of everything that takes tags.
        permissions_boundary: the ARN of a managed policy, for every role. Default: none.
    """

    provider: TerraformProvider | None = None
    tags: Pairs = ()
    permissions_boundary: str | None = None


# The provider as the stack configures it without an alias, no tags, no boundary.
UNNAMED = InAccount()
