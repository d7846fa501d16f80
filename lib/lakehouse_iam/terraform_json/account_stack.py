"""What has been rendered of an account so far, for the resources that come after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lakehouse_iam.arns import AccountId, RoleArn
from lakehouse_iam.terraform_json.blocks import Address, Pairs, Reference
from lakehouse_iam.terraform_json.render import TerraformResource

Renderer = Callable[..., Iterator[TerraformResource]]
"""From a planned resource and the stack to what it becomes."""


@dataclass(frozen=True)
class AccountStack:
    """One account.

    Args:
        account: the account.
        partition: its partition.
        tags: of everything that takes tags.
        roles: the addresses of the roles that are made here.
        addresses: what to depend on, by the `id` of the planned resource.
    """

    account: AccountId
    partition: str
    tags: Pairs
    roles: Mapping[RoleArn, Address]
    addresses: dict[str, tuple[Address, ...]] = field(default_factory=dict)

    def after(self, ids: Sequence[str]) -> tuple[Address, ...]:
        """The addresses of what must be there first; the function's ids have none."""
        return tuple(dict.fromkeys(address for id in ids for address in self.addresses.get(id, ())))

    def role(self, arn: RoleArn | str) -> str | Reference:
        """The ARN of a role: a reference where it is made here."""
        address = next((address for role, address in self.roles.items() if str(role) == str(arn)), None)
        return Reference(address, "arn") if address else str(arn)

    def only(self, id: str, attribute: str) -> Reference:
        """An attribute of what one planned resource became."""
        (address,) = self.addresses[id]
        return Reference(address, attribute)
