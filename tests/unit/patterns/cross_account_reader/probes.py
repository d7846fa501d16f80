"""The probes of the pattern."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.probes.buckets import AccessPath, bucket_probes
from lakehouse_iam.probes.probe import Probe
from tests.unit.patterns.cross_account_reader.setup import CrossAccountReaderSetup


def probes(setup: CrossAccountReaderSetup) -> Iterator[Probe]:
    """What the reader may do with each bucket, and what not."""
    path = AccessPath(str(setup.reader), (str(setup.role),))
    names = frozenset(bucket.name for bucket in setup.buckets)
    for bucket in setup.buckets:
        yield from bucket_probes(path, bucket, names, setup.partition)
