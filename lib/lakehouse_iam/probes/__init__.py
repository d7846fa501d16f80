"""Probes: what must be possible once a setup is deployed, and what must not; one file a pattern."""

from __future__ import annotations

from lakehouse_iam.patterns import pattern_named
from lakehouse_iam.probes.probe import Expected, Probe
from lakehouse_iam.setups.setup import Setup

__all__ = ["Expected", "Probe", "setup_probes"]


def setup_probes(setup: Setup) -> tuple[Probe, ...]:
    """Every probe of a setup of any pattern."""
    return tuple(pattern_named(setup.pattern).probes.load()(setup))
