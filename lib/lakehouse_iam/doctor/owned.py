"""The policies that a setup owns as a whole, on both sides: what it would deploy, and what is there in its place.

A policy that somebody else keeps, and into which the setup's statements are merged, may say more; that is its keeper's business.
"""

from __future__ import annotations

from dataclasses import replace

from lakehouse_iam.proof.deployed import Deployed
from lakehouse_iam.snapshot.live_world import LiveWorld


def owned(live: LiveWorld) -> tuple[Deployed, Deployed]:
    """What the setup would deploy and what is there, as far as it was read and is there at all."""
    meant, found = live.meaning.deployed, live.deployed
    open_arns = found.open_arns
    roles = [
        arn for arn, role in meant.roles.items() if not role.exists and arn not in open_arns and arn not in live.absent
    ]
    buckets = [
        arn
        for arn, bucket in meant.buckets.items()
        if bucket.policy is not None and arn not in open_arns and arn not in live.absent
    ]
    sides = (
        Deployed(
            roles={arn: side.roles[arn] for arn in roles},
            buckets={arn: side.buckets[arn] for arn in buckets},
        )
        for side in (meant, found)
    )
    wanted, there = sides
    # Block Public Access closes; what it closes is no difference of the policies.
    there.buckets = {
        arn: replace(bucket, block_public_access=wanted.buckets[arn].block_public_access)
        for arn, bucket in there.buckets.items()
    }
    return wanted, there
