"""What the local AWS cannot judge. Nothing in the product is bent to it: such a probe is shown as not judged.

Seen with MiniStack 1.5.33.
"""

from __future__ import annotations

from lakehouse_iam.plan import Probe

TRUST_THROUGH_ACCOUNT = (
    "the local AWS compares aws:PrincipalArn with the session's ARN where AWS takes the role's, so it refuses this step"
)
KEY_THROUGH_S3 = "the local AWS does not ask KMS when S3 reads an encrypted object"


def not_judged(probe: Probe, trusts_through_account: frozenset[str]) -> str:
    """Why the local AWS cannot judge a probe; empty where it can.

    Args:
        probe: what would be tried.
        trusts_through_account: the roles whose trust policy names an account with a condition on aws:PrincipalArn.
    """
    if any(key == "kms:ViaService" for key, _ in probe.context):
        return KEY_THROUGH_S3
    if (
        probe.action == "sts:AssumeRole"
        and probe.resource in trusts_through_account
        and probe.expected.value == "allow"
    ):
        return TRUST_THROUGH_ACCOUNT
    return ""
