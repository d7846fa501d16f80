"""The policies that a setup owns as a whole, on both sides: what it would deploy, and what is there in its place.

A policy that somebody else keeps, and into which the setup's statements are merged, may say more; that is its keeper's business.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from lakehouse_iam.evaluator.compare import Unit, compare_worlds
from lakehouse_iam.proof.deployed import Deployed
from lakehouse_iam.proof.powerless_names import powerless_names
from lakehouse_iam.proof.unresolved import Reading
from lakehouse_iam.snapshot.live_world import LiveWorld


@dataclass(frozen=True)
class Owned:
    """Both sides of what a setup owns, compared once.

    Args:
        meant: what the setup would deploy.
        found: what is there.
        units: how each role, trust policy and bucket policy changed.
    """

    meant: Deployed
    found: Deployed
    units: tuple[Unit, ...]

    @property
    def to_close(self) -> frozenset[str]:
        """What may allow more than is meant: only this is worth the closed proof."""
        wider = {unit.arn for unit in self.units if not unit.comparison.grants_nothing_new}
        return frozenset(wider | set(self._with_powerless_names()))

    def _with_powerless_names(self) -> Iterator[str]:
        meant, found = (side.world(Reading.MOST) for side in (self.meant, self.found))
        for role in found.roles:
            if any(powerless_names(role.trust, meant.role(role.arn).trust, role.arn)):
                yield role.arn
        for bucket in found.buckets:
            if any(powerless_names(bucket.policy, meant.bucket(bucket.arn).policy, bucket.arn)):
                yield bucket.arn


def compared(live: LiveWorld) -> Owned:
    """What the setup owns, on both sides, and how it differs."""
    meant, found = owned(live)
    return Owned(meant, found, compare_worlds(meant.world(Reading.MOST), found.world(Reading.MOST)).units)


def only(deployed: Deployed, arns: Collection[str]) -> Deployed:
    """Some roles and buckets of what was found."""
    return Deployed(
        roles={arn: role for arn, role in deployed.roles.items() if arn in arns},
        buckets={arn: bucket for arn, bucket in deployed.buckets.items() if arn in arns},
    )


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
