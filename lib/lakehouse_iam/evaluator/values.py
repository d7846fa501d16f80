"""Numbers and dates as condition values write them, and the value that is there but not known.

Source: AWS docs `IAM/latest/UserGuide/reference_policies_elements_condition_operators.html` (Numeric:
"integer or decimal"; Date: "W3C implementations of the ISO 8601 date formats or epoch (UNIX) time"), read
2026-11-21.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from decimal import Decimal


class _Unknown(tuple[str, ...]):
    """The type of `UNKNOWN`."""


UNKNOWN: tuple[str, ...] = _Unknown()
"""Stands in a request context for the values of a key that AWS sends and nobody gave. Compare with `is`."""

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_EPOCH = re.compile(r"[0-9]{5,}(\.[0-9]+)?")
_W3C = re.compile(
    r"(?P<year>[0-9]{4})(-(?P<month>[0-9]{2})(-(?P<day>[0-9]{2})"
    r"(T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(:(?P<second>[0-9]{2})(\.(?P<fraction>[0-9]{1,9}))?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2}))?)?)?"
)


def parse_number(text: str) -> Decimal | None:
    """The number, or None when `text` is not an integer or a decimal."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _offset_seconds(zone: str | None) -> int:
    if zone is None or zone == "Z":
        return 0
    hours, minutes = zone[1:].split(":")
    seconds = int(hours) * 3600 + int(minutes) * 60
    return -seconds if zone[0] == "-" else seconds


def parse_date(text: str) -> Decimal | None:
    """Seconds since 1970 UTC, or None. A date without a time means its first moment, in UTC.

    Four digits are a year; five or more are seconds since 1970.
    """
    if _EPOCH.fullmatch(text):
        return Decimal(text)
    found = _W3C.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (
        int(found[name] or first)
        for name, first in (("year", 1), ("month", 1), ("day", 1), ("hour", 0), ("minute", 0), ("second", 0))
    )
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        return None
    fraction = Decimal(f"0.{found['fraction'] or 0}")
    return Decimal(int(moment.timestamp())) - _offset_seconds(found["zone"]) + fraction
