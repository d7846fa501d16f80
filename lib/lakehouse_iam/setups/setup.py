"""What the setups of every pattern have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict

from lakehouse_iam.arns import AccountId, ManagedPolicyArn
from lakehouse_iam.partitions import Partition
from lakehouse_iam.policy import MANAGED_POLICIES_PER_ROLE, TRUST_POLICY_SIZE
from lakehouse_iam.setups.placeholders import Placeholder
from lakehouse_iam.setups.problems import Faults
from lakehouse_iam.setups.top_level import boundary_arn, tags_of


@dataclass(frozen=True, kw_only=True)
class Setup:
    """One setup, typed and checked; each pattern has a class of its own below this one.

    Args:
        pattern: the pattern's name, such as `instance-profile`.
        name: the setup's name, which begins the names of its stacks.
        region: the region of everything it makes.
        partition: the partition of that region.
        tags: tags of everything, by name, without the setup's own.
        permissions_boundary: the name or ARN of a managed policy, for every role; empty for none.
        managed_policies_per_role: the quota of the accounts, 20 unless it was raised.
        trust_policy_size: the quota of the accounts, 2,048 characters unless it was raised.
        written: the document that it was read from, as JSON; empty for a setup that was made by code.
        file: the file that it was read from, as the user named it; empty for a setup that was made by code.
        line: the line of that file on which it begins, counted from 1; 0 where there is no file.
        placeholders: values of starters and examples that nobody has replaced.
    """

    pattern: str
    name: str
    region: str
    partition: Partition
    tags: tuple[tuple[str, str], ...]
    permissions_boundary: str
    managed_policies_per_role: int
    trust_policy_size: int
    written: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    file: str = field(default="", repr=False, compare=False)
    line: int = field(default=0, repr=False, compare=False)
    placeholders: tuple[Placeholder, ...] = field(default=(), repr=False, compare=False)

    @property
    def cautions(self) -> tuple[str, ...]:
        """What is right as it is written and still surprises people, a sentence or two each."""
        return ()

    def cautions_on(self, day: datetime) -> tuple[str, ...]:
        """What is wrong or surprising because of the date, a sentence or two each.

        Args:
            day: the time at which somebody asks, with its time zone.
        """
        return ()

    def boundary_in(self, account: AccountId) -> ManagedPolicyArn | None:
        """The permissions boundary of roles in an account, if the setup asks for one."""
        return boundary_arn(self.permissions_boundary, self.partition, account)


class CommonKeys(TypedDict):
    """The arguments of `Setup` that are read alike for every pattern."""

    name: str
    region: str
    tags: tuple[tuple[str, str], ...]
    managed_policies_per_role: int
    trust_policy_size: int
    written: Mapping[str, Any]


def common_keys(content: dict[str, Any], faults: Faults) -> CommonKeys:
    """Read what every pattern writes alike; a tag that AWS would refuse is noted."""
    quotas = content.get("quotas", {})
    return CommonKeys(
        name=str(content["setup"]),
        region=str(content["region"]),
        tags=tags_of(content, faults),
        managed_policies_per_role=int(quotas.get("managed_policies_per_role", MANAGED_POLICIES_PER_ROLE)),
        trust_policy_size=int(quotas.get("trust_policy_size", TRUST_POLICY_SIZE)),
        written=json.loads(json.dumps(content, sort_keys=True)),
    )
