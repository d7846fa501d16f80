"""The snapshot format: one file of normalised CloudFormation for each comparison."""

from __future__ import annotations

from typing import Any

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from lakehouse_iam.testing.normalized import normalized


class CloudFormationSnapshotExtension(SingleFileSnapshotExtension):
    """Writes `<test name>.template.json` and compares what normalising leaves."""

    file_extension = "template.json"
    _write_mode = WriteMode.TEXT

    def serialize(self, data: Any, **_: Any) -> str:
        """The normalised template."""
        return normalized(data)
