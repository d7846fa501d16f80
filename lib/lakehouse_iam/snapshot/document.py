"""A snapshot as a value: what one account or one workspace held of a setup when it was read.

The content is the JSON of the file, checked against `snapshot.schema.json`. An object that was looked for and is not there
is `None`; a property that was not read is missing, and `not_read` says why.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lakehouse_iam.moments import read_utc

VERSION = 1
VERSION_KEY = "lakehouse_iam_snapshot"
"""The key by which a file is known as a snapshot; its value is the version of the format."""


@dataclass(frozen=True)
class NotReadable:
    """Something that was asked for and not told.

    Args:
        what: its path in the snapshot, such as `buckets.sales.policy`.
        action: the IAM action, or the permission of Databricks, that was missing or failed.
        resource: what it was asked of; empty where that is the whole account.
        why: the service's own message, one line.
    """

    what: str
    action: str
    resource: str
    why: str

    def to_json(self) -> dict[str, str]:
        """The entry as it stands in the file."""
        told = {"what": self.what, "action": self.action, "resource": self.resource, "why": self.why}
        return {key: value for key, value in told.items() if value}


@dataclass(frozen=True)
class Snapshot:
    """One snapshot.

    Args:
        content: the whole JSON object, as the schema describes it.
        file: where it was read from; empty for one that was just taken.
    """

    content: Mapping[str, Any]
    file: str = ""

    @property
    def setup(self) -> str:
        """The name of the setup that it was read for."""
        return str(self.content["setup"])

    @property
    def account(self) -> str:
        """The AWS account, 12 digits; empty for a workspace."""
        return str(self.content["of"].get("account", ""))

    @property
    def workspace(self) -> str:
        """The address of the Databricks workspace; empty for an account."""
        return str(self.content["of"].get("workspace", ""))

    @property
    def taken(self) -> datetime:
        """When it was read, in UTC."""
        return read_utc(self.content["taken"])

    def objects(self, kind: str) -> Mapping[str, Any]:
        """The objects of a kind by name or ARN, such as `roles`; `None` for those that are not there."""
        found: Mapping[str, Any] = self.content.get(kind, {})
        return found

    @property
    def not_read(self) -> tuple[NotReadable, ...]:
        """What could not be read."""
        return tuple(
            NotReadable(one["what"], one["action"], one.get("resource", ""), one["why"])
            for one in self.content.get("not_read", [])
        )

    def text(self) -> str:
        """The snapshot as it is written to a file: keys in order, so that two of them can be compared line by line."""
        return json.dumps(self.content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
