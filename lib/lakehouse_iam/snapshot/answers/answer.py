"""What the answers of all services have in common: their types, times, tags, and properties that are left out.

Times may come as values of Python (boto3) or as text (the AWS command line), policies as JSON, as text or percent-encoded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from lakehouse_iam.moments import read_moment, utc_text
from lakehouse_iam.snapshot.requests import Request

Json = dict[str, Any]
Answer = Any
"""What AWS answered: an object, or, where the call lists, the list of all pages."""

Tells = Mapping[str, Callable[[Request, Answer], Any]]
"""By the name of a call, what its answer tells."""

Leads = Mapping[str, Callable[[Request, Answer], Iterator[Request]]]
"""By the name of a call, the requests that its answer leads to, where these are not simply the calls of its `then`."""


def at(path: Sequence[str], value: Any) -> Json:
    """A value at a path, as nested objects."""
    for step in reversed(path):
        value = {step: value}
    found: Json = value
    return found


def time_text(value: object) -> str:
    """A time in UTC to the second, as the snapshot writes it.

    Version 1 of the AWS command line writes times as services send them: those of JSON protocols, such as KMS, in seconds since
    1970 (awscli 1.46.3, `cli_timestamp_format` `none`).
    """
    if isinstance(value, int | float):
        value = datetime.fromtimestamp(value, timezone.utc)
    return utc_text(read_moment(value.isoformat() if isinstance(value, datetime) else str(value)))


def given(**values: Any) -> Json:
    """The properties that AWS gave."""
    return {key: value for key, value in values.items() if value is not None}


def time_of(holder: Mapping[str, Any], key: str) -> str | None:
    """A time that AWS gave under a key; `None` where it gave none."""
    return time_text(holder[key]) if holder.get(key) is not None else None


def tags_of(holder: Mapping[str, Any]) -> Json:
    """The tags of something, by their keys."""
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in holder.get("Tags") or ()}
