"""Moments as files and answers write them, in UTC to the second, and as others write them."""

from __future__ import annotations

from datetime import datetime, timezone

UTC_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def utc_text(moment: datetime) -> str:
    """A moment in UTC to the second, such as `2026-11-26T04:00:00Z`.

    Args:
        moment: with its time zone.
    """
    return moment.astimezone(timezone.utc).strftime(UTC_FORMAT)


def read_utc(text: str) -> datetime:
    """Read what `utc_text` wrote, and nothing else.

    Raises:
        ValueError: it is no such time.
    """
    return datetime.strptime(text, UTC_FORMAT).replace(tzinfo=timezone.utc)


def read_moment(text: str) -> datetime:
    """Read a time of ISO 8601; without a time zone it is in UTC.

    Raises:
        ValueError: it is no such time.
    """
    # Python 3.10 does not read the Z.
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
