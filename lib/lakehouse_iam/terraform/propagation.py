"""Waiting until IAM's new roles and policies are seen everywhere."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.terraform.elements import Element
from lakehouse_iam.terraform.engine import TerraformProvider, TerraformResource
from lakehouse_iam.terraform_json.blocks import Pairs
from lakehouse_iam.terraform_json.time import PROPAGATION_SECONDS, TimeSleep


class Propagation(Construct):
    """A wait that begins when everything it comes after is there, and is repeated whenever a trigger changes.

    A wait that depends on nothing that must propagate ends before the role exists; a wait without triggers is not repeated
    when the role is recreated. So both are required.

    Args:
        after: what must propagate; at least one resource.
        triggers: what changes when it is recreated, such as the role's unique id; at least one.
        seconds: how long. Default: 60.

    Attributes:
        element: what to depend on.

    Raises:
        InvalidValue: nothing to wait for, or no trigger.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        after: Sequence[TerraformResource],
        triggers: Pairs,
        seconds: int = PROPAGATION_SECONDS,
        provider: TerraformProvider | None = None,
    ) -> None:
        super().__init__(scope, id)
        if not after or not triggers or seconds < 0:
            raise InvalidValue(
                "a wait that comes after nothing, is never repeated, or is negative",
                allowed="after and triggers with at least one entry each, and 0 seconds or more",
            )
        description = TimeSleep(create_duration=f"{seconds}s", triggers=triggers)
        self.element = Element(self, "Sleep", description, provider=provider, depends_on=after)
