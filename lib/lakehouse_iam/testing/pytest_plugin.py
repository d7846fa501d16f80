"""A pytest plugin with one fixture, `cloudformation_snapshot`, built on syrupy.

    def test_the_bucket_owner_stack(cloudformation_snapshot):
        assert cloudformation_snapshot == BucketOwnerStack(App(), "BucketOwner")

The first run with `pytest --snapshot-update` writes the file; later runs compare and show what differs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion


@pytest.fixture
def cloudformation_snapshot(request: pytest.FixtureRequest) -> SnapshotAssertion:
    """Compare a CDK stack, a `Template`, a template file or a template with the snapshot of this test.

    Snapshots lie in `__snapshots__/<test file>/<test name>.template.json`, one file each, ready to be read in a review.
    """
    try:
        from lakehouse_iam.testing.snapshot import CloudFormationSnapshotExtension
    except ModuleNotFoundError as missing:
        pytest.fail(
            f"{missing.name} is not installed: pip install 'lakehouse-iam[testing]', or in a clone pip install '.[testing]'",
            pytrace=False,
        )
    snapshot: SnapshotAssertion = request.getfixturevalue("snapshot")
    return snapshot.use_extension(CloudFormationSnapshotExtension)
