"""Where and how the resources of an account are made: what every construct passes on."""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse_iam.arns import ManagedPolicyArn
from lakehouse_iam.terraform.engine import TerraformProvider
from lakehouse_iam.terraform_json.blocks import Pairs
from lakehouse_iam.terraform_json.literals import known


@dataclass(frozen=True)
class InAccount:
    """One AWS account as the stack reaches it.

    Args:
        provider: the configuration of `hashicorp/aws` for that account. Default: the unnamed one.
        tags: of everything that takes tags.
        permissions_boundary: the ARN of a managed policy, for every role. Default: none.

    Raises:
        InvalidValue: the boundary is not the ARN of a managed policy.
    """

    provider: TerraformProvider | None = None
    tags: Pairs = ()
    permissions_boundary: str | None = None

    def __post_init__(self) -> None:
        if self.permissions_boundary is not None:
            ManagedPolicyArn.parse(known(self.permissions_boundary, what="permissions_boundary"))

    @property
    def boundary(self) -> ManagedPolicyArn | None:
        """The permissions boundary as a checked ARN."""
        return ManagedPolicyArn.parse(self.permissions_boundary) if self.permissions_boundary else None


# The provider as the stack configures it without an alias, no tags, no boundary.
UNNAMED = InAccount()
