"""What AWS takes at most, where a plan as a whole is counted."""

from __future__ import annotations

from lakehouse_iam.policy import MANAGED_POLICIES_PER_ROLE_ADJUSTED

# Source: CloudFormation "Understand CloudFormation quotas" (resources in one template), read 2026-11-21.
STACK_RESOURCES = 500


def more_room(most: int, *, owner: str) -> str:
    """What to do when a role would need more managed policies than may be attached.

    Args:
        most: how many may be attached as the setup says.
        owner: what a second setup would have of its own, such as `bucket-owner role`.
    """
    others = f"give whole buckets instead of prefixes, or move buckets into a second setup with a {owner} of its own"
    if most < MANAGED_POLICIES_PER_ROLE_ADJUSTED:
        return (
            "have the quota 'Managed policies attached to an IAM role' raised and say so with "
            f"quotas.managed_policies_per_role (up to {MANAGED_POLICIES_PER_ROLE_ADJUSTED}), {others}"
        )
    return others
